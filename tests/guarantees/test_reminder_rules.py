"""Which reminder a day asks for: walked day by day through the rules' own table of dates, and at its bounds."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from guarantees.reminder_rules import Asked, reminder_of
from guarantees.rules import evaluate
from tests.guarantees.test_rules import TERMS, bought, every_day, facts_of

DAY = timedelta(days=1)


def day(text: str) -> date:
    return date.fromisoformat(text)


def asked_on(today, *, start, last, draft_on=None, submitted_before=False, **changes):
    """By what is known on that day: a purchase to come is not there yet."""
    contacts = [contact for contact in bought(last, first=start) if contact.bought_on <= today]
    facts = facts_of(contacts, contracted_on=start, **changes)
    verdict = evaluate(facts, TERMS, today)
    return reminder_of(verdict, today, draft_on=draft_on, submitted_before=submitted_before)


def told_by_day(start, last, *, until, **changes):
    """Each reminder with the first day that asks for it, as a job that runs every day tells them."""
    told = {}
    for today in every_day(start, until):
        asked = asked_on(today, start=start, last=last, **changes)
        if asked is not None and asked not in told:
            told[asked] = today
    return [(f"{when:%m-%d}", asked.kind, f"{asked.about:%m-%d}") for asked, when in told.items()]


@pytest.mark.parametrize(
    ("start", "last", "told"),
    [
        (
            "2026-01-10",
            "2026-02-20",
            [
                ("03-20", "can_claim", "03-20"),
                ("04-18", "closing_far", "04-25"),
                ("04-24", "closing_near", "04-25"),
            ],
        ),
        (
            "2026-11-30",
            "2027-01-31",
            [
                ("02-28", "can_claim", "02-28"),
                ("03-08", "closing_far", "03-15"),
                ("03-14", "closing_near", "03-15"),
            ],
        ),
        # Bought a day after B: nothing can be claimed, and nothing more is said of it (G6).
        (
            "2026-08-31",
            "2026-11-16",
            [("11-01", "buy_by_far", "11-15"), ("11-12", "buy_by_near", "11-15")],
        ),
        # Bought on B itself: the one day is told before it comes, and when it is there.
        (
            "2026-11-13",
            "2027-01-31",
            [
                ("01-17", "buy_by_far", "01-31"),
                ("01-28", "buy_by_near", "01-31"),
                ("02-21", "closing_far", "02-28"),
                ("02-27", "closing_near", "02-28"),
                ("02-28", "can_claim", "02-28"),
            ],
        ),
        (
            "2026-10-15",
            "2027-01-15",
            [("12-16", "buy_by_far", "12-30"), ("12-27", "buy_by_near", "12-30")],
        ),
    ],
)
def test_every_row_of_the_table_of_dates_is_reminded_of_on_its_days(start, last, told):
    start = day(start)
    assert told_by_day(start, day(last), until=start + timedelta(days=200)) == told


ROW = {"start": day("2026-01-10"), "last": day("2026-02-20")}  # Claimable from 20 March to 25 April.
MISSING = {"start": day("2026-01-10"), "last": day("2026-07-01")}  # B is 25 March.
FAR, NEAR = Asked("buy_by_far", day("2026-03-25")), Asked("buy_by_near", day("2026-03-25"))


@pytest.mark.parametrize(
    ("today", "asked"),
    [
        ("2026-03-10", None),
        ("2026-03-11", FAR),
        ("2026-03-21", FAR),
        ("2026-03-22", NEAR),
        ("2026-03-25", NEAR),
        ("2026-03-26", None),
    ],
)
def test_the_last_day_to_buy_is_told_14_and_3_days_before_while_contacts_are_missing(today, asked):
    assert asked_on(day(today), **MISSING) == asked


@pytest.mark.parametrize(
    ("today", "asked"),
    [
        ("2026-03-19", None),
        ("2026-03-20", Asked("can_claim", day("2026-03-20"))),
        ("2026-04-02", Asked("can_claim", day("2026-03-20"))),
        ("2026-04-03", None),
        ("2026-04-17", None),
        ("2026-04-18", Asked("closing_far", day("2026-04-25"))),
        ("2026-04-23", Asked("closing_far", day("2026-04-25"))),
        ("2026-04-24", Asked("closing_near", day("2026-04-25"))),
        ("2026-04-25", Asked("closing_near", day("2026-04-25"))),
        ("2026-04-26", None),
    ],
)
def test_the_window_is_told_when_it_opens_and_7_and_1_days_before_it_closes(today, asked):
    assert asked_on(day(today), **ROW) == asked


@pytest.mark.parametrize(
    ("today", "draft_on", "kind"),
    [
        # Begun before it could be submitted: it lies from the day on which it could.
        ("2026-03-19", "2026-02-01", None),
        ("2026-03-20", "2026-02-01", "can_claim"),
        ("2026-03-22", "2026-02-01", None),
        ("2026-03-23", "2026-02-01", "draft"),
        ("2026-04-09", "2026-04-07", None),
        ("2026-04-10", "2026-04-07", "draft"),
        ("2026-04-18", "2026-04-07", "closing_far"),
    ],
)
def test_a_draft_is_told_of_once_it_has_lain_for_three_days_in_an_open_window(today, draft_on, kind):
    asked = asked_on(day(today), **ROW, draft_on=day(draft_on))
    assert (asked and asked.kind) == kind


def test_who_submitted_before_knows_that_a_claim_can_be_made_but_not_that_the_window_closes():
    said = [
        asked_on(day(today), **ROW, submitted_before=True)
        for today in ("2026-03-20", "2026-03-25", "2026-04-18")
    ]
    assert said == [None, None, Asked("closing_far", day("2026-04-25"))]


@pytest.mark.parametrize(
    "changes",
    [{"suspended": True}, {"refunded": True}, {"rejected_as_false": True}, {"has_open_claim": True}],
    ids=lambda changes: next(iter(changes)),
)
def test_nothing_is_asked_for_whom_nothing_can_be_claimed(changes):
    walked = every_day(ROW["start"], ROW["start"] + timedelta(days=150))
    assert {asked_on(today, **ROW, **changes) for today in walked} == {None}
    assert {asked_on(today, **MISSING, **changes) for today in walked} == {None}


def test_a_job_that_was_won_ends_the_reminders():
    contacts = list(bought(ROW["last"], first=ROW["start"]))
    contacts[3] = replace(contacts[3], won=True)
    facts = facts_of(contacts, contracted_on=ROW["start"])
    for today in every_day(ROW["start"], ROW["start"] + timedelta(days=150)):
        assert reminder_of(evaluate(facts, TERMS, today), today) is None


def test_nothing_is_asked_before_a_plan_was_contracted():
    facts = facts_of([], contracted_on=None)
    assert reminder_of(evaluate(facts, TERMS, day("2026-03-25")), day("2026-03-25")) is None


def test_days_that_are_given_move_the_end_of_the_window_and_it_is_told_anew():
    assert asked_on(day("2026-04-24"), **ROW, extra_days=10) is None
    assert asked_on(day("2026-04-28"), **ROW, extra_days=10) == Asked("closing_far", day("2026-05-05"))


def test_what_is_not_lost_is_no_reason_not_to_remind():
    asked = asked_on(day("2026-04-18"), **ROW, plan_in_force=False, has_logo=False, earlier_reviews=0)
    assert asked == Asked("closing_far", day("2026-04-25"))


def test_kept_open_for_the_wait_the_last_day_to_buy_is_that_of_counting():
    terms = replace(TERMS, extend_for_wait=True)
    facts = facts_of([], contracted_on=day("2026-01-10"))
    said = [
        reminder_of(evaluate(facts, terms, day(today)), day(today))
        for today in ("2026-03-26", "2026-03-27", "2026-04-07", "2026-04-10", "2026-04-11")
    ]
    deadline = day("2026-04-10")
    assert said == [
        None, Asked("buy_by_far", deadline), Asked("buy_by_near", deadline), Asked("buy_by_near", deadline), None,
    ]  # fmt: skip

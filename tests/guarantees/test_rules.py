"""The whole verdict on the guarantee, which contacts count, and what a purchase or a return would change."""

import json
from collections.abc import Sequence
from dataclasses import FrozenInstanceError, asdict, fields, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from guarantees.contact_changes import NextPurchase, if_returned, next_purchase
from guarantees.rules import (
    REQUIREMENT_CODES,
    ContactFact,
    Eligibility,
    Facts,
    Requirement,
    Terms,
    counted_contacts,
    evaluate,
)

DAY = timedelta(days=1)
TERMS = Terms()
REQUIRE = Terms(first_contact="require")

# The first row of the rules' date table: S and what follows from it.
S = date(2026, 1, 10)
P = date(2026, 4, 10)
C = date(2026, 4, 25)
B = date(2026, 3, 25)
LAST = date(2026, 2, 20)
E = date(2026, 3, 20)


def contact(number: int, on: date, **changes: object) -> ContactFact:
    """A contact bought at noon, reached after two hours, with nothing remarkable about it."""
    fact = ContactFact(
        id=number,
        bought_at=datetime(on.year, on.month, on.day, 12, tzinfo=UTC),
        bought_on=on,
        price_cents=1000 + number,
        returned=False,
        return_pending=False,
        won=False,
        hours_to_first_contact=2.0,
        positive_review=number == 1,
    )
    return replace(fact, **changes)


def bought(last: date = LAST, count: int = 15, first: date = S) -> tuple[ContactFact, ...]:
    """`count` contacts with ids from 1: all on `first`, but for the last one, bought on `last`."""
    return (*(contact(number, first) for number in range(1, count)), contact(count, last))


def facts_of(contacts: Sequence[ContactFact] | None = None, **changes: object) -> Facts:
    """The facts of somebody to whom nothing is wanting: fifteen bought in time, everything in order."""
    fact = Facts(
        contracted_on=S,
        contacts=bought() if contacts is None else contacts,
        has_logo=True,
        description_length=201,
        questions=5,
        answered=5,
        best_project_photos=2,
        work_photos=4,
        earlier_reviews=2,
        plan_in_force=True,
        payments_current=True,
        suspended=False,
        has_open_claim=False,
        refunded=False,
        rejected_as_false=False,
    )
    return replace(fact, **changes)


def with_contact(position: int, **changes: object) -> tuple[ContactFact, ...]:
    """The usual fifteen with one of them changed; `position` counts from 1, as the ids do."""
    return tuple(replace(fact, **changes) if fact.id == position else fact for fact in bought())


def requirement(code: str, verdict: Eligibility) -> Requirement:
    (found,) = (each for each in verdict.requirements if each.code == code)
    return found


def judged(code: str, facts: Facts, on: date = E, terms: Terms = TERMS) -> tuple[str, str]:
    """The status of that requirement, and of the whole."""
    verdict = evaluate(facts, terms, on)
    return requirement(code, verdict).status, verdict.status


def every_day(first: date, last: date) -> list[date]:
    return [first + number * DAY for number in range((last - first).days + 1)]


# The whole verdict


def test_everything_in_order_is_eligible_and_reported_whole():
    assert evaluate(facts_of(), TERMS, E) == Eligibility(
        status="eligible",
        requirements=(
            Requirement("contacts", "met", None, {"have": 15, "need": 15, "deadline": P}),
            Requirement("no_job_won", "met", None, {"contacts": ()}),
            Requirement("bought_in_time", "met", None, {"deadline": P, "late": ()}),
            Requirement("waiting_month", "met", None, {"last_bought_on": LAST, "claim_from": E}),
            Requirement(
                "claim_window",
                "met",
                None,
                {"claim_from": E, "claim_until": C, "buy_by": B, "extra_days": 0, "reason": None},
            ),
            Requirement(
                "profile",
                "met",
                None,
                {
                    "missing": (),
                    "description_length": 201,
                    "description_needed": 201,
                    "answered": 5,
                    "questions": 5,
                    "project_photos": 2,
                    "project_photos_needed": 2,
                    "work_photos": 4,
                    "work_photos_needed": 4,
                },
            ),
            Requirement("contact_review", "met", None, {"have": 1, "need": 1}),
            Requirement("earlier_reviews", "met", None, {"have": 2, "need": 2}),
            Requirement("plan", "met", None, {}),
            Requirement("payments", "met", None, {}),
            Requirement("returns_settled", "met", None, {"contacts": ()}),
            Requirement(
                "first_contact",
                "met",
                None,
                {"policy": "advise", "hours": 24, "late": (), "missed": (), "open": ()},
            ),
            Requirement("not_suspended", "met", None, {}),
            Requirement("first_claim", "met", None, {"reason": None}),
        ),
        counted=tuple(range(1, 16)),
        amount_cents=15 * 1000 + sum(range(1, 16)),
        purchase_deadline=P,
        claim_from=E,
        claim_until=C,
        buy_by=B,
    )


def test_the_requirements_are_in_page_order_whatever_their_status():
    in_page_order = (
        "contacts",
        "no_job_won",
        "bought_in_time",
        "waiting_month",
        "claim_window",
        "profile",
        "contact_review",
        "earlier_reviews",
        "plan",
        "payments",
        "returns_settled",
        "first_contact",
        "not_suspended",
        "first_claim",
    )
    assert in_page_order == REQUIREMENT_CODES
    for facts in (facts_of(), facts_of(()), facts_of((), contracted_on=None), facts_of(refunded=True)):
        verdict = evaluate(facts, TERMS, S)
        assert tuple(each.code for each in verdict.requirements) == in_page_order


def test_the_first_day_of_a_professional_shows_what_is_to_do_and_by_when():
    """G6: the day to buy by is known from the day of contracting."""
    verdict = evaluate(facts_of((), earlier_reviews=0), TERMS, S)
    assert {each.code: each.status for each in verdict.requirements if each.status != "met"} == {
        "contacts": "unmet",
        "bought_in_time": "unmet",
        "waiting_month": "unmet",
        "contact_review": "unmet",
        "earlier_reviews": "unmet",
    }
    assert replace(verdict, requirements=()) == Eligibility("not_yet", (), (), 0, P, None, C, B)


def test_without_a_contract_there_are_no_dates_and_the_four_dated_requirements_are_unmet():
    """Chapter G: without S."""
    for contacts in ((), bought()):
        for day in (date(1999, 1, 1), E, date(2099, 1, 1)):
            verdict = evaluate(facts_of(contacts, contracted_on=None), TERMS, day)
            assert verdict.status == "not_yet"
            for code in ("contacts", "bought_in_time", "waiting_month", "claim_window"):
                assert requirement(code, verdict).status == "unmet"
            assert requirement("claim_window", verdict).detail == {
                "claim_from": None,
                "claim_until": None,
                "buy_by": None,
                "extra_days": 0,
                "reason": None,
            }
            assert requirement("contacts", verdict).detail == {
                "have": len(contacts),
                "need": 15,
                "deadline": None,
            }
            assert replace(verdict, requirements=()) == Eligibility(
                "not_yet",
                (),
                tuple(range(1, len(contacts) + 1)),
                sum(fact.price_cents for fact in contacts),
                None,
                None,
                None,
                None,
            )


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (E - DAY, "not_yet"),
        (E, "eligible"),
        (E + DAY, "eligible"),
        (C - DAY, "eligible"),
        (C, "eligible"),
        (C + DAY, "no_longer"),
    ],
)
def test_the_whole_is_eligible_from_the_end_of_the_waiting_month_to_the_end_of_the_window(day, status):
    """G4, G5, G23."""
    assert evaluate(facts_of(), TERMS, day).status == status


def test_one_lost_requirement_outweighs_everything_else():
    """G23."""
    assert evaluate(facts_of(has_logo=False), TERMS, E).status == "not_yet"
    assert evaluate(facts_of(has_logo=False, refunded=True), TERMS, E).status == "no_longer"
    assert evaluate(facts_of(refunded=True), TERMS, E - DAY).status == "no_longer"


def test_the_verdict_can_be_kept_as_json():
    """G13: frozen as ids, numbers and dates."""
    verdict = evaluate(facts_of(), TERMS, E)
    kept = json.loads(json.dumps(asdict(verdict), default=date.isoformat))
    assert kept["claim_from"] == "2026-03-20"
    assert kept["requirements"][4]["detail"] == {
        "claim_from": "2026-03-20",
        "claim_until": "2026-04-25",
        "buy_by": "2026-03-25",
        "extra_days": 0,
        "reason": None,
    }
    assert isinstance(hash(verdict), int)


# Which contacts count, G1


def test_the_first_fifteen_by_instant_and_then_id_count():
    """G1: ties by id, in whatever order the purchases come."""
    same_moment = [contact(number, S) for number in (16, 3, 9, 1, 14, 2, 12, 8, 5, 15, 4, 11, 7, 6, 10, 13)]
    assert [fact.id for fact in counted_contacts(same_moment, TERMS)] == list(range(1, 16))
    earlier = replace(same_moment[0], bought_at=same_moment[0].bought_at - timedelta(microseconds=1))
    assert [fact.id for fact in counted_contacts([*same_moment[1:], earlier], TERMS)] == [16, *range(1, 15)]


def test_instants_are_compared_across_zones():
    """G1: 18:00 six hours west of UTC is midnight there, half an hour before the other, whatever the ids."""
    west = timezone(timedelta(hours=-6))
    first = contact(2, S, bought_at=datetime(2026, 1, 10, 18, 0, tzinfo=west))
    second = contact(1, S, bought_at=datetime(2026, 1, 11, 0, 30, tzinfo=UTC))
    assert [fact.id for fact in counted_contacts([second, first], TERMS)] == [2, 1]


def test_a_purchase_late_in_the_evening_counts_on_its_local_day():
    """G3: 19:30 on the last day in Mexico City is the next day in UTC, and in time."""
    evening = datetime(P.year, P.month, P.day + 1, 1, 30, tzinfo=UTC)
    facts = facts_of((*bought(count=14), contact(15, P, bought_at=evening)))
    assert judged("bought_in_time", facts, P) == ("met", "no_longer")  # too late to claim all the same: G6
    verdict = evaluate(facts, Terms(extend_for_wait=True), P)
    assert (verdict.status, verdict.claim_from) == ("not_yet", date(2026, 5, 10))


def test_a_returned_contact_is_replaced_by_the_sixteenth():
    """G1: which moves the last purchase, and with it E."""
    facts = facts_of((*with_contact(4, returned=True), contact(16, LAST + DAY)))
    verdict = evaluate(facts, TERMS, E + DAY)
    assert verdict.counted == (1, 2, 3, *range(5, 17))
    assert verdict.amount_cents == 15 * 1000 + sum(range(1, 17)) - 4
    assert (verdict.status, verdict.claim_from) == ("eligible", E + DAY)


def test_nothing_about_a_returned_contact_matters():
    """G1: neither its job, nor its review, nor its delay."""
    given_back = {"returned": True, "won": True, "return_pending": True, "hours_to_first_contact": 99.0}
    spare = contact(16, LAST)
    assert evaluate(facts_of((*with_contact(4, **given_back), spare)), REQUIRE, E).status == "eligible"
    reviewed = with_contact(1, returned=True)
    assert judged("contact_review", facts_of((*reviewed, spare))) == ("unmet", "not_yet")


def test_a_review_of_the_sixteenth_does_not_count():
    """G8."""
    unreviewed = with_contact(1, positive_review=False)
    facts = facts_of((*unreviewed, contact(16, LAST, positive_review=True)))
    assert judged("contact_review", facts) == ("unmet", "not_yet")


def test_other_terms_may_count_another_number():
    """G20."""
    for count in (1, 3, 20):
        terms = Terms(contacts=count)
        verdict = evaluate(facts_of(bought(count=count)), terms, E)
        assert (verdict.status, verdict.counted) == ("eligible", tuple(range(1, count + 1)))
        assert (verdict.claim_from, verdict.claim_until) == (E, C)
        fewer = evaluate(facts_of(bought(count=count)[1:]), terms, E)
        assert requirement("contacts", fewer).detail == {"have": count - 1, "need": count, "deadline": P}
        assert (fewer.status, fewer.claim_from) == ("not_yet", None)
        more = evaluate(facts_of(bought(count=count + 1)), terms, E)
        assert more.counted == tuple(range(1, count + 1))


# What the next purchase would be, and what a return would change, G6 and G1


@pytest.mark.parametrize(
    ("count", "on", "expected"),
    [
        (0, S, NextPurchase(number=1, counts=True, trapped=False)),
        (13, B, NextPurchase(number=14, counts=True, trapped=False)),
        (13, B + DAY, NextPurchase(number=14, counts=True, trapped=True)),
        (14, B - DAY, NextPurchase(number=15, counts=True, trapped=False)),
        (14, B, NextPurchase(number=15, counts=True, trapped=False)),
        (14, B + DAY, NextPurchase(number=15, counts=True, trapped=True)),
        (15, B + DAY, NextPurchase(number=16, counts=False, trapped=False)),
    ],
)
def test_the_purchase_page_can_tell_when_it_is_a_trap(count, on, expected):
    """G6."""
    facts = facts_of(bought(count=count) if count else ())
    assert next_purchase(facts, TERMS, on) == expected


def test_a_returned_contact_leaves_its_number_to_the_next_purchase():
    """G1, G6."""
    facts = facts_of(with_contact(4, returned=True))
    assert next_purchase(facts, TERMS, B) == NextPurchase(15, counts=True, trapped=False)


def test_the_trap_follows_the_terms_and_the_extra_days():
    """G5, G6."""
    facts = facts_of(bought(count=14))
    extended = Terms(extend_for_wait=True)
    assert [next_purchase(facts, extended, day).trapped for day in (P, P + DAY)] == [False, True]
    moved = replace(facts, extra_days=2)
    assert [next_purchase(moved, TERMS, B + days * DAY).trapped for days in (2, 3)] == [False, True]
    assert not next_purchase(replace(facts, contracted_on=None), TERMS, C).trapped


def test_what_a_return_would_change_can_be_shown_before_it_is_asked_for():
    """G1: the sixteenth moves into the first fifteen, and may close the window."""
    facts = facts_of((*with_contact(4, return_pending=True), contact(16, B + DAY)))
    after = evaluate(if_returned(facts, 4), TERMS, E)
    assert after.counted == (1, 2, 3, *range(5, 17))
    assert (after.status, after.claim_from) == ("no_longer", date(2026, 4, 26))
    assert requirement("returns_settled", after).status == "met"
    assert requirement("returns_settled", evaluate(facts, TERMS, E)).status == "unmet"  # left as it was
    settled = {"returned": True, "return_pending": False}
    assert if_returned(facts, 4) == facts_of((*with_contact(4, **settled), contact(16, B + DAY)))


def test_only_a_contact_that_is_there_can_be_returned():
    with pytest.raises(ValueError, match="no contact 99"):
        if_returned(facts_of(), 99)
    with pytest.raises(ValueError, match="no contact 4"):
        if_returned(facts_of(with_contact(4, returned=True)), 4)


# Nonsense, and the shapes relied on from outside


def test_a_moment_without_zone_is_refused():
    with pytest.raises(ValueError, match="contact 7 must be aware"):
        contact(7, S, bought_at=datetime(2026, 1, 10, 12))


@pytest.mark.parametrize(
    "changes",
    [{each.name: -1} for each in fields(Terms) if each.name not in ("first_contact", "extend_for_wait")]
    + [{"contacts": 0}, {"first_contact": "perhaps"}],
)
def test_terms_that_make_no_sense_are_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        Terms(**changes)


def test_terms_may_ask_for_nothing_but_contacts():
    nothing = {
        each.name: 0
        for each in fields(Terms)
        if each.name not in ("contacts", "first_contact", "extend_for_wait")
    }
    terms = Terms(**nothing)
    facts = facts_of(bought(S), description_length=1, earlier_reviews=0)
    verdict = evaluate(facts, terms, S)
    assert (verdict.status, verdict.buy_by, verdict.claim_from, verdict.claim_until) == ("eligible", S, S, S)


def test_the_names_relied_on_from_outside_stay_in_their_order():
    def names(kind: type) -> str:
        return " ".join(each.name for each in fields(kind))

    assert [(each.name, each.default) for each in fields(Terms)] == [
        ("contacts", 15),
        ("purchase_months", 3),
        ("grace_days", 15),
        ("waiting_months", 1),
        ("description_over", 200),
        ("project_photos", 2),
        ("work_photos", 4),
        ("contact_reviews", 1),
        ("earlier_reviews", 2),
        ("first_contact", "advise"),
        ("first_contact_hours", 24),
        ("extend_for_wait", False),
    ]
    assert names(ContactFact) == (
        "id bought_at bought_on price_cents returned return_pending won hours_to_first_contact "
        "positive_review"
    )
    assert names(Facts) == (
        "contracted_on contacts has_logo description_length questions answered best_project_photos "
        "work_photos earlier_reviews plan_in_force payments_current suspended has_open_claim refunded "
        "rejected_as_false extra_days"
    )
    assert names(Requirement) == "code status met_on detail"
    assert names(Eligibility) == (
        "status requirements counted amount_cents purchase_deadline claim_from claim_until buy_by"
    )


@pytest.mark.parametrize("value", [TERMS, bought()[0], facts_of(), evaluate(facts_of(), TERMS, E)])
def test_values_are_frozen_and_slotted(value):
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(value)[0].name, None)
    assert not hasattr(value, "__dict__")

"""Each requirement of the guarantee the day before its boundary, on it and after, by example (G1 to G21)."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from guarantees.rules import Facts, Requirement, Terms, evaluate
from tests.guarantees.test_rules import (
    DAY,
    LAST,
    REQUIRE,
    TERMS,
    B,
    C,
    E,
    P,
    S,
    bought,
    contact,
    every_day,
    facts_of,
    judged,
    requirement,
    with_contact,
)

# contacts, G1


@pytest.mark.parametrize(
    ("count", "day", "status"),
    [
        (0, S, "unmet"),
        (14, P - DAY, "unmet"),
        (14, P, "unmet"),
        (14, P + DAY, "lost"),
        (15, P, "met"),
        (15, P + DAY, "met"),
        (16, P + DAY, "met"),
    ],
)
def test_contacts_are_met_by_the_fifteenth_and_lost_the_day_after_the_deadline(count, day, status):
    verdict = evaluate(facts_of(bought(count=count) if count else ()), TERMS, day)
    assert requirement("contacts", verdict) == Requirement(
        "contacts", status, None, {"have": min(count, 15), "need": 15, "deadline": P}
    )


# no_job_won, G2


@pytest.mark.parametrize("position", [1, 8, 15])
def test_one_job_won_is_what_was_promised(position):
    verdict = evaluate(facts_of(with_contact(position, won=True)), TERMS, E)
    assert requirement("no_job_won", verdict) == Requirement(
        "no_job_won", "lost", None, {"contacts": (position,)}
    )
    assert verdict.status == "no_longer"


def test_a_job_won_from_the_sixteenth_contact_does_not_matter():
    """G1, G2."""
    facts = facts_of((*bought(), contact(16, LAST, won=True)))
    assert judged("no_job_won", facts) == ("met", "eligible")


# bought_in_time, G3


@pytest.mark.parametrize(
    ("last", "status", "late"), [(P - DAY, "met", ()), (P, "met", ()), (P + DAY, "lost", (15,))]
)
def test_the_last_contact_may_be_bought_on_the_deadline_and_not_after(last, status, late):
    verdict = evaluate(facts_of(bought(last)), TERMS, last)
    assert requirement("bought_in_time", verdict) == Requirement(
        "bought_in_time", status, None, {"deadline": P, "late": late}
    )


@pytest.mark.parametrize(("day", "status"), [(P - DAY, "unmet"), (P, "unmet"), (P + DAY, "lost")])
def test_fewer_contacts_are_in_time_until_the_deadline(day, status):
    verdict = evaluate(facts_of(bought(count=14)), TERMS, day)
    assert requirement("bought_in_time", verdict) == Requirement(
        "bought_in_time", status, None, {"deadline": P, "late": ()}
    )


def test_one_late_contact_loses_even_with_fewer_and_whatever_day_is_asked_about():
    """The rightmost column holds, and another date than today is judged by today's facts."""
    verdict = evaluate(facts_of(bought(P + DAY, count=3)), TERMS, S)
    assert requirement("bought_in_time", verdict) == Requirement(
        "bought_in_time", "lost", None, {"deadline": P, "late": (3,)}
    )


def test_a_late_sixteenth_contact_does_not_matter():
    """G1, G3."""
    assert judged("bought_in_time", facts_of((*bought(), contact(16, P + DAY)))) == ("met", "eligible")


# waiting_month, G4


@pytest.mark.parametrize(
    ("day", "status", "met_on"), [(E - DAY, "waiting", E), (E, "met", None), (E + DAY, "met", None)]
)
def test_claim_is_refused_one_day_before_the_waiting_month_ends(day, status, met_on):
    verdict = evaluate(facts_of(), TERMS, day)
    assert requirement("waiting_month", verdict) == Requirement(
        "waiting_month", status, met_on, {"last_bought_on": LAST, "claim_from": E}
    )
    assert verdict.status == ("eligible" if status == "met" else "not_yet")


@pytest.mark.parametrize("day", [S, E, P, C + DAY])
def test_the_waiting_month_does_not_begin_before_the_fifteenth(day):
    verdict = evaluate(facts_of(bought(count=14)), TERMS, day)
    assert requirement("waiting_month", verdict) == Requirement(
        "waiting_month", "unmet", None, {"last_bought_on": None, "claim_from": None}
    )


# claim_window, G5 and G6


def window(facts: Facts, on: date, terms: Terms = TERMS) -> tuple[str, object]:
    found = requirement("claim_window", evaluate(facts, terms, on))
    return found.status, found.detail["reason"]


@pytest.mark.parametrize(
    ("day", "expected"), [(C - DAY, ("met", None)), (C, ("met", None)), (C + DAY, ("lost", "closed"))]
)
def test_the_window_closes_after_its_last_day(day, expected):
    """G5."""
    assert window(facts_of(), day) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (B - DAY, ("met", None)),
        (B, ("met", None)),
        (B + DAY, ("lost", "buy_by_passed")),
        (C, ("lost", "buy_by_passed")),
        (C + DAY, ("lost", "closed")),
    ],
)
def test_with_fewer_contacts_all_is_lost_the_day_after_buy_by(day, expected):
    """G6: before the deadline has passed, since no contact bought from now on could be claimed."""
    assert window(facts_of(bought(count=14)), day) == expected


@pytest.mark.parametrize(
    ("last", "expected"),
    [(B - DAY, ("met", None)), (B, ("met", None)), (B + DAY, ("lost", "bought_after_buy_by"))],
)
def test_a_fifteenth_contact_bought_after_buy_by_can_never_be_claimed(last, expected):
    """G6: on no day at all."""
    facts = facts_of(bought(last))
    assert window(facts, last) == expected
    claimable = [
        day for day in every_day(S, C + 60 * DAY) if evaluate(facts, TERMS, day).status == "eligible"
    ]
    assert bool(claimable) == (last <= B)


def test_extra_days_move_the_window_and_buy_by_but_never_the_deadline():
    """G5, G6."""
    for extra, until, by in (
        (1, date(2026, 4, 26), date(2026, 3, 26)),
        (5, date(2026, 4, 30), date(2026, 3, 31)),  # the last day of April: the whole of March can be claimed
        (6, date(2026, 5, 1), date(2026, 4, 1)),
        (14, date(2026, 5, 9), date(2026, 4, 9)),
        (15, date(2026, 5, 10), P),
        (16, date(2026, 5, 11), P),
        (400, date(2027, 5, 30), P),
    ):
        verdict = evaluate(facts_of(extra_days=extra), TERMS, E)
        assert (verdict.purchase_deadline, verdict.claim_until, verdict.buy_by) == (P, until, by)
        assert requirement("claim_window", verdict).detail["extra_days"] == extra
        assert window(facts_of(extra_days=extra), until) == ("met", None)
        assert window(facts_of(extra_days=extra), until + DAY) == ("lost", "closed")


def test_an_extended_window_stays_open_fifteen_days_after_the_wait():
    """G6: with extend_for_wait the trap is gone, and B is P."""
    terms = Terms(extend_for_wait=True)
    verdict = evaluate(facts_of(bought(P)), terms, P)
    assert (verdict.status, verdict.buy_by) == ("not_yet", P)
    assert (verdict.claim_from, verdict.claim_until) == (date(2026, 5, 10), date(2026, 5, 25))
    assert evaluate(facts_of(bought(P)), terms, date(2026, 5, 10)).status == "eligible"
    assert evaluate(facts_of(bought(P)), terms, date(2026, 5, 25)).status == "eligible"
    assert evaluate(facts_of(bought(P)), terms, date(2026, 5, 26)).status == "no_longer"
    assert evaluate(facts_of(bought(P + DAY)), terms, P + DAY).status == "no_longer"  # G3 still holds


def test_an_extended_window_is_never_shorter_than_the_plain_one():
    """G6: the later of C and E + 15 days."""
    terms = Terms(extend_for_wait=True)
    assert evaluate(facts_of(bought(date(2026, 3, 9))), terms, E).claim_until == C
    assert evaluate(facts_of(bought(date(2026, 3, 10))), terms, E).claim_until == C
    assert evaluate(facts_of(bought(date(2026, 3, 11))), terms, E).claim_until == C + DAY
    assert evaluate(facts_of(bought(date(2026, 3, 11)), extra_days=9), terms, E).claim_until == C + 9 * DAY


@pytest.mark.parametrize(
    ("day", "expected"), [(B + DAY, ("met", None)), (P, ("met", None)), (P + DAY, ("lost", "buy_by_passed"))]
)
def test_with_fewer_contacts_an_extended_window_ends_where_the_plain_one_does(day, expected):
    """Chapter G: where fewer, claim_until is C; and B is P."""
    terms = Terms(extend_for_wait=True)
    facts = facts_of(bought(count=14))
    assert window(facts, day, terms) == expected
    verdict = evaluate(facts, terms, day)
    assert (verdict.claim_from, verdict.claim_until, verdict.buy_by) == (None, C, P)


# profile, G7


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"has_logo": False}, ("logo",)),
        ({"description_length": 199}, ("description",)),
        ({"description_length": 200}, ("description",)),
        ({"description_length": 201}, ()),
        ({"description_length": 202}, ()),
        ({"answered": 4}, ("questions",)),
        ({"questions": 0, "answered": 0}, ()),
        ({"answered": 6}, ()),
        ({"best_project_photos": 1}, ("project",)),
        ({"best_project_photos": 3}, ()),
        ({"work_photos": 3}, ("work_photos",)),
        ({"work_photos": 5}, ()),
        (
            {
                "has_logo": False,
                "description_length": 0,
                "answered": 0,
                "best_project_photos": 0,
                "work_photos": 0,
            },
            ("logo", "description", "questions", "project", "work_photos"),
        ),
    ],
)
def test_a_profile_is_complete_when_no_piece_is_missing(changes, missing):
    verdict = evaluate(facts_of(**changes), TERMS, E)
    found = requirement("profile", verdict)
    assert found.detail["missing"] == missing
    assert found.status == ("unmet" if missing else "met")
    assert verdict.status == ("not_yet" if missing else "eligible")


def test_what_a_profile_needs_is_in_the_terms():
    """G7, G20: and the detail says what is there and what is needed."""
    terms = Terms(description_over=50, project_photos=7, work_photos=8)
    facts = facts_of(description_length=51, best_project_photos=7, work_photos=8, questions=9, answered=9)
    found = requirement("profile", evaluate(facts, terms, E))
    assert found == Requirement(
        "profile",
        "met",
        None,
        {
            "missing": (),
            "description_length": 51,
            "description_needed": 51,
            "answered": 9,
            "questions": 9,
            "project_photos": 7,
            "project_photos_needed": 7,
            "work_photos": 8,
            "work_photos_needed": 8,
        },
    )
    one_less = replace(
        facts, description_length=50, best_project_photos=6, work_photos=7, questions=9, answered=8
    )
    assert requirement("profile", evaluate(one_less, terms, E)).detail["missing"] == (
        "description",
        "questions",
        "project",
        "work_photos",
    )


# contact_review and earlier_reviews, G8


@pytest.mark.parametrize(("reviewed", "status"), [(0, "unmet"), (1, "met"), (2, "met")])
def test_one_positive_review_of_a_counted_contact_is_enough(reviewed, status):
    contacts = [replace(fact, positive_review=fact.id <= reviewed) for fact in bought()]
    verdict = evaluate(facts_of(contacts), TERMS, E)
    assert requirement("contact_review", verdict) == Requirement(
        "contact_review", status, None, {"have": reviewed, "need": 1}
    )


@pytest.mark.parametrize(("reviews", "status"), [(0, "unmet"), (1, "unmet"), (2, "met"), (3, "met")])
def test_two_earlier_reviews_are_needed(reviews, status):
    verdict = evaluate(facts_of(earlier_reviews=reviews), TERMS, E)
    assert requirement("earlier_reviews", verdict) == Requirement(
        "earlier_reviews", status, None, {"have": reviews, "need": 2}
    )
    assert verdict.status == ("eligible" if status == "met" else "not_yet")


def test_how_many_reviews_are_needed_is_in_the_terms():
    """G8, G20."""
    verdict = evaluate(facts_of(), Terms(contact_reviews=2, earlier_reviews=3), E)
    assert requirement("contact_review", verdict).detail == {"have": 1, "need": 2}
    assert requirement("earlier_reviews", verdict).detail == {"have": 2, "need": 3}
    assert verdict.status == "not_yet"
    assert evaluate(facts_of(earlier_reviews=0), Terms(earlier_reviews=0), E).status == "eligible"


# plan, payments, not_suspended, G9 and G19


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("plan", {"plan_in_force": False}),
        ("payments", {"payments_current": False}),
        ("not_suspended", {"suspended": True}),
    ],
)
def test_a_plan_paid_invoices_and_an_account_in_good_standing_are_needed(code, changes):
    verdict = evaluate(facts_of(**changes), TERMS, E)
    assert [each for each in verdict.requirements if each.status != "met"] == [
        Requirement(code, "unmet", None, {})
    ]
    assert verdict.status == "not_yet"


# returns_settled, G13


@pytest.mark.parametrize("position", [1, 15])
def test_an_undecided_return_of_a_counted_contact_is_to_be_settled_first(position):
    verdict = evaluate(facts_of(with_contact(position, return_pending=True)), TERMS, E)
    assert requirement("returns_settled", verdict) == Requirement(
        "returns_settled", "unmet", None, {"contacts": (position,)}
    )
    assert (verdict.status, len(verdict.counted)) == ("not_yet", 15)


def test_an_undecided_return_of_the_sixteenth_does_not_matter():
    """G1, G13."""
    facts = facts_of((*bought(), contact(16, LAST, return_pending=True)))
    assert judged("returns_settled", facts) == ("met", "eligible")


# first_contact, G21


@pytest.mark.parametrize(
    ("hours", "status"), [(0.0, "met"), (23.99, "met"), (24.0, "met"), (24.01, "lost"), (500.0, "lost")]
)
def test_twenty_four_hours_exactly_are_in_time(hours, status):
    verdict = evaluate(facts_of(with_contact(15, hours_to_first_contact=hours)), REQUIRE, E)
    late = (15,) if status == "lost" else ()
    assert requirement("first_contact", verdict) == Requirement(
        "first_contact",
        status,
        None,
        {"policy": "require", "hours": 24, "late": late, "missed": (), "open": ()},
    )


@pytest.mark.parametrize(
    ("day", "status", "missed", "still_open"),
    [
        (LAST - DAY, "unmet", (), (15,)),
        (LAST, "unmet", (), (15,)),
        (LAST + DAY, "unmet", (), (15,)),
        (LAST + 2 * DAY, "lost", (15,), ()),
    ],
)
def test_a_contact_not_reached_is_lost_when_the_day_after_its_purchase_has_passed(
    day, status, missed, still_open
):
    verdict = evaluate(facts_of(with_contact(15, hours_to_first_contact=None)), REQUIRE, day)
    assert requirement("first_contact", verdict) == Requirement(
        "first_contact",
        status,
        None,
        {"policy": "require", "hours": 24, "late": (), "missed": missed, "open": still_open},
    )


@pytest.mark.parametrize("policy", ["advise", "require", "ignore"])
@pytest.mark.parametrize("kinds", list(product(["in time", "late", "missed", "open"], repeat=2)))
def test_first_contact_statuses_of_two_contacts_under_each_policy(policy, kinds):
    """G21: rightmost holds; only *require* fails anybody."""
    today = S + 10 * DAY
    made = {
        "in time": (S, 24.0),
        "late": (S, 25.0),
        "missed": (S, None),
        "open": (today - DAY, None),
    }
    contacts = [
        contact(number, made[kind][0], hours_to_first_contact=made[kind][1])
        for number, kind in enumerate(kinds, start=1)
    ]
    found = requirement(
        "first_contact", evaluate(facts_of(contacts), Terms(contacts=2, first_contact=policy), today)
    )
    ids = {kind: {number for number, each in enumerate(kinds, start=1) if each == kind} for kind in made}
    assert {kind: set(found.detail[kind]) for kind in ("late", "missed", "open")} == {
        kind: ids[kind] for kind in ("late", "missed", "open")
    }
    if policy != "require":
        assert found.status == "met"
    elif "late" in kinds or "missed" in kinds:
        assert found.status == "lost"
    else:
        assert found.status == ("unmet" if "open" in kinds else "met")


def test_a_late_sixteenth_contact_fails_nobody():
    """G1, G21."""
    for hours in (25.0, None):
        facts = facts_of((*bought(), contact(16, LAST, hours_to_first_contact=hours)))
        assert judged("first_contact", facts, terms=REQUIRE) == ("met", "eligible")


@pytest.mark.parametrize(("hours", "days"), [(0, 0), (1, 1), (12, 1), (24, 1), (25, 2), (48, 2), (49, 3)])
def test_the_day_on_which_the_hours_end_counts_whole(hours, days):
    """G21 with other hours in the terms: the last day is that on which they can end at the latest."""
    terms = Terms(first_contact="require", first_contact_hours=hours)
    contacts = tuple(replace(fact, hours_to_first_contact=hours) for fact in bought())
    assert judged("first_contact", facts_of(contacts), terms=terms)[0] == "met"
    open_one = facts_of((*contacts[:14], contact(15, LAST, hours_to_first_contact=None)))
    assert judged("first_contact", open_one, LAST + days * DAY, terms)[0] == "unmet"
    assert judged("first_contact", open_one, LAST + (days + 1) * DAY, terms)[0] == "lost"


# first_claim, G10


@pytest.mark.parametrize(
    ("has_open_claim", "refunded", "rejected_as_false"), list(product([False, True], repeat=3))
)
def test_there_is_one_chance(has_open_claim, refunded, rejected_as_false):
    """G10: every combination; after a refund or a false claim nothing follows, an open one comes first."""
    facts = facts_of(has_open_claim=has_open_claim, refunded=refunded, rejected_as_false=rejected_as_false)
    verdict = evaluate(facts, TERMS, E)
    status, reason, whole = "met", None, "eligible"
    if has_open_claim:
        status, reason, whole = "unmet", "open", "not_yet"
    if rejected_as_false:
        status, reason, whole = "lost", "rejected_as_false", "no_longer"
    if refunded:
        status, reason, whole = "lost", "refunded", "no_longer"
    assert requirement("first_claim", verdict) == Requirement("first_claim", status, None, {"reason": reason})
    assert verdict.status == whole

"""Each requirement of the guarantee at its boundaries, and the whole verdict, by example (G1 to G23)."""

import json
from collections.abc import Sequence
from dataclasses import FrozenInstanceError, asdict, fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import product

import pytest

from guarantees.rules import (
    REQUIREMENT_CODES,
    ContactFact,
    Eligibility,
    Facts,
    NextPurchase,
    Requirement,
    Terms,
    counted_contacts,
    evaluate,
    if_returned,
    next_purchase,
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


def every_day(first: date, last: date) -> list[date]:
    return [first + number * DAY for number in range((last - first).days + 1)]


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

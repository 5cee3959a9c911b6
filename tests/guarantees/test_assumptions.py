"""What may be supposed of one's own guarantee is judged as what happens is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from guarantees import rules
from guarantees.assumptions import Assumption, judge_supposed, missing_then, suppose
from guarantees.contact_changes import if_returned
from guarantees.rules import Facts, Terms, evaluate
from tests.guarantees.test_rules import (
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
    facts_of,
    requirement,
)
from tests.guarantees.test_rules_properties import cases, extra_days_of_any_kind, quiet, starts, statuses
from tests.guarantees.test_rules_properties import terms_of_any_kind as any_terms

DAY = timedelta(days=1)


@quiet
@given(cases())
def test_where_nothing_is_supposed_nothing_changes(case: tuple[Facts, Terms, date]):
    facts, terms, today = case
    assert suppose(facts, terms, today, Assumption()) == facts
    assert judge_supposed(facts, terms, today, Assumption()) == evaluate(facts, terms, today)


@quiet
@given(starts, any_terms, extra_days_of_any_kind, st.data())
def test_bought_on_the_last_day_it_can_be_claimed_and_a_day_later_never(
    start: date, terms: Terms, extra_days: int, data: st.DataObject
):
    """G6, whatever the terms, unless they keep the window open for the wait."""
    terms = replace(terms, extend_for_wait=False)
    by = rules.buy_by(start, terms, extra_days)
    assume(by >= start)
    have = data.draw(st.integers(0, terms.contacts - 1))
    facts = facts_of(
        [contact(number, start) for number in range(1, have + 1)], contracted_on=start, extra_days=extra_days
    )
    missing = terms.contacts - have
    today = data.draw(st.dates(start, by))
    in_time = judge_supposed(facts, terms, today, Assumption(buys=missing, buy_on=by))
    too_late = judge_supposed(facts, terms, today, Assumption(buys=missing, buy_on=by + DAY))
    assert "lost" not in statuses(in_time).values()
    assert in_time.claim_from is not None
    assert in_time.claim_from <= in_time.claim_until
    assert too_late.status == "no_longer"
    assert evaluate(facts, terms, today).status != "no_longer"


@quiet
@given(cases(), st.integers(1, 5), st.integers(0, 120))
def test_what_is_bought_later_is_judged_as_if_it_had_been(
    case: tuple[Facts, Terms, date], number: int, days: int
):
    """All but its price and its number: rows above zero, called at once."""
    facts, terms, today = case
    day = today + days * DAY
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    happened = replace(
        facts, contacts=(*facts.contacts, *(contact(100 + n, day, bought_at=noon) for n in range(number)))
    )
    # Whoever bought something later already could not have bought this after it.
    assume(all(each.bought_at < noon for each in facts.contacts))
    assume(terms.first_contact != "require")
    after = judge_supposed(facts, terms, today, Assumption(buys=number, buy_on=day))
    expected = evaluate(happened, terms, day)
    assert statuses(after) == statuses(expected)
    dates = ("purchase_deadline", "claim_from", "claim_until", "buy_by")
    assert [getattr(after, name) for name in dates] == [getattr(expected, name) for name in dates]
    assert [max(each, 0) for each in after.counted] == [
        each if each < 100 else 0 for each in expected.counted
    ]


@quiet
@given(cases())
def test_given_back_is_what_the_return_does(case: tuple[Facts, Terms, date]):
    facts, terms, today = case
    kept = sorted(each.id for each in facts.contacts if not each.returned)
    assume(kept)
    after = judge_supposed(facts, terms, today, Assumption(given_back=frozenset(kept[:1])))
    assert after == evaluate(if_returned(facts, kept[0]), terms, today)


def test_several_are_given_back_at_once_and_the_missing_ones_are_bought_again():
    both = frozenset({3, 4})
    assert missing_then(facts_of(), TERMS, both) == 2
    after = judge_supposed(facts_of(), TERMS, LAST, Assumption(given_back=both, buys=2, buy_on=B))
    assert after.counted == (1, 2, *range(5, 16), -2, -1)
    assert (after.claim_from, after.claim_until) == (C, C)
    assert after.amount_cents == sum(1000 + number for number in range(1, 16)) - 1003 - 1004


def test_what_cannot_be_given_back_cannot_be_supposed():
    with pytest.raises(ValueError, match="no contact 99 that could be returned"):
        suppose(facts_of(), TERMS, E, Assumption(given_back=frozenset({99})))


def test_a_purchase_later_on_the_same_day_comes_after_the_others_of_that_day():
    """Bought at half past eleven at night in Mexico City: in UTC that is the next day."""
    late = datetime(S.year, S.month, S.day, 23, 30, tzinfo=UTC) + timedelta(hours=6)
    facts = facts_of([contact(1, S, bought_at=late)])
    assert judge_supposed(facts, TERMS, S, Assumption(buys=1, buy_on=S)).counted == (1, -1)


def test_some_of_the_missing_bought_after_buy_by_leave_no_time_for_the_rest():
    """G6: judged today they would still leave some, and that would be a promise nobody can keep."""
    facts = facts_of(bought(count=10))
    assert statuses(judge_supposed(facts, TERMS, LAST, Assumption(buys=2, buy_on=B)))["claim_window"] == "met"
    late = judge_supposed(facts, TERMS, LAST, Assumption(buys=2, buy_on=B + DAY))
    assert requirement("claim_window", late).detail["reason"] == "buy_by_passed"
    assert late.status == "no_longer"


def test_who_may_still_be_called_in_time_is_taken_to_be_and_who_was_forgotten_is_not():
    """G21, where the terms require it."""
    fresh = contact(2, LAST, hours_to_first_contact=None)
    supposed = Assumption(buys=13, buy_on=LAST + 10 * DAY)
    ok = judge_supposed(facts_of([contact(1, S), fresh]), REQUIRE, LAST, supposed)
    assert statuses(ok)["first_contact"] == "met"
    forgotten = contact(1, S, hours_to_first_contact=None)
    late = judge_supposed(facts_of([forgotten, fresh]), REQUIRE, LAST, supposed)
    assert requirement("first_contact", late).detail["missed"] == (1,)
    # Bought the same day, nobody is taken to have been called yet.
    today = judge_supposed(facts_of([contact(1, S), fresh]), REQUIRE, LAST, Assumption(buys=13, buy_on=LAST))
    assert requirement("first_contact", today).detail["open"] == (2,)


def test_the_reviews_that_are_missing_come_and_no_more():
    terms = Terms(contact_reviews=3)
    facts = facts_of(earlier_reviews=1)
    after = judge_supposed(facts, terms, E, Assumption(praised=True, vouched_for=True))
    assert requirement("contact_review", after).detail == {"have": 3, "need": 3}
    assert requirement("earlier_reviews", after).detail == {"have": 2, "need": 2}
    assert after.status == "eligible"
    # Of whom no contact counts, no homeowner can write one.
    none = judge_supposed(facts_of([]), terms, S, Assumption(praised=True))
    assert requirement("contact_review", none).detail == {"have": 0, "need": 3}
    # What there is already stays.
    many = judge_supposed(facts_of(earlier_reviews=9), terms, E, Assumption(vouched_for=True))
    assert requirement("earlier_reviews", many).detail == {"have": 9, "need": 2}


def test_the_homeowner_of_a_contact_still_to_be_bought_may_be_the_one_who_praises():
    facts = facts_of([contact(number, S, positive_review=False) for number in range(2, 3)])
    terms = Terms(contact_reviews=2)
    after = judge_supposed(facts, terms, S, Assumption(buys=14, buy_on=LAST, praised=True))
    assert statuses(after)["contact_review"] == "met"


def test_a_plan_that_is_paid_is_in_force_and_leaves_nothing_past_due():
    facts = facts_of(plan_in_force=False, payments_current=False)
    assert judge_supposed(facts, TERMS, E, Assumption(plan_paid=True)) == evaluate(facts_of(), TERMS, E)


def test_who_never_contracted_begins_today():
    after = judge_supposed(
        facts_of([], contracted_on=None, plan_in_force=False), TERMS, S, Assumption(plan_paid=True)
    )
    assert (after.purchase_deadline, after.claim_until, after.buy_by) == (P, C, B)
    # Who has contracted stays with their day.
    later = judge_supposed(facts_of(), TERMS, LAST, Assumption(plan_paid=True))
    assert later.purchase_deadline == P

"""Who is counted among the new professionals, and who has won (M15)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from guarantees.first_fifteen import FirstFifteen, first_fifteen, where_most_are
from guarantees.rules import Terms
from tests.guarantees.test_rules import facts_of
from tests.making import noon

START = date(2026, 1, 10)
TERMS = Terms(contacts=3)


def bought(*days, won=(), returned=()):
    """Contacts 1, 2, …, bought on these days."""
    from guarantees.rules import ContactFact

    return [
        ContactFact(
            id=number,
            bought_at=noon(day) + timedelta(minutes=number),
            bought_on=day,
            price_cents=20_000,
            returned=number in returned,
            return_pending=False,
            won=number in won,
            hours_to_first_contact=None,
            positive_review=False,
        )
        for number, day in enumerate(days, 1)
    ]


def counted(contacts, today, *, start=START, terms=TERMS):
    return first_fifteen(replace(facts_of(contacts=contacts), contracted_on=start), terms, today)


FIRST, SECOND, THIRD = date(2026, 1, 12), date(2026, 1, 20), date(2026, 1, 31)


@pytest.mark.parametrize("won", [(), (1,), (3,)])
def test_all_bought_it_is_settled_a_month_after_the_last_whether_won_or_not(won):
    contacts = bought(FIRST, SECOND, THIRD, won=won)
    assert counted(contacts, date(2026, 2, 27)) is None
    assert counted(contacts, date(2026, 2, 28)) == FirstFifteen((1, 2, 3), bool(won))


@pytest.mark.parametrize("won", [(), (1,)])
def test_with_fewer_it_is_settled_a_month_after_the_time_to_buy(won):
    """P is 10 April."""
    contacts = bought(FIRST, SECOND, won=won)
    assert counted(contacts, date(2026, 5, 9)) is None
    assert counted(contacts, date(2026, 5, 10)) == FirstFifteen((1, 2), bool(won))


def test_what_was_returned_bought_beyond_or_after_the_time_does_not_matter():
    beyond = bought(FIRST, SECOND, THIRD, THIRD, won=(4,))
    assert counted(beyond, date(2026, 6, 1)) == FirstFifteen((1, 2, 3), False)
    late = bought(FIRST, date(2026, 4, 10), date(2026, 4, 11), won=(3,))
    assert counted(late, date(2026, 5, 9)) is None
    assert counted(late, date(2026, 5, 10)) == FirstFifteen((1, 2), False)
    returned = bought(FIRST, SECOND, THIRD, date(2026, 2, 5), won=(1,), returned=(1,))
    assert counted(returned, date(2026, 3, 5)) == FirstFifteen((2, 3, 4), False)


def test_who_bought_nothing_in_time_or_never_contracted_is_not_counted():
    assert counted([], date(2026, 9, 1)) is None
    assert counted(bought(date(2026, 4, 11)), date(2026, 9, 1)) is None
    assert counted(bought(FIRST), date(2026, 9, 1), start=None) is None


def test_new_is_who_contracted_in_the_last_24_months():
    contacts = bought(FIRST, SECOND, THIRD)
    assert counted(contacts, date(2028, 1, 10)) is not None
    assert counted(contacts, date(2028, 1, 11)) is None


def test_where_most_are_and_of_several_the_first():
    assert where_most_are([2, 1, 1]) == 1
    assert where_most_are([2, 1, 1, 2]) == 2
    assert where_most_are([5]) == 5

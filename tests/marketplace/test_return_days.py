"""Until which day a contact may be given back (M7), by the calendar alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.return_days import LastDays, decide_by, earliest_purchase, last_days

BOUGHT = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("withdrawn_on", "withdrew"),
    [
        (None, None),
        (date(2026, 3, 2), date(2026, 3, 9)),
        (date(2026, 3, 9), date(2026, 3, 16)),
        # On the eighth day nothing begins any more.
        (date(2026, 3, 10), None),
    ],
)
def test_seven_days_from_the_purchase_and_seven_from_a_withdrawal_within_them(withdrawn_on, withdrew):
    assert last_days(bought_on=BOUGHT, withdrawn_on=withdrawn_on) == LastDays(date(2026, 3, 9), withdrew)


def test_a_return_is_decided_by_the_end_of_the_fifth_day():
    assert decide_by(date(2026, 2, 27)) == date(2026, 3, 4)


@given(
    bought_on=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    waited=st.none() | st.integers(0, 30).map(lambda days: timedelta(days=days)),
)
def test_what_was_bought_before_the_earliest_purchase_has_no_day_left(bought_on, waited):
    days = last_days(bought_on=bought_on, withdrawn_on=None if waited is None else bought_on + waited)
    assert days.ordinary <= days.latest
    assert earliest_purchase(days.latest) <= bought_on

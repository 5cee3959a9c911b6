"""Months of a plan are calendar months, added once from the day on which it was contracted (M9)."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.subscriptions import first_and_last_day, next_stretch


def stretches(anchor, months, how_many):
    found = [first_and_last_day(anchor, anchor, months)]
    while len(found) < how_many:
        last = found[-1][1]
        found.append(next_stretch(anchor, last, months, last + timedelta(days=1)))
    return [(start.isoformat(), end.isoformat()) for start, end in found]


def test_by_the_month_from_31_january_the_31st_comes_back():
    assert stretches(date(2026, 1, 31), 1, 4) == [
        ("2026-01-31", "2026-02-27"),
        ("2026-02-28", "2026-03-30"),
        ("2026-03-31", "2026-04-29"),
        ("2026-04-30", "2026-05-30"),
    ]


def test_from_a_leap_day_by_the_year():
    assert stretches(date(2028, 2, 29), 12, 5) == [
        ("2028-02-29", "2029-02-27"),
        ("2029-02-28", "2030-02-27"),
        ("2030-02-28", "2031-02-27"),
        ("2031-02-28", "2032-02-28"),
        ("2032-02-29", "2033-02-27"),
    ]


def test_from_the_end_of_november_by_the_quarter():
    assert stretches(date(2026, 11, 30), 3, 3) == [
        ("2026-11-30", "2027-02-27"),
        ("2027-02-28", "2027-05-29"),
        ("2027-05-30", "2027-08-29"),
    ]


def test_a_plan_whose_months_were_changed_goes_on_from_where_it_is():
    """Three periods of a month, and then of two."""
    assert next_stretch(date(2026, 1, 31), date(2026, 4, 29), 2, date(2026, 4, 30)) == (
        date(2026, 4, 30),
        date(2026, 6, 29),
    )


@given(
    anchor=st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    months=st.sampled_from([1, 2, 3, 6, 12]),
    how_many=st.integers(1, 30),
)
def test_stretches_follow_each_other_without_gap_or_overlap(anchor, months, how_many):
    found = stretches(anchor, months, how_many)
    for (_, end), (start, _) in pairwise(found):
        assert date.fromisoformat(start) == date.fromisoformat(end) + timedelta(days=1)
    assert all(start <= end for start, end in found)
    # The day of the month is the anchor's wherever the month has it.
    assert all(date.fromisoformat(start).day in {anchor.day, 28, 29, 30} for start, _ in found)


@pytest.mark.parametrize(
    ("added_on", "expected"),
    [
        ("2026-02-10", ("2026-02-10", "2026-03-09")),
        ("2026-02-20", ("2026-02-10", "2026-03-09")),
        ("2026-03-09", ("2026-02-10", "2026-03-09")),
        # From here on a whole period has passed, and nobody pays for that.
        ("2026-03-10", ("2026-03-10", "2026-04-09")),
        ("2026-07-01", ("2026-06-10", "2026-07-09")),
    ],
)
def test_a_late_renewal_begins_where_the_last_period_ended_unless_whole_periods_have_passed(
    added_on, expected
):
    start, end = next_stretch(date(2026, 1, 10), date(2026, 2, 9), 1, date.fromisoformat(added_on))
    assert (start.isoformat(), end.isoformat()) == expected

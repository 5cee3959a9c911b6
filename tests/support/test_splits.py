"""What of a piece of work an allowance takes, and what can become of the rest (S5, S7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.splits import Split, almost_used, courtesy_left, split, used_up

AMOUNT, LEFT, MINUTES = st.integers(1, 10_000), st.integers(0, 10_000), st.integers(0, 10)


@given(amount=AMOUNT, left=LEFT, courtesy=MINUTES)
def test_what_is_taken_and_the_rest_are_what_was_logged_and_never_more_than_is_left(amount, left, courtesy):
    parts = split(amount, left, courtesy)
    assert parts.taken + parts.rest == amount
    assert 0 <= parts.taken <= left
    # Nothing is left over where there is a rest.
    assert parts.rest == 0 or parts.taken == left
    assert parts.short == (0 < parts.rest <= courtesy)


@given(amount=AMOUNT, left=LEFT, courtesy=MINUTES)
def test_more_that_is_left_never_makes_the_rest_longer(amount, left, courtesy):
    assert split(amount, left + 1, courtesy).rest <= split(amount, left, courtesy).rest


@pytest.mark.parametrize(
    ("amount", "left", "courtesy", "parts"),
    [
        (30, 30, 10, Split(30, 0, False)),
        (31, 30, 10, Split(30, 1, True)),
        (40, 30, 10, Split(30, 10, True)),
        (41, 30, 10, Split(30, 11, False)),
        (10, 0, 10, Split(0, 10, True)),
        (11, 0, 10, Split(0, 11, False)),
        (1, 0, 0, Split(0, 1, False)),
    ],
)
def test_it_is_split_at_its_boundaries(amount, left, courtesy, parts):
    assert split(amount, left, courtesy) == parts


@pytest.mark.parametrize(("given_minutes", "left"), [(0, 10), (3, 7), (10, 0), (11, 0)])
def test_ten_minutes_in_all_can_be_given(given_minutes, left):
    assert courtesy_left(given_minutes) == left


@pytest.mark.parametrize(
    ("given_units", "left", "marks"),
    [
        (600, 121, (False, False)),
        (600, 120, (True, False)),
        (600, 1, (True, False)),
        (600, 0, (True, True)),
        # Whole numbers all the way: four of five, and not three of four.
        (5, 1, (True, False)),
        (4, 1, (False, False)),
        (1, 1, (False, False)),
        (0, 0, (False, False)),
    ],
)
def test_the_marks_of_four_fifths_and_of_all(given_units, left, marks):
    assert (almost_used(given_units, left), used_up(given_units, left)) == marks

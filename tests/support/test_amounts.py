"""Hours and minutes as people write them (S7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.allowances import in_words
from support.amounts import read_minutes


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("10", 600), ("2:30", 150), ("0:05", 5), ("1.5", 90), ("1,5 h", 90), ("2 h", 120), ("2h30", 150),
        ("2 h 30 min", 150), ("2 H 30", 150), ("45 min", 45), ("45m", 45), ("90 minutos", 90), ("3 horas", 180),
        ("2 ore 15 minuti", 135), ("1 ora", 60), ("  2   h  ", 120), ("0", 0), ("0.05", 3), ("2 hrs.", 120),
    ],
)  # fmt: skip
def test_what_people_write_is_read(said, minutes):
    assert read_minutes(said) == minutes


@pytest.mark.parametrize(
    "said",
    [
        "",
        "much",
        "-1",
        "2:60",
        "2:3",
        "0.01",
        "1/2",
        "2 h -3 min",
        "1e3",
        "9999999",
        "2 30",
        "h",
        "2:30:00",
        "½",
    ],
)
def test_what_is_no_amount_is_refused(said):
    with pytest.raises(ValueError, match="no amount"):
        read_minutes(said)


@given(st.integers(0, 600_000))
def test_what_is_shown_can_be_typed_again(minutes):
    assert read_minutes(in_words(minutes, "minutes")) == minutes

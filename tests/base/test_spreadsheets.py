"""Files for spreadsheets: what is written comes back, and no text in them is ever run (LESSONS, Security)."""

import csv
import io
from datetime import date

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from base.spreadsheets import amount, csv_lines, csv_response, safe_text


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\t=1", "'\t=1"), ("\r=1", "'\r=1"),
        ("  =1", "'  =1"), ("＝1", "'＝1"), ("a=1", "a=1"), ("", ""), ("Baño, azul", "Baño, azul"), ("\x00=1", "'=1"),
    ],
)  # fmt: skip
def test_a_text_that_would_be_a_formula_is_shown_as_it_is(written, cell):
    assert safe_text(written) == cell


@pytest.mark.parametrize(
    ("cents", "cell"), [(0, "0.00"), (5, "0.05"), (-20_000, "-200.00"), (123_456_789_012, "1234567890.12")]
)
def test_amounts_are_exact_and_can_be_summed(cents, cell):
    assert str(amount(cents)) == cell


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1), max_size=5)
)
def test_whatever_is_in_a_cell_the_file_can_be_read_again(rows):
    content = "".join(csv_lines(rows))
    assert content.startswith("\ufeff")
    read = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline="")))
    assert read == [[safe_text(cell) for cell in row] for row in rows]


def test_a_row_holds_dates_and_amounts_as_they_are():
    assert list(csv_lines([(date(2026, 1, 31), amount(-150), "x")]))[1] == "2026-01-31,-1.50,x\r\n"


def test_the_rows_are_read_while_they_are_sent_in_the_language_of_who_asked():
    def rows():
        yield (translation.get_language(),)

    with translation.override("es-mx"):
        response = csv_response(rows(), name="x.csv")
    with translation.override("en"):
        assert b"".join(response.streaming_content).decode("utf-8-sig") == "es-mx\r\n"

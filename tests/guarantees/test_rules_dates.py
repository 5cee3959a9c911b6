"""The dates of the guarantee: the rules' own table, ends of months, leap years (G3 to G6)."""

from datetime import date, timedelta

import pytest

from guarantees.rules import (
    Terms,
    add_months,
    buy_by,
    claim_from,
    claim_until,
    claim_window_end,
    evaluate,
    purchase_deadline,
    safe_buy_by,
)
from tests.guarantees.test_rules import TERMS, bought, every_day, facts_of


def day(text: str) -> date:
    return date.fromisoformat(text)


# S, P, C, B, fifteenth bought, E, first and last day to claim
TABLE = [
    line.split(" ")
    for line in (
        "2026-01-10 2026-04-10 2026-04-25 2026-03-25 2026-02-20 2026-03-20 2026-03-20 2026-04-25",
        "2026-11-30 2027-02-28 2027-03-15 2027-02-15 2027-01-31 2027-02-28 2027-02-28 2027-03-15",
        "2026-08-31 2026-11-30 2026-12-15 2026-11-15 2026-11-16 2026-12-16 never never",
        "2026-11-13 2027-02-13 2027-02-28 2027-01-31 2027-01-31 2027-02-28 2027-02-28 2027-02-28",
        "2026-10-15 2027-01-15 2027-01-30 2026-12-30 2027-01-15 2027-02-15 never never",
    )
]


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_every_row_of_the_table_of_dates(row):
    start, deadline, window_end, by, last, wait_end = map(day, row[:6])
    facts = facts_of(bought(last, first=start), contracted_on=start)
    verdict = evaluate(facts, TERMS, start)
    assert {
        "P": verdict.purchase_deadline,
        "C": verdict.claim_until,
        "B": verdict.buy_by,
        "E": verdict.claim_from,
    } == {"P": deadline, "C": window_end, "B": by, "E": wait_end}

    claimable = [
        on
        for on in every_day(start - timedelta(days=1), window_end + timedelta(days=90))
        if evaluate(facts, TERMS, on).status == "eligible"
    ]
    assert claimable == ([] if row[6] == "never" else every_day(day(row[6]), day(row[7])))
    if row[6] == "never":
        assert evaluate(facts, TERMS, last).status == "no_longer"


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_the_named_dates_say_what_the_verdict_says(row):
    start, deadline, window_end, by, last, wait_end = map(day, row[:6])
    assert purchase_deadline(start, TERMS) == deadline
    assert claim_window_end(start, TERMS) == window_end
    assert buy_by(start, TERMS) == by
    assert claim_from(last, TERMS) == wait_end
    assert claim_until(start, TERMS) == window_end
    assert claim_until(start, TERMS, last_bought_on=last) == window_end


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        ("2026-01-31", 0, "2026-01-31"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-01-31", 3, "2026-04-30"),  # not 28 April, as three steps of one month would give
        ("2026-01-28", 1, "2026-02-28"),
        ("2026-01-29", 1, "2026-02-28"),
        ("2026-01-30", 1, "2026-02-28"),
        ("2024-01-29", 1, "2024-02-29"),
        ("2026-02-28", 1, "2026-03-28"),
        ("2024-02-29", 1, "2024-03-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2023-11-30", 3, "2024-02-29"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-11-29", 3, "2027-02-28"),
        ("2026-08-31", 3, "2026-11-30"),
        ("2026-11-15", 1, "2026-12-15"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-12-31", 1, "2027-01-31"),
        ("2026-09-30", 3, "2026-12-30"),
        ("1899-12-31", 2, "1900-02-28"),
        ("1999-12-31", 2, "2000-02-29"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2026-01-15", -13, "2024-12-15"),
    ],
)
def test_months_are_added_once_from_their_start(anchor, months, expected):
    """Chapter G: 31 January + 1 month is 28 or 29 February."""
    assert add_months(day(anchor), months) == day(expected)


def test_a_month_beyond_the_calendar_is_an_error():
    with pytest.raises(ValueError, match="year"):
        add_months(date(9999, 12, 1), 1)
    with pytest.raises(ValueError, match="year"):
        add_months(date(1, 1, 31), -1)


@pytest.mark.parametrize(
    ("year", "february"), [(2026, "2026-02-28"), (2027, "2027-02-28"), (2028, "2028-02-29")]
)
@pytest.mark.parametrize("last", [28, 29, 30, 31])
def test_purchases_at_the_end_of_january_wait_until_the_same_day_of_february(year, february, last):
    """G4: except on the 28th of a leap year, which has its own."""
    expected = day(february)
    if last == 28:
        expected = expected.replace(day=28)
    assert claim_from(date(year, 1, last), TERMS) == expected
    start = date(year - 1, 12, 20)
    verdict = evaluate(facts_of(bought(date(year, 1, last), first=start), contracted_on=start), TERMS, start)
    assert verdict.claim_from == expected


@pytest.mark.parametrize(
    ("start", "extra", "window_end", "by"),
    [
        ("2026-11-12", 0, "2027-02-27", "2027-01-27"),
        (
            "2026-11-13",
            0,
            "2027-02-28",
            "2027-01-31",
        ),  # the 28th, 29th, 30th and 31st all lead to 28 February
        ("2026-11-14", 0, "2027-03-01", "2027-02-01"),
        ("2027-11-13", 0, "2028-02-28", "2028-01-28"),  # not the last day of a leap year's February
        ("2027-11-14", 0, "2028-02-29", "2028-01-31"),
        ("2026-12-14", 0, "2027-03-29", "2027-02-28"),  # no 29 February to buy on
        ("2026-12-15", 0, "2027-03-30", "2027-02-28"),
        ("2026-12-16", 0, "2027-03-31", "2027-02-28"),
        ("2026-12-17", 0, "2027-04-01", "2027-03-01"),
        ("2026-01-15", 0, "2026-04-30", "2026-03-31"),
        ("2026-01-14", 0, "2026-04-29", "2026-03-29"),
        ("2026-11-28", 0, "2027-03-15", "2027-02-15"),
        ("2026-11-28", 12, "2027-03-27", "2027-02-27"),
        ("2026-11-28", 13, "2027-03-28", "2027-02-28"),
        ("2026-11-28", 14, "2027-03-29", "2027-02-28"),  # P itself: more days change nothing
        ("2026-11-28", 100, "2027-06-23", "2027-02-28"),
    ],
)
def test_buy_by_is_the_last_day_from_which_the_wait_ends_within_the_window(start, extra, window_end, by):
    """G6."""
    assert claim_window_end(day(start), TERMS, extra) == day(window_end)
    assert buy_by(day(start), TERMS, extra) == day(by)
    assert buy_by(day(start), Terms(extend_for_wait=True), extra) == purchase_deadline(day(start), TERMS)


def test_other_terms_give_other_dates():
    """G20."""
    terms = Terms(purchase_months=6, grace_days=40, waiting_months=2)
    start = day("2026-08-31")
    assert purchase_deadline(start, terms) == day("2027-02-28")
    assert claim_window_end(start, terms) == day("2027-04-09")
    assert buy_by(start, terms) == day("2027-02-09")
    assert claim_from(day("2026-12-31"), terms) == day("2027-02-28")
    extended = Terms(purchase_months=6, grace_days=40, waiting_months=2, extend_for_wait=True)
    assert claim_until(start, extended, last_bought_on=day("2027-02-28")) == day("2027-06-07")
    assert claim_until(start, extended) == day("2027-04-09")


def test_a_wait_of_nothing_lets_the_last_day_to_buy_be_the_deadline():
    """G6."""
    assert buy_by(day("2026-01-10"), Terms(waiting_months=0)) == day("2026-04-10")
    assert buy_by(day("2026-01-10"), Terms(waiting_months=0, grace_days=0)) == day("2026-04-10")


def test_the_safe_day_is_a_week_before_buy_by():
    """G6: B leaves a single day."""
    assert safe_buy_by(day("2026-03-25")) == day("2026-03-18")
    assert safe_buy_by(day("2027-03-05")) == day("2027-02-26")

"""Business dates are the marketplace's own, and months are added once from their start (X1)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from base.days import add_months, end_of_day, marketplace_day, start_of_day
from tests.making import at


def test_a_purchase_at_half_past_seven_on_30_april_is_30_april_though_it_is_may_in_utc():
    moment = at("2026-04-30 19:30")
    assert moment.astimezone(UTC).date() == date(2026, 5, 1)
    assert marketplace_day(moment) == date(2026, 4, 30)


def test_mexico_city_has_had_no_summer_time_since_october_2022():
    assert at("2026-07-01 12:00").utcoffset() == at("2026-01-01 12:00").utcoffset()


def test_tijuana_still_has_summer_time(settings):
    settings.MARKETPLACE_TIME_ZONE = "America/Tijuana"
    # 23:30 on 30 June is 06:30 UTC of the next day; in winter the same wall clock is 07:30 UTC.
    assert marketplace_day(datetime(2026, 7, 1, 6, 30, tzinfo=UTC)) == date(2026, 6, 30)
    assert marketplace_day(datetime(2026, 7, 1, 7, 0, tzinfo=UTC)) == date(2026, 7, 1)
    assert marketplace_day(datetime(2026, 1, 1, 7, 30, tzinfo=UTC)) == date(2025, 12, 31)


@pytest.mark.parametrize(
    ("moment", "day"),
    [("2026-01-10 00:00", 10), ("2026-01-10 23:59:59.999999", 10), ("2026-01-11 00:00", 11)],
)
def test_a_day_lasts_from_midnight_to_midnight(moment, day):
    assert marketplace_day(at(moment)) == date(2026, 1, day)


def test_the_end_of_a_day_is_the_first_instant_of_the_next():
    assert end_of_day(date(2026, 1, 10)) == at("2026-01-11 00:00")
    assert marketplace_day(end_of_day(date(2026, 1, 10))) == date(2026, 1, 11)


def test_the_end_of_a_day_on_which_clocks_change_is_still_midnight(settings):
    settings.MARKETPLACE_TIME_ZONE = "America/Tijuana"
    tijuana = ZoneInfo("America/Tijuana")
    assert end_of_day(date(2026, 3, 8)).astimezone(UTC) == datetime(2026, 3, 9, tzinfo=tijuana).astimezone(
        UTC
    )


@pytest.mark.parametrize(
    ("start", "months", "result"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 1, 28), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 10, 15), 3, date(2027, 1, 15)),
    ],
)
def test_months_are_added_once_from_their_start(start, months, result):
    assert add_months(start, months) == result


def test_a_day_starts_where_the_one_before_it_ends_and_holds_its_own_start():
    for day in (date(2026, 1, 10), date(2026, 3, 1), date(2027, 1, 1)):
        assert start_of_day(day) == end_of_day(day - timedelta(days=1)) == at(f"{day} 00:00")
        assert marketplace_day(start_of_day(day)) == day

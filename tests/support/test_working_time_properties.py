"""The desk's working time holds for any calendar, at any moment, whatever the server's own time zone is."""

import os
import time as clock
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.working_time import WorkingCalendar

ZONES = ["Europe/Rome", "America/Mexico_City", "America/Havana", "Asia/Kathmandu", "Pacific/Apia", "UTC"]
MINUTE = timedelta(minutes=1)


@pytest.fixture(
    params=["UTC", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati"], autouse=True, scope="module"
)
def server_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The server stands in some zone of its own, which must not matter."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    clock.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    clock.tzset()


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    week = {}
    for weekday in range(7):
        edges = sorted(draw(st.sets(st.integers(0, 24 * 4), max_size=6)))
        pairs = zip(edges[::2], edges[1::2], strict=False)
        week[weekday] = [(quarter(opens), quarter(closes)) for opens, closes in pairs]
    weekday = draw(st.integers(0, 6))
    week[weekday] = week[weekday] or [(time(9), time(17))]
    return WorkingCalendar(
        timezone=draw(st.sampled_from(ZONES)),
        week=week,
        closed=draw(st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=40)),
        standard_day=timedelta(minutes=draw(st.integers(1, 24 * 60))),
    )


def quarter(number: int) -> time:
    return time(number // 4 % 24, number % 4 * 15)


# In UTC: two moments of one zone are compared by its clock, which may show a later one earlier.
moments = st.datetimes(
    datetime(2026, 1, 1),
    datetime(2026, 12, 31),
    timezones=st.sampled_from([ZoneInfo(zone) for zone in ZONES]),
).map(lambda moment: moment.astimezone(UTC))
amounts = st.timedeltas(MINUTE, timedelta(days=2))


def is_worked(calendar: WorkingCalendar, moment: datetime) -> bool:
    """What the desk's clock shows at this moment, looked up by hand; right where no clock is being changed."""
    shown = moment.astimezone(ZoneInfo(calendar.timezone))
    hours = calendar.week.get(shown.weekday(), ())
    return shown.date() not in calendar.closed and any(
        opens <= shown.time() and (closes == time(0) or shown.time() < closes) for opens, closes in hours
    )


@given(calendar=calendars(), asked=moments)
def test_what_lies_between_question_and_deadline_is_one_standard_day(
    calendar: WorkingCalendar, asked: datetime
) -> None:
    assert calendar.between(asked, calendar.response_due(asked)) == calendar.standard_day


@given(calendar=calendars(), one=moments, other=moments)
def test_who_asks_later_is_due_no_earlier(calendar: WorkingCalendar, one: datetime, other: datetime) -> None:
    earlier, later = sorted([one, other])

    assert calendar.response_due(earlier) <= calendar.response_due(later)


@given(calendar=calendars(), asked=moments)
def test_a_deadline_is_inside_working_time_or_at_its_very_end(
    calendar: WorkingCalendar, asked: datetime
) -> None:
    due = calendar.response_due(asked)

    assert calendar.between(due - timedelta(microseconds=1), due) == timedelta(microseconds=1)


@given(calendar=calendars(), start=moments, first=amounts, second=amounts)
def test_adding_twice_is_adding_the_sum(
    calendar: WorkingCalendar, start: datetime, first: timedelta, second: timedelta
) -> None:
    assert calendar.add(calendar.add(start, first), second) == calendar.add(start, first + second)


@given(calendar=calendars(), moments=st.lists(moments, min_size=3, max_size=3))
def test_time_between_adds_up(calendar: WorkingCalendar, moments: list[datetime]) -> None:
    first, second, third = sorted(moments)

    assert calendar.between(first, second) + calendar.between(second, third) == calendar.between(first, third)
    assert timedelta(0) <= calendar.between(first, second) <= second.astimezone(UTC) - first.astimezone(UTC)


@settings(max_examples=25)
@given(calendar=calendars(), start=moments)
def test_working_time_is_what_counting_minutes_gives(calendar: WorkingCalendar, start: datetime) -> None:
    """Over two days without a change of clocks, minute by minute."""
    start = start.astimezone(UTC).replace(second=0, microsecond=0)
    end, zone = start + timedelta(days=2), ZoneInfo(calendar.timezone)
    if start.astimezone(zone).utcoffset() != end.astimezone(zone).utcoffset():
        return
    worked = sum(is_worked(calendar, start + MINUTE * number) for number in range(2 * 24 * 60))

    assert calendar.between(start, end) == MINUTE * worked

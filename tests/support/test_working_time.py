"""The desk's working time: examples of the rules, what a calendar refuses, and nights in which the clocks change."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from support.working_time import WorkingCalendar, WorkingTimeError

ROME = ZoneInfo("Europe/Rome")
MORNING, AFTERNOON = (time(9), time(13)), (time(14), time(18))
OFFICE = dict.fromkeys(range(5), (MORNING, AFTERNOON))
EIGHT_HOURS = timedelta(hours=8)


def calendar(
    week: dict[int, Iterable[tuple[time, time]]] | None = None,
    *,
    zone: str = "Europe/Rome",
    closed: Iterable[date] = (),
    standard_day: timedelta = EIGHT_HOURS,
) -> WorkingCalendar:
    hours = OFFICE if week is None else {day: tuple(each) for day, each in week.items()}
    return WorkingCalendar(timezone=zone, week=hours, closed=frozenset(closed), standard_day=standard_day)


def every_day(*intervals: tuple[time, time]) -> dict[int, Iterable[tuple[time, time]]]:
    return dict.fromkeys(range(7), intervals)


def rome(*when: int, fold: int = 0) -> datetime:
    return datetime(*when, tzinfo=ROME, fold=fold)  # type: ignore[arg-type, misc]


# 2 November 2026 is a Monday.
@pytest.mark.parametrize(
    ("asked", "due"),
    [
        pytest.param(rome(2026, 11, 2, 10), rome(2026, 11, 3, 10), id="Monday at ten, Tuesday at ten"),
        pytest.param(rome(2026, 11, 6, 20), rome(2026, 11, 9, 18), id="Friday evening, Monday evening"),
        pytest.param(rome(2026, 11, 2, 9), rome(2026, 11, 2, 18), id="as the desk opens, the same evening"),
        pytest.param(rome(2026, 11, 2, 7), rome(2026, 11, 2, 18), id="before it opens, the same evening"),
        pytest.param(rome(2026, 11, 2, 18), rome(2026, 11, 3, 18), id="as it closes, the next evening"),
        pytest.param(
            rome(2026, 11, 2, 13), rome(2026, 11, 3, 13), id="as lunch begins, as it begins tomorrow"
        ),
        pytest.param(rome(2026, 11, 2, 13, 30), rome(2026, 11, 3, 13), id="at lunch, counted from its end"),
        pytest.param(rome(2026, 11, 2, 14), rome(2026, 11, 3, 13), id="as lunch ends, as it begins tomorrow"),
        pytest.param(
            rome(2026, 11, 6, 17, 59), rome(2026, 11, 9, 17, 59), id="a minute before the week ends"
        ),
        pytest.param(rome(2026, 11, 7, 11), rome(2026, 11, 9, 18), id="on Saturday"),
        pytest.param(
            rome(2026, 11, 8, 23, 59, 59), rome(2026, 11, 9, 18), id="on Sunday, just before midnight"
        ),
    ],
)
def test_an_answer_is_due_one_working_day_after_the_question(asked: datetime, due: datetime) -> None:
    assert calendar().response_due(asked) == due


def test_holidays_and_closures_do_not_count() -> None:
    closed = calendar(closed=[date(2026, 12, 7), date(2026, 12, 8)])

    assert closed.response_due(rome(2026, 12, 4, 16)) == rome(2026, 12, 9, 16)
    assert closed.days_off(rome(2026, 12, 4, 16), rome(2026, 12, 9, 16)) == (
        date(2026, 12, 5),
        date(2026, 12, 6),
        date(2026, 12, 7),
        date(2026, 12, 8),
    )


def test_the_day_of_a_question_is_the_desks_and_not_the_clients() -> None:
    """At eight in the evening of Sunday in Mexico City it is three in the morning of Monday in Rome."""
    asked = datetime(2026, 11, 1, 20, tzinfo=ZoneInfo("America/Mexico_City"))

    assert calendar().response_due(asked) == rome(2026, 11, 2, 18)


def test_answers_are_in_utc_so_that_adding_to_them_is_exact() -> None:
    assert calendar().response_due(rome(2026, 11, 2, 10)).tzinfo is UTC


def test_an_end_of_midnight_is_the_end_of_the_day_and_loses_no_minute() -> None:
    night = calendar({0: [(time(22), time(0))], 1: [(time(0), time(6))]})

    assert night.between(rome(2026, 11, 2, 0), rome(2026, 11, 4, 0)) == EIGHT_HOURS
    assert night.add(rome(2026, 11, 2, 12), timedelta(hours=2)) == rome(2026, 11, 3, 0)
    assert night.add(rome(2026, 11, 2, 12), timedelta(hours=3)) == rome(2026, 11, 3, 1)
    assert calendar({0: [(time(0), time(0))]}).between(
        rome(2026, 11, 2, 0), rome(2026, 11, 3, 0)
    ) == timedelta(days=1)


def test_several_intervals_a_day_in_any_order() -> None:
    split = calendar({0: [(time(20), time(22)), (time(8), time(9)), (time(12), time(13))]})

    assert split.add(rome(2026, 11, 2, 8, 30), timedelta(hours=2)) == rome(2026, 11, 2, 20, 30)


def test_no_working_time_added_is_the_same_moment_even_at_night() -> None:
    assert calendar().add(rome(2026, 11, 7, 3), timedelta(0)) == rome(2026, 11, 7, 3)


def test_time_between_is_negative_backwards_and_nothing_at_night() -> None:
    office = calendar()
    asked, answered = rome(2026, 11, 6, 17), rome(2026, 11, 9, 10)

    assert office.between(asked, answered) == timedelta(hours=2)
    assert office.between(answered, asked) == timedelta(hours=-2)
    assert office.between(rome(2026, 11, 6, 18), rome(2026, 11, 9, 9)) == timedelta(0)


# In Rome the clocks go from 2:00 to 3:00 on 29 March 2026 and from 3:00 back to 2:00 on 25 October 2026.
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.mark.parametrize(
    ("day", "interval", "hours"),
    [
        pytest.param(SPRING, (time(0), time(6)), 5, id="a night of spring is an hour shorter"),
        pytest.param(AUTUMN, (time(0), time(6)), 7, id="a night of autumn is an hour longer"),
        pytest.param(SPRING, (time(0), time(0)), 23, id="the day of spring"),
        pytest.param(AUTUMN, (time(0), time(0)), 25, id="the day of autumn"),
        pytest.param(SPRING, (time(2, 15), time(2, 45)), 0, id="within the hour that is skipped"),
        pytest.param(SPRING, (time(2, 30), time(3, 15)), 0.25, id="opening in the hour that is skipped"),
        pytest.param(SPRING, (time(1, 30), time(2, 30)), 0.5, id="closing in the hour that is skipped"),
        pytest.param(
            AUTUMN, (time(1), time(2, 30)), 1.5, id="closing in the hour that comes twice, at its first"
        ),
        pytest.param(
            AUTUMN, (time(2, 30), time(4)), 2.5, id="opening in the hour that comes twice, at its first"
        ),
    ],
)
def test_the_time_inside_opening_hours_is_real_time(
    day: date, interval: tuple[time, time], hours: float
) -> None:
    night = calendar(every_day(interval))
    start = datetime.combine(day, time(0), ROME)

    assert night.between(start, datetime.combine(day + timedelta(days=1), time(0), ROME)) == timedelta(
        hours=hours
    )


def test_a_day_that_a_country_skipped_has_no_working_time() -> None:
    """Samoa went from 29 to 31 December 2011."""
    apia, zone = calendar(every_day(MORNING), zone="Pacific/Apia"), ZoneInfo("Pacific/Apia")

    start = datetime(2011, 12, 29, 0, tzinfo=zone)
    assert apia.between(start, datetime(2012, 1, 1, 0, tzinfo=zone)) == timedelta(hours=8)


def test_a_moment_in_the_hour_that_comes_twice_is_the_one_that_was_meant() -> None:
    night = calendar(every_day((time(0), time(6))))

    assert night.between(rome(2026, 10, 25, 2, 30), rome(2026, 10, 25, 2, 30, fold=1)) == timedelta(hours=1)


@pytest.mark.parametrize(
    "week",
    [
        pytest.param({}, id="no weekday"),
        pytest.param({0: [], 1: []}, id="no interval"),
        pytest.param({0: [(time(13), time(9))]}, id="backward"),
        pytest.param({0: [(time(9), time(9))]}, id="empty"),
        pytest.param({0: [(time(9), time(13)), (time(12), time(18))]}, id="overlapping"),
        pytest.param({0: [(time(9), time(18)), (time(10), time(11))]}, id="one inside another"),
        pytest.param({0: [(time(9), time(0)), (time(22), time(23))]}, id="after midnight has closed the day"),
        pytest.param({0: [(time(9), time(13)), (time(9), time(13))]}, id="the same twice"),
        pytest.param({7: [(time(9), time(13))]}, id="an eighth weekday"),
    ],
)
def test_a_week_that_cannot_be_meant_is_refused(week: dict[int, list[tuple[time, time]]]) -> None:
    with pytest.raises(WorkingTimeError):
        calendar(week)  # type: ignore[arg-type]


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../etc/passwd"])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(WorkingTimeError):
        calendar(zone=zone)


@pytest.mark.parametrize("length", [timedelta(0), timedelta(hours=-8)])
def test_a_standard_day_without_length_is_refused(length: timedelta) -> None:
    with pytest.raises(WorkingTimeError):
        calendar(standard_day=length)


def test_intervals_that_touch_do_not_overlap() -> None:
    assert calendar({0: [(time(9), time(13)), (time(13), time(18))]}).between(
        rome(2026, 11, 2, 0), rome(2026, 11, 3, 0)
    ) == timedelta(hours=9)


def test_naive_moments_are_refused() -> None:
    office, naive, aware = calendar(), datetime(2026, 11, 2, 10), rome(2026, 11, 2, 10)

    for refused in (
        lambda: office.add(naive, EIGHT_HOURS),
        lambda: office.between(naive, aware),
        lambda: office.between(aware, naive),
        lambda: office.response_due(naive),
    ):
        with pytest.raises(WorkingTimeError):
            refused()


def test_working_time_cannot_be_taken_back() -> None:
    with pytest.raises(WorkingTimeError):
        calendar().add(rome(2026, 11, 2, 10), timedelta(minutes=-1))


class ClosedFrom:
    """Closed on every day from the first on, for as many days as are said."""

    def __init__(self, first: date, days: int) -> None:
        self.first, self.last = first, first + timedelta(days=days - 1)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


def test_a_desk_closed_for_400_days_is_an_error_and_for_399_a_long_wait() -> None:
    asked = rome(2026, 11, 2, 12)

    def closed_for(days: int) -> WorkingCalendar:
        return WorkingCalendar(
            timezone="Europe/Rome",
            week=every_day(MORNING),  # type: ignore[arg-type]
            closed=ClosedFrom(date(2026, 11, 3), days),
            standard_day=timedelta(hours=4),
        )

    assert closed_for(399).response_due(asked) == rome(2027, 12, 7, 12)
    with pytest.raises(WorkingTimeError):
        closed_for(400).response_due(asked)
    with pytest.raises(WorkingTimeError):
        closed_for(400).between(asked, rome(2028, 11, 2, 12))
    assert closed_for(400).between(asked, rome(2026, 12, 31, 12)) == timedelta(hours=1)

"""Working time (S2): when an answer is due, and how much working time an answer took.

Pure: it knows no database, no clock and no settings. A calendar is built from plain values, and every answer is a
function of them. Opening hours are what the clock on the desk's wall shows; the time inside them is real time, so a
night in which the clocks change is worked as long as it is.
"""

from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MIDNIGHT = time(0)
DAY = timedelta(days=1)
NOTHING = timedelta(0)
# A desk that is closed for longer has a calendar that nobody looked after: an endless search would hide it.
LONGEST_CLOSED_DAYS = 400


class WorkingTimeError(ValueError):
    """The calendar cannot be what was meant, or a moment cannot be placed in it."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """When a desk works.

    `timezone` names a zone of the tz database. `week` gives for each weekday (0 is Monday) its intervals of local
    time, none or several, in any order; an end of 00:00 is midnight. `closed` holds the local dates on which the desk
    does not work. `standard_day` is the amount of working time that one working day stands for.

    Raises WorkingTimeError where there is no working time at all, where intervals overlap or run backward, or where
    zone, weekday or standard day make no sense.
    """

    timezone: str
    week: Mapping[int, Sequence[tuple[time, time]]]
    closed: Container[date]
    standard_day: timedelta
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _week: tuple[tuple[tuple[time, time], ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            zone = ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise WorkingTimeError(f"There is no time zone {self.timezone!r}.") from error
        if unknown := [weekday for weekday in self.week if weekday not in range(7)]:
            raise WorkingTimeError(f"Weekdays are 0 (Monday) to 6, not {unknown}.")
        if self.standard_day <= NOTHING:
            raise WorkingTimeError("The standard day has no length.")
        week = tuple(_in_order(self.week.get(weekday, ())) for weekday in range(7))
        if not any(week):
            raise WorkingTimeError("The calendar has no working time.")
        object.__setattr__(self, "_zone", zone)
        object.__setattr__(self, "_week", week)

    def add(self, start: datetime, working: timedelta) -> datetime:
        """The first instant, in UTC, at which `working` time has passed since `start`.

        Raises WorkingTimeError for a naive `start`, for less than no time, and when the desk is closed for 400 days.
        """
        start = _instant(start)
        if working < NOTHING:
            raise WorkingTimeError("Working time cannot be taken back from a moment.")
        if working == NOTHING:
            return start
        worked = self._worked_since(start)
        opens, closes = next(worked)
        while closes - opens < working:
            working -= closes - opens
            opens, closes = next(worked)
        return opens + working

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`; less than none where `end` comes first.

        Raises WorkingTimeError for a naive moment, and when the desk is closed for 400 days in between.
        """
        start, end = _instant(start), _instant(end)
        if end < start:
            return -self.between(end, start)
        worked = NOTHING
        for opens, closes in self._worked_since(start, until=end):
            worked += min(closes, end) - opens
        return worked

    def opens(self, moment: datetime) -> datetime:
        """The first instant, in UTC, from `moment` on at which the desk works.

        Raises WorkingTimeError for a naive `moment`, and when the desk is closed for 400 days.
        """
        return next(self._worked_since(_instant(moment)))[0]

    def closes(self, moment: datetime) -> datetime:
        """When the stretch of work that goes on at `moment`, or the next one, ends: an instant in UTC.

        Raises WorkingTimeError as `opens` does.
        """
        return next(self._worked_since(_instant(moment)))[1]

    def response_due(self, asked_at: datetime) -> datetime:
        """The instant, in UTC, by which an answer is due: one standard day of working time later (S1, S2).

        Raises WorkingTimeError as `add` does.
        """
        return self.add(asked_at, self.standard_day)

    def works_on(self, day: date) -> bool:
        """Whether the desk works at any time of this local date."""
        return bool(self._week[day.weekday()]) and day not in self.closed

    def days_off(self, start: datetime, end: datetime) -> tuple[date, ...]:
        """The local dates from `start` to `end`, both included, on which the desk does not work."""
        first, last = (_instant(moment).astimezone(self._zone).date() for moment in (start, end))
        days = (first + DAY * number for number in range((last - first).days + 1))
        return tuple(day for day in days if not self.works_on(day))

    def _worked_since(
        self, start: datetime, until: datetime | None = None
    ) -> Iterator[tuple[datetime, datetime]]:
        """What is worked after `start`, of what begins before `until`: pairs of instants in UTC, in order, none empty.

        Raises WorkingTimeError when the desk is closed for 400 days in a row.
        """
        day = start.astimezone(self._zone).date()
        closed_days = 0
        while until is None or self._instant_of(day, MIDNIGHT) < until:
            closed_days += 1
            for opens, closes in self._week[day.weekday()] if day not in self.closed else ():
                began = self._instant_of(day, opens)
                ended = self._instant_of(day + DAY if closes == MIDNIGHT else day, closes)
                if began < ended:
                    closed_days = 0
                    if start < ended and (until is None or began < until):
                        yield max(began, start), ended
            if closed_days == LONGEST_CLOSED_DAYS:
                raise WorkingTimeError(f"The desk is closed for {closed_days} days in a row, until {day}.")
            day += DAY

    def _instant_of(self, day: date, clock: time) -> datetime:
        """The first instant, in UTC, at which the desk's clock shows this time or has passed it.

        A time that the clock shows twice is the first of both. One that it skips is the instant of the change.
        """
        local = datetime.combine(day, clock.replace(tzinfo=None, fold=0), self._zone)
        instant = local.astimezone(UTC)
        if instant.astimezone(self._zone).replace(tzinfo=None) == local.replace(tzinfo=None):
            return instant
        before = local.replace(fold=1).astimezone(UTC)
        seconds = range(int((instant - before).total_seconds()))

        def has_passed(second: int) -> bool:
            shown = (before + timedelta(seconds=second)).astimezone(self._zone)
            return shown.replace(tzinfo=None) >= local.replace(tzinfo=None)

        return before + timedelta(seconds=bisect_left(seconds, True, key=has_passed))


def _in_order(intervals: Sequence[tuple[time, time]]) -> tuple[tuple[time, time], ...]:
    """The intervals of one day by their opening. Raises WorkingTimeError where one is backward or two overlap."""
    ordered = tuple(sorted(intervals))
    for opens, closes in ordered:
        if closes != MIDNIGHT and closes <= opens:
            raise WorkingTimeError(
                f"The desk cannot close at {closes:%H:%M} where it opens at {opens:%H:%M}."
            )
    for (_, closes), (opens, _) in pairwise(ordered):
        if closes == MIDNIGHT or opens < closes:
            raise WorkingTimeError(f"The desk opens at {opens:%H:%M}, before it has closed.")
    return ordered


def _instant(moment: datetime) -> datetime:
    """The moment in UTC. Raises WorkingTimeError where it has no zone."""
    if moment.utcoffset() is None:
        raise WorkingTimeError(f"{moment} has no time zone.")
    return moment.astimezone(UTC)

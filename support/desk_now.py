"""What the desk's public page says of this moment: whether it works, and by when it would answer (S1–S3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby

from django.utils.dates import WEEKDAYS
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from support.desk_calendar import DayOff, Deadline, days_off_in, deadline, desk_day, working_calendar
from support.in_session import away_until
from support.models import OpeningHours
from support.working_time import WorkingTimeError

# Days off within so many days from now are told of.
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class DeskNow:
    """`changes_at`: until when it is open, or when it opens again; None, as `due`, where it has no hours. `away_until`:
    until then a call may find nobody, for somebody is in session."""

    is_open: bool
    changes_at: datetime | None
    due: Deadline | None
    away_until: datetime | None
    days_off: Sequence[DayOff]


def desk_now(now: datetime) -> DeskNow:
    """Three queries."""
    away = away_until(now)
    try:
        calendar = working_calendar()
        opens = calendar.opens(now)
        due = deadline(now, calendar)
    except WorkingTimeError:
        # The office allows no such calendar; a page that strangers read does without it all the same.
        return DeskNow(False, None, None, away, ())
    today = desk_day(now)
    last = today + SOON
    off = [
        day
        for year in sorted({today.year, last.year})
        for day in days_off_in(year, calendar)
        if day.works and day.first <= last and day.last >= today
    ]
    is_open = opens == now
    return DeskNow(is_open, calendar.closes(now) if is_open else opens, due, away, _once(off))


def _once(days: Sequence[DayOff]) -> Sequence[DayOff]:
    """A closure over New Year is found in both years."""
    return list(dict.fromkeys(days))


@dataclass(frozen=True, slots=True)
class HoursShown:
    """Weekdays that follow each other and have the same hours, and these; none: closed."""

    days: str
    hours: Sequence[str]


def hours_shown() -> Sequence[HoursShown]:
    """The desk's week, on its own clock."""
    week: dict[int, list[tuple[time, time]]] = {day: [] for day in range(7)}
    for weekday, opens, closes in OpeningHours.objects.values_list("weekday", "opens", "closes"):
        week[weekday].append((opens, closes))
    shown = []
    for _key, group in groupby(range(7), key=lambda day: sorted(week[day])):
        days = list(group)
        shown.append(HoursShown(_days(days), [_interval(*each) for each in sorted(week[days[0]])]))
    return shown


def _days(days: Sequence[int]) -> str:
    names = [str(WEEKDAYS[day]) for day in days]
    if len(names) == 1:
        return names[0]
    if len(names) == 2:
        return _("%(first)s and %(last)s") % {"first": names[0], "last": names[1]}
    return _("%(first)s to %(last)s") % {"first": names[0], "last": names[-1]}


def _interval(opens: time, closes: time) -> str:
    return f"{time_format(opens, 'TIME_FORMAT')} – {time_format(closes, 'TIME_FORMAT')}"

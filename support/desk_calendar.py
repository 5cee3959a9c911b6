"""When the desk works, as its settings, the admin and the public holidays of its country say it (S2)."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from profiles.models import User
from support.errors import SupportError
from support.models import CheckedYear, Closure, OpeningHours
from support.working_time import WorkingCalendar

WEEKEND, HOLIDAY, CLOSURE = "weekend", "holiday", "closure"
# From this month on, next year's days off are to be looked through.
ASKED_FROM_MONTH = 11


def desk_zone() -> ZoneInfo:
    """The zone whose clock the desk works by."""
    return ZoneInfo(settings.DESK_TIME_ZONE)


def desk_day(moment: datetime) -> date:
    """The desk's local date at `moment` (aware)."""
    return moment.astimezone(desk_zone()).date()


@dataclass(frozen=True, slots=True)
class DaysOff:
    """The days on which the desk does not work although its week says so: a `Container` of dates, with the reasons."""

    closures: tuple[tuple[date, date, str], ...]
    # Names by date. It works out a year when it is first asked for one.
    public: Any = field(repr=False)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and bool(self.reason(day))

    def reason(self, day: date) -> tuple[str, str] | None:
        """`CLOSURE` or `HOLIDAY` and its name, in the words of the desk or the country; None: a day like any."""
        for first, last, name in self.closures:
            if first <= day <= last:
                return CLOSURE, name
        return (HOLIDAY, self.public[day]) if day in self.public else None


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an answer is due, and why then: `days_off` are the dates that were skipped, each with `WEEKEND`, `HOLIDAY`
    or `CLOSURE` and a name, as text. Both are stored with what is asked, so that no later edit of the calendar moves
    what was promised (S2)."""

    due_at: datetime
    days_off: tuple[tuple[str, str, str], ...]


def public_holidays() -> Any:
    """The public holidays of the desk's country and region: names by date."""
    country = settings.DESK_COUNTRY
    own = holidays.country_holidays(country).default_language
    return holidays.country_holidays(country, subdiv=settings.DESK_REGION or None, language=own)


def days_off() -> DaysOff:
    """One query."""
    closures = Closure.objects.order_by("first_day").values_list("first_day", "last_day", "name")
    return DaysOff(tuple(closures), public_holidays())


def working_calendar() -> WorkingCalendar:
    """The desk's calendar as it is today; two queries. Raises WorkingTimeError where it has no working time."""
    week: dict[int, list[Any]] = {}
    for weekday, opens, closes in OpeningHours.objects.values_list("weekday", "opens", "closes"):
        week.setdefault(weekday, []).append((opens, closes))
    return WorkingCalendar(
        timezone=settings.DESK_TIME_ZONE,
        week=week,
        closed=days_off(),
        standard_day=timedelta(minutes=settings.DESK_STANDARD_DAY_MINUTES),
    )


def deadline(asked_at: datetime, calendar: WorkingCalendar | None = None) -> Deadline:
    """By when what was asked at `asked_at` is to be answered, and which days the clock stood still for."""
    calendar = calendar or working_calendar()
    due_at = calendar.response_due(asked_at)
    return Deadline(due_at, tuple(_why(calendar, day) for day in calendar.days_off(asked_at, due_at)))


def _why(calendar: WorkingCalendar, day: date) -> tuple[str, str, str]:
    closed = calendar.closed.reason(day) if isinstance(calendar.closed, DaysOff) else None
    kind, name = closed or (WEEKEND, "")
    return day.isoformat(), kind, name


def year_to_check(today: date) -> int | None:
    """The year whose days off nobody has looked through yet although they will soon be needed: this one, and from
    November on the next. The clock runs on what the library and the closures say all the same."""
    asked = [today.year] + ([today.year + 1] if today.month >= ASKED_FROM_MONTH else [])
    checked = set(CheckedYear.objects.filter(year__in=asked).values_list("year", flat=True))
    return next((year for year in asked if year not in checked), None)


def confirm_year(*, year: int, by: User, now: datetime) -> CheckedYear:
    """Somebody has looked through a year's holidays and closures. Confirmed twice, the first stands.

    Raises SupportError("no_such_year") for one that is neither this nor the next.
    """
    this = desk_day(now).year
    if year not in (this, this + 1):
        raise SupportError(
            "no_such_year", _("Only this year and the next can be confirmed. Nothing was changed.")
        )
    with transaction.atomic():
        checked, _made = CheckedYear.objects.get_or_create(
            year=year, defaults={"checked_by": by, "checked_at": now}
        )
    return checked

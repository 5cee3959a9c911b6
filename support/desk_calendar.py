"""When the desk works, as its settings, the admin and the public holidays of its country say it (S2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from profiles.models import User
from support.errors import SupportError
from support.models import CheckedYear, Closure, OpeningHours
from support.public_holidays import PublicHolidays
from support.working_time import DAY, WorkingCalendar, WorkingTimeError

WEEKEND, HOLIDAY, CLOSURE = "weekend", "holiday", "closure"
# Of a day off: in the desk's own words, or in each language of the site, by code.
Name = str | Mapping[str, str]
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
    public: PublicHolidays = field(repr=False)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and (day in self.public or self._closure(day) is not None)

    def reason(self, day: date) -> tuple[str, Name] | None:
        """`CLOSURE` or `HOLIDAY` and its name; None: a day like any."""
        closure = self._closure(day)
        if closure is not None:
            return CLOSURE, closure
        return (HOLIDAY, self.public.names(day)) if day in self.public else None

    def _closure(self, day: date) -> str | None:
        return next((name for first, last, name in self.closures if first <= day <= last), None)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an answer is due, and why then: from `began_at`, the first instant at which the desk worked, `minutes` of
    working time; `days_off` are the dates that were skipped, as text, each with `WEEKEND`, `HOLIDAY` or `CLOSURE` and a
    name. All is stored with what is asked, so that no later edit of the calendar moves what was promised (S2); of
    holidays that were stored by the first versions the name is text, in the country's language."""

    asked_at: datetime
    began_at: datetime
    minutes: int
    due_at: datetime
    days_off: tuple[tuple[str, str, Name], ...]


def public_holidays() -> PublicHolidays:
    """Those of the desk's country and region."""
    return PublicHolidays(settings.DESK_COUNTRY, settings.DESK_REGION)


def days_off() -> DaysOff:
    """One query."""
    closures = Closure.objects.order_by("first_day").values_list("first_day", "last_day", "name")
    return DaysOff(tuple(closures), public_holidays())


def working_calendar() -> WorkingCalendar:
    """The desk's calendar as it is today; two queries. Raises WorkingTimeError where it has no working time."""
    return _calendar(_hours(), days_off())


def _hours(without: OpeningHours | None = None) -> list[tuple[int, time, time]]:
    hours = OpeningHours.objects.exclude(pk=without.pk) if without else OpeningHours.objects.all()
    return list(hours.values_list("weekday", "opens", "closes"))


def _calendar(hours: Iterable[tuple[int, time, time]], closed: DaysOff) -> WorkingCalendar:
    week: dict[int, list[tuple[time, time]]] = {}
    for weekday, opens, closes in hours:
        week.setdefault(weekday, []).append((opens, closes))
    return WorkingCalendar(
        timezone=settings.DESK_TIME_ZONE,
        week=week,
        closed=closed,
        standard_day=timedelta(minutes=settings.DESK_STANDARD_DAY_MINUTES),
    )


def refuse_hours(*, instead_of: OpeningHours | None = None, to_be: OpeningHours | None = None) -> None:
    """Raises SupportError "hours_backward", "hours_overlap" or "no_hours" if the desk had no calendar with the hours
    `to_be` instead of others (None: added to them, or taken out). Call it inside the transaction that saves them."""
    # One change after the other: each of two alone may fit where both together overlap, or leave nothing.
    list(OpeningHours.objects.select_for_update(no_key=True).values_list("pk"))
    hours = _hours(without=instead_of)
    if not hours and to_be is None:
        raise SupportError(
            "no_hours",
            _(
                "Without these hours the desk would never work, and no answer would ever be due. Add others first."
            ),
        )
    if to_be is None:
        return
    said = (to_be.weekday, to_be.opens, to_be.closes)
    try:
        _calendar([said], days_off())
    except WorkingTimeError as error:
        raise SupportError(
            "hours_backward",
            _("The desk cannot close at %(closes)s where it opens at %(opens)s. An end of 00:00 is midnight.")
            % {"closes": f"{to_be.closes:%H:%M}", "opens": f"{to_be.opens:%H:%M}"},
            field="closes",
        ) from error
    try:
        _calendar([*hours, said], days_off())
    except WorkingTimeError as error:
        raise SupportError(
            "hours_overlap",
            _(
                "On this weekday the desk works already at a part of this time. Change those hours, or choose others."
            ),
            field="opens",
        ) from error


def refuse_closure(*, first_day: date, last_day: date, instead_of: Closure | None = None) -> None:
    """Raises SupportError "ends_before" or "closed_too_long" for a closure with which nothing would ever be due."""
    if last_day < first_day:
        raise SupportError("ends_before", _("It cannot end before it begins."), field="last_day")
    others = Closure.objects.exclude(pk=instead_of.pk) if instead_of else Closure.objects.all()
    closures = [*others.values_list("first_day", "last_day", "name"), (first_day, last_day, "…")]
    calendar = _calendar(_hours(), DaysOff(tuple(closures), public_holidays()))
    try:
        # One that follows others at once is as long as all of them together.
        for begins, _ends, _name in closures:
            calendar.response_due(datetime.combine(begins, time(0), desk_zone()))
    except (WorkingTimeError, OverflowError) as error:
        raise SupportError(
            "closed_too_long",
            _(
                "With this the desk would be closed for more than a year in a row, and no answer would ever be due."
            ),
            field="last_day",
        ) from error


@dataclass(frozen=True, slots=True)
class DayOff:
    """One day of a year's list, or the days of one closure: `CLOSURE` or `HOLIDAY`, and its name. `works`: whether the
    desk would work on any of them without it."""

    first: date
    last: date
    kind: str
    name: str
    works: bool


def days_off_in(year: int, calendar: WorkingCalendar) -> Sequence[DayOff]:
    """What the clock stands still for in a year besides its week, in order: public holidays, by their names in the
    language that is spoken, and closures."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    closed = calendar.closed
    assert isinstance(closed, DaysOff)
    # As if nothing were closed: whether a day off takes a working day at all.
    week = replace(calendar, closed=())

    def off(begins: date, ends: date, kind: str, name: str) -> DayOff:
        days = (begins + DAY * number for number in range((ends - begins).days + 1))
        return DayOff(begins, ends, kind, name, any(week.works_on(day) for day in days))

    days = (first + DAY * number for number in range((last - first).days + 1))
    language = get_language() or settings.LANGUAGE_CODE
    found = [
        off(day, day, HOLIDAY, closed.public.name(day, language)) for day in days if day in closed.public
    ]
    found += [
        off(begins, ends, CLOSURE, name)
        for begins, ends, name in closed.closures
        if begins <= last and ends >= first
    ]
    return sorted(found, key=lambda each: (each.first, each.kind))


def deadline(asked_at: datetime, calendar: WorkingCalendar | None = None) -> Deadline:
    """By when what was asked at `asked_at` is to be answered, and which days the clock stood still for."""
    calendar = calendar or working_calendar()
    due_at = calendar.response_due(asked_at)
    return Deadline(
        asked_at=asked_at,
        began_at=calendar.opens(asked_at),
        minutes=int(calendar.standard_day.total_seconds()) // 60,
        due_at=due_at,
        days_off=tuple(_why(calendar, day) for day in calendar.days_off(asked_at, due_at)),
    )


def _why(calendar: WorkingCalendar, day: date) -> tuple[str, str, Name]:
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

"""Business days: the marketplace's local dates (X1)."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.conf import settings


def marketplace_zone() -> ZoneInfo:
    """The zone whose calendar dates the marketplace's rules speak of."""
    return ZoneInfo(settings.MARKETPLACE_TIME_ZONE)


def marketplace_day(moment: datetime) -> date:
    """The marketplace's local date at `moment` (aware)."""
    return moment.astimezone(marketplace_zone()).date()


def start_of_day(day: date) -> datetime:
    """The first instant of `day` in the marketplace."""
    return datetime.combine(day, time.min, tzinfo=marketplace_zone())


def end_of_day(day: date) -> datetime:
    """The first instant that is no longer `day` in the marketplace: an inclusive bound is `moment < end`."""
    return start_of_day(day + timedelta(days=1))


def month_bounds(first: date) -> tuple[datetime, datetime]:
    """The first instant of the month that begins on `first` in the marketplace, and the first after it."""
    return start_of_day(first), start_of_day(add_months(first, 1))


def add_months(day: date, months: int) -> date:
    """`day` plus calendar months, added once from the anchor: 31 Jan + 1 month = 28 or 29 Feb."""
    return day + relativedelta(months=months)


def month_of(day: date) -> tuple[date, date]:
    """The first day of the calendar month of `day`, and that of the next."""
    first = day.replace(day=1)
    return first, add_months(first, 1)

"""Twelve months of the desk, of which the last one may still run."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from base.days import add_months
from support.desk_calendar import desk_day, desk_zone

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Period:
    """Twelve months, of which the last one may still run. `only`: the month to which what is told by channel and by
    client is narrowed; None: all of them."""

    months: tuple[date, ...]
    only: date | None
    today: date

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        return _starts(self.months[0]), _starts(add_months(self.months[-1], 1))

    @property
    def narrowed(self) -> tuple[datetime, datetime]:
        return (_starts(self.only), _starts(add_months(self.only, 1))) if self.only else self.bounds

    def runs(self, month: date) -> bool:
        """Whether the month is not over."""
        return month == self.today.replace(day=1)

    @property
    def in_words(self) -> str:
        """Of what is narrowed."""
        if self.only:
            return self.name(self.only)
        said = {
            "first": date_format(self.months[0], "YEAR_MONTH_FORMAT"),
            "last": self.name(self.months[-1]),
        }
        return _("%(first)s to %(last)s") % said

    def name(self, month: date) -> str:
        named = date_format(month, "YEAR_MONTH_FORMAT")
        return _("%(month)s (still running)") % {"month": named} if self.runs(month) else named


def period(*, now: datetime, month: date | None = None) -> Period:
    """The twelve months that end with this one, by the desk's zone; or with `month` (its first day), and narrowed to
    it. Raises ValueError for a month to come."""
    today = desk_day(now)
    last = month or today.replace(day=1)
    if last > today or last.day != 1:
        raise ValueError(f"No figures of {last}.")
    return Period(tuple(add_months(last, -back) for back in reversed(range(MONTHS))), month, today)


def _starts(month: date) -> datetime:
    return datetime.combine(month, time.min, tzinfo=desk_zone())

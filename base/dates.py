"""Days as sentences say them, where Django has no format of its own for it."""

from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import pgettext


def with_weekday(day: date) -> str:
    """A day as the reader's language writes it, with its weekday: "Tuesday, Dec. 8, 2026"; a moment, which is local,
    also with its time."""
    form = "DATETIME_FORMAT" if isinstance(day, datetime) else "DATE_FORMAT"
    return pgettext("weekday and date", "%(weekday)s, %(day)s") % {
        "weekday": date_format(day, "l"),
        "day": date_format(day, form),
    }


def short_day(day: date) -> str:
    """Without its year, for where there is little room: "8 Dec"."""
    # Of the languages, some write months with a capital letter.
    return date_format(day, pgettext("date format", "j M"))


def short_month(day: date) -> str:
    """The month of a day for the axis of a chart: "Dec 2026"."""
    return date_format(day, pgettext("date format", "M Y"))

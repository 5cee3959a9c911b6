"""Filters that every page may load."""

from datetime import date, datetime, timedelta

from django import template
from django.contrib.humanize.templatetags.humanize import NaturalTimeFormatter, naturaltime
from django.utils import timezone
from django.utils.timesince import timesince

from base import dates
from base.money import money as format_money

register = template.Library()


@register.filter
def money(cents: int | None) -> str:
    """Whole cents as the reader's language writes them; nothing where there is nothing."""
    return "" if cents is None else format_money(cents)


@register.filter(expects_localtime=True)
def with_weekday(day: date | None) -> str:
    """A day or a moment as the reader's language writes it, with its weekday; nothing where there is none."""
    return "" if day is None else dates.with_weekday(day)


@register.filter
def ago(moment: datetime) -> str:
    """How long ago `moment` was, in one unit: "1 day ago", where Django says "1 day, 19 hours ago"."""
    now = timezone.now()
    if now - moment < timedelta(days=1):
        said = naturaltime(moment)
        return (
            said[:1].lower() + said[1:]
        )  # Django's Spanish begins a sentence with hours, and none with days.
    age = timesince(moment, now, time_strings=NaturalTimeFormatter.past_substrings, depth=1)
    return str(NaturalTimeFormatter.time_strings["past-day"] % {"delta": age})

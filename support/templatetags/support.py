"""Filters and tags of the desk's pages."""

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from support.allowances import in_words
from support.desk_calendar import desk_day, year_to_check
from support.models import TicketEvent
from support.shown import about_in_words

register = template.Library()


@register.filter
def amount(number: int, unit: str) -> str:
    """Whole units of support as they are read: 150 minutes are "2 h 30 min" (S7)."""
    return in_words(number, unit)


@register.filter
def about(event: TicketEvent) -> str:
    """What an event of a ticket was about, in the reader's language."""
    return about_in_words(event)


@register.inclusion_tag("support/year_to_check_admin.html", takes_context=True)
def desk_year_to_check(context: Context) -> dict[str, Any]:
    """`{% desk_year_to_check %}`: that nobody has looked through a year's days off, told to whoever is at the desk."""
    user = context["request"].user
    at_the_desk = user.has_perm("support.view_checkedyear")
    return {
        "year": year_to_check(desk_day(timezone.now())) if at_the_desk else None,
        "may_confirm": user.has_perm("support.add_checkedyear"),
    }

"""Filters of the desk's pages."""

from django import template

from support.allowances import in_words

register = template.Library()


@register.filter
def amount(number: int, unit: str) -> str:
    """Whole units of support as they are read: 150 minutes are "2 h 30 min" (S7)."""
    return in_words(number, unit)

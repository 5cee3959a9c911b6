"""Filters that every page may load."""

from django import template

from base.money import money as format_money

register = template.Library()


@register.filter
def money(cents: int | None) -> str:
    """Whole cents as the reader's language writes them; nothing where there is nothing."""
    return "" if cents is None else format_money(cents)

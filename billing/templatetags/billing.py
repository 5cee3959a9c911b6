"""What the pages of billing ask besides their context."""

from django import template
from django.urls import NoReverseMatch, reverse

from billing.models import WalletEntry

register = template.Library()

# An entry names the row that caused it as "prefix:public id"; these prefixes have a page. Names, not imports:
# the pages belong to floors above.
PAGES = {"contact": "marketplace:contact", "claim": "guarantees:claim_status"}


@register.simple_tag
def cause_url(entry: WalletEntry) -> str:
    """The address of what caused an entry, or nothing where that has no page of its own."""
    prefix, _, public_id = entry.cause.partition(":")
    if prefix not in PAGES:
        return ""
    try:
        return reverse(PAGES[prefix], args=[public_id])
    except NoReverseMatch:
        return ""

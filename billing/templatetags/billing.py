"""What the pages of billing ask besides their context."""

import uuid
from datetime import date
from decimal import Decimal

from django import template
from django.conf import settings

from billing import payments
from billing.gateways import current_gateway
from billing.models import Invoice

register = template.Library()


@register.filter
def is_past_due(invoice: Invoice, today: date) -> bool:
    return invoice.is_past_due(today)


@register.simple_tag
def pays_online() -> bool:
    """Whether payments can be made online here."""
    return current_gateway() is not None


@register.filter
def can_be_paid_online(invoice: Invoice) -> bool:
    return payments.can_be_paid_online(invoice)


@register.filter
def why_no_top_up(taken_back: Invoice) -> str:
    return payments.why_no_top_up(taken_back)


@register.simple_tag
def suggested_top_ups() -> list[tuple[int, str]]:
    """Amounts to top up with one press: in whole cents, and as the form takes them."""
    return [(cents, str(Decimal(cents) / 100)) for cents in settings.TOP_UP_SUGGESTED_CENTS]


@register.simple_tag
def new_form_id() -> str:
    """What makes two sendings of one form one thing."""
    return str(uuid.uuid4())

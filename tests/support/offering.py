"""Offers as the tests make them, and what the bank last told of them."""

from datetime import date
from uuid import uuid4

from billing.models import GatewayEvent
from support.offers import make_offer
from tests.support.making import NOW


def draft(agreement, by, **changes):
    said = {
        "what": "Website",
        "unit": "minutes",
        "amount": 300,
        "price_cents": 580_000,
        "valid_until": date(2026, 11, 30),
        "now": NOW,
    }
    return make_offer(client=agreement.client, by=by, **(said | changes))


def typed(**changes):
    """What is typed into the form of an offer."""
    said = {
        "what": "Website",
        "unit": "minutes",
        "amount": "2:30",
        "price": "2900.00",
        "valid_until": "2026-11-30",
        "expires_on": "",
        "text": "",
        "form_id": uuid4(),
    }
    return said | changes


def last_of(bank):
    event = GatewayEvent.objects.latest("pk")
    return (event.state, event.why)

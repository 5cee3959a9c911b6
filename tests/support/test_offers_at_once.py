"""Offers paid, withdrawn and accepted by several at the same moment (S6)."""

import pytest

from billing.models import Invoice, Prepayment
from support.models import AllowanceEntry, Offer
from support.offers import (
    accept_offer,
    pay_offer,
    withdraw_offer,
)
from tests.billing.paying import books_broken
from tests.support.making import NOW
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_a_webhook_delivered_four_times_at_once_makes_one_allowance(bank, accepted, anna):
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    bodies = [bank.body(payment, "paid", at=NOW, event_id=f"event_{number % 2}") for number in range(4)]
    together(*[lambda body=body: bank.deliver(body, bank.sign(body, at=NOW)) for body in bodies])
    assert AllowanceEntry.objects.filter(kind="bought").count() == 1
    assert (Invoice.objects.count(), Offer.objects.get().state) == (1, "paid")
    assert books_broken() == []


def test_paid_and_withdrawn_at_once_it_is_one_of_them(bank, accepted, anna, consultant):
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    body = bank.body(payment, "paid", at=NOW)
    together(
        lambda: bank.deliver(body, bank.sign(body, at=NOW)),
        lambda: withdraw_offer(offer=accepted, reason="A mistake.", by=consultant, now=NOW),
    )
    offer = Offer.objects.get()
    assert (offer.state, Invoice.objects.count()) in [("paid", 1), ("withdrawn", 0)]
    assert books_broken() == []


def test_accepted_twice_at_once_it_can_be_paid_once(offer, anna):
    together(*[lambda: accept_offer(offer=offer, by=anna, price_seen_cents=580_000, now=NOW)] * 3)
    assert Prepayment.objects.count() == 1

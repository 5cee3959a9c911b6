"""Nobody records money for somebody for whom they speak, whether that is a business or not (S6)."""

import pytest

from billing.errors import BillingError
from billing.invoices import record_invoice_payment
from billing.models import InvoicePayment
from billing.prepayments import record_prepayment
from support.clients import name_person
from support.offers import accept_offer, make_offer, send_offer
from tests.making import make_staff
from tests.support.making import NOW, registrar

TODAY = NOW.date()

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(studio):
    """Of finance, and named for a client that is no business of the marketplace."""
    user = make_staff("finance", email="clerk@quince.example")
    name_person(client=studio, name="Clerk", email=user.email, role="asks", by=registrar())
    return user


@pytest.fixture
def offer(agreement, anna, consultant):
    made = make_offer(
        client=agreement.client, what="More", unit="minutes", amount=60, price_cents=1000, valid_until=TODAY,
        by=consultant, now=NOW,
    )  # fmt: skip
    sent = send_offer(offer=made, by=consultant, now=NOW)
    return accept_offer(offer=sent, by=anna, price_seen_cents=1000, now=NOW)


def paid(offer, by):
    return record_prepayment(
        prepayment=offer.prepayment, amount_cents=1000, received_on=TODAY, reference="ABC123", by=by, now=NOW
    )


def test_whoever_speaks_for_a_client_records_nothing_that_it_pays(offer, clerk):
    with pytest.raises(BillingError) as refused:
        paid(offer, clerk)
    assert (refused.value.code, InvoicePayment.objects.count()) == ("own_business", 0)


def test_somebody_else_does(offer, db):
    assert paid(offer, make_staff("finance", email="other@quince.example")).invoice.total_cents == 1000


def test_nor_a_payment_of_its_invoice(offer, clerk):
    invoice = paid(offer, make_staff("finance", email="other@quince.example")).invoice
    with pytest.raises(BillingError) as refused:
        record_invoice_payment(
            invoice=invoice, amount_cents=1000, received_on=TODAY, reference="ABC124", by=clerk, now=NOW
        )
    assert refused.value.code == "own_business"

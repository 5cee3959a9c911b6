"""An offer in the client's browser: read, accepted, paid and declined (S6)."""

import pytest
import time_machine
from django.urls import reverse

from billing.models import GatewayPayment
from support.models import Offer
from support.offers import accept_offer, send_offer, withdraw_offer
from support.work import log_work
from tests.billing.paying import TestBank
from tests.support.making import NOW, opened, registrar
from tests.support.offering import draft

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bank(settings):
    settings.DEMO, settings.PAYMENT_GATEWAY = True, "test"
    with time_machine.travel(NOW, tick=False):
        yield TestBank()


@pytest.fixture
def browser(client_of, anna):
    return client_of(anna)


@pytest.fixture
def offer(agreement, consultant):
    return send_offer(offer=draft(agreement, consultant, text="As we said."), by=consultant, now=NOW)


def at(offer, name="offer"):
    return reverse(f"support:{name}", args=[offer.public_id])


def text_of(response):
    return " ".join(response.content.decode().split())


def test_it_is_read_accepted_and_paid(browser, bank, offer):
    page = text_of(browser.get(at(offer)))
    assert "More support for “Website”" in page
    assert "5 h" in page and "Accept for MX$5,800.00" in page and "As we said." in page
    assert browser.post(at(offer, "accept_offer")).status_code == 422
    said = {"price_seen_cents": 580_000, "agreed": "on"}
    page = text_of(browser.post(at(offer, "accept_offer"), said, follow=True))
    assert "Accepted. You can pay it now" in page
    assert "Pay MX$5,800.00 online" in page and offer.number in page
    response = browser.post(at(offer, "pay_offer"))
    payment = GatewayPayment.objects.get()
    assert (response.status_code, response.url) == (302, payment.page)
    assert "A payment was begun." in text_of(browser.get(at(offer)))
    assert "You left the payment page" in text_of(browser.get(at(offer) + "?left=1"))
    bank.tell(payment, "paid", at=NOW)
    page = text_of(browser.get(at(offer)))
    assert "Paid. Thank you!" in page and "Pay MX$" not in page and "How it was used" in page
    invoice = Offer.objects.get().prepayment.invoice
    assert invoice.number in page
    assert invoice.number in text_of(browser.get(reverse("support:invoice", args=[invoice.public_id])))
    listed = text_of(browser.get(reverse("support:agreements")))
    assert "5 h left of 5 h" in listed and f"Bought with offer {offer.number}" in listed
    assert reverse("support:invoice", args=[invoice.public_id]) in listed


def test_whoever_waits_for_the_bank_is_not_asked_to_pay_once_more(browser, bank, offer, anna):
    accept_offer(offer=offer, by=anna, price_seen_cents=580_000, now=NOW)
    assert "send a bank transfer" in text_of(browser.get(at(offer)))
    browser.post(at(offer, "pay_offer"))
    bank.tell(GatewayPayment.objects.get(), "pending", at=NOW)
    page = text_of(browser.get(at(offer)))
    assert "The bank is still at work." in page
    assert "send a bank transfer" not in page and "Reference to write on it" not in page


def test_what_the_bank_took_back_is_said_with_how_to_pay_it(browser, bank, offer, anna):
    accept_offer(offer=offer, by=anna, price_seen_cents=580_000, now=NOW)
    browser.post(at(offer, "pay_offer"))
    payment = GatewayPayment.objects.get()
    bank.tell(payment, "paid", at=NOW)
    bank.tell(payment, "reversed", reversal="dp_1", at=NOW)
    page = text_of(browser.get(at(offer)))
    assert (
        "The bank has taken your payment back." in page and "Until then this support cannot be used" in page
    )
    assert "What it was bought with was taken back." in text_of(browser.get(reverse("support:agreements")))


def test_the_price_that_the_page_showed_is_the_one_that_is_accepted(browser, offer):
    response = browser.post(at(offer, "accept_offer"), {"price_seen_cents": 1, "agreed": "on"})
    assert (response.status_code, Offer.objects.get().state) == (409, "sent")
    assert "not what you were shown" in text_of(response)


def test_it_is_declined_also_once_it_was_accepted(browser, offer, anna):
    accept_offer(offer=offer, by=anna, price_seen_cents=580_000, now=NOW)
    page = text_of(browser.post(at(offer, "decline_offer"), {"reason": "Too much."}, follow=True))
    assert "This offer was declined. Nothing is owed." in page
    assert Offer.objects.get().events.last().reason == "Too much."


def test_what_is_no_longer_offered_is_not_paid(browser, offer, anna, consultant):
    accept_offer(offer=offer, by=anna, price_seen_cents=580_000, now=NOW)
    withdraw_offer(offer=offer, reason="A mistake.", by=consultant, now=NOW)
    response = browser.post(at(offer, "pay_offer"))
    assert (response.status_code, GatewayPayment.objects.count()) == (409, 0)
    assert "nothing is to be paid for it" in text_of(response)


def test_without_a_gateway_it_is_paid_by_transfer(browser, offer, anna, settings):
    settings.PAYMENT_GATEWAY = "none"
    accept_offer(offer=offer, by=anna, price_seen_cents=580_000, now=NOW)
    page = text_of(browser.get(at(offer)))
    assert "online" not in page and f"<strong>{offer.number}</strong>" in page


def test_whoever_does_not_sign_reads_it_and_may_pay_and_not_answer(client_of, offer, anna, studio):
    from support.clients import name_person
    from tests.making import make_user

    name_person(client=studio, name="Carlo", email="carlo@example.com", role="asks", by=registrar())
    carlo = client_of(make_user("carlo@example.com"))
    assert "Only whoever signs for Studio Bianchi" in text_of(carlo.get(at(offer)))
    assert carlo.post(at(offer, "accept_offer")).status_code == 403
    accept_offer(offer=offer, by=anna, price_seen_cents=580_000, now=NOW)
    assert carlo.post(at(offer, "pay_offer")).status_code == 302


def test_each_use_is_shown_with_who_did_what_and_courtesies_are_counted(
    browser, agreement, allowance, anna, consultant
):
    import uuid

    ticket = opened(agreement.client, anna)
    log_work(
        ticket=ticket, amount=605, unit="minutes", done="Moved the shop.", by=consultant, now=NOW,
        form_id=uuid.uuid4(), allowance=allowance, rest="courtesy",
    )  # fmt: skip
    page = text_of(browser.get(reverse("support:agreement", args=[agreement.public_id])))
    assert "Moved the shop." in page and str(consultant) in page and ticket.number in page
    listed = text_of(browser.get(reverse("support:agreements")))
    assert "Studio Bianchi: 5 min as a courtesy, on 1 ticket." in listed


def test_the_list_costs_the_same_with_one_and_with_thirty_offers(
    browser, bank, agreement, anna, consultant, finance_of_the_desk, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from billing.prepayments import record_prepayment

    def grow(number):
        send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW)
        paid = send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW)
        paid = accept_offer(offer=paid, by=anna, price_seen_cents=580_000, now=NOW)
        record_prepayment(
            prepayment=paid.prepayment, amount_cents=580_000, received_on=NOW.date(), reference=f"SEPA {number}",
            by=finance_of_the_desk, now=NOW,
        )  # fmt: skip

    address = reverse("support:agreements")
    grow(0)
    browser.get(address)
    with CaptureQueriesContext(connection) as few:
        browser.get(address)
    for number in range(1, 15):
        grow(number)
    with django_assert_num_queries(len(few)):
        browser.get(address)


@pytest.fixture
def finance_of_the_desk(db):
    from tests.making import make_staff

    return make_staff("finance")

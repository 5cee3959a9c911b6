"""Invoices of a client that is no business of the marketplace: read, reminded of and told like anybody's (M9, M14)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from base.pdf import can_make_pdf
from billing.dunning import remind_of_invoices
from billing.invoices import record_invoice_payment
from billing.models import GatewayPayment, Invoice
from mail.models import OutgoingMail
from support.clients import name_person
from support.offers import accept_offer, pay_offer, send_offer
from tests.making import contract, make_pro, make_user
from tests.support.making import NOW, registrar
from tests.support.offering import draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def reopened(bank, paid):
    """What was paid for five hours was taken back by the bank."""
    bank.tell(GatewayPayment.objects.get(), "reversed", reversal="dp_1", at=NOW)
    return Invoice.objects.get()


def mail_of(kind):
    return OutgoingMail.objects.get(kind=f"billing/{kind}")


def test_it_is_reminded_of_with_where_it_is_and_without_the_guarantee(reopened, anna):
    assert remind_of_invoices(now=NOW) == 0
    assert [remind_of_invoices(now=NOW + timedelta(days=days)) for days in (1, 2, 7, 12)] == [1, 0, 1, 1]
    told = OutgoingMail.objects.filter(kind__contains="past_due") | OutgoingMail.objects.filter(
        kind="billing/invoice_last_reminder"
    )
    assert [mail.recipient for mail in told] == [anna.email] * 3
    for mail in told:
        assert "what it paid for cannot be used" in mail.text and "guarantee" not in mail.text
        assert f"/support/invoices/{reopened.public_id}/" in mail.text
    assert "We do not remind you of it again" in mail_of("invoice_last_reminder").text


def test_its_payment_is_told(reopened, finance, anna):
    OutgoingMail.objects.all().delete()
    record_invoice_payment(
        invoice=reopened,
        amount_cents=580_000,
        received_on=NOW.date(),
        reference="sepa 1",
        by=finance,
        now=NOW,
    )
    mail = mail_of("payment_received")
    assert (mail.recipient, reopened.number in mail.text) == (anna.email, True)


def test_its_page_says_how_to_pay_it_and_offers_a_pdf(reopened, client_of, anna):
    page = client_of(anna).get(reverse("support:invoice", args=[reopened.public_id]))
    text = page.content.decode()
    assert (page.status_code, reopened.number in text, "How to pay it" in text) == (200, True, True)
    assert f'<a href="{reverse("support:agreements")}" aria-current="true">' in text
    pdf = reverse("support:invoice_pdf", args=[reopened.public_id])
    assert (pdf in text) == can_make_pdf()
    if can_make_pdf():
        answer = client_of(anna).get(pdf)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")


def test_a_stranger_finds_none(reopened, client_of, pro_user):
    for name in ("support:invoice", "support:invoice_pdf"):
        assert client_of(pro_user).get(reverse(name, args=[reopened.public_id])).status_code == 404


def test_whoever_is_named_for_a_business_reads_what_it_bought_at_the_desk_alone(bank, client_of, consultant):
    business = make_pro("Reformas Hidalgo", email="pro@example.com")
    agreement = contract(business).agreement
    name_person(client=agreement.client, name="Eva", email="eva@example.com", role="asks", by=registrar())
    offer = send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW)
    accept_offer(offer=offer, by=business.owner, price_seen_cents=580_000, now=NOW)
    bank.tell(pay_offer(offer=offer, by=business.owner, now=NOW), "paid", at=NOW)
    bank.tell(GatewayPayment.objects.get(), "reversed", reversal="dp_1", amount=80_000, at=NOW)
    eva = client_of(make_user("eva@example.com"))
    read = {
        invoice: eva.get(reverse("support:invoice", args=[invoice.public_id])).status_code
        for invoice in Invoice.objects.all()
    }
    bought = Invoice.objects.get(prepayment__isnull=False)
    (plans,) = set(read) - {bought, bought.rests.get()}
    assert read == {bought: 200, bought.rests.get(): 200, plans: 404}
    listed = eva.get(reverse("support:agreements")).content.decode()
    assert {invoice for invoice in read if invoice.number in listed} == {bought, bought.rests.get()}


def test_the_rest_of_it_has_a_page_and_blocks_what_was_bought(bank, paid, client_of, anna):
    bank.tell(GatewayPayment.objects.get(), "reversed", reversal="dp_1", amount=80_000, at=NOW)
    rest = Invoice.objects.get(origin="reversal")
    text = client_of(anna).get(reverse("support:offer", args=[paid.public_id])).content.decode()
    assert "has taken a part of your payment back" in text and rest.number in text
    page = client_of(anna).get(reverse("support:invoice", args=[rest.public_id]))
    assert (page.status_code, "MX$800.00" in page.content.decode()) == (200, True)

"""Payments in the office: what finance sees, and what it settles (M10, X4)."""

import re

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.models import GatewayEvent, GatewayPayment, Invoice, TopUp, Wallet
from billing.payments import start_invoice_payment, start_top_up
from billing.wallet import open_wallet
from tests.making import NOW, contract, make_user


@pytest.fixture
def top_up(test_gateway, pro):
    open_wallet(professional=pro)
    return start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)


@pytest.fixture
def event(test_gateway, top_up):
    test_gateway.tell(top_up, "paid", amount=49_900)
    return GatewayEvent.objects.get()


def listed(browser, model, **query):
    return browser.get(reverse(f"admin:billing_{model}_changelist"), query)


def test_what_needs_a_person_is_a_list_with_its_reasons(client_of, finance, event):
    browser = client_of(finance)
    page = listed(browser, "gatewayevent", state="needs_person").content.decode()
    assert "The amount is another than it should be." in page
    assert "499.00 MXN" in page
    assert list(listed(browser, "gatewayevent", state="done").context["cl"].result_list) == []


def test_finance_settles_it_with_words_and_nothing_is_booked(client_of, finance, event):
    browser = client_of(finance)
    address = reverse("admin:billing_gatewayevent_settle", args=[event.pk])
    assert browser.post(address, {"note": " "}).status_code == 409
    assert browser.post(address, {"note": "Refunded in the dashboard"}).status_code == 302
    event.refresh_from_db()
    assert (event.state, event.settled_by, event.note) == ("settled", finance, "Refunded in the dashboard")
    page = browser.get(reverse("admin:billing_gatewayevent_change", args=[event.pk])).content.decode()
    assert "Refunded in the dashboard" in page
    assert "It is settled</button>" not in page


def test_a_payment_is_seen_with_its_steps_reversals_and_messages(client_of, finance, test_gateway, top_up):
    test_gateway.tell(top_up, "paid")
    test_gateway.tell(top_up, "reversed", reversal="dispute_7")
    browser = client_of(finance)
    page = browser.get(reverse("admin:billing_gatewaypayment_change", args=[top_up.pk])).content.decode()
    for seen in ("dispute_7", "It is on the balance.", "taken back by the bank", "payment.paid"):
        assert seen in page
    for model in ("gatewaypayment", "reversal", "topup", "walletentry"):
        assert listed(browser, model).status_code == 200


def test_forgeries_are_listed_with_their_reason(client_of, finance, test_gateway, top_up):
    test_gateway.deliver(b"{}", "t=1,v1=00")
    page = listed(client_of(finance), "refusedwebhook").content.decode()
    assert "the signature does not match" in page


def test_what_was_taken_back_is_seen_where_it_was_paid(client_of, finance, test_gateway, pro, top_up):
    """The payment of an invoice, the invoice that it reopened, and the top-up, each with its payment at the gateway."""

    def page(row):
        address = reverse(f"admin:billing_{row._meta.model_name}_change", args=[row.pk])
        return " ".join(client_of(finance).get(address).content.decode().split())

    contract(pro, paid=False)
    invoice = Invoice.objects.get()
    payment = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
    test_gateway.tell(payment, "paid")
    paid = invoice.payments.get()
    at_the_gateway = reverse("admin:billing_gatewaypayment_change", args=[payment.pk])
    assert at_the_gateway in page(paid)
    assert ("stands" in page(paid), "taken back by the bank" in page(paid)) == (True, False)
    test_gateway.tell(payment, "reversed", reversal="dispute_8")
    assert "taken back by the bank" in page(paid)
    invoice.refresh_from_db()
    assert re.search(r"Reopened on:?</label> <div class=\"readonly\">Jan. 10, 2026", page(invoice))
    taken = listed(client_of(finance), "invoicepayment", state="reversed")
    assert list(taken.context["cl"].result_list) == [paid]
    test_gateway.tell(top_up, "paid")
    assert reverse("admin:billing_gatewaypayment_change", args=[top_up.pk]) in page(TopUp.objects.get())


def test_a_transfer_that_was_more_than_the_invoice_says_so_to_who_records_it(client_of, finance, pro):
    contract(pro, paid=False)
    said = {"number": "Q-2026-000001", "amount": "600", "received_on": "2026-01-10", "reference": "SPEI 3"}
    said |= {"rest_to_balance": "on"}
    with time_machine.travel(NOW, tick=False):
        response = client_of(finance).post(reverse("admin:billing_invoicepayment_add"), said, follow=True)
    told = [str(message) for message in response.context["messages"]]
    assert "MX$101.00 of this transfer were more than was to be paid, and are on the balance." in told
    assert Wallet.objects.get().balance_cents == 10_100


@pytest.mark.parametrize("model", ["gatewaypayment", "gatewayevent", "reversal"])
def test_lists_ask_as_much_of_one_as_of_many(
    client_of, finance, test_gateway, top_up, pro, model, django_assert_num_queries
):
    def another():
        payment = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
        test_gateway.tell(payment, "paid")
        test_gateway.tell(payment, "reversed", reversal="d_1")

    another()
    browser = client_of(finance)
    listed(browser, model)
    with CaptureQueriesContext(connection) as one:
        listed(browser, model)
    asked = len(one)
    for _ in range(8):
        another()
    with django_assert_num_queries(asked):
        listed(browser, model)


def test_nothing_is_changed_or_deleted_there(client_of, test_gateway, top_up, event):
    chief = client_of(make_user("chief@quince.example", is_staff=True, is_superuser=True))
    for model, pk in (("gatewaypayment", top_up.pk), ("gatewayevent", event.pk)):
        assert chief.post(reverse(f"admin:billing_{model}_change", args=[pk]), {}).status_code in (200, 403)
        assert (
            chief.post(reverse(f"admin:billing_{model}_delete", args=[pk]), {"post": "yes"}).status_code
            == 403
        )
    event.refresh_from_db()
    assert (event.state, GatewayPayment.objects.count()) == ("needs_person", 1)


def test_the_command_says_what_is_due_and_does_it(test_gateway, top_up, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("billing.gateway_inbox.process_event", lambda **said: 1 / 0)
        test_gateway.tell(top_up, "paid")
    call_command("process_payments", "--dry-run")
    assert capsys.readouterr().out == "due: 1 messages of the gateway, 0 payments given up, 0 pages closed\n"
    assert GatewayEvent.objects.get().state == "waiting"
    call_command("process_payments")
    assert capsys.readouterr().out == "done: 1 messages of the gateway, 0 payments given up, 0 pages closed\n"
    assert GatewayEvent.objects.get().state == "done"

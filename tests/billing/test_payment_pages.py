"""Paying in the browser: from the balance, from an invoice, and the whole way over HTTP with the test gateway."""

import re
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import time_machine
from django.core.checks import run_checks
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.checks import payments_are_configured
from billing.errors import BillingError
from billing.invoices import issue_invoice
from billing.models import GatewayEvent, GatewayPayment, Invoice, Wallet
from billing.payments import start_invoice_payment, start_top_up
from billing.top_ups import correct_balance
from billing.wallet import open_wallet
from profiles.suspensions import suspend
from tests.making import NOW, at, contract, fund, make_plan, make_staff, make_user

TOP_UP = reverse("billing:top_up")


@pytest.fixture
def member(pro):
    somebody = make_user("member@example.com")
    pro.members.add(somebody)
    return somebody


@pytest.fixture
def top_up(test_gateway, pro):
    open_wallet(professional=pro)
    return start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)


def page_of(payment, **query):
    return reverse("billing:payment", args=[payment.public_id], query=query or None)


def spend(pro, cents):
    correct_balance(professional=pro, amount_cents=-cents, reason="spent", by=make_staff("finance"), now=NOW)


def text_of(answer):
    return answer.content.decode()


class TestTopUp:
    def test_an_amount_leads_on_to_the_gateways_page(self, test_gateway, client_of, pro):
        open_wallet(professional=pro)
        page = client_of(pro).get(TOP_UP)
        form_id = page.context["form"]["form_id"].value()
        answer = client_of(pro).post(TOP_UP, {"amount": "250.50", "form_id": form_id})
        payment = GatewayPayment.objects.get()
        assert (payment.amount_cents, payment.started_by, answer.url) == (25_050, pro.owner, payment.page)
        again = client_of(pro).post(TOP_UP, {"amount": "250.50", "form_id": form_id})
        assert (again.url, GatewayPayment.objects.count()) == (payment.page, 1)

    def test_suggested_amounts_are_one_press_on_the_page_of_the_balance(self, test_gateway, client_of, pro):
        open_wallet(professional=pro)
        page = text_of(client_of(pro).get(reverse("billing:overview")))
        assert re.findall(r'name="amount" value="([\d.]+)"', page) == ["500", "1000", "2000"]
        assert "By bank transfer" in page
        assert "Reference to write on it" in page

    @pytest.mark.parametrize(
        ("amount", "said"),
        [
            ("99.99", "The smallest top-up is MX$100.00."),
            ("50000.01", "The largest top-up is MX$50,000.00."),
            ("", "This field is required."),
            ("mucho", "Enter a number."),
            ("-500", "The smallest top-up is"),
            ("100.001", "no more than 2 decimal places"),
            ("NaN", "Enter a number."),
            ("1e9", "The largest top-up is"),
        ],
    )
    def test_an_amount_that_cannot_be_is_said_beside_the_field(
        self, test_gateway, client_of, pro, amount, said
    ):
        open_wallet(professional=pro)
        form_id = "00000000-0000-4000-8000-000000000001"
        answer = client_of(pro).post(TOP_UP, {"amount": amount, "form_id": form_id})
        assert answer.status_code == 422
        assert said in text_of(answer)
        assert not GatewayPayment.objects.exists()

    def test_a_member_tops_up_too_and_it_is_known_who_did(self, test_gateway, client_of, pro, member):
        open_wallet(professional=pro)
        client_of(member).post(TOP_UP, {"amount": "500", "form_id": "00000000-0000-4000-8000-000000000001"})
        assert GatewayPayment.objects.get().started_by == member

    def test_a_suspended_business_is_told_why_not(self, test_gateway, client_of, pro):
        open_wallet(professional=pro)
        suspend(professional=pro, reason="?", decided_by=make_user(), now=NOW)
        answer = client_of(pro).post(
            TOP_UP, {"amount": "500", "form_id": "00000000-0000-4000-8000-000000000001"}
        )
        assert answer.status_code == 409
        assert "cannot be topped up" in text_of(answer)
        assert f'href="{reverse("guarantees:suspension")}"' in answer.content.decode()

    def test_a_suspended_business_is_told_before_it_fills_anything_in(self, test_gateway, client_of, pro):
        plan = make_plan("month")
        open_wallet(professional=pro)
        suspend(professional=pro, reason="?", decided_by=make_user(), now=NOW)
        for url, said in [
            (TOP_UP, "cannot be topped up"),
            (reverse("billing:plans"), "cannot contract a plan"),
        ]:
            answer = client_of(pro).get(url)
            assert said in text_of(answer)
            assert f'href="{reverse("guarantees:suspension")}"' in answer.content.decode()
            assert 'name="amount"' not in answer.content.decode()
            assert reverse("billing:contract", args=[plan.code]) not in answer.content.decode()

    def test_who_owes_what_the_bank_took_back_pays_that_first(self, test_gateway, client_of, pro, top_up):
        """M10: else one card fills the balance again and again, and is disputed after each spending."""
        test_gateway.tell(top_up, "paid")
        spend(pro, 30_000)
        test_gateway.tell(top_up, "reversed", reversal="d_1")
        invoice = Invoice.objects.get()
        said = (
            f"Your bank took back a payment, and MX$300.00 of invoice {invoice.number} are to be paid because of it. "
            "Pay that invoice first: until then your balance can be topped up by bank transfer only."
        )
        browser = client_of(pro)
        answer = browser.post(TOP_UP, {"amount": "500", "form_id": str(uuid4())})
        assert (answer.status_code, GatewayPayment.objects.get()) == (409, top_up)
        for page in (answer, browser.get(TOP_UP), browser.get(reverse("billing:overview"))):
            assert text_of(page).count(said) == 1
            assert reverse("billing:invoice", args=[invoice.public_id]) in text_of(page)
            assert 'name="amount"' not in text_of(page)
            assert "Reference to write on it" in text_of(page)
        fund(pro, 10_000)
        assert Wallet.objects.get().balance_cents == 10_000
        test_gateway.tell(start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW), "paid")
        assert start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW) != top_up

    def test_who_owes_an_invoice_that_the_bank_reopened_pays_that_first(self, test_gateway, client_of, pro):
        contract(pro, paid=False)
        payment = start_invoice_payment(invoice=Invoice.objects.get(), by=pro.owner, now=NOW)
        test_gateway.tell(payment, "paid")
        test_gateway.tell(payment, "reversed", reversal="d_1")
        with pytest.raises(BillingError) as refusal:
            start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
        assert refusal.value.code == "taken_back_unpaid"
        test_gateway.tell(payment, "reversal_undone", reversal="d_1")
        assert start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)

    def test_what_is_owed_for_another_reason_stops_no_top_up(self, test_gateway, pro):
        contract(pro, paid=False)
        later = NOW + timedelta(days=10)
        assert start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=later)

    def test_a_balance_that_still_held_what_was_taken_back_owes_nothing(self, test_gateway, pro, top_up):
        test_gateway.tell(top_up, "paid")
        test_gateway.tell(top_up, "reversed", reversal="d_1")
        assert start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)

    def test_before_the_first_plan_it_says_what_comes_first(self, test_gateway, client_of, pro):
        assert "Contract a plan first" in text_of(client_of(pro).get(TOP_UP))

    def test_without_a_gateway_the_bank_transfer_stays(self, client_of, pro):
        open_wallet(professional=pro)
        page = text_of(client_of(pro).get(TOP_UP))
        assert 'name="amount"' not in page
        assert "Reference to write on it" in page


class TestTheWay:
    def test_coming_back_books_nothing_and_the_page_looks_again(self, top_up, client_of, pro):
        for _ in range(3):
            page = text_of(client_of(pro).get(page_of(top_up)))
        assert "We are waiting for the bank." in page
        assert '<meta http-equiv="refresh" content="5">' in page
        assert Wallet.objects.get().balance_cents == 0

    def test_paid_it_says_so_and_looks_no_longer(self, top_up, test_gateway, client_of, pro):
        test_gateway.tell(top_up, "paid")
        page = text_of(client_of(pro).get(page_of(top_up)))
        assert "Your balance is now MX$500.00." in page
        assert "http-equiv" not in page

    def test_who_left_can_go_back(self, top_up, client_of, pro):
        page = text_of(client_of(pro).get(page_of(top_up, left=1)))
        assert "You left the payment page before paying." in page
        assert f'href="{top_up.page}"' in page
        assert "http-equiv" not in page

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["pending"], "The bank is still at work."),
            (["failed"], "The payment did not go through."),
            (["expired"], "The payment page has closed."),
            (["paid", "reversed"], "The bank has taken this payment back"),
            (["paid", "reversed", "reversal_undone"], "The bank gave it back, and this was undone."),
        ],
    )
    def test_each_state_has_its_words(self, top_up, test_gateway, client_of, pro, words, said):
        for word in words:
            test_gateway.tell(top_up, word, reversal="d_1")
        assert said in text_of(client_of(pro).get(page_of(top_up)))

    def test_after_half_an_hour_the_page_rests(self, top_up, client_of, pro):
        with time_machine.travel(at("2026-01-10 12:31"), tick=False):
            assert "http-equiv" not in text_of(client_of(pro).get(page_of(top_up)))

    def test_a_stranger_does_not_see_it(self, top_up, client_of, other_pro):
        assert client_of(other_pro).get(page_of(top_up)).status_code == 404


class TestInvoice:
    def test_it_is_one_press_from_page_list_balance_and_dashboard(self, test_gateway, client_of, pro):
        contract(pro, paid=False)
        invoice = Invoice.objects.get()
        address = reverse("billing:pay", args=[invoice.public_id])
        with time_machine.travel(at("2026-01-20 12:00"), tick=False):
            for page in (
                reverse("billing:invoice", args=[invoice.public_id]),
                reverse("billing:invoices"),
                reverse("billing:overview"),
                reverse("home"),
            ):
                assert f'action="{address}"' in text_of(client_of(pro).get(page)), page
        answer = client_of(pro).post(address)
        assert answer.url == GatewayPayment.objects.get().page

    def test_paid_there_is_nothing_to_press(self, test_gateway, client_of, pro):
        contract(pro)
        invoice = Invoice.objects.get()
        page = reverse("billing:invoice", args=[invoice.public_id])
        assert "Pay online" not in text_of(client_of(pro).get(page))
        answer = client_of(pro).post(reverse("billing:pay", args=[invoice.public_id]))
        assert answer.status_code == 409
        assert "Nothing is to be paid on invoice" in text_of(answer)

    def test_paid_online_the_invoice_says_so(self, test_gateway, client_of, pro):
        contract(pro, paid=False)
        invoice = Invoice.objects.get()
        test_gateway.tell(start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW), "paid")
        page = text_of(client_of(pro).get(reverse("billing:invoice", args=[invoice.public_id])))
        assert "· online" in page
        assert "bank transfer" not in page

    def test_somebody_elses_is_not_there(self, test_gateway, client_of, pro, other_pro):
        contract(pro, paid=False)
        address = reverse("billing:pay", args=[Invoice.objects.get().public_id])
        assert client_of(other_pro).post(address).status_code == 404

    def test_the_list_asks_as_much_of_one_as_of_many(
        self, test_gateway, client_of, pro, django_assert_num_queries
    ):
        contract(pro, paid=False)
        browser = client_of(pro)
        browser.get(reverse("billing:invoices"))
        with CaptureQueriesContext(connection) as one:
            browser.get(reverse("billing:invoices"))
        asked = len(one)
        day = NOW.date()
        for _ in range(20):
            issue_invoice(
                customer=pro.customer, description="x", total_cents=1_000, issued_on=day, due_on=day
            )
        with django_assert_num_queries(asked):
            page = browser.get(reverse("billing:invoices"))
        assert text_of(page).count("Pay online") == 21


@pytest.mark.django_db(transaction=True)
class TestTheWholeWay:
    """The test gateway delivers by HTTP to the address of the running product."""

    @pytest.fixture(autouse=True)
    def _runs(self, live_server, settings):
        settings.SITE_URL, settings.DEMO, settings.PAYMENT_GATEWAY = live_server.url, True, "test"

    def press(self, browser, payment, pressed):
        answer = browser.post(urlsplit(payment.page).path, {"press": pressed})
        payment.refresh_from_db()
        return answer

    def test_a_newcomer_tops_up_disputes_and_wins(self, client_of, pro):
        contract(pro)
        browser = client_of(pro)
        sent = {"amount": "500", "form_id": "00000000-0000-4000-8000-000000000001"}
        assert browser.post(TOP_UP, sent).status_code == 302
        payment = GatewayPayment.objects.get()
        assert browser.get(urlsplit(payment.page).path).status_code == 200
        assert self.press(browser, payment, "pay").url == page_of(payment)
        assert (payment.state, Wallet.objects.get().balance_cents) == ("paid", 50_000)
        self.press(browser, payment, "dispute")
        assert (payment.state, Wallet.objects.get().balance_cents) == ("reversed", 0)
        self.press(browser, payment, "win")
        assert (payment.state, Wallet.objects.get().balance_cents) == ("paid", 50_000)
        self.press(browser, payment, "dispute")
        assert payment.state == "reversed"

    def test_an_invoice_is_paid_later_and_another_is_refused(self, client_of, pro):
        contract(pro, paid=False)
        invoice = Invoice.objects.get()
        browser = client_of(pro)
        browser.post(reverse("billing:pay", args=[invoice.public_id]))
        first = GatewayPayment.objects.get()
        self.press(browser, first, "later")
        assert first.state == "pending"
        self.press(browser, first, "fail")
        assert first.state == "failed"
        browser.post(reverse("billing:pay", args=[invoice.public_id]))
        second = GatewayPayment.objects.exclude(pk=first.pk).get()
        self.press(browser, second, "pay")
        invoice.refresh_from_db()
        assert (second.state, invoice.is_owed) == ("paid", False)

    def test_who_leaves_has_told_nobody_anything(self, client_of, pro):
        contract(pro)
        browser = client_of(pro)
        browser.post(TOP_UP, {"amount": "500", "form_id": "00000000-0000-4000-8000-000000000001"})
        payment = GatewayPayment.objects.get()
        assert self.press(browser, payment, "cancel").url == page_of(payment, left=1)
        assert not GatewayEvent.objects.exists()

    def test_a_product_that_is_not_there_is_said_and_changes_nothing(self, client_of, pro, settings):
        contract(pro)
        browser = client_of(pro)
        browser.post(TOP_UP, {"amount": "500", "form_id": "00000000-0000-4000-8000-000000000001"})
        settings.SITE_URL = "http://127.0.0.1:9"
        answer = self.press(browser, GatewayPayment.objects.get(), "pay")
        assert answer.status_code == 502
        assert "did not reach Quince" in text_of(answer)

    def test_nobody_presses_what_is_not_offered(self, client_of, pro):
        contract(pro)
        browser = client_of(pro)
        browser.post(TOP_UP, {"amount": "500", "form_id": "00000000-0000-4000-8000-000000000001"})
        payment = GatewayPayment.objects.get()
        for pressed in ("win", "dispute", "", "x"):
            self.press(browser, payment, pressed)
        assert not GatewayEvent.objects.exists()


@pytest.mark.parametrize(
    "changes", [{"PAYMENT_GATEWAY": "stripe"}, {"PAYMENT_GATEWAY": "none"}, {"DEMO": False}]
)
def test_the_test_gateways_page_is_not_there_unless_it_is_the_gateway(top_up, client, settings, changes):
    path = urlsplit(top_up.page).path
    assert client.get(path).status_code == 200
    for name, value in changes.items():
        setattr(settings, name, value)
    assert client.get(path).status_code == 404


class TestChecks:
    def errors(self, settings, **changes):
        for name, value in changes.items():
            setattr(settings, name, value)
        return [error.id for error in payments_are_configured(app_configs=None)]

    def test_they_run_with_the_others(self, settings):
        settings.PAYMENT_GATEWAY = "paypal"
        assert "billing.E001" in [error.id for error in run_checks()]

    @pytest.mark.parametrize(
        ("changes", "found"),
        [
            ({"PAYMENT_GATEWAY": "none"}, []),
            ({"PAYMENT_GATEWAY": "test"}, ["billing.E002"]),
            ({"PAYMENT_GATEWAY": "test", "DEMO": True}, []),
            ({"PAYMENT_GATEWAY": "test", "DEBUG": True}, []),
            ({"PAYMENT_GATEWAY": "stripe"}, ["billing.E003"]),
            ({"PAYMENT_GATEWAY": "stripe", "STRIPE_SECRET_KEY": "sk_test_1"}, ["billing.E003"]),
            (
                {
                    "PAYMENT_GATEWAY": "stripe",
                    "STRIPE_SECRET_KEY": "sk_test_1",
                    "STRIPE_WEBHOOK_SECRET": "wh",
                },
                [],
            ),
            (
                {
                    "PAYMENT_GATEWAY": "stripe",
                    "STRIPE_SECRET_KEY": "sk_test_1",
                    "STRIPE_WEBHOOK_SECRET": "wh",
                    "CURRENCY": "JPY",
                },
                ["billing.E004"],
            ),
            (
                {
                    "PAYMENT_GATEWAY": "stripe",
                    "STRIPE_SECRET_KEY": "pk_live_1",
                    "STRIPE_WEBHOOK_SECRET": "wh",
                },
                ["billing.E006"],
            ),
            ({"PAYMENT_GATEWAY": "none", "TOP_UP_MIN_CENTS": 5_000_001}, ["billing.E005"]),
            ({"PAYMENT_GATEWAY": "none", "TOP_UP_MIN_CENTS": 0}, ["billing.E005"]),
        ],
    )
    def test_what_cannot_work_is_an_error(self, settings, changes, found):
        assert self.errors(settings, **changes) == found

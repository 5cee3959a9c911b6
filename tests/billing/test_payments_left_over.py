"""Payments at the edges: debts too small to be paid online, payments that never end, and money of other products."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from billing.credit_notes import issue_credit_note
from billing.errors import BillingError
from billing.gateway_inbox import process_payments
from billing.models import GatewayEvent, GatewayPayment, GatewayPaymentEvent, Invoice, Wallet
from billing.payments import start_invoice_payment, start_top_up, taken_back_and_owed
from billing.top_ups import correct_balance
from billing.wallet import open_wallet
from mail.models import OutgoingMail
from tests.billing.paying import StripeBank, books_broken, event_of
from tests.making import NOW, contract, pay


@pytest.fixture(autouse=True)
def _books_balance(db):
    yield
    assert books_broken() == []


class TestTooSmall:
    """PAY_ONLINE_MIN_CENTS: 10.00 by default."""

    def owed(self, pro, cents):
        contract(pro, paid=False)
        issue_credit_note(
            invoice=Invoice.objects.get(), reason="?", by=None, now=NOW, amount_cents=49_900 - cents
        )
        return Invoice.objects.get()

    def test_the_least_that_is_paid_online_is_and_a_cent_less_is_not(self, test_gateway, pro, settings):
        invoice = self.owed(pro, 1_000)
        assert start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW).amount_cents == 1_000
        settings.PAY_ONLINE_MIN_CENTS = 1_001
        with pytest.raises(BillingError) as refused:
            start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
        assert refused.value.code == "too_little"
        assert str(refused.value) == (
            "MX$10.00 are to be paid, and the least that can be paid online is MX$10.01. Please send a bank transfer. "
            "Nothing was charged."
        )

    @pytest.mark.parametrize(("cents", "buttons"), [(1_000, 1), (999, 0)])
    def test_no_page_offers_what_the_gateway_would_refuse(self, test_gateway, pro, client_of, cents, buttons):
        invoice = self.owed(pro, cents)
        pay_here = reverse("billing:pay", args=[invoice.public_id])
        for page in (
            reverse("billing:invoice", args=[invoice.public_id]),
            reverse("billing:invoices"),
            reverse("billing:overview"),
        ):
            assert client_of(pro).get(page).content.decode().count(pay_here) == buttons
        assert (
            "Send a bank transfer of exactly"
            in client_of(pro).get(reverse("billing:invoice", args=[invoice.public_id])).content.decode()
        )

    @pytest.mark.parametrize(("cents", "stops"), [(1_000, True), (999, False)])
    def test_what_is_left_of_a_reversal_stops_top_ups_only_if_it_can_be_paid_online(
        self, test_gateway, pro, finance, cents, stops
    ):
        open_wallet(professional=pro)
        payment = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
        test_gateway.tell(payment, "paid")
        correct_balance(professional=pro, amount_cents=-cents, reason="spent", by=finance, now=NOW)
        test_gateway.tell(payment, "reversed", reversal="d_1")
        assert Invoice.objects.get().open_cents == cents
        assert bool(taken_back_and_owed(pro)) == stops
        if stops:
            with pytest.raises(BillingError):
                start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
        else:
            assert start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)


class TestPending:
    """What the bank neither books nor refuses, because a message of the gateway was lost."""

    @pytest.fixture
    def pending(self, test_gateway, pro):
        contract(pro, paid=False)
        payment = start_invoice_payment(invoice=Invoice.objects.get(), by=pro.owner, now=NOW)
        test_gateway.tell(payment, "pending")
        return payment

    def state(self, payment):
        payment.refresh_from_db()
        return payment.state

    def test_after_thirty_days_it_has_failed_and_the_invoice_can_be_paid_again(self, pending, pro):
        assert process_payments(now=NOW + timedelta(days=30)) == (0, 0)
        assert self.state(pending) == "pending"
        later = NOW + timedelta(days=30, seconds=1)
        assert process_payments(now=later) == (0, 1)
        assert self.state(pending) == "failed"
        step = GatewayPaymentEvent.objects.latest("id")
        assert (step.from_state, step.to_state, step.reason, step.at) == (
            "pending",
            "failed",
            "given_up",
            later,
        )
        assert start_invoice_payment(invoice=Invoice.objects.get(), by=pro.owner, now=later) != pending
        assert process_payments(now=later) == (0, 0)

    def test_its_payer_is_told_what_is_true(self, pending, pro):
        process_payments(now=NOW + timedelta(days=31))
        mail = OutgoingMail.objects.get(kind="billing/payment_failed", recipient=pro.owner.email)
        assert "We have heard nothing more of the payment of MX$499.00" in mail.text
        assert "refused" not in mail.text
        assert "Invoice Q-2026-000001 is still to be paid." in mail.text

    def test_whose_invoice_was_paid_otherwise_is_not_told_to_pay_it(self, pending, pro):
        pay(Invoice.objects.get())
        process_payments(now=NOW + timedelta(days=31))
        mail = OutgoingMail.objects.get(kind="billing/payment_failed", recipient=pro.owner.email)
        assert "Nothing is to be paid on invoice Q-2026-000001 any more" in mail.text
        assert "still to be paid" not in mail.text

    def test_money_that_comes_after_all_is_booked(self, pending, test_gateway):
        process_payments(now=NOW + timedelta(days=31))
        test_gateway.tell(pending, "paid")
        assert (self.state(pending), Invoice.objects.get().is_owed) == ("paid", False)

    def test_what_was_only_begun_is_given_up_after_three_days_as_before(self, test_gateway, pro):
        open_wallet(professional=pro)
        payment = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
        assert process_payments(now=NOW + timedelta(days=3)) == (0, 0)
        assert process_payments(now=NOW + timedelta(days=3, seconds=1)) == (0, 1)
        assert self.state(payment) == "expired"
        assert not OutgoingMail.objects.filter(kind="billing/payment_failed").exists()

    def test_the_command_says_how_many_would_be_given_up(self, pending, capsys):
        GatewayPayment.objects.update(created_at=NOW - timedelta(days=31))
        call_command("process_payments", "--dry-run")
        assert (
            capsys.readouterr().out == "due: 0 messages of the gateway, 1 payments given up, 0 pages closed\n"
        )
        assert self.state(pending) == "pending"


class TestOtherProducts:
    """An account at the gateway that other products use too."""

    @pytest.fixture
    def bank(self, stripe_api):
        import time_machine

        with time_machine.travel(NOW, tick=False):
            yield StripeBank()

    @pytest.fixture
    def theirs(self, bank, pro):
        """Stands for another product's payment: only its reference of the money is used."""
        open_wallet(professional=pro)
        return start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)

    def outcome(self, bank):
        return event_of(bank).state, event_of(bank).why

    @pytest.mark.parametrize("word", ["reversed", "reversal_undone", "refund.created"])
    def test_what_goes_back_of_money_that_is_not_ours_is_left_alone(self, bank, theirs, word):
        bank.tell(theirs, "paid", ours="", charge="pi_theirs")
        assert self.outcome(bank) == ("ignored", "not_ours")
        bank.tell(theirs, word, reversal="re_1", charge="pi_theirs")
        assert self.outcome(bank) == ("ignored", "not_ours")
        assert process_payments(now=NOW + timedelta(days=4))[0] == 0

    def test_of_money_that_nobody_told_of_it_waits_and_then_follows_what_is_told(self, bank, theirs):
        bank.tell(theirs, "reversed", reversal="re_1", charge="pi_theirs")
        assert self.outcome(bank) == ("waiting", "unknown_money")
        bank.tell(theirs, "paid", ours="", charge="pi_theirs")
        process_payments(now=NOW + timedelta(minutes=6))
        assert set(GatewayEvent.objects.values_list("state", "why")) == {("ignored", "not_ours")}

    def test_what_names_no_money_is_never_taken_for_theirs(self, bank, theirs):
        bank.tell(theirs, "expired", ours="")
        assert (self.outcome(bank), event_of(bank).charge) == (("ignored", "not_ours"), "")
        ours = start_top_up(
            professional=theirs.professional, amount_cents=10_000, by=theirs.started_by, now=NOW
        )
        bank.tell(ours, "paid")
        bank.tell(ours, "reversed", reversal="re_2")
        assert (self.outcome(bank), Wallet.objects.get().balance_cents) == (("done", "reversed"), 0)

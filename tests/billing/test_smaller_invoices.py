"""Invoices that a credit note made smaller while a payment was under way, over both gateways (M8, M10)."""

import pytest
from django.urls import reverse

from billing.credit_notes import issue_credit_note
from billing.errors import BillingError
from billing.invoices import payments_current
from billing.models import Invoice, InvoicePayment, Reversal, TopUp, Wallet, WalletEntry
from billing.payments import start_invoice_payment
from billing.top_ups import correct_balance
from mail.models import OutgoingMail
from tests.billing.paying import books_broken, event_of
from tests.making import NOW, contract, make_staff, pay

LESS, LEFT = 10_000, 39_900


@pytest.fixture(autouse=True)
def _books_balance(db):
    yield
    assert books_broken() == []


@pytest.fixture
def invoice(pro):
    contract(pro, paid=False)
    return Invoice.objects.get()


@pytest.fixture
def payment(bank, invoice, pro):
    """Of the whole old sum, 499.00."""
    return start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)


@pytest.fixture
def booked(bank, payment, invoice):
    """The same, come after 100.00 of the invoice were taken back."""
    credit(invoice)
    bank.tell(payment, "paid")
    return payment


def credit(invoice, amount_cents=LESS):
    return issue_credit_note(invoice=invoice, reason="De más.", by=None, now=NOW, amount_cents=amount_cents)


def outcome(bank):
    event = event_of(bank)
    return event.state, event.why


def entries():
    return list(WalletEntry.objects.order_by("id").values_list("kind", "amount_cents", "balance_after_cents"))


def standing(invoice):
    """What is paid of an invoice, and what is still to be paid."""
    invoice.refresh_from_db()
    return (invoice.payment.amount_cents if invoice.payment else None), invoice.open_cents


def mails(kind, pro):
    return OutgoingMail.objects.filter(kind=f"billing/{kind}", recipient=pro.owner.email).order_by("id")


def spend(pro, cents):
    correct_balance(professional=pro, amount_cents=-cents, reason="spent", by=make_staff("finance"), now=NOW)


class TestBooking:
    def test_the_invoice_takes_what_is_owed_and_the_balance_what_is_above(
        self, bank, booked, invoice, pro, client_of
    ):
        assert outcome(bank) == ("done", "invoice_paid_and_more")
        assert standing(invoice) == (LEFT, 0)
        entry = WalletEntry.objects.get()
        assert (entry.kind, entry.cause, entry.amount_cents) == (
            "top_up",
            f"top_up:{booked.public_id}",
            LESS,
        )
        paid, top_up = InvoicePayment.objects.get(), TopUp.objects.get()
        assert (paid.gateway_payment, top_up.gateway_payment, top_up.entry) == (booked, booked, entry)
        assert "Your online payment of MX$399.00" in mails("payment_received", pro).get().text
        told = mails("top_up_received", pro).get().text
        assert "Your online payment of MX$499.00" in told
        assert "the MX$100.00 above it are on the balance of Reformas Hidalgo, which is now MX$100.00" in told
        page = client_of(pro).get(reverse("billing:payment", args=[booked.public_id])).content.decode()
        assert "Less was to be paid of it when your money came, so MX$100.00 are on your balance" in page

    def test_told_again_it_books_nothing_more(self, bank, booked, invoice):
        for _ in range(2):
            bank.tell(booked, "paid")
            assert outcome(bank) == ("ignored", "already_paid")
        assert entries() == [("top_up", LESS, LESS)]
        assert standing(invoice) == (LEFT, 0)

    def test_paid_first_and_credited_then_the_sums_are_the_same(self, bank, payment, invoice):
        bank.tell(payment, "paid")
        credit(invoice)
        assert outcome(bank) == ("done", "invoice_paid")
        assert entries() == [("credit_note", LESS, LESS)]

    def test_credited_whole_all_of_it_is_on_the_balance(self, bank, payment, invoice):
        credit(invoice, None)
        bank.tell(payment, "paid")
        assert outcome(bank) == ("done", "invoice_paid_before")
        assert entries() == [("top_up", 49_900, 49_900)]

    def test_of_two_pages_the_second_that_is_paid_is_wholly_the_balances(self, bank, payment, invoice, pro):
        credit(invoice)
        second = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
        assert (second != payment, second.amount_cents) == (True, LEFT)
        bank.tell(payment, "paid")
        bank.tell(second, "paid")
        assert entries() == [("top_up", LESS, LESS), ("top_up", LEFT, 49_900)]
        assert standing(invoice) == (LEFT, 0)

    def test_while_the_bank_is_at_work_on_the_old_sum_nobody_pays_a_second_time(
        self, bank, payment, invoice, pro
    ):
        bank.tell(payment, "pending")
        credit(invoice)
        with pytest.raises(BillingError, check=lambda refusal: refusal.code == "payment_pending"):
            start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)


class TestReversal:
    def take_back(self, bank, payment, reference="dp_1", amount=None):
        bank.tell(payment, "reversed", reversal=reference, **({"amount": amount} if amount else {}))
        return outcome(bank)

    def give_back(self, bank, payment, reference="dp_1", amount=None):
        bank.tell(payment, "reversal_undone", reversal=reference, **({"amount": amount} if amount else {}))
        return outcome(bank)

    def test_it_undoes_both_and_giving_back_does_both_again(self, bank, booked, invoice, pro):
        assert self.take_back(bank, booked) == ("done", "reversed")
        assert standing(invoice) == (None, LEFT)
        assert entries() == [("top_up", LESS, LESS), ("reversal", -LESS, 0)]
        reversal = Reversal.objects.get()
        assert (reversal.reopened.invoice, reversal.rest_invoice) == (invoice, None)
        told = mails("payment_reversed", pro).get().text
        assert "MX$100.00 of them were taken from your balance" in told
        assert f"Invoice {invoice.number}, due on Jan. 17, 2026, is therefore to be paid again." in told

        assert self.give_back(bank, booked) == ("done", "reversal_undone")
        assert standing(invoice) == (LEFT, 0)
        assert entries()[-1] == ("reversal_undone", LESS, LESS)
        told = mails("reversal_undone", pro).get().text
        assert f"Invoice {invoice.number} is paid again." in told
        assert "MX$100.00 are on your balance, which is now MX$100.00" in told
        booked.refresh_from_db()
        assert booked.state == "paid"

    def test_what_of_the_balance_was_spent_becomes_an_invoice(self, bank, booked, invoice, pro):
        spend(pro, 7_000)
        self.take_back(bank, booked)
        reversal = Reversal.objects.get()
        assert (reversal.entry.amount_cents, reversal.rest_invoice.total_cents) == (-3_000, 7_000)
        assert standing(invoice) == (None, LEFT)
        self.give_back(bank, booked)
        assert standing(invoice) == (LEFT, 0)
        assert Wallet.objects.get().balance_cents == 3_000
        assert payments_current(pro, NOW.date())

    def test_what_was_paid_too_much_is_what_is_refunded_first(self, bank, booked, invoice):
        self.take_back(bank, booked, "re_1", LESS)
        assert (entries()[-1], standing(invoice)) == (("reversal", -LESS, 0), (LEFT, 0))
        self.take_back(bank, booked, "re_2", LEFT)
        assert standing(invoice) == (None, LEFT)
        assert Reversal.objects.get(reference="re_2").reopened.invoice == invoice

    def test_a_part_that_is_more_than_the_balances_owes_the_rest(self, bank, booked, invoice):
        self.take_back(bank, booked, "re_1", 4_000)
        self.take_back(bank, booked, "re_2", 20_000)
        assert [entry[1] for entry in entries()] == [LESS, -4_000, -6_000]
        assert Reversal.objects.get(reference="re_2").rest_invoice.total_cents == 14_000
        assert standing(invoice) == (LEFT, 0)

    def test_before_its_payment_and_the_credit_note_in_between(self, bank, payment, invoice):
        assert self.take_back(bank, payment)[0] == "waiting"
        credit(invoice)
        bank.tell(payment, "paid")
        assert entries() == [("top_up", LESS, LESS), ("reversal", -LESS, 0)]
        assert standing(invoice) == (None, LEFT)

    def test_given_back_after_the_invoice_was_paid_otherwise_all_is_on_the_balance_and_taken_from_there(
        self, bank, booked, invoice, pro
    ):
        self.take_back(bank, booked)
        pay(invoice, amount_cents=LEFT)
        self.give_back(bank, booked)
        assert entries()[-1] == ("reversal_undone", 49_900, 49_900)
        told = mails("reversal_undone", pro).get().text
        assert "is no longer to be paid, so MX$499.00 are on your balance" in told
        self.take_back(bank, booked, "dp_2")
        assert entries()[-1] == ("reversal", -49_900, 0)
        assert standing(invoice) == (LEFT, 0)

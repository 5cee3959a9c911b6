"""Webhooks, purchases and transfers at the same moment, on PostgreSQL (M8, M10)."""

import threading
from collections import Counter
from uuid import uuid4

import pytest

from billing import credit_notes, gateway_events, gateway_inbox, invoices, payments, top_ups, transfers
from billing.credit_notes import issue_credit_note
from billing.customers import customer_of
from billing.errors import BillingError
from billing.gateway_inbox import process_payments
from billing.invoices import issue_by_hand, record_invoice_payment
from billing.models import (
    BankTransfer,
    Customer,
    GatewayEvent,
    GatewayPayment,
    Invoice,
    InvoicePayment,
    RefusedWebhook,
    Reversal,
    TopUp,
    Wallet,
    WalletEntry,
)
from billing.payments import start_invoice_payment, start_top_up
from billing.top_ups import record_top_up
from mail.models import OutgoingMail
from marketplace.contacts import buy_contact
from profiles.models import Professional
from tests.billing.paying import books_broken, event_of
from tests.billing.test_at_once import held_up, without_row_locks
from tests.making import NOW, contract, make_lead, make_pro, make_staff, pay
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pro():
    return make_pro("Reformas Hidalgo")


@pytest.fixture
def top_up(bank, pro):
    contract(pro)
    return start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)


def balance():
    return Wallet.objects.get().balance_cents


def test_one_event_delivered_by_many_at_once_credits_once(bank, top_up):
    body = bank.body(top_up, "paid")
    signature = bank.sign(body, at=NOW)
    answers = together(*(lambda: bank.deliver(body, signature).status_code for _ in range(5)))
    assert answers == [200] * 5
    assert (balance(), TopUp.objects.count(), event_of(bank).deliveries) == (50_000, 1, 5)
    assert OutgoingMail.objects.filter(kind="billing/top_up_received").count() == 1
    assert books_broken() == []


def test_two_events_that_say_the_same_at_once_credit_once(bank, top_up):
    together(*(lambda n=n: bank.tell(top_up, "paid", event_id=f"evt_{n}_") for n in range(4)))
    assert Counter(GatewayEvent.objects.values_list("why", flat=True)) == {"topped_up": 1, "already_paid": 3}
    assert balance() == 50_000
    assert books_broken() == []


def test_without_the_locks_only_the_ledger_stops_the_second(bank, top_up, monkeypatch):
    """Negative control: both see a payment that is not paid; one fails at a constraint."""
    for model in (Professional, Wallet, GatewayPayment):
        without_row_locks(monkeypatch, model)
    held_up(monkeypatch, gateway_events, "_locked_payment", 2)
    failures = []
    monkeypatch.setattr(gateway_inbox.logger, "exception", lambda *said: failures.append(said))
    together(*(lambda n=n: bank.tell(top_up, "paid", event_id=f"evt_{n}_") for n in range(2)))
    assert len(failures) == 1
    assert balance() == 50_000


def test_the_job_and_the_webhook_carry_one_event_out_once(bank, top_up, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("billing.gateway_inbox.process_event", lambda **said: 1 / 0)
        bank.tell(top_up, "paid", event_id="evt_1_")
    results = together(
        lambda: process_payments(now=NOW),
        lambda: process_payments(now=NOW),
        lambda: bank.tell(top_up, "paid", event_id="evt_1_").status_code,
    )
    assert results[2] == 200
    assert balance() == 50_000
    assert books_broken() == []


def test_a_transfer_and_a_webhook_that_pay_one_invoice_at_once_lose_nothing(bank, pro):
    contract(pro, paid=False)
    invoice = Invoice.objects.get()
    payment = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
    results = together(lambda: pay(invoice), lambda: bank.tell(payment, "paid").status_code)
    assert results[1] == 200
    assert InvoicePayment.objects.count() == 1
    # The transfer came second: refused, and finance is told; or first, and the gateway's money is on the balance.
    if isinstance(results[0], BillingError):
        assert (results[0].code, balance()) == ("already_paid", 0)
    else:
        assert balance() == 49_900
    assert books_broken() == []


def test_a_reversal_while_the_balance_is_spent_takes_what_is_left(bank, top_up, pro):
    """M8, M10: whatever the order, nothing goes below zero and the sum is right."""
    bank.tell(top_up, "paid")
    leads = [make_lead(price_cents=20_000) for _ in range(3)]
    results = together(
        lambda: bank.tell(top_up, "reversed", reversal="dp_1").status_code,
        *(
            lambda lead=lead: buy_contact(professional=pro, lead=lead, price_seen_cents=20_000, now=NOW)
            for lead in leads
        ),
    )
    assert results[0] == 200
    reversal = Reversal.objects.get()
    spent = 20_000 * sum(not isinstance(result, Exception) for result in results[1:])
    taken = -reversal.entry.amount_cents if reversal.entry else 0
    rest = reversal.rest_invoice.total_cents if reversal.rest_invoice else 0
    assert (taken + rest, balance()) == (50_000, 50_000 - spent - taken)
    assert books_broken() == []


def test_one_reversal_told_in_two_events_at_once_is_taken_once(bank, top_up):
    bank.tell(top_up, "paid")
    together(
        *(lambda n=n: bank.tell(top_up, "reversed", reversal="dp_1", event_id=f"r_{n}") for n in range(3))
    )
    assert (Reversal.objects.count(), balance()) == (1, 0)
    assert books_broken() == []


def test_a_payment_and_its_reversal_at_once_end_in_their_order(bank, top_up):
    together(
        lambda: bank.tell(top_up, "reversed", reversal="dp_1"),
        lambda: bank.tell(top_up, "paid"),
    )
    process_payments(now=NOW.replace(hour=13))
    assert (balance(), Reversal.objects.count()) == (0, 1)
    assert books_broken() == []


def record_one_transfer_for_two(other_pro, invoice):
    """Two clerks record the same transfer, one as a top-up, one as what paid another business's invoice."""
    clerks = make_staff("finance"), make_staff("finance", email="second@quince.example")
    said = {"amount_cents": 49_900, "received_on": NOW.date(), "reference": "SPEI 9", "now": NOW}
    return together(
        lambda: record_top_up(professional=other_pro, by=clerks[0], **said),
        lambda: record_invoice_payment(invoice=invoice, by=clerks[1], **said),
    )


def test_one_transfer_recorded_twice_at_once_for_two_things_counts_once(pro, monkeypatch):
    contract(pro, paid=False)
    barrier = threading.Barrier(2)
    for module in (top_ups, invoices):
        held_up(monkeypatch, module, "check_transfer", barrier)
    results = record_one_transfer_for_two(make_pro(), Invoice.objects.get())
    assert [result.code for result in results if isinstance(result, Exception)] == ["reference_taken"]
    assert TopUp.objects.count() + InvoicePayment.objects.count() == BankTransfer.objects.count() == 1
    assert books_broken() == []


def test_without_the_row_of_the_transfer_it_is_booked_twice(pro, monkeypatch):
    """Negative control: each looks whether the reference is in use, and finds that it is not."""

    def look_only(*, reference, amount_cents):
        assert not BankTransfer.objects.filter(reference=reference).exists()
        barrier.wait(timeout=3)
        own = f"{reference}/{threading.get_ident()}"
        return BankTransfer.objects.create(reference=own, amount_cents=amount_cents)

    contract(pro, paid=False)
    barrier = threading.Barrier(2)
    for module in (top_ups, invoices):
        monkeypatch.setattr(module, "begin_transfer", look_only)
    record_one_transfer_for_two(make_pro(), Invoice.objects.get())
    assert (TopUp.objects.count(), InvoicePayment.objects.count()) == (1, 1)
    assert books_broken() != []


def record_a_transfer_and_a_part_of_it(pro, other_pro):
    """Two clerks: for one the transfer paid an invoice and the rest is for the balance, for the other a part of it
    paid another invoice."""
    invoices = [contract(each, paid=False).periods.get().invoice for each in (pro, other_pro)]
    clerks = make_staff("finance"), make_staff("finance", email="second@quince.example")
    said = {"received_on": NOW.date(), "now": NOW}
    return together(
        lambda: record_invoice_payment(
            invoice=invoices[0],
            by=clerks[0],
            amount_cents=99_800,
            reference="SPEI 9",
            rest_to_balance=True,
            **said,
        ),
        lambda: record_invoice_payment(
            invoice=invoices[1], by=clerks[1], amount_cents=49_900, reference="SPEI 9/2", **said
        ),
    )


def test_a_surplus_and_a_part_of_one_transfer_at_once_are_not_both_booked(pro, monkeypatch):
    """Each looks for the other before it has written anything that the other could see."""
    held_up(monkeypatch, invoices, "check_transfer", 2)
    held_up(monkeypatch, invoices, "begin_transfer", 2)
    results = record_a_transfer_and_a_part_of_it(pro, make_pro())
    (refusal,) = [result for result in results if isinstance(result, Exception)]
    assert refusal.code in ("surplus_booked", "parts_recorded")
    assert BankTransfer.objects.count() == 1
    assert books_broken() == []


def test_without_their_lock_the_same_money_is_booked_twice(pro, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(transfers, "_one_after_the_other", lambda reference: None)
    held_up(monkeypatch, invoices, "check_transfer", 2)
    held_up(monkeypatch, invoices, "begin_transfer", 2)
    results = record_a_transfer_and_a_part_of_it(pro, make_pro())
    assert [type(result) for result in results] == [InvoicePayment] * 2
    assert BankTransfer.objects.count() == 2


def test_one_form_of_finance_sent_many_times_at_once_issues_one_invoice(pro):
    said = {
        "customer": customer_of(pro), "description": "Soporte", "total_cents": 100, "by": make_staff("finance"),
        "now": NOW, "public_id": uuid4(),
    }  # fmt: skip
    issued = together(*(lambda: issue_by_hand(**said) for _ in range(4)))
    assert set(issued) == {Invoice.objects.get()}
    assert OutgoingMail.objects.filter(kind="billing/invoice_issued").count() == 1
    assert books_broken() == []


def test_without_the_locks_that_form_is_stopped_by_the_database_alone(pro, monkeypatch):
    """Negative control: each finds that nothing was issued, and all but one fail at a constraint."""
    said = {
        "customer": customer_of(pro), "description": "Soporte", "total_cents": 100, "by": make_staff("finance"),
        "now": NOW, "public_id": uuid4(),
    }  # fmt: skip
    for model in (Professional, Customer):
        without_row_locks(monkeypatch, model)
    held_up(monkeypatch, invoices, "issue_invoice", 2)
    issued = together(*(lambda: issue_by_hand(**said) for _ in range(2)))
    assert sorted(type(one).__name__ for one in issued) == ["IntegrityError", "Invoice"]


def test_an_invoice_pressed_twice_at_once_is_one_payment(bank, pro):
    contract(pro, paid=False)
    invoice = Invoice.objects.get()
    pages = together(
        *(lambda: start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW).page for _ in range(3))
    )
    assert (len(set(pages)), GatewayPayment.objects.count()) == (1, 1)


def test_many_forgeries_at_once_are_all_counted(bank, top_up, monkeypatch):
    """As many as are counted at all."""
    monkeypatch.setattr(payments.limits, "take", lambda *said, **more: True)
    together(*(lambda: bank.deliver(b"x", None) for _ in range(6)))
    assert RefusedWebhook.objects.get().times == 6


@pytest.fixture
def of_the_old_sum(bank, pro):
    """A payment of a whole invoice, 499.00, of which 100.00 are about to be taken back."""
    contract(pro, paid=False)
    return start_invoice_payment(invoice=Invoice.objects.get(), by=pro.owner, now=NOW)


def make_it_smaller():
    return issue_credit_note(
        invoice=Invoice.objects.get(), reason="De más.", by=None, now=NOW, amount_cents=10_000
    )


def test_a_payment_and_a_credit_note_at_once_lose_nothing_whichever_comes_first(bank, of_the_old_sum):
    results = together(
        make_it_smaller, *(lambda: bank.tell(of_the_old_sum, "paid").status_code for _ in range(3))
    )
    assert results[1:] == [200] * 3
    # The credit note came first, and the invoice took less of the payment; or second, and gave it back.
    kind, paid = {
        "owed_less": ("top_up", 39_900),
        "balance": ("credit_note", 49_900),
    }[results[0].use]
    assert WalletEntry.objects.values_list("kind", "amount_cents").get() == (kind, 10_000)
    assert InvoicePayment.objects.get().amount_cents == paid
    assert (balance(), Invoice.objects.get().open_cents) == (10_000, 0)
    assert books_broken() == []


def test_without_the_locks_a_credit_note_and_a_payment_lose_money(bank, of_the_old_sum, monkeypatch):
    """Negative control: the payment pays an invoice of which it has seen the old sum."""
    for model in (Professional, Wallet, Invoice):
        without_row_locks(monkeypatch, model)
    barrier = threading.Barrier(2)
    for module, name in ((gateway_events, "_locked_payment"), (credit_notes, "lock_invoice")):
        held_up(monkeypatch, module, name, barrier)
    together(make_it_smaller, lambda: bank.tell(of_the_old_sum, "paid"))
    assert books_broken() != []


def test_a_reversal_and_a_credit_note_at_once_leave_books_that_add_up(bank, of_the_old_sum):
    make_it_smaller()
    bank.tell(of_the_old_sum, "paid")
    results = together(
        make_it_smaller, lambda: bank.tell(of_the_old_sum, "reversed", reversal="dp_1").status_code
    )
    assert results[1] == 200
    # Whichever came first, the same is owed: on an invoice over the rest where the credit was on the balance before
    # all of it was taken, or on the invoice that was reopened and then became smaller.
    assert (balance(), sum(invoice.open_cents for invoice in Invoice.objects.all())) == (0, 29_900)
    assert Reversal.objects.get().entry.amount_cents in {-20_000, -10_000}
    assert books_broken() == []

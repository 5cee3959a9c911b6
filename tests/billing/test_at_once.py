"""What happens when two do it at once, and what would happen without the lock that prevents it."""

import contextlib
import threading
from collections import Counter
from datetime import date

import pytest
from django.db import transaction

from base.days import marketplace_day
from base.registry import invariants
from billing import credit_notes
from billing import wallet as ledger
from billing.credit_notes import issue_credit_note
from billing.dunning import remind_of_invoices
from billing.errors import BillingError
from billing.invoices import issue_invoice, record_invoice_payment
from billing.models import (
    CreditNote,
    Customer,
    Invoice,
    InvoiceNumber,
    InvoicePayment,
    Period,
    Subscription,
    SubscriptionEvent,
    TopUp,
    Wallet,
    WalletEntry,
)
from billing.subscriptions import announce_renewals, cancel_plan, contract_plan, note_lapses, renew_plans
from billing.top_ups import record_top_up
from mail.models import OutgoingMail
from tests.making import NOW, at, contract, fund, make_plan, make_pro, make_staff
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
DAY = date(2026, 1, 10)


@pytest.fixture
def pro():
    return make_pro("Reformas Hidalgo")


def without_row_locks(monkeypatch, model):
    """Takes the lock of one table's rows away: the negative control."""
    monkeypatch.setattr(
        model._default_manager.__class__, "select_for_update", lambda self, **options: self.get_queryset()
    )


def held_up(monkeypatch, module, name, parties):
    """Lets `parties` threads pass `name` only together, so that a race that can happen does: a number of them, or a
    barrier at which they wait in several places."""
    barrier = threading.Barrier(parties) if isinstance(parties, int) else parties
    real = getattr(module, name)

    def wait_for_the_others(*args, **kwargs):
        result = real(*args, **kwargs)
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=10)
        return result

    monkeypatch.setattr(module, name, wait_for_the_others)


def books_broken():
    return [line for each in invariants for line in each.broken()]


def spend(wallet, cause, amount=10_000):
    return lambda: ledger.debit(
        wallet=Wallet(pk=wallet.pk), amount_cents=amount, kind=WalletEntry.Kind.PURCHASE, cause=cause, now=NOW
    )


def test_the_last_money_in_a_balance_is_spent_once(pro):
    wallet = fund(pro, 10_000)
    results = together(*(spend(wallet, f"contact:{n}") for n in range(6)))
    assert Counter(type(result) for result in results) == {WalletEntry: 1, BillingError: 5}
    assert {result.code for result in results if isinstance(result, BillingError)} == {"balance_too_low"}
    assert Wallet.objects.get().balance_cents == 0


def test_one_purchase_sent_by_many_at_once_is_one(pro):
    wallet = fund(pro, 60_000)
    results = together(*(spend(wallet, "contact:1") for _ in range(6)))
    assert len({result.pk for result in results}) == 1
    assert Wallet.objects.get().balance_cents == 50_000


def test_without_the_lock_the_last_money_is_spent_twice(pro, monkeypatch):
    """Negative control: both see it, and the ledger and the balance part ways."""
    wallet = fund(pro, 10_000)
    without_row_locks(monkeypatch, Wallet)
    held_up(monkeypatch, ledger.WalletEntry.objects.__class__, "filter", 2)
    results = together(spend(wallet, "contact:1"), spend(wallet, "contact:2"))
    assert [type(result) for result in results] == [WalletEntry, WalletEntry]
    assert any("its entries say -10000" in line for line in books_broken())


def issue(customer):
    return issue_invoice(customer=customer, description="Plan", total_cents=100, issued_on=DAY, due_on=DAY)


def issue_or_fail(customer, fails):
    def job():
        with transaction.atomic():
            invoice = issue(customer)
            if fails:
                raise RuntimeError("rolled back")
            return invoice.sequence

    return job


def test_numbers_have_no_gap_whoever_issues_at_once_and_whatever_is_rolled_back(pro):
    customer = Customer.objects.create(name="A", email="a@example.com")
    results = together(*(issue_or_fail(customer, fails=n % 3 == 0) for n in range(12)))
    assert sorted(result for result in results if isinstance(result, int)) == list(range(1, 9))
    assert sum(isinstance(result, RuntimeError) for result in results) == 4
    assert InvoiceNumber.objects.get().last == 8
    assert books_broken() == []


def test_eight_who_issue_twenty_five_each_leave_no_gap(pro):
    """Invoices and credit notes at once, every fourth rolled back; both series are complete (M14)."""
    customers = [Customer.objects.create(name=f"Cliente {n}", email=f"c{n}@example.com") for n in range(8)]

    def issue_many(customer, number):
        def job():
            for n in range(25):
                with contextlib.suppress(RuntimeError), transaction.atomic():
                    invoice = issue(customer)
                    if n % 2:
                        issue_credit_note(invoice=invoice, reason="De prueba.", by=None, now=NOW)
                    if (n + number) % 4 == 0:
                        raise RuntimeError("rolled back")

        return job

    assert together(*(issue_many(customer, n) for n, customer in enumerate(customers))) == [None] * 8
    issued = list(Invoice.objects.order_by("sequence").values_list("sequence", flat=True))
    taken_back = list(CreditNote.objects.order_by("sequence").values_list("sequence", flat=True))
    assert (issued, taken_back) == (list(range(1, len(issued) + 1)), list(range(1, len(taken_back) + 1)))
    assert (len(issued), len(taken_back)) == (150, 72)
    assert books_broken() == []


def test_at_the_turn_of_the_year_each_year_counts_for_itself(pro):
    customer = Customer.objects.create(name="A", email="a@example.com")
    moments = [at("2026-12-31 23:59:59"), at("2027-01-01 00:00:00")] * 4

    def issue_at(moment):
        def job():
            day = marketplace_day(moment)
            invoice = issue_invoice(
                customer=customer, description="Plan", total_cents=100, issued_on=day, due_on=day
            )
            return invoice.number, issue_credit_note(invoice=invoice, reason="?", by=None, now=moment).number

        return job

    numbers = together(*(issue_at(moment) for moment in moments))
    assert sorted(number for number, _ in numbers) == [
        f"Q-{year}-{sequence:06d}" for year in (2026, 2027) for sequence in range(1, 5)
    ]
    assert sorted(number for _, number in numbers) == [
        f"C-{year}-{sequence:06d}" for year in (2026, 2027) for sequence in range(1, 5)
    ]
    assert books_broken() == []


def test_an_invoice_taken_back_by_many_at_once_is_taken_back_once(pro):
    customer = Customer.objects.create(name="A", email="a@example.com")
    invoice = issue(customer)
    parts = together(
        *(
            lambda: issue_credit_note(invoice=invoice, reason="?", by=None, now=NOW, amount_cents=40)
            for _ in range(6)
        )
    )
    assert Counter(type(part) for part in parts) == {CreditNote: 2, BillingError: 4}
    assert {part.code for part in parts if isinstance(part, BillingError)} == {"too_much"}
    assert books_broken() == []


def test_without_the_lock_more_is_taken_back_than_there_is(pro, monkeypatch):
    """Negative control: each sees the invoice untouched, and the last writes over the others."""
    customer = Customer.objects.create(name="A", email="a@example.com")
    invoice = issue(customer)
    without_row_locks(monkeypatch, Invoice)
    held_up(monkeypatch, credit_notes, "lock_invoice", 2)
    parts = together(
        *(
            lambda: issue_credit_note(invoice=invoice, reason="?", by=None, now=NOW, amount_cents=60)
            for _ in range(2)
        )
    )
    assert [type(part) for part in parts] == [CreditNote, CreditNote]
    assert any("do not add up" in line for line in books_broken())


def test_paid_and_taken_back_at_once_the_money_is_never_lost(pro):
    """Whichever is first: either the transfer is refused, or what it paid is put onto the balance (M8)."""
    finance = make_staff("finance")
    contract(pro, paid=False)
    invoice = Invoice.objects.get()
    paid, note = together(
        lambda: record_invoice_payment(
            invoice=invoice, amount_cents=49_900, received_on=DAY, reference="SPEI 1", by=finance, now=NOW
        ),
        lambda: issue_credit_note(invoice=invoice, reason="?", by=finance, now=NOW),
    )
    assert (note.use == "balance") is isinstance(paid, InvoicePayment)
    assert Wallet.objects.get().balance_cents == (49_900 if isinstance(paid, InvoicePayment) else 0)
    assert books_broken() == []


def test_two_workers_remind_of_each_invoice_once():
    for _ in range(4):
        contract(make_pro(), paid=False)
    moment = at("2026-01-18 12:00")
    assert sum(together(*(lambda: remind_of_invoices(now=moment) for _ in range(3)))) == 4
    assert OutgoingMail.objects.filter(kind="billing/invoice_past_due").count() == 4


def test_without_the_lock_a_number_is_given_twice(pro, monkeypatch):
    """Negative control: the second is refused by the constraint, so an invoice would be lost instead."""
    customer = Customer.objects.create(name="A", email="a@example.com")
    issue(customer)
    without_row_locks(monkeypatch, InvoiceNumber)
    held_up(monkeypatch, InvoiceNumber.objects.__class__, "select_for_update", 2)
    results = together(lambda: issue(customer), lambda: issue(customer))
    assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "Invoice"]


def test_two_renewals_at_once_renew_each_plan_once():
    for _ in range(4):
        contract(make_pro())
    announce_renewals(now=at("2026-02-06 12:00"))
    moment = at("2026-02-10 00:05")
    results = together(*(lambda: renew_plans(now=moment) for _ in range(3)))
    assert sum(results) == 4
    assert Period.objects.count() == Invoice.objects.count() == 8
    assert SubscriptionEvent.objects.filter(to_state="renewed").count() == 4
    assert OutgoingMail.objects.filter(kind="billing/plan_renewed").count() == 4
    assert books_broken() == []


def test_without_the_lock_two_renewals_make_the_same_period(monkeypatch):
    """Negative control: only the constraint on the start of a period stops the second, by failing."""
    from base import jobs
    from billing import subscriptions
    from profiles.models import Professional

    contract(make_pro())
    announce_renewals(now=at("2026-02-06 12:00"))
    without_row_locks(monkeypatch, Professional)
    held_up(monkeypatch, subscriptions, "customer_of", 2)
    failures = []
    monkeypatch.setattr(jobs.logger, "exception", lambda *said: failures.append(said))
    results = together(*(lambda: renew_plans(now=at("2026-02-10 00:05")) for _ in range(2)))
    assert sorted(results) == [0, 1]
    assert len(failures) == 1


def test_two_announcements_and_two_lapses_at_once_are_told_once():
    for _ in range(3):
        contract(make_pro())
        contract(make_pro(), paid=False)
    moment = at("2026-02-07 12:00")
    assert sum(together(*(lambda: announce_renewals(now=moment) for _ in range(3)))) == 3
    assert sum(together(*(lambda: note_lapses(now=moment) for _ in range(3)))) == 3
    assert SubscriptionEvent.objects.filter(to_state="lapsed").count() == 3
    mails = Counter(OutgoingMail.objects.values_list("kind", flat=True))
    assert (mails["billing/renewal_notice"], mails["billing/plan_lapsed"]) == (3, 3)


def test_cancelled_past_its_last_day_while_the_job_renews_it_is_invoiced_once():
    """Cancelling settles what has begun under the same lock (M9)."""
    subscription = contract(make_pro())
    announce_renewals(now=at("2026-02-06 12:00"))
    moment, owner = at("2026-02-10 00:05"), subscription.professional.owner
    together(
        lambda: renew_plans(now=moment),
        lambda: cancel_plan(subscription=subscription, by=owner, now=moment),
        lambda: renew_plans(now=moment),
    )
    assert Period.objects.count() == Invoice.objects.count() == 2
    subscription.refresh_from_db()
    assert (subscription.cancelled_on, subscription.runs_until) == (date(2026, 2, 10), date(2026, 3, 9))
    assert books_broken() == []


def test_contracting_twice_at_once_contracts_one(pro):
    plans = [make_plan(), make_plan("other")]
    results = together(
        *(
            lambda plan=plan: contract_plan(professional=pro, plan=plan, price_seen_cents=49_900, now=NOW)
            for plan in (*plans, *plans)
        )
    )
    # Pressed twice it is one; the other plan is refused, both times.
    assert Counter(type(result) for result in results) == {Subscription: 2, BillingError: 2}
    assert {result.pk for result in results if isinstance(result, Subscription)} == {
        Subscription.objects.get().pk
    }
    assert Invoice.objects.count() == Period.objects.count() == Wallet.objects.count() == 1


def test_one_transfer_recorded_by_two_at_once_is_recorded_once(pro):
    finance = make_staff("finance")
    contract(pro, paid=False)
    invoice = Invoice.objects.get()
    said = {"received_on": DAY, "by": finance, "now": NOW}
    paid = together(
        *(
            lambda: record_invoice_payment(invoice=invoice, amount_cents=49_900, reference="SPEI 1", **said)
            for _ in range(3)
        )
    )
    assert {payment.pk for payment in paid} == {InvoicePayment.objects.get().pk}
    topped = together(
        *(
            lambda: record_top_up(professional=pro, amount_cents=500, reference="SPEI 2", **said)
            for _ in range(3)
        )
    )
    assert {top_up.pk for top_up in topped} == {TopUp.objects.get().pk}
    assert Wallet.objects.get().balance_cents == 500


def test_one_transfer_recorded_for_two_businesses_at_once_is_recorded_for_one(pro):
    finance = make_staff("finance")
    pros = [pro, *(make_pro() for _ in range(3))]
    results = together(
        *(
            lambda each=each: record_top_up(
                professional=each, amount_cents=500, reference="SPEI 1", received_on=DAY, by=finance, now=NOW
            )
            for each in pros
        )
    )
    assert Counter(type(result) for result in results) == {TopUp: 1, BillingError: 3}
    assert WalletEntry.objects.count() == 1

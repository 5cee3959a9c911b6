"""Reminders of unpaid invoices (M9): each once, by the day, whatever the worker did (X3)."""

from datetime import date, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from billing import dunning, letters
from billing.credit_notes import issue_credit_note
from billing.dunning import remind_of_invoices
from billing.invoices import issue_invoice, payments_current
from billing.models import Customer, GatewayPayment, Invoice, InvoiceReminder
from billing.payments import start_invoice_payment
from billing.reversals import reverse_payment
from billing.subscriptions import (
    announce_renewals,
    cancel_plan,
    note_lapses,
    plan_in_force,
    plan_state,
    renew_plans,
)
from billing.tasks import remind_of_invoices as task
from mail.models import OutgoingMail
from tests.billing.paying import pay_online
from tests.making import NOW, at, contract, make_plan, make_pro, noon, pay, renew

DUE = date(2026, 1, 17)  # Of an invoice issued on 10 January.
KINDS = {"billing/invoice_due_soon", "billing/invoice_past_due", "billing/invoice_last_reminder"}


@pytest.fixture
def invoice(pro):
    contract(pro, paid=False, plan=make_plan("year", months=12))
    return Invoice.objects.get()


def on(days, **more):
    """The job on that many days after the due date."""
    return remind_of_invoices(now=noon(DUE + timedelta(days=days)), **more)


def steps():
    return [reminder.step for reminder in InvoiceReminder.objects.order_by("id")]


def mails():
    return list(OutgoingMail.objects.filter(kind__in=KINDS).order_by("id"))


def test_looked_at_every_day_each_reminder_is_sent_on_its_day_and_once(invoice):
    sent = {}
    for days in range(-7, 40):
        for _ in range(2):
            if on(days):
                sent[days] = steps()[-1]
    assert sent == {-2: "due_soon", 1: "past_due", 7: "still_past_due", 12: "last"}
    assert [mail.kind for mail in mails()] == [
        "billing/invoice_due_soon",
        "billing/invoice_past_due",
        "billing/invoice_past_due",
        "billing/invoice_last_reminder",
    ]


@pytest.mark.parametrize(
    ("days", "step"),
    [
        (-3, []), (-2, ["due_soon"]), (0, ["due_soon"]), (1, ["past_due"]), (6, ["past_due"]),
        (7, ["still_past_due"]), (11, ["still_past_due"]), (12, ["last"]), (14, ["last"]), (15, []), (60, []),
    ],
)  # fmt: skip
def test_a_worker_that_was_down_sends_the_one_of_the_day(invoice, days, step):
    on(days)
    assert steps() == step


def test_days_are_local(invoice):
    remind_of_invoices(now=at("2026-01-17 23:59"))
    assert steps() == ["due_soon"]
    remind_of_invoices(now=at("2026-01-18 00:00"))
    assert steps() == ["due_soon", "past_due"]


@pytest.mark.parametrize("days", [-2, 1, 7, 12])
def test_what_is_paid_or_credited_is_not_reminded_of(invoice, days):
    other = make_pro()
    contract(other, paid=False)
    pay(invoice)
    issue_credit_note(invoice=other.customer.invoices.get(), reason="?", by=None, now=NOW)
    assert on(days) == 0


def test_the_lapse_comes_the_day_that_the_last_reminder_says(invoice, pro):
    on(12)
    assert "lapses on Feb. 1, 2026" in mails()[-1].subject
    assert plan_in_force(pro, date(2026, 1, 31)) and not plan_in_force(pro, date(2026, 2, 1))
    assert note_lapses(now=at("2026-01-31 23:59")) == 0
    assert note_lapses(now=at("2026-02-01 00:00")) == 1


def test_reminders_say_what_is_to_be_paid_how_and_what_follows(invoice, pro):
    issue_credit_note(invoice=invoice, reason="?", by=None, now=NOW, amount_cents=10_000)
    Customer.objects.update(email="conta@example.com")
    for days in (-2, 1, 7, 12):
        on(days)
    assert {mail.recipient for mail in mails()} == {pro.owner.email, "conta@example.com"}
    first, _, second, _, third, _, last, _ = mails()
    for mail in (first, second, third, last):
        assert "MX$399.00 of invoice Q-2026-000001 of Reformas Hidalgo" in mail.text
        assert f"/account/invoices/{invoice.public_id}/" in mail.text
    assert "by Jan. 17, 2026" in first.text and "lapses" not in first.text
    assert "1 day ago" in second.text and "7 days ago" in third.text
    for mail in (second, third, last):
        assert "lapses on Feb. 1, 2026" in mail.text
        assert "the guarantee" in mail.text


def test_of_an_invoice_for_no_plan_nothing_is_said_of_a_lapse(pro):
    """Of what a reversal left, and whatever else is no plan's."""
    contract(pro)
    invoice = issue_invoice(
        customer=Customer.objects.get(),
        description="Devuelto por el banco",
        total_cents=5_000,
        issued_on=date(2026, 1, 10),
        due_on=DUE,
    )
    for days in (1, 7, 12, 20, 29, 30, 60):
        on(days)
    assert steps() == ["past_due", "still_past_due", "last"]
    assert all("lapse" not in mail.text + mail.subject for mail in mails())
    assert mails()[-1].subject == f"Last reminder of invoice {invoice.number}"


def test_of_what_lapses_no_plan_the_last_may_come_late(pro):
    contract(pro)
    issue_invoice(customer=Customer.objects.get(), description="?", total_cents=1, issued_on=DUE, due_on=DUE)
    on(29)
    assert steps() == ["last"]


def test_of_a_plan_that_was_cancelled_and_has_ended_nothing_is_said_of_a_lapse(pro):
    subscription = contract(pro, paid=False, plan=make_plan("short"))
    cancel_plan(subscription=subscription, by=pro.owner, now=NOW)
    type(subscription).objects.update(runs_until=date(2026, 1, 31))
    on(12)
    assert "lapse" not in mails()[-1].text + mails()[-1].subject


def test_nobody_is_reminded_on_the_day_of_issue_nor_of_what_was_due_soon_at_once(pro, settings):
    settings.INVOICE_DUE_DAYS = 2
    contract(pro, paid=False)
    for day in (date(2026, 1, 10), date(2026, 1, 11), date(2026, 1, 12)):
        assert remind_of_invoices(now=noon(day)) == 0
    assert remind_of_invoices(now=noon(date(2026, 1, 13))) == 1
    assert steps() == ["past_due"]


def test_a_buyer_who_is_no_business_here_is_reminded_where_it_is_invoiced(db):
    customer = Customer.objects.create(name="Cliente", email="a@example.com")
    issue_invoice(customer=customer, description="?", total_cents=1, issued_on=date(2026, 1, 10), due_on=DUE)
    assert on(1) == 1
    (mail,) = mails()
    assert (mail.recipient, "guarantee" in mail.text) == ("a@example.com", False)


def test_reminders_are_in_the_owners_language(invoice, pro):
    pro.owner.language = "es-mx"
    pro.owner.save()
    on(1)
    assert mails()[-1].language == "es-mx"


def test_many_are_reminded_of_in_batches(db):
    for _ in range(5):
        contract(make_pro(), paid=False)
    assert on(1, batch=2) == 5
    assert on(1, batch=2) == 0


def test_one_that_fails_does_not_stop_the_others_and_is_tried_again(db, monkeypatch):
    for _ in range(3):
        contract(make_pro(), paid=False)
    broken = Invoice.objects.order_by("id")[1]
    real = letters.invoice_reminder

    def failing(reminder, *said):
        if reminder.invoice == broken:
            raise RuntimeError("the template is broken")
        real(reminder, *said)

    failures = []
    with monkeypatch.context() as patch:
        patch.setattr(dunning.letters, "invoice_reminder", failing)
        patch.setattr("base.jobs.logger.exception", lambda *said: failures.append(said))
        assert on(1) == 2
    assert len(failures) == 1 and not broken.reminders.exists()
    assert on(2) == 1


def test_command_and_task_do_the_same(invoice):
    def said(*args):
        out = StringIO()
        call_command("remind_of_invoices", *args, stdout=out)
        return out.getvalue()

    with time_machine.travel(noon(DUE + timedelta(days=1)), tick=False):
        assert said("--dry-run") == "due: 1 reminders of invoices\n"
        assert steps() == []
        assert said() == "done: 1 reminders of invoices\n"
        task()
        assert steps() == ["past_due"]


class TestReopened:
    """The bank took back what had paid the invoice (M10): it is reminded of as anew, from that day."""

    REOPENED = date(2026, 2, 20)  # More than 14 days after the due date: without mercy it had lapsed at once.

    @pytest.fixture
    def payment(self, test_gateway, invoice, pro):
        payment = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
        test_gateway.tell(payment, "paid")
        return payment

    @pytest.fixture
    def reopened(self, test_gateway, payment, invoice):
        self.take_back(payment, self.REOPENED)
        invoice.refresh_from_db()
        return invoice

    def take_back(self, payment, day, reference="d_1"):
        reverse_payment(
            payment=payment, reference=reference, amount_cents=payment.amount_cents, now=noon(day)
        )
        GatewayPayment.objects.filter(pk=payment.pk).update(state="reversed")

    def sent_on(self, days):
        sent = {}
        for day in days:
            for _ in range(2):
                if remind_of_invoices(now=noon(self.REOPENED + timedelta(days=day))):
                    sent[day] = steps()[-1]
        return sent

    def test_each_reminder_goes_out_again_counted_from_the_reopening(self, reopened):
        assert self.sent_on(range(40)) == {1: "past_due", 7: "still_past_due", 12: "last"}
        assert set(InvoiceReminder.objects.values_list("counted_from", flat=True)) == {self.REOPENED}

    def test_also_those_that_were_sent_before_it_was_paid(self, test_gateway, invoice, pro):
        for days in (-2, 1, 7, 12):
            on(days)
        late = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
        test_gateway.tell(late, "paid")
        self.take_back(late, self.REOPENED)
        assert self.sent_on(range(40)) == {1: "past_due", 7: "still_past_due", 12: "last"}
        assert len(mails()) == 7

    def test_and_again_each_time_that_it_is_reopened(self, test_gateway, reopened, pro):
        assert self.sent_on(range(5)) == {1: "past_due"}
        second = start_invoice_payment(invoice=reopened, by=pro.owner, now=NOW)
        test_gateway.tell(second, "paid")
        assert self.sent_on(range(5, 20)) == {}
        self.take_back(second, self.REOPENED + timedelta(days=20), "d_2")
        assert self.sent_on(range(20, 60)) == {21: "past_due", 27: "still_past_due", 32: "last"}

    def test_reopened_before_it_was_due_the_due_date_counts(self, payment, invoice):
        self.take_back(payment, date(2026, 1, 12))
        sent = {}
        for days in range(-5, 40):
            if on(days):
                sent[days] = steps()[-1]
        assert sent == {-2: "due_soon", 1: "past_due", 7: "still_past_due", 12: "last"}

    def test_reopened_when_it_was_due_soon_nobody_is_told_that_it_is(self, payment):
        self.take_back(payment, DUE - timedelta(days=1))
        assert [on(days) for days in (-1, 0)] == [0, 0]
        assert on(1) == 1

    def test_it_is_past_due_from_the_first_day(self, reopened, pro):
        """M9 says so of the due date; G9: no guarantee meanwhile."""
        assert not payments_current(pro, self.REOPENED)

    def test_the_plan_lapses_when_it_was_unpaid_for_14_days_again(self, reopened, pro):
        last = self.REOPENED + timedelta(days=14)
        assert plan_in_force(pro, last) and not plan_in_force(pro, last + timedelta(days=1))
        state = plan_state(pro, last)
        assert (state.status, state.invoice, state.lapses_on) == (
            "in_force",
            reopened,
            last + timedelta(days=1),
        )
        assert plan_state(pro, last + timedelta(days=1)).status == "lapsed"
        assert note_lapses(now=noon(last)) == 0
        assert note_lapses(now=noon(last + timedelta(days=1))) == 1

    def test_mails_say_what_happened_and_when_the_plan_lapses(self, reopened):
        told = OutgoingMail.objects.get(kind="billing/payment_reversed").text
        assert "Invoice Q-2026-000001, due on Jan. 17, 2026, is therefore to be paid again." in told
        assert "the plan Basic lapses on March 7, 2026" in told
        self.sent_on((1, 12))
        for mail in mails():
            assert (
                "MX$499.00 of invoice Q-2026-000001 of Reformas Hidalgo are to be paid again: on Feb. 20, 2026 the "
                "bank took back what had paid it."
            ) in mail.text
            assert "lapses on March 7, 2026" in mail.text

    def test_a_plan_that_had_lapsed_for_it_before_lapses_and_is_told_again(self, test_gateway, invoice, pro):
        assert note_lapses(now=noon(date(2026, 2, 1))) == 1
        late = pay_online(test_gateway, invoice, date(2026, 2, 3))
        self.take_back(late, self.REOPENED)
        assert note_lapses(now=noon(date(2026, 3, 6))) == 0
        assert note_lapses(now=noon(date(2026, 3, 7))) == 1
        assert OutgoingMail.objects.filter(kind="billing/plan_lapsed").count() == 2

    def test_of_two_invoices_the_one_that_lapses_the_plan_first_is_named(self, test_gateway, pro):
        """The older one was reopened, and so has longer."""
        subscription = contract(pro, paid=False, plan=make_plan("monthly", price_cents=30_000))
        older = Invoice.objects.get()
        payment = start_invoice_payment(invoice=older, by=pro.owner, now=NOW)
        test_gateway.tell(payment, "paid")
        renew(now=noon(date(2026, 2, 10)))
        newer = subscription.periods.latest("starts_on").invoice
        self.take_back(payment, date(2026, 2, 27))
        state = plan_state(pro, date(2026, 2, 28))
        assert (state.invoice, state.lapses_on) == (newer, newer.due_on + timedelta(days=15))

    def test_a_plan_that_went_on_when_it_was_paid_is_renewed_as_it_would_have_been(self, test_gateway, pro):
        """Reopened after its last day: on that day it had not lapsed."""
        contract(pro, paid=False, plan=make_plan("monthly", price_cents=30_000))
        payment = start_invoice_payment(invoice=Invoice.objects.get(), by=pro.owner, now=NOW)
        test_gateway.tell(payment, "paid")
        announce_renewals(now=noon(date(2026, 2, 6)))
        self.take_back(payment, date(2026, 2, 10))
        assert plan_in_force(pro, date(2026, 2, 11))
        assert renew_plans(now=noon(date(2026, 2, 11))) == 1

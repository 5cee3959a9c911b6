"""Contracting, cancelling, keeping and contracting again (M9)."""

from datetime import date

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction

from base.errors import Refusal
from billing.errors import BillingError
from billing.invoices import issue_invoice
from billing.models import Customer, Invoice, Period, Subscription, Wallet
from billing.signals import plan_contracted
from billing.subscriptions import (
    Cancelled,
    announce_renewals,
    cancel_plan,
    contract_plan,
    keep_plan,
    note_lapses,
    plan_in_force,
    plan_state,
    renew_plans,
)
from mail.models import OutgoingMail
from profiles.models import Suspension
from tests.billing.paying import books_broken
from tests.making import NOW, at, contract, make_plan, make_user, noon, pay, renew

DAY = date(2026, 1, 10)


def steps_of(subscription):
    return list(subscription.events.order_by("id").values_list("to_state", flat=True))


def periods_of(pro):
    return [
        (str(period.starts_on), str(period.ends_on))
        for period in Period.objects.filter(professional=pro).order_by("id")
    ]


def suspend(pro):
    return Suspension.objects.create(
        professional=pro, reason="?", decided_by=make_user(is_staff=True), suspended_at=NOW
    )


def test_contracting_opens_all_that_a_plan_needs(pro):
    subscription = contract(pro, paid=False)
    pro.refresh_from_db()
    assert pro.first_contracted_on == DAY
    assert (subscription.contracted_on, subscription.runs_until) == (DAY, date(2026, 2, 9))
    assert subscription.cancelled_on is None
    assert periods_of(pro) == [("2026-01-10", "2026-02-09")]
    invoice = Invoice.objects.get()
    assert (invoice.number, invoice.total_cents, invoice.issued_on, invoice.due_on, invoice.paid_on) == (
        "Q-2026-000001",
        49_900,
        DAY,
        date(2026, 1, 17),
        None,
    )
    assert invoice.period.subscription == subscription
    customer = Customer.objects.get()
    assert (customer.professional, customer.name, customer.tax_id, customer.email) == (
        pro,
        pro.name,
        pro.tax_id,
        pro.owner.email,
    )
    assert Wallet.objects.get().balance_cents == 0
    assert steps_of(subscription) == ["contracted"]


def test_s_is_the_local_date_and_not_that_of_utc(pro):
    """19:30 in Mexico City is the next day in UTC."""
    contract(pro, paid=False, now=at("2026-04-30 19:30"))
    pro.refresh_from_db()
    assert pro.first_contracted_on == date(2026, 4, 30)
    assert periods_of(pro) == [("2026-04-30", "2026-05-29")]


def test_contracting_tells_the_floors_above_within_the_transaction(pro):
    heard = []

    def receiver(sender, subscription, period, now, **kwargs):
        heard.append((sender, subscription, period, now))
        assert transaction.get_connection().in_atomic_block

    plan_contracted.connect(receiver)
    try:
        subscription = contract(pro, paid=False)
    finally:
        plan_contracted.disconnect(receiver)
    assert heard == [(Subscription, subscription, Period.objects.get(), NOW)]


def test_a_receiver_that_fails_leaves_nothing_contracted(pro):
    def receiver(**kwargs):
        raise ObjectDoesNotExist("support has no calendar")

    plan_contracted.connect(receiver)
    try:
        with pytest.raises(ObjectDoesNotExist):
            contract(pro, paid=False)
    finally:
        plan_contracted.disconnect(receiver)
    pro.refresh_from_db()
    assert pro.first_contracted_on is None
    assert not Subscription.objects.exists()
    assert not Invoice.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_a_second_plan_is_refused_while_one_is_in_force_and_nothing_is_invoiced(pro):
    contract(pro)
    other = make_plan("other")
    for moment in ("2026-01-10 12:00", "2026-02-09 23:59", "2026-02-20 12:00"):
        with pytest.raises(BillingError) as refusal:
            contract(pro, plan=other, now=at(moment))
        assert refusal.value.code == "plan_in_force"
    assert Invoice.objects.count() == Subscription.objects.count() == 1


def test_a_cancelled_plan_is_in_force_to_its_last_day_and_another_can_be_contracted_the_day_after(pro):
    subscription = contract(pro)
    cancel_plan(subscription=subscription, by=pro.owner, now=at("2026-01-20 12:00"))
    with pytest.raises(BillingError):
        contract(pro, paid=False, now=at("2026-02-09 23:59"))
    contract(pro, paid=False, now=at("2026-02-10 00:00"))
    assert periods_of(pro) == [("2026-01-10", "2026-02-09"), ("2026-02-10", "2026-03-09")]


def test_contracting_again_never_moves_s(pro):
    cancel_plan(subscription=contract(pro), by=pro.owner, now=NOW)
    contract(pro, now=at("2026-06-01 12:00"))
    assert pro.first_contracted_on == DAY
    assert Customer.objects.count() == Wallet.objects.count() == 1


def test_a_suspended_professional_is_refused(pro, settings):
    suspend(pro)
    with pytest.raises(BillingError) as refusal:
        contract(pro, paid=False)
    assert refusal.value.code == "suspended"
    assert settings.APPEALS_ADDRESS in str(refusal.value)
    assert "the page “Your business is suspended”" in str(refusal.value)
    assert not Subscription.objects.exists()


def test_a_lifted_suspension_does_not_stand_in_the_way(pro):
    lifted = suspend(pro)
    lifted.lifted_at, lifted.lifted_by = NOW, make_user()
    lifted.save()
    assert contract(pro, paid=False)


def test_a_plan_that_was_withdrawn_meanwhile_is_refused(pro):
    """The plan is read again: what the page held may be old."""
    plan = make_plan()
    type(plan).objects.update(offered="no_longer")
    with pytest.raises(BillingError) as refusal:
        contract(pro, plan=plan)
    assert refusal.value.code == "plan_not_offered"


def test_a_plan_that_was_withdrawn_goes_on_for_those_who_have_it(pro):
    subscription = contract(pro)
    type(subscription.plan).objects.update(offered="no_longer")
    assert renew(now=at("2026-02-10 00:05")) == 1


def test_a_free_plan_is_paid_when_it_is_contracted_and_never_lapses(pro):
    contract(pro, plan=make_plan("free", price_cents=0), paid=False)
    assert Invoice.objects.get().paid_on == DAY
    assert plan_in_force(pro, date(2026, 2, 9))


@pytest.mark.parametrize("cancelled", [False, True])
def test_who_has_not_paid_an_earlier_plan_contracts_none_before_it_is_paid(pro, cancelled):
    """Contracting anew is no way around paying: lapsed, on the last day of it, and after."""
    old = contract(pro, paid=False)
    if cancelled:
        cancel_plan(subscription=old, by=pro.owner, now=NOW)
    for moment in ("2026-02-01 12:00", "2026-02-09 12:00", "2026-02-23 12:00", "2026-05-01 12:00"):
        with pytest.raises(BillingError) as refusal:
            contract(pro, now=at(moment))
        assert refusal.value.code == "plan_unpaid"
        assert str(refusal.value).startswith(
            "Invoice Q-2026-000001 of an earlier plan was due on Jan. 17, 2026, and MX$499.00 of it are not paid."
        )
    assert Invoice.objects.count() == Subscription.objects.count() == 1
    pay(Invoice.objects.get(), now=at("2026-05-01 12:00"))
    new = contract(pro, now=at("2026-05-01 12:00"))
    assert list(Period.objects.in_force(date(2026, 5, 1))) == [new.periods.get()]
    assert steps_of(old) == ["contracted", "cancelled" if cancelled else "closed"]
    assert periods_of(pro) == [("2026-01-10", "2026-02-09"), ("2026-05-01", "2026-05-31")]
    assert books_broken() == []


def test_who_pays_while_the_lapsed_plan_has_days_left_has_it_back_and_contracts_none(pro):
    contract(pro, paid=False)
    pay(Invoice.objects.get(), now=at("2026-02-03 12:00"))
    with pytest.raises(BillingError) as refusal:
        contract(pro, now=at("2026-02-03 12:00"))
    assert refusal.value.code == "plan_in_force"


def test_what_is_not_past_due_yet_stands_in_nobodys_way(pro, settings):
    settings.INVOICE_DUE_DAYS = 31  # Due on 10 February, the day after the last.
    cancel_plan(subscription=contract(pro, paid=False), by=pro.owner, now=NOW)
    assert contract(pro, paid=False, now=at("2026-02-10 23:59"))


def test_another_debt_than_a_plans_and_somebody_elses_stand_in_nobodys_way(pro, other_pro):
    cancel_plan(subscription=contract(pro), by=pro.owner, now=NOW)
    contract(other_pro, paid=False)
    issue_invoice(customer=pro.customer, description="?", total_cents=1, issued_on=DAY, due_on=DAY)
    assert contract(pro, now=at("2026-02-10 12:00"))


def test_pressed_twice_it_is_contracted_once(pro):
    first = contract(pro)
    make_plan().__class__.objects.update(price_cents=99_900)
    again = contract_plan(
        professional=pro, plan=make_plan(), price_seen_cents=49_900, now=at("2026-01-10 23:59")
    )
    assert again == first
    assert Invoice.objects.count() == Subscription.objects.count() == 1


def test_the_next_day_it_is_another_contracting(pro):
    contract(pro)
    with pytest.raises(BillingError) as refusal:
        contract(pro, now=at("2026-01-11 00:00"))
    assert refusal.value.code == "plan_in_force"


@pytest.mark.parametrize("seen", [49_900, None, 59_901, 0])
def test_nobody_contracts_for_another_price_than_they_were_shown(pro, seen):
    """M4 of plans: raised to 599.00 while the page with 499.00 was open."""
    plan = make_plan(price_cents=59_900)
    with pytest.raises(BillingError) as refusal:
        contract_plan(professional=pro, plan=plan, price_seen_cents=seen, now=NOW)
    assert refusal.value.code == "price_changed"
    assert "MX$599.00" in str(refusal.value)
    assert not Invoice.objects.exists()


def test_cancelling_twice_is_cancelling_once(pro):
    subscription = contract(pro)
    cancel_plan(subscription=subscription, by=pro.owner, now=at("2026-01-20 12:00"))
    cancel_plan(subscription=subscription, by=pro.owner, now=at("2026-01-21 12:00"))
    subscription.refresh_from_db()
    assert subscription.cancelled_on == date(2026, 1, 20)
    assert steps_of(subscription) == ["contracted", "cancelled"]
    assert subscription.events.latest("id").actor == pro.owner


def test_a_cancellation_can_be_taken_back_to_the_last_day(pro):
    subscription = contract(pro)
    cancel_plan(subscription=subscription, by=pro.owner, now=NOW)
    keep_plan(subscription=subscription, by=pro.owner, now=at("2026-02-09 23:59"))
    keep_plan(subscription=subscription, by=pro.owner, now=at("2026-02-09 23:59"))
    assert steps_of(subscription) == ["contracted", "cancelled", "kept"]
    assert renew(now=at("2026-02-10 00:05")) == 1


def test_a_cancellation_cannot_be_taken_back_the_day_after(pro):
    subscription = contract(pro)
    cancel_plan(subscription=subscription, by=pro.owner, now=NOW)
    with pytest.raises(Refusal) as refusal:
        keep_plan(subscription=subscription, by=pro.owner, now=at("2026-02-10 00:00"))
    assert refusal.value.code == "plan_has_ended"
    subscription.refresh_from_db()
    assert subscription.cancelled_on == DAY


def test_cancelled_past_its_last_day_the_period_that_has_begun_is_invoiced_and_runs_to_its_end(pro):
    """What went on without the job having run cannot be had free and taken back (M9)."""
    subscription = contract(pro)
    announce_renewals(now=at("2026-02-06 12:00"))
    moment = at("2026-02-20 12:00")
    assert plan_in_force(pro, date(2026, 2, 20))
    cancel_plan(subscription=subscription, by=pro.owner, now=moment)
    assert periods_of(pro) == [("2026-01-10", "2026-02-09"), ("2026-02-10", "2026-03-09")]
    assert steps_of(subscription) == ["contracted", "renewed", "cancelled"]
    assert Invoice.objects.get(sequence=2).issued_on == date(2026, 2, 20)
    assert renew_plans(now=at("2026-03-10 00:05")) == 0
    told = OutgoingMail.objects.get(kind="billing/plan_cancelled").text
    assert "in force until March 9, 2026" in told
    keep_plan(subscription=subscription, by=pro.owner, now=at("2026-03-01 12:00"))


def test_cancelled_past_its_last_day_before_anybody_was_told_it_ends_when_notice_would_have(pro):
    """Nothing is invoiced that was not announced, and no mail speaks of a past day as one to come."""
    subscription = contract(pro)
    cancel_plan(subscription=subscription, by=pro.owner, now=at("2026-02-20 12:00"))
    assert periods_of(pro) == [("2026-01-10", "2026-02-23")]
    assert [plan_in_force(pro, date(2026, 2, day)) for day in (20, 23, 24)] == [True, True, False]
    told = OutgoingMail.objects.get(kind="billing/plan_cancelled").text
    assert "in force until Feb. 23, 2026" in told
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize("why", ["suspended", "lapsed"])
def test_cancelling_what_has_ended_tells_of_no_day_to_come(pro, why):
    subscription = contract(pro, paid=why != "lapsed")
    if why == "suspended":
        suspend(pro)
    moment = at("2026-02-20 12:00")
    assert cancel_plan(subscription=subscription, by=pro.owner, now=moment) == Cancelled.ENDED
    assert steps_of(subscription) == ["contracted", "cancelled"]
    assert not OutgoingMail.objects.filter(kind="billing/plan_cancelled").exists()
    assert periods_of(pro) == [("2026-01-10", "2026-02-09")]


def test_the_database_itself_refuses_a_second_open_subscription(pro):
    subscription = contract(pro)
    subscription.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        subscription.save(force_insert=True)


class TestState:
    """What the page of the plan says."""

    def test_none(self, pro):
        assert plan_state(pro, DAY).status == "none"

    def test_in_force_and_renewing(self, pro):
        subscription = contract(pro)
        state = plan_state(pro, date(2026, 2, 9))
        assert (state.status, state.until, state.renews_on) == (
            "in_force",
            date(2026, 2, 9),
            date(2026, 2, 10),
        )
        assert (state.subscription, state.invoice, state.lapses_on) == (subscription, None, None)

    def test_past_its_last_day_before_the_job_has_run_it_says_the_days_that_the_jobs_will_write(self, pro):
        contract(pro)
        state = plan_state(pro, date(2026, 2, 20))
        assert (state.until, state.renews_on, state.begun_on) == (date(2026, 2, 23), date(2026, 2, 24), None)
        announce_renewals(now=at("2026-02-06 12:00"))
        state = plan_state(pro, date(2026, 2, 20))
        assert (state.until, state.renews_on, state.begun_on) == (
            date(2026, 3, 9),
            date(2026, 3, 10),
            date(2026, 2, 10),
        )

    def test_in_force_with_an_invoice_past_due_says_when_it_lapses(self, pro):
        contract(pro, paid=False)
        assert plan_state(pro, date(2026, 1, 17)).invoice is None
        state = plan_state(pro, date(2026, 1, 18))
        assert (state.status, state.invoice, state.lapses_on) == (
            "in_force",
            Invoice.objects.get(),
            date(2026, 2, 1),
        )

    def test_lapsed_from_the_day_that_it_said(self, pro):
        contract(pro, paid=False)
        assert plan_state(pro, date(2026, 1, 31)).status == "in_force"
        state = plan_state(pro, date(2026, 2, 1))
        assert (state.status, state.invoice, state.renews_on) == ("lapsed", Invoice.objects.get(), None)
        assert plan_state(pro, date(2026, 3, 1)).status == "lapsed"

    def test_cancelled_then_ended(self, pro):
        cancel_plan(subscription=contract(pro), by=pro.owner, now=NOW)
        state = plan_state(pro, date(2026, 2, 9))
        assert (state.status, state.until, state.renews_on) == ("cancelled", date(2026, 2, 9), None)
        assert plan_state(pro, date(2026, 2, 10)).status == "ended"

    def test_suspended_runs_to_its_end_and_is_not_renewed(self, pro):
        contract(pro)
        suspend(pro)
        state = plan_state(pro, date(2026, 2, 9))
        assert (state.status, state.renews_on) == ("in_force", None)
        assert plan_state(pro, date(2026, 2, 10)).status == "suspended"

    def test_a_plan_that_ended_before_its_invoice_was_that_late_has_ended_and_not_lapsed(self, pro, settings):
        settings.INVOICE_DUE_DAYS = 20  # Would lapse on 14 February.
        cancel_plan(subscription=contract(pro, paid=False), by=pro.owner, now=NOW)
        state = plan_state(pro, date(2026, 2, 20))
        assert (state.status, state.invoice) == ("ended", Invoice.objects.get())

    def test_lapsed_while_it_went_on_unwritten_it_comes_back_with_its_payment(self, pro, settings):
        """The jobs were down from the day after the renewal was announced."""
        settings.INVOICE_DUE_DAYS = 20  # Lapses on 14 February; its first month ends on the 9th.
        contract(pro, paid=False)
        assert announce_renewals(now=noon(date(2026, 2, 6))) == 1
        assert plan_state(pro, date(2026, 2, 13)).status == "in_force"
        today, until = date(2026, 2, 14), date(2026, 3, 9)
        state = plan_state(pro, today)
        assert (state.status, state.until, state.invoice) == ("lapsed", until, Invoice.objects.get())
        assert note_lapses(now=noon(today)) == 1
        mail = OutgoingMail.objects.get(kind="billing/plan_lapsed")
        assert (
            "in force again from that day, until" in mail.text and "does not bring it back" not in mail.text
        )
        pay(Invoice.objects.get(), now=noon(today))
        state = plan_state(pro, today)
        assert (state.status, state.until) == ("in_force", until)

    def test_paid_after_it_had_lapsed_and_ended(self, pro):
        contract(pro, paid=False)
        pay(Invoice.objects.get(), now=noon(date(2026, 2, 10)))
        assert plan_state(pro, date(2026, 2, 10)).status == "ended"

    def test_costs_the_same_queries_however_long_it_has_run(self, pro, django_assert_num_queries):
        contract(pro)
        with django_assert_num_queries(4):
            plan_state(pro, DAY)
        for month in range(2, 12):
            assert renew(now=at(f"2026-{month:02d}-10 00:05")) == 1
            pay(Invoice.objects.first(), now=at(f"2026-{month:02d}-10 12:00"))
        with django_assert_num_queries(4):
            plan_state(pro, date(2026, 11, 10))

"""Renewal, its announcement, and lapses being told: jobs that find what is due by looking (M9, X3)."""

import logging
from datetime import date, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.formats import date_format

from billing import subscriptions, tasks
from billing.models import Invoice, Period, Plan
from billing.signals import plan_renewed
from billing.subscriptions import (
    announce_renewals,
    cancel_plan,
    keep_plan,
    note_lapses,
    plan_state,
    renew_plans,
)
from mail.models import OutgoingMail
from tests.billing.paying import books_broken
from tests.billing.test_plans import periods_of, steps_of, suspend
from tests.making import NOW, at, contract, make_plan, make_pro, noon, pay, renew

# Contracted on 10 January by the month: runs until 9 February.


def mails_of(kind):
    return list(OutgoingMail.objects.filter(kind=f"billing/{kind}").values_list("recipient", flat=True))


def test_it_is_renewed_the_day_after_its_last_day_and_not_before(pro):
    subscription = contract(pro)
    assert renew(now=at("2026-02-09 23:59")) == 0
    assert renew(now=at("2026-02-10 00:00")) == 1
    subscription.refresh_from_db()
    assert subscription.runs_until == date(2026, 3, 9)
    assert periods_of(pro) == [("2026-01-10", "2026-02-09"), ("2026-02-10", "2026-03-09")]
    invoice = Invoice.objects.get(sequence=2)
    assert (invoice.issued_on, invoice.due_on, invoice.paid_on) == (
        date(2026, 2, 10),
        date(2026, 2, 17),
        None,
    )
    assert invoice.period == subscription.periods.latest("starts_on")
    assert steps_of(subscription) == ["contracted", "renewed"]


def test_twice_is_once(pro):
    contract(pro)
    assert [renew(now=at("2026-02-10 00:05")) for _ in range(3)] == [1, 0, 0]
    assert Invoice.objects.count() == 2


def test_after_days_of_being_down_it_goes_on_without_a_gap(pro):
    contract(pro)
    assert renew(now=at("2026-02-14 12:00")) == 1
    assert periods_of(pro)[1] == ("2026-02-10", "2026-03-09")
    # Not due before anybody could know of it.
    assert Invoice.objects.get(sequence=2).due_on == date(2026, 2, 21)


def test_after_months_of_being_down_only_the_period_that_holds_today_is_invoiced(pro):
    contract(pro)
    assert [renew(now=at("2026-05-20 12:00")) for _ in range(2)] == [1, 0]
    assert periods_of(pro)[1:] == [("2026-05-10", "2026-06-09")]


def test_from_31_january_by_the_month(pro):
    contract(pro, now=at("2026-01-31 12:00"))
    for moment in ("2026-02-28 01:00", "2026-03-31 01:00"):
        assert renew(now=at(moment)) == 1
        pay(Invoice.objects.order_by("-sequence")[0], now=at(moment))
    assert periods_of(pro) == [
        ("2026-01-31", "2026-02-27"),
        ("2026-02-28", "2026-03-30"),
        ("2026-03-31", "2026-04-29"),
    ]


def test_the_price_is_the_plans_of_the_day_of_the_announcement(pro):
    contract(pro)
    Plan.objects.update(price_cents=60_000)
    renew(now=at("2026-02-10 00:05"))
    assert list(Invoice.objects.order_by("id").values_list("total_cents", flat=True)) == [49_900, 60_000]


def test_what_was_announced_is_what_is_invoiced_though_the_price_was_raised_in_between(pro):
    contract(pro)
    announce_renewals(now=at("2026-02-06 12:00"))
    Plan.objects.update(price_cents=99_900)
    assert plan_state(pro, date(2026, 2, 7)).price_cents == 49_900
    # Begun, and still to be invoiced.
    assert plan_state(pro, date(2026, 2, 10)).price_cents == 49_900
    assert renew_plans(now=at("2026-02-10 00:05")) == 1
    assert Invoice.objects.get(sequence=2).total_cents == 49_900
    pay(Invoice.objects.get(sequence=2), now=at("2026-02-10 12:00"))
    # From the next announcement on it is the new one.
    assert plan_state(pro, date(2026, 2, 10)).price_cents == 99_900
    announce_renewals(now=at("2026-03-06 12:00"))
    assert "for MX$999.00" in OutgoingMail.objects.filter(kind="billing/renewal_notice").latest("id").text
    renew_plans(now=at("2026-03-10 00:05"))
    assert Invoice.objects.get(sequence=3).total_cents == 99_900
    assert books_broken() == []


@pytest.mark.parametrize("kept", [False, True])
def test_cancelled_past_its_last_day_or_kept_it_costs_what_was_announced(pro, kept):
    subscription = contract(pro)
    announce_renewals(now=at("2026-02-06 12:00"))
    Plan.objects.update(price_cents=99_900)
    if kept:
        cancel_plan(subscription=subscription, by=pro.owner, now=at("2026-02-07 12:00"))
        keep_plan(subscription=subscription, by=pro.owner, now=at("2026-02-08 12:00"))
        renew_plans(now=at("2026-02-10 00:05"))
    else:
        cancel_plan(subscription=subscription, by=pro.owner, now=at("2026-02-10 12:00"))
    assert Invoice.objects.get(sequence=2).total_cents == 49_900


def test_the_database_itself_holds_the_price_with_the_announcement(pro):
    contract(pro)
    for change in ({"renewal_announced_at": NOW}, {"announced_price_cents": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Period.objects.update(**change)


@pytest.mark.parametrize("why", ["cancelled", "lapsed", "suspended", "lapsed, then paid"])
def test_what_does_not_go_on_is_not_renewed(pro, why):
    subscription = contract(pro, paid=not why.startswith("lapsed"))
    if why == "cancelled":
        cancel_plan(subscription=subscription, by=pro.owner, now=at("2026-02-09 23:59"))
    if why == "suspended":
        suspend(pro)
    if why == "lapsed, then paid":
        pay(Invoice.objects.get(), now=at("2026-02-10 00:00"))
    assert renew(now=at("2026-02-10 00:05")) == 0
    assert Period.objects.count() == 1


def test_what_is_past_due_but_has_not_lapsed_is_renewed(pro, settings):
    settings.INVOICE_DUE_DAYS = 25
    contract(pro, paid=False)
    assert renew(now=at("2026-02-10 00:05")) == 1


def test_renewal_tells_the_floors_above(pro):
    heard = []

    def receiver(sender, subscription, period, now, **kwargs):
        heard.append((subscription, str(period.starts_on), now))

    subscription = contract(pro)
    plan_renewed.connect(receiver)
    try:
        renew(now=at("2026-02-10 00:05"))
    finally:
        plan_renewed.disconnect(receiver)
    assert heard == [(subscription, "2026-02-10", at("2026-02-10 00:05"))]


def test_a_row_that_fails_stops_none_of_the_others_and_leaves_nothing_half_done(monkeypatch, caplog, db):
    pros = [make_pro() for _ in range(3)]
    for each in pros:
        contract(each)
    real = subscriptions.letters.plan_renewed

    def fails_for_the_first(period, now):
        if period.professional == pros[0]:
            raise RuntimeError("a broken template")
        real(period, now)

    monkeypatch.setattr(subscriptions.letters, "plan_renewed", fails_for_the_first)
    with caplog.at_level(logging.ERROR, "billing.subscriptions"):
        assert renew(now=at("2026-02-10 00:05"), batch=2) == 2
    assert [len(periods_of(each)) for each in pros] == [1, 2, 2]
    assert [record.exc_info[1].args for record in caplog.records] == [("a broken template",)]
    # The number that the failed one had taken was given back.
    assert sorted(Invoice.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4, 5]

    monkeypatch.undo()
    assert renew(now=at("2026-02-10 00:05"), batch=2) == 1
    assert [len(periods_of(each)) for each in pros] == [2, 2, 2]


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_every_batch_is_done(db, batch):
    for _ in range(3):
        contract(make_pro())
    assert renew(now=at("2026-02-10 00:05"), batch=batch) == 3


def test_looking_costs_the_same_with_none_due_among_many(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        renew_plans(now=at("2026-02-01 00:05"))
    for _ in range(5):
        contract(make_pro())
    with django_assert_num_queries(1):
        renew_plans(now=at("2026-02-01 00:05"))


class TestAnnouncement:
    """Nothing renews unannounced: three days before, while it can still be cancelled."""

    def test_from_three_days_before_the_last_day_once(self, pro):
        contract(pro)
        assert announce_renewals(now=at("2026-02-05 23:59")) == 0
        assert announce_renewals(now=at("2026-02-06 00:00")) == 1
        assert announce_renewals(now=at("2026-02-06 00:00")) == 0
        assert announce_renewals(now=at("2026-02-09 23:59")) == 0
        assert mails_of("renewal_notice") == ["pro@example.com"]

    @pytest.mark.parametrize(
        ("announced", "last_day", "renewed_until"),
        [
            ("2026-02-06 23:59", "2026-02-09", "2026-03-09"),
            ("2026-02-07 00:00", "2026-02-10", "2026-03-10"),
            ("2026-02-09 23:59", "2026-02-12", "2026-03-12"),
            ("2026-02-10 00:00", "2026-02-13", "2026-03-13"),
            ("2026-05-28 12:00", "2026-05-31", "2026-06-30"),
        ],
    )
    def test_told_late_the_last_day_is_moved_so_that_three_days_of_notice_are_left(
        self, pro, announced, last_day, renewed_until
    ):
        """Nothing is ever invoiced unannounced; months are counted from the new beginning (M9)."""
        contract(pro)
        assert renew_plans(now=at(announced)) == 0
        assert announce_renewals(now=at(announced)) == 1
        assert announce_renewals(now=at(announced)) == 0
        assert periods_of(pro) == [("2026-01-10", last_day)]
        told = OutgoingMail.objects.get(kind="billing/renewal_notice").text
        with translation.override("en"):
            assert f"cancel by the end of {date_format(date.fromisoformat(last_day), 'DATE_FORMAT')}" in told
        assert renew_plans(now=at(f"{last_day} 23:59")) == 0
        assert Invoice.objects.count() == 1
        assert renew_plans(now=noon(date.fromisoformat(last_day) + timedelta(days=1))) == 1
        first_day = date.fromisoformat(last_day) + timedelta(days=1)
        assert periods_of(pro)[1:] == [(str(first_day), renewed_until)]

    def test_the_end_of_a_short_month_is_not_carried_on_from_a_moved_day(self, pro):
        contract(pro, now=at("2026-03-20 12:00"))
        announce_renewals(now=at("2026-05-27 12:00"))  # Runs until 30 May.
        for moment in ("2026-05-31 00:05", "2026-06-30 00:05", "2026-07-31 00:05"):
            assert renew(now=at(moment)) == 1
            pay(Invoice.objects.order_by("-sequence")[0], now=at(moment))
        assert [start for start, _end in periods_of(pro)] == [
            "2026-03-20", "2026-05-31", "2026-06-30", "2026-07-31"
        ]  # fmt: skip

    def test_after_a_suspension_that_is_lifted_on_the_last_day_there_are_three_days_to_cancel(
        self, pro, appeals
    ):
        subscription = contract(pro)
        suspension = suspend(pro)
        suspension.lifted_at, suspension.lifted_by = at("2026-02-09 12:00"), appeals
        suspension.save()
        assert (renew_plans(now=at("2026-02-10 00:05")), announce_renewals(now=at("2026-02-10 00:05"))) == (
            0,
            1,
        )
        cancel_plan(subscription=subscription, by=pro.owner, now=at("2026-02-13 23:59"))
        assert renew_plans(now=at("2026-02-14 00:05")) == 0
        assert Invoice.objects.count() == 1

    def test_after_a_suspension_over_the_last_day_nothing_is_renewed_and_a_plan_can_be_contracted(
        self, pro, appeals
    ):
        old = contract(pro)
        announce_renewals(now=at("2026-02-06 12:00"))
        suspension = suspend(pro)
        suspension.lifted_at, suspension.lifted_by = at("2026-04-10 12:00"), appeals
        suspension.save()
        assert renew_plans(now=at("2026-04-10 12:05")) == 0
        contract(pro, now=at("2026-04-10 12:10"))
        assert (steps_of(old), pro.first_contracted_on) == (["contracted", "closed"], date(2026, 1, 10))

    def test_who_keeps_a_plan_in_its_last_days_is_told_and_gains_no_day(self, pro):
        subscription = contract(pro)
        cancel_plan(subscription=subscription, by=pro.owner, now=NOW)
        keep_plan(subscription=subscription, by=pro.owner, now=at("2026-02-09 23:50"))
        assert mails_of("renewal_notice") == ["pro@example.com"]
        assert announce_renewals(now=at("2026-02-09 23:55")) == 0
        assert renew_plans(now=at("2026-02-10 00:05")) == 1
        assert periods_of(pro)[1] == ("2026-02-10", "2026-03-09")

    @pytest.mark.parametrize("why", ["cancelled", "lapsed", "suspended"])
    def test_what_will_not_be_renewed_is_not_announced(self, pro, why):
        subscription = contract(pro, paid=why != "lapsed")
        if why == "cancelled":
            cancel_plan(subscription=subscription, by=pro.owner, now=NOW)
        if why == "suspended":
            suspend(pro)
        assert announce_renewals(now=at("2026-02-07 12:00")) == 0

    def test_each_period_is_announced(self, pro):
        contract(pro)
        announce_renewals(now=at("2026-02-06 12:00"))
        renew_plans(now=at("2026-02-10 00:05"))
        pay(Invoice.objects.get(sequence=2), now=at("2026-02-11 12:00"))
        assert announce_renewals(now=at("2026-03-05 12:00")) == 0
        assert announce_renewals(now=at("2026-03-06 12:00")) == 1


class TestLapse:
    """Told once, by the job; in force or not is worked out without it."""

    def test_from_the_first_day_on_which_it_is_not_in_force_once(self, pro):
        subscription = contract(pro, paid=False)
        assert note_lapses(now=at("2026-01-31 23:59")) == 0
        assert note_lapses(now=at("2026-02-01 00:00")) == 1
        assert note_lapses(now=at("2026-02-02 00:00")) == 0
        assert steps_of(subscription) == ["contracted", "lapsed"]
        assert subscription.events.latest("id").reason == "Q-2026-000001"
        assert mails_of("plan_lapsed") == ["pro@example.com"]

    def test_paid_in_time_nothing_lapses(self, pro):
        contract(pro)
        assert note_lapses(now=at("2026-03-01 00:00")) == 0

    # It ends on 9 February and would lapse on the 10th, on the 14th.
    @pytest.mark.parametrize("due_days", [16, 20])
    def test_a_plan_that_had_ended_before_its_invoice_was_that_late_did_not_lapse(
        self, pro, settings, due_days
    ):
        settings.INVOICE_DUE_DAYS = due_days
        subscription = contract(pro, paid=False)
        cancel_plan(subscription=subscription, by=pro.owner, now=NOW)
        assert [note_lapses(now=at("2026-02-14 00:00")) for _ in range(2)] == [0, 0]
        assert steps_of(subscription) == ["contracted", "cancelled"]
        assert mails_of("plan_lapsed") == []

    def test_a_cancelled_plan_that_was_still_running_did_lapse(self, pro, settings):
        settings.INVOICE_DUE_DAYS = 15  # Due on 25 January, lapsed from 9 February, its last day.
        cancel_plan(subscription=contract(pro, paid=False), by=pro.owner, now=NOW)
        assert note_lapses(now=at("2026-02-09 00:00")) == 1

    def test_paying_brings_it_back_and_says_so(self, pro):
        subscription = contract(pro, paid=False)
        note_lapses(now=at("2026-02-01 00:00"))
        pay(Invoice.objects.get(), now=at("2026-02-03 12:00"))
        assert steps_of(subscription) == ["contracted", "lapsed", "restored"]
        assert subscription.events.latest("id").actor is not None


def test_the_task_and_the_command_do_all_three(pro, other_pro, capsys):
    contract(pro)
    contract(other_pro, paid=False)
    announce_renewals(now=at("2026-02-06 12:00"))
    contract(make_pro(), now=at("2026-01-12 12:00"), plan=make_plan())
    with time_machine.travel(at("2026-02-10 00:05"), tick=False):
        call_command("renew_plans", "--dry-run")
        assert capsys.readouterr().out == "due: 1 lapses, 1 renewals, 1 announcements\n"
        assert Period.objects.count() == 3
        call_command("renew_plans")
        assert capsys.readouterr().out == "done: 1 lapses, 1 renewals, 1 announcements\n"
        tasks.renew_plans.delay()
        call_command("renew_plans")
        assert capsys.readouterr().out == "done: 0 lapses, 0 renewals, 0 announcements\n"
    assert Period.objects.count() == 4


def test_the_task_announces_and_renews_by_itself(pro):
    contract(pro)
    for moment in ("2026-02-06 00:05", "2026-02-10 00:05"):
        with time_machine.travel(at(moment), tick=False):
            tasks.renew_plans.delay()
    assert Period.objects.count() == 2

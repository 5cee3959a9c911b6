"""In force and past due, to the day, by dates alone (M9, G9)."""

from datetime import date

import pytest

from billing.invoices import payments_current
from billing.models import Invoice, Period, Subscription
from billing.subscriptions import announce_renewals, cancel_plan, plan_in_force, renew_plans
from tests.billing.test_plans import suspend
from tests.making import NOW, at, contract, noon, pay, renew

# Contracted on 10 January by the month: runs until 9 February, invoice due on 17 January.


def days_in_force(pro, *days):
    return [day for day in days if plan_in_force(pro, date.fromisoformat(day))]


def test_from_the_first_day_to_the_last_when_it_is_cancelled(pro):
    cancel_plan(subscription=contract(pro), by=pro.owner, now=NOW)
    assert days_in_force(pro, "2026-01-09", "2026-01-10", "2026-02-09", "2026-02-10", "2027-01-01") == [
        "2026-01-10",
        "2026-02-09",
    ]


def test_without_the_job_having_run_what_goes_on_stays_in_force(pro):
    """A stopped worker takes nobody's plan away (X3)."""
    contract(pro)
    assert days_in_force(pro, "2026-01-09", "2026-02-09", "2026-02-10", "2026-03-10") == [
        "2026-02-09",
        "2026-02-10",
        "2026-03-10",
    ]


def test_with_the_job_having_run_nothing_is_in_force_that_was_not(pro):
    contract(pro)
    for moment in ("2026-02-10 00:05", "2026-02-10 12:00", "2026-03-10 00:05"):
        renew(now=at(moment))
    assert days_in_force(pro, "2026-01-09", "2026-01-10", "2026-02-10", "2026-03-10") == [
        "2026-01-10",
        "2026-02-10",
        # The second period's invoice, due on 17 February, is not paid: lapsed from 4 March.
    ]


def test_unpaid_for_fourteen_days_it_lapses(pro):
    contract(pro, paid=False)
    assert days_in_force(pro, "2026-01-17", "2026-01-18", "2026-01-30", "2026-01-31", "2026-02-01") == [
        "2026-01-17",
        "2026-01-18",
        "2026-01-30",
        "2026-01-31",
    ]


@pytest.mark.parametrize(
    ("paid_on", "in_force_on_the_day_of_paying"),
    [("2026-01-31", True), ("2026-02-01", True), ("2026-02-09", True), ("2026-02-10", False)],
)
def test_paid_late_it_is_in_force_again_from_that_day_unless_it_has_ended(
    pro, paid_on, in_force_on_the_day_of_paying
):
    contract(pro, paid=False)
    day = date.fromisoformat(paid_on)
    pay(Invoice.objects.get(), now=noon(day))
    assert plan_in_force(pro, day) is in_force_on_the_day_of_paying
    # What it was on the days before does not change.
    assert plan_in_force(pro, date(2026, 1, 31))
    assert plan_in_force(pro, date(2026, 2, 1)) is (day <= date(2026, 2, 1))


def test_what_ended_while_it_was_lapsed_does_not_come_back(pro):
    contract(pro, paid=False)
    pay(Invoice.objects.get(), now=at("2026-02-10 12:00"))
    assert days_in_force(pro, "2026-02-10", "2026-02-11", "2026-05-01") == []
    assert not Subscription.objects.due_for_renewal(date(2026, 5, 1)).exists()


def test_an_earlier_invoice_of_the_same_plan_lapses_it_too(pro, settings):
    settings.INVOICE_DUE_DAYS = 30
    contract(pro, paid=False)  # Due on 9 February, lapsed from 24 February.
    assert renew(now=at("2026-02-10 00:05")) == 1
    assert days_in_force(pro, "2026-02-23", "2026-02-24") == ["2026-02-23"]
    pay(Invoice.objects.order_by("id")[0], now=at("2026-02-26 12:00"))
    assert days_in_force(pro, "2026-02-25", "2026-02-26") == ["2026-02-26"]


def test_somebody_elses_debt_lapses_nothing(pro, other_pro):
    contract(pro, paid=False)
    contract(other_pro)
    assert days_in_force(other_pro, "2026-02-09", "2026-02-10") == ["2026-02-09", "2026-02-10"]


@pytest.mark.parametrize(
    ("lifted", "goes_on"),
    [("2026-02-09 23:59", True), ("2026-02-10 00:00", False), ("2026-04-10 12:00", False)],
)
def test_while_suspended_it_runs_to_its_end_and_goes_on_only_if_that_was_lifted_by_then(
    pro, appeals, lifted, goes_on
):
    """A plan that ended during a suspension has ended (G19): nobody could announce its renewal."""
    contract(pro)
    suspension = suspend(pro)
    assert days_in_force(pro, "2026-02-09", "2026-02-10") == ["2026-02-09"]
    suspension.lifted_at, suspension.lifted_by = at(lifted), appeals
    suspension.save()
    assert days_in_force(pro, "2026-02-10", "2026-04-10") == ["2026-02-10", "2026-04-10"] * goes_on


def test_a_plan_that_was_not_renewed_yet_when_its_business_was_suspended_has_ended_too(pro, appeals):
    contract(pro)
    suspension = suspend(pro)
    suspension.suspended_at, suspension.lifted_at, suspension.lifted_by = (
        at("2026-02-10 00:02"),
        at("2026-02-10 00:04"),
        appeals,
    )
    suspension.save()
    assert days_in_force(pro, "2026-02-09", "2026-02-10") == ["2026-02-09"]


@pytest.mark.parametrize(("suspended", "goes_on"), [("2026-02-09 23:59", False), ("2026-02-10 00:00", True)])
def test_a_suspension_that_begins_after_the_last_day_of_an_announced_plan_stops_the_next_renewal(
    pro, suspended, goes_on
):
    """With the job or without it: the dates had renewed the plan before anybody suspended the business (G19, M9)."""
    contract(pro)
    announce_renewals(now=at("2026-02-06 12:00"))
    suspension = suspend(pro)
    suspension.suspended_at = at(suspended)
    suspension.save()
    assert days_in_force(pro, "2026-02-09", "2026-02-10") == ["2026-02-09", "2026-02-10"][: 1 + goes_on]
    assert renew(now=at("2026-02-10 00:05")) == goes_on
    assert days_in_force(pro, "2026-02-10", "2026-02-24") == ["2026-02-10", "2026-02-24"] * goes_on
    if goes_on:
        pay(Invoice.objects.get(sequence=2), now=at("2026-02-11 12:00"))
        assert days_in_force(pro, "2026-03-09", "2026-03-10") == ["2026-03-09"]
        assert renew(now=at("2026-03-10 00:05")) == 0


def test_an_announcement_that_comes_late_takes_no_day_away(pro):
    """In force on the same days whether or not the job has run (M9)."""
    contract(pro)
    days = [f"2026-02-{day:02d}" for day in range(9, 20)]
    assert days_in_force(pro, *days) == days
    announce_renewals(now=at("2026-02-13 12:00"))
    assert days_in_force(pro, *days) == days
    renew_plans(now=at("2026-02-17 00:05"))
    assert days_in_force(pro, *days) == days


def test_a_plan_holds_once_whatever_the_number_of_its_periods(pro):
    contract(pro)
    renew(now=at("2026-02-10 00:05"))
    for day in (date(2026, 2, 9), date(2026, 2, 10)):
        assert Period.objects.in_force(day).filter(professional=pro).count() == 1


def test_past_due_from_the_day_after_the_due_date(pro):
    contract(pro, paid=False)
    on = {day: payments_current(pro, date(2026, 1, day)) for day in (10, 16, 17, 18, 19)}
    assert on == {10: True, 16: True, 17: True, 18: False, 19: False}


def test_a_paid_invoice_and_somebody_elses_are_not_past_due(pro, other_pro):
    contract(pro)
    contract(other_pro, paid=False)
    assert payments_current(pro, date(2026, 3, 1))
    assert not payments_current(other_pro, date(2026, 3, 1))

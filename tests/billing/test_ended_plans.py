"""What has ended stays ended, whatever the bank takes back or gives back later (M9, M10)."""

from datetime import date, timedelta

import pytest

from billing.invoices import record_invoice_payment
from billing.models import Invoice
from billing.subscriptions import announce_renewals, plan_in_force, plan_state, renew_plans
from tests.billing.paying import books_broken, give_back, pay_online, take_back
from tests.billing.test_plans import periods_of, steps_of
from tests.making import contract, noon, pay

# Contracted on 10 January by the month: runs until 9 February, invoice due on 17 January, lapses on 1 February.


@pytest.fixture(autouse=True)
def _books_balance(db):
    yield
    assert books_broken() == []


def day(text):
    return date.fromisoformat(f"2026-{text}")


def goes_on(pro, *days):
    """On which of these days a plan is in force, with the jobs run on each."""
    found = []
    for text in days:
        found += [text] if plan_in_force(pro, day(text)) else []
        announce_renewals(now=noon(day(text)))
        renew_plans(now=noon(day(text)))
    return found


def test_what_ended_lapsed_and_was_paid_later_is_not_revived_by_a_dispute_of_that_payment(test_gateway, pro):
    subscription = contract(pro, paid=False)
    payment = pay_online(test_gateway, Invoice.objects.get(), day("02-20"))
    take_back(test_gateway, payment, day("03-01"))
    assert goes_on(pro, "03-01", "03-02", "03-06", "04-10") == []
    assert periods_of(pro) == [("2026-01-10", "2026-02-09")]
    assert steps_of(subscription) == ["contracted", "closed"]
    assert plan_state(pro, day("03-02")).status == "ended"
    assert Invoice.objects.get().is_past_due(day("03-02"))


def test_what_ended_lapsed_because_of_a_dispute_is_not_revived_when_that_is_won(test_gateway, pro):
    subscription = contract(pro, paid=False)
    payment = pay_online(test_gateway, Invoice.objects.get(), day("01-11"))
    take_back(test_gateway, payment, day("01-20"))
    assert goes_on(pro, "02-03", "02-04", "02-09", "02-10") == ["02-03"]
    give_back(test_gateway, payment, day("04-10"))
    assert Invoice.objects.get().paid_on == day("01-11")
    assert goes_on(pro, "04-10", "04-11", "04-14", "05-10") == []
    assert periods_of(pro) == [("2026-01-10", "2026-02-09")]
    assert steps_of(subscription) == ["contracted", "closed"]


def test_won_while_the_days_of_the_plan_still_run_it_is_in_force_again_and_goes_on(test_gateway, pro):
    subscription = contract(pro, paid=False)
    payment = pay_online(test_gateway, Invoice.objects.get(), day("01-11"))
    take_back(test_gateway, payment, day("01-20"))
    give_back(test_gateway, payment, day("02-09"))
    assert steps_of(subscription) == ["contracted", "restored"]
    assert goes_on(pro, "02-09", "02-10", "02-13") == ["02-09", "02-10", "02-13"]


def test_a_dispute_on_the_last_day_ends_no_plan_that_was_paid(test_gateway, pro):
    subscription = contract(pro, paid=False)
    payment = pay_online(test_gateway, Invoice.objects.get(), day("01-11"))
    assert goes_on(pro, "02-06") == ["02-06"]
    take_back(test_gateway, payment, day("02-09"))
    assert goes_on(pro, "02-10", "02-11", "02-24") == ["02-10", "02-11"]
    give_back(test_gateway, payment, day("02-25"))
    assert goes_on(pro, "02-25") == ["02-25"]
    assert steps_of(subscription) == ["contracted", "renewed", "restored"]


def test_what_was_not_lapsed_on_its_last_day_goes_on_though_no_job_ran_until_it_was(test_gateway, pro):
    """In force is worked out from dates, never by a job having run (M9): as above, and the worker is down."""
    contract(pro, paid=False)
    payment = pay_online(test_gateway, Invoice.objects.get(), day("01-11"))
    take_back(test_gateway, payment, day("02-01"))
    assert [plan_in_force(pro, day(each)) for each in ("02-15", "02-16")] == [True, False]
    give_back(test_gateway, payment, day("02-20"))
    assert plan_in_force(pro, day("02-20"))


def test_the_rest_of_an_invoice_revives_nothing_either(test_gateway, pro):
    """100.00 of the payment taken back: lapsed from 29 January, ended so; paid, and that payment disputed."""
    subscription = contract(pro, paid=False)
    payment = pay_online(test_gateway, Invoice.objects.get(), day("01-11"))
    take_back(test_gateway, payment, day("01-15"), amount=10_000)
    rest = Invoice.objects.get(origin="reversal")
    again = pay_online(test_gateway, rest, day("02-20"))
    take_back(test_gateway, again, day("03-01"))
    assert goes_on(pro, "03-01", "03-02", "03-06") == []
    assert steps_of(subscription) == ["contracted", "closed"]


def test_a_plan_contracted_after_it_is_not_touched(test_gateway, pro):
    contract(pro, paid=False)
    payment = pay_online(test_gateway, Invoice.objects.get(), day("02-20"))
    new = contract(pro, now=noon(day("02-21")))
    take_back(test_gateway, payment, day("03-01"))
    assert steps_of(new) == ["contracted"]
    announce_renewals(now=noon(new.runs_until - timedelta(days=3)))
    assert renew_plans(now=noon(new.runs_until + timedelta(days=1))) == 1
    assert pay(Invoice.objects.filter(paid_on=None).latest("id"), now=noon(day("03-22"))) is None


def test_a_transfer_that_is_recorded_late_revives_nothing_though_it_came_in_time(pro, finance):
    """The mail about the lapse said so."""
    subscription = contract(pro, paid=False)
    record_invoice_payment(
        invoice=Invoice.objects.get(),
        amount_cents=49_900,
        received_on=day("02-08"),
        reference="SPEI tarde",
        by=finance,
        now=noon(day("03-15")),
    )
    assert goes_on(pro, "03-15", "03-16", "03-19", "04-20") == []
    assert periods_of(pro) == [("2026-01-10", "2026-02-09")]
    assert steps_of(subscription) == ["contracted", "closed"]

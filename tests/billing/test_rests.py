"""What the bank took back of the payment of a plan's invoice lapses the plan, as the invoice would (M9, M10)."""

from datetime import date, timedelta

import pytest

from billing.credit_notes import issue_credit_note
from billing.dunning import remind_of_invoices
from billing.errors import BillingError
from billing.models import Invoice, Period, Wallet
from billing.subscriptions import note_lapses, plan_in_force, plan_state
from billing.top_ups import correct_balance
from mail.models import OutgoingMail
from tests.billing.paying import books_broken, give_back, pay_online, take_back
from tests.billing.test_plans import steps_of
from tests.making import NOW, contract, make_plan, noon, pay

PAID, DISPUTED = date(2026, 1, 11), date(2026, 1, 20)
# The rest is due the day before it is issued, 19 January: lapsed when it is unpaid for more than 14 days.
LAST, LAPSED = date(2026, 2, 2), date(2026, 2, 3)


@pytest.fixture(autouse=True)
def _books_balance(db):
    yield
    assert books_broken() == []


@pytest.fixture
def subscription(pro):
    return contract(pro, paid=False, plan=make_plan("year", price_cents=499_900, months=12))


@pytest.fixture
def invoice(subscription):
    return subscription.periods.get().invoice


@pytest.fixture
def payment(test_gateway, invoice):
    return pay_online(test_gateway, invoice, PAID)


def credit(invoice, cents):
    issue_credit_note(invoice=invoice, reason="…", by=None, now=noon(PAID), amount_cents=cents)


@pytest.fixture
def rest(test_gateway, invoice, payment):
    """1.00 credited onto the balance, then all of the payment disputed: 4,998.00 are owed, and nothing reopened."""
    credit(invoice, 100)
    take_back(test_gateway, payment, DISPUTED)
    return Invoice.objects.get(origin="reversal")


def mail_of(kind):
    return OutgoingMail.objects.get(kind=f"billing/{kind}")


def test_unpaid_for_fourteen_days_the_plan_lapses(rest, invoice, pro):
    assert (rest.open_cents, rest.rest_of, rest.due_on) == (499_800, invoice, date(2026, 1, 19))
    assert plan_in_force(pro, LAST) and not plan_in_force(pro, LAPSED)
    assert not plan_in_force(pro, date(2026, 12, 31))
    for day, status in ((LAST, "in_force"), (LAPSED, "lapsed")):
        state = plan_state(pro, day)
        assert (state.status, state.invoice, state.lapses_on) == (status, rest, LAPSED)


def test_every_mail_says_so(rest, pro):
    assert "the plan Basic lapses on Feb. 3, 2026" in mail_of("payment_reversed").text
    reminded = {
        day: remind_of_invoices(now=noon(date(2026, *day)))
        for day in ((1, 20), (1, 21), (1, 27), (2, 1), (2, 3), (2, 10))
    }
    assert reminded == {(1, 20): 0, (1, 21): 1, (1, 27): 1, (2, 1): 1, (2, 3): 0, (2, 10): 0}
    assert mail_of("invoice_last_reminder").subject == "Your plan Basic lapses on Feb. 3, 2026"
    assert [note_lapses(now=noon(day)) for day in (LAST, LAPSED, LAPSED)] == [0, 1, 0]
    told = mail_of("plan_lapsed").text
    assert f"Invoice {rest.number} over MX$4,998.00 was due on Jan. 19, 2026" in told
    assert "until Jan. 9, 2027" in told and f"/account/invoices/{rest.public_id}/" in told


def test_paid_it_brings_the_plan_back_and_a_second_time_is_told_again(test_gateway, rest, pro, subscription):
    note_lapses(now=noon(LAPSED))
    paid = pay_online(test_gateway, rest, LAPSED)
    assert plan_in_force(pro, LAPSED)
    assert steps_of(subscription) == ["contracted", "lapsed", "restored"]
    received = OutgoingMail.objects.filter(kind="billing/payment_received").latest("id")
    assert "Your plan is in force again, until Jan. 9, 2027." in received.text
    # A part of that payment again: the rest of the rest is of the same invoice.
    take_back(test_gateway, paid, date(2026, 3, 1), amount=5_000)
    assert Invoice.objects.latest("id").rest_of == rest.rest_of
    assert note_lapses(now=noon(date(2026, 3, 14))) == 0
    assert note_lapses(now=noon(date(2026, 3, 15))) == 1
    assert not plan_in_force(pro, date(2026, 3, 15))


def test_given_back_the_plan_is_in_force_again(test_gateway, payment, rest, pro, subscription):
    note_lapses(now=noon(LAPSED))
    give_back(test_gateway, payment, LAPSED)
    assert plan_in_force(pro, LAPSED)
    assert steps_of(subscription) == ["contracted", "lapsed", "restored"]


def test_a_part_of_a_payment_is_a_rest_too(test_gateway, invoice, payment, pro):
    take_back(test_gateway, payment, DISPUTED, amount=1)
    assert plan_in_force(pro, LAST) and not plan_in_force(pro, LAPSED)


def test_what_is_taken_back_of_the_balance_alone_lapses_nothing(test_gateway, invoice, payment, pro, finance):
    """50.00 given back as goodwill and spent; the refund of just these leaves the invoice paid."""
    credit(invoice, 5_000)
    correct_balance(professional=pro, amount_cents=-5_000, reason="spent", by=finance, now=NOW)
    take_back(test_gateway, payment, DISPUTED, amount=5_000)
    owed = Invoice.objects.get(origin="reversal")
    assert (owed.open_cents, owed.rest_of, Wallet.objects.get().balance_cents) == (5_000, None, 0)
    assert plan_in_force(pro, date(2026, 12, 31))
    assert "lapses" not in mail_of("payment_reversed").text


def test_while_it_is_owed_no_other_plan_is_contracted(rest, pro):
    moment = noon(date(2027, 2, 1))
    with pytest.raises(BillingError) as refusal:
        contract(pro, now=moment)
    assert refusal.value.code == "plan_unpaid" and rest.number in str(refusal.value)
    pay(rest, now=moment)
    assert contract(pro, now=moment)


@pytest.mark.parametrize("days", range(-3, 40, 4))
def test_the_page_the_query_and_the_prepared_question_agree_on_every_day(rest, pro, days):
    day = DISPUTED + timedelta(days=days)
    in_force = Period.objects.in_force(day).filter(professional=pro).exists()
    assert (
        plan_in_force(pro, day) == in_force == (plan_state(pro, day).status == "in_force") == (day < LAPSED)
    )

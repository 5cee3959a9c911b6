"""What is owed is said the same wherever it is said (M9, X5)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from billing.credit_notes import issue_credit_note
from billing.models import LAPSE_AFTER, Invoice, Period
from billing.personal import warnings
from billing.subscriptions import cancel_plan, plan_state
from tests.making import NOW, contract, fund, make_lead, make_plan, noon, pay

DUE = date(2026, 1, 17)  # Of an invoice issued on 10 January.
DAY = timedelta(days=1)


@pytest.mark.parametrize("settled", ["owed", "paid", "credited"])
@pytest.mark.parametrize("days", [-1, 0, 1])
def test_an_invoice_says_of_itself_what_the_query_says_of_it(pro, settled, days):
    contract(pro, paid=False)
    invoice = Invoice.objects.get()
    if settled == "paid":
        pay(invoice)
    elif settled == "credited":
        issue_credit_note(invoice=invoice, reason="…", by=None, now=NOW)
    invoice.refresh_from_db()
    today = DUE + days * DAY
    asked = Invoice.objects.past_due(today).exists()
    assert invoice.is_past_due(today) == asked == (settled == "owed" and days == 1)


@pytest.mark.parametrize("cancelled", [False, True])
def test_the_page_and_the_mails_name_the_same_day_on_which_the_plan_lapses(pro, cancelled):
    """A plan that was cancelled and has ended by then does not lapse: only the debt is left."""
    subscription = contract(pro, paid=False, plan=make_plan(months=1))
    Period.objects.update(ends_on=DUE + 5 * DAY)
    subscription.runs_until = DUE + 5 * DAY
    subscription.save()
    if cancelled:
        cancel_plan(subscription=subscription, by=pro.owner, now=NOW)
    said = plan_state(pro, DUE + DAY).lapses_on
    assert (
        said
        == Period.objects.get().lapses_by(Invoice.objects.get())
        == (None if cancelled else DUE + LAPSE_AFTER + DAY)
    )


def test_whoever_closes_their_account_is_told_what_is_still_open_of_an_invoice(pro):
    contract(pro, paid=False)
    invoice = Invoice.objects.get()
    issue_credit_note(invoice=invoice, reason="Goodwill", by=None, now=NOW, amount_cents=9_900)
    assert f"Of invoice {invoice.number} MX$400.00 stay owed." in list(warnings(pro.owner, noon(DUE)))


@pytest.mark.parametrize(
    ("gateway", "said"),
    [("test", "to be paid online or by bank transfer"), ("none", "to be paid by bank transfer")],
)
def test_the_contract_names_the_ways_to_pay_that_there_are(client_of, pro, settings, gateway, said):
    settings.DEMO, settings.PAYMENT_GATEWAY = True, gateway
    plan = make_plan()
    with time_machine.travel(NOW, tick=False):
        page = client_of(pro).get(reverse("billing:contract", args=[plan.code])).text
    assert f"MX$499.00, {said} within" in page


def test_from_a_balance_that_is_too_low_one_goes_straight_to_where_it_is_topped_up(client_of, pro):
    contract(pro)
    fund(pro, 100)
    lead = make_lead()
    with time_machine.travel(NOW, tick=False):
        page = client_of(pro).get(reverse("marketplace:lead", args=[lead.public_id])).text
    assert "Add money to your balance, then buy it." in page
    assert f'href="{reverse("billing:top_up")}"' in page

"""What data migrations work out of rows that were written before: as the product writes it itself (M8, M9, M10)."""

from datetime import date

import pytest
from django.core.management import call_command

from base.triggers import missing_triggers
from billing.credit_notes import issue_credit_note
from billing.invoices import record_invoice_payment
from billing.models import BankTransfer, Invoice, Period, Plan, Reversal, WalletEntry
from billing.payments import start_invoice_payment
from billing.subscriptions import announce_renewals, renew_plans
from billing.top_ups import correct_balance
from tests.billing.paying import books_broken, give_back, pay_online, take_back
from tests.making import NOW, at, contract, fund, make_pro, make_staff

DAY = date(2026, 1, 20)


def paid_with_more(bank, pro):
    """A payment of 499.00 of which 100.00 came onto the balance: a credit note overtook it."""
    invoice = contract(pro, paid=False).periods.get().invoice
    payment = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
    issue_credit_note(invoice=invoice, reason="…", by=None, now=NOW, amount_cents=10_000)
    bank.tell(payment, "paid")
    return invoice, payment


def worked_out():
    """All that migrations 0012 to 0015 and 0019 fill."""
    return {
        "reversals": list(Reversal.objects.order_by("pk").values_list("reopened_cents", "of_balance_cents")),
        "rests": dict(Invoice.objects.filter(rest_of__isnull=False).values_list("pk", "rest_of")),
        "announced": list(Period.objects.order_by("pk").values_list("announced_price_cents", flat=True)),
        "lapses": list(Period.objects.filter(lapse_noted_at__isnull=False).values_list("pk", flat=True)),
        "transfers": sorted(
            BankTransfer.objects.values_list(
                "reference", "amount_cents", "invoice_payment__amount_cents", "top_up__amount_cents"
            )
        ),
    }


@pytest.mark.django_db(transaction=True)
def test_they_work_out_of_old_rows_what_is_written_today(test_gateway):
    finance = make_staff("finance")
    # 100.00 that the balance owes, for they were spent there; then a part of what paid the invoice.
    spent = make_pro()
    invoice, payment = paid_with_more(test_gateway, spent)
    correct_balance(professional=spent, amount_cents=-10_000, reason="spent", by=finance, now=NOW)
    take_back(test_gateway, payment, DAY, amount=10_000)
    test_gateway.tell(payment, "reversed", reversal="dp_2", amount=5_000, at=NOW)
    of_balance, part = Invoice.objects.filter(customer__professional=spent, origin="reversal").order_by("pk")
    # Both in one, then a part of what paid that rest.
    both, payment = paid_with_more(test_gateway, make_pro())
    take_back(test_gateway, payment, DAY, amount=15_000)
    rest = Invoice.objects.get(rest_of=both)
    take_back(test_gateway, pay_online(test_gateway, rest, DAY), DAY, amount=2_000)
    # Reopened; and reopened, lapsed, and given back.
    reopened, restored = (contract(make_pro(), paid=False).periods.get() for _ in range(2))
    for period in (reopened, restored):
        payment = pay_online(test_gateway, period.invoice, date(2026, 1, 11))
        take_back(test_gateway, payment, DAY)
    give_back(test_gateway, payment, DAY)
    # Transfers, a renewal that was announced and done, and one that was announced for another price.
    contracted = contract(make_pro(), paid=False)
    first = contracted.periods.get()
    said = {"received_on": NOW.date(), "by": finance, "now": NOW}
    record_invoice_payment(
        invoice=first.invoice, amount_cents=60_000, reference="SPEI 1", rest_to_balance=True, **said
    )
    fund(contracted.professional, 7_000)
    announce_renewals(now=at("2026-02-06 12:00"))
    renew_plans(now=at("2026-02-10 12:00"))
    Plan.objects.update(price_cents=60_000)
    second = contracted.periods.latest("pk")
    record_invoice_payment(invoice=second.invoice, amount_cents=49_900, reference="SPEI 2", **said)
    announce_renewals(now=at("2026-03-06 12:00"))

    today = worked_out()
    assert today["reversals"] == [
        (0, 10_000), (0, 0), (0, 10_000), (0, 0), (49_900, 0), (49_900, 0),
    ]  # fmt: skip
    last = Invoice.objects.filter(rest_of=both).latest("pk")
    assert today["rests"] == {part.pk: invoice.pk, rest.pk: both.pk, last.pk: both.pk}
    assert of_balance.pk not in today["rests"]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.announced_price_cents, second.announced_price_cents) == (49_900, 60_000)
    assert [row[1:] for row in today["transfers"] if row[0].startswith("SPEI ")] == [
        (60_000, 49_900, 10_100), (49_900, 49_900, None),
    ]  # fmt: skip
    # Before, that a plan had lapsed was not forgotten when it was restored.
    Period.objects.filter(pk__in=(reopened.pk, restored.pk)).update(lapse_noted_at=NOW)

    try:
        call_command("migrate", "billing", "0011", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)
    assert worked_out() == today | {"lapses": [reopened.pk]}
    assert (books_broken(), missing_triggers()) == ([], [])
    assert WalletEntry.objects.exists()

"""A year's invoices and credit notes as a spreadsheet for finance (M14)."""

import csv
import io
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from billing.credit_notes import issue_credit_note
from billing.models import Customer, Invoice
from tests.making import NOW, at, contract, make_pro


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(at("2026-03-20 12:00"), tick=False):
        yield


def rows_of(browser, year=2026):
    response = browser.get(reverse("admin:billing_invoice_year", args=[year]))
    assert response["Content-Disposition"] == f'attachment; filename="quince-{year}.csv"'
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_it_lists_every_invoice_and_credit_note_of_the_year(pro, other_pro, finance, client_of):
    contract(pro, paid=False)
    contract(other_pro)
    contract(make_pro("Otra"), now=at("2025-12-31 23:59"))
    Customer.objects.filter(professional=pro).update(name="Renombrada")
    first, second = Invoice.objects.filter(year=2026).order_by("sequence")
    issue_credit_note(invoice=first, reason="Menos.", by=finance, now=NOW, amount_cents=10_000)
    issue_credit_note(invoice=second, reason="Todo.", by=finance, now=NOW)
    heading, *rows = rows_of(client_of(finance))
    assert heading[:4] == ["Number", "Corrects", "Issued", "Due"]
    by_number = {row[0]: dict(zip(heading, row, strict=True)) for row in rows}
    assert list(by_number) == ["Q-2026-000001", "Q-2026-000002", "C-2026-000001", "C-2026-000002"]
    unpaid = by_number["Q-2026-000001"]
    assert (unpaid["Buyer"], unpaid["Buyer's tax id"], unpaid["Seller's tax id"]) == (
        "Reformas Hidalgo", pro.tax_id, "QDE260115AB6",
    )  # fmt: skip
    assert [unpaid[name] for name in ("Before tax", "Tax rate, %", "Tax", "Total", "Still to be paid", "State")] == [
        "430.17", "16.00", "68.83", "499.00", "399.00", "Past due",
    ]  # fmt: skip
    assert (by_number["Q-2026-000002"]["State"], by_number["Q-2026-000002"]["Paid on"]) == (
        "Paid",
        "2026-01-10",
    )
    note = by_number["C-2026-000001"]
    assert (note["Corrects"], note["Total"], note["For"]) == ("Q-2026-000001", "-100.00", "Menos.")
    assert sum(Decimal(row["Total"]) for row in by_number.values()) == Decimal("399.00")
    assert len(rows_of(client_of(finance), 2025)) == 2
    assert len(rows_of(client_of(finance), 1999)) == 1


def test_what_a_buyer_is_called_is_no_formula(pro, finance, client_of):
    contract(pro)
    Invoice.objects.update(buyer_name="=HYPERLINK(1)", buyer_address="@x")
    assert rows_of(client_of(finance))[1][6] == "'=HYPERLINK(1)"


def test_the_list_leads_to_it(pro, finance, client_of):
    contract(pro)
    page = client_of(finance).get(reverse("admin:billing_invoice_changelist")).content.decode()
    assert reverse("admin:billing_invoice_year", args=[2026]) in page

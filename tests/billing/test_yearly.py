"""A year's invoices and credit notes as a spreadsheet for finance (M14)."""

import csv
import io
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from billing.credit_notes import issue_credit_note
from billing.customers import customer_of
from billing.invoices import issue_by_hand
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


def own_rows(browser, year=2026):
    response = browser.get(reverse("billing:invoices_csv", args=[year]))
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_a_business_has_its_own_year_and_nobody_elses(pro, other_pro, finance, client_of):
    contract(pro, now=at("2025-12-31 23:59"))
    contract(other_pro)
    issue_by_hand(customer=customer_of(pro), description="Soporte", total_cents=11_600, by=finance, now=NOW)
    first = Invoice.objects.get(year=2025)
    issue_credit_note(invoice=first, reason="Menos.", by=finance, now=NOW, amount_cents=10_000)
    heading, *rows = own_rows(client_of(pro))
    assert [dict(zip(heading, row, strict=True))["Total"] for row in rows] == ["116.00", "-100.00"]
    assert [row[:2] for row in rows] == [["Q-2026-000002", ""], ["C-2026-000001", "Q-2025-000001"]]
    assert [row[0] for row in own_rows(client_of(pro), 2025)[1:]] == ["Q-2025-000001"]
    assert [row[0] for row in own_rows(client_of(other_pro))[1:]] == ["Q-2026-000001"]
    assert own_rows(client_of(pro), 1999) == [heading]


def test_its_page_leads_to_each_year_that_has_something(pro, finance, client_of):
    """Also to one in which there is a credit note alone."""
    contract(pro, now=at("2025-12-31 23:59"))
    page = client_of(pro).get(reverse("billing:invoices"))
    assert list(page.context["years"]) == [2025]
    issue_credit_note(invoice=Invoice.objects.get(), reason="Menos.", by=finance, now=NOW, amount_cents=1)
    page = client_of(pro).get(reverse("billing:invoices"))
    assert list(page.context["years"]) == [2026, 2025]
    for year in (2026, 2025):
        assert reverse("billing:invoices_csv", args=[year]) in page.content.decode()


@pytest.mark.parametrize(
    ("rate", "said"), [(1_600, "Tax, 16 %"), (1_025, "Tax, 10.25 %"), (1_050, "Tax, 10.5")]
)
def test_a_rate_is_printed_as_it_is(pro, finance, client_of, settings, rate, said):
    settings.TAX_RATE_BASIS_POINTS = rate
    contract(pro)
    note = issue_credit_note(
        invoice=Invoice.objects.get(), reason="Menos.", by=finance, now=NOW, amount_cents=500
    )
    for address in (
        reverse("billing:invoice", args=[Invoice.objects.get().public_id]),
        reverse("billing:credit_note", args=[note.public_id]),
    ):
        assert said in client_of(pro).get(address).content.decode()


def test_what_a_buyer_is_called_is_no_formula(pro, finance, client_of):
    contract(pro)
    Invoice.objects.update(buyer_name="=HYPERLINK(1)", buyer_address="@x")
    assert rows_of(client_of(finance))[1][6] == "'=HYPERLINK(1)"


def test_the_list_leads_to_it(pro, finance, client_of):
    contract(pro)
    page = client_of(finance).get(reverse("admin:billing_invoice_changelist")).content.decode()
    assert reverse("admin:billing_invoice_year", args=[2026]) in page

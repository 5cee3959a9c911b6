"""Invoices: numbers without gaps, tax to the cent, the buyer as of issue (M14)."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from billing.invoices import issue_invoice, tax_included
from billing.models import Customer, Invoice, InvoiceNumber
from tests.making import contract

DAY = date(2026, 1, 10)


@pytest.fixture
def customer(db):
    return Customer.objects.create(
        name="Reformas Hidalgo", tax_id="GODE561231GR8", address="Calle 1", email="a@example.com"
    )


def issue(customer, total_cents=11_600, day=DAY):
    return issue_invoice(
        customer=customer, description="Plan", total_cents=total_cents, issued_on=day, due_on=day
    )


@pytest.mark.parametrize(
    ("total", "rate", "tax"),
    [
        (11_600, 1600, 1_600),
        (49_900, 1600, 6_883),  # 6882.76
        (0, 1600, 0),
        (1, 1600, 0),  # 0.138
        (4, 1600, 1),  # 0.55
        (3, 10_000, 2),  # 1.5, half a cent up
        (100, 0, 0),
        (12_100, 2100, 2_100),
        (12_200, 2200, 2_200),
    ],
)
def test_the_tax_within_a_total(total, rate, tax):
    assert tax_included(total, rate) == tax


@given(total=st.integers(0, 10**12), rate=st.integers(0, 5_000))
def test_the_tax_is_the_exact_one_rounded_half_up(total, rate):
    exact = Decimal(total) * rate / (10_000 + rate)
    assert tax_included(total, rate) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def test_an_invoice_adds_up_at_the_rate_of_its_day(customer, settings):
    settings.TAX_RATE_BASIS_POINTS = 2200
    invoice = issue(customer, 12_200)
    settings.TAX_RATE_BASIS_POINTS = 1600
    invoice.refresh_from_db()
    assert (invoice.net_cents, invoice.tax_cents, invoice.total_cents) == (10_000, 2_200, 12_200)
    assert invoice.tax_rate_basis_points == 2200


def test_numbers_count_up_within_a_year_and_begin_anew_with_the_next(customer):
    issued = [
        issue(customer, day=day)
        for day in (DAY, date(2026, 12, 31), date(2027, 1, 1), date(2026, 12, 31), date(2027, 1, 2))
    ]
    assert [invoice.number for invoice in issued] == [
        "Q-2026-000001",
        "Q-2026-000002",
        "Q-2027-000001",
        "Q-2026-000003",
        "Q-2027-000002",
    ]


def test_an_issue_that_is_rolled_back_gives_its_number_back(customer):
    issue(customer)
    with pytest.raises(RuntimeError), transaction.atomic():
        assert issue(customer).number == "Q-2026-000002"
        raise RuntimeError
    assert issue(customer).number == "Q-2026-000002"
    assert InvoiceNumber.objects.get(year=2026).last == 2


def test_the_buyer_is_printed_as_of_issue(pro):
    contract(pro)
    customer = Customer.objects.get()
    before = Invoice.objects.get()
    customer.name, customer.tax_id, customer.address = "Otra, S.A.", "SAT970701NN3", "Calle 2"
    customer.save()
    before.refresh_from_db()
    assert (before.buyer_name, before.buyer_tax_id, before.buyer_address) == (pro.name, pro.tax_id, "")
    after = issue(customer)
    assert (after.buyer_name, after.buyer_tax_id, after.buyer_address) == (
        "Otra, S.A.",
        "SAT970701NN3",
        "Calle 2",
    )


def test_the_description_is_in_the_buyers_language(pro):
    contract(pro)
    assert Invoice.objects.get().description == "Plan Basic, from Jan. 10, 2026 to Feb. 9, 2026"


@pytest.mark.parametrize(
    ("written", "found"),
    [("Q-2026-000001", True), (" q-2026-1 ", True), ("Q-2026-000002", False), ("Q-2026", False), ("", False)],
)
def test_an_invoice_is_found_by_its_number(customer, written, found):
    invoice = issue(customer)
    assert Invoice.objects.numbered(written) == (invoice if found else None)


@pytest.mark.parametrize(
    "change",
    [{"tax_cents": 11_601}, {"tax_cents": -1}, {"total_cents": -1}, {"due_on": date(2026, 1, 9)}],
)
def test_the_database_itself_refuses_an_invoice_that_does_not_add_up(customer, change):
    issue(customer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.update(**change)


def test_the_database_itself_refuses_a_number_twice(customer):
    issue(customer)
    invoice = issue(customer)
    invoice.sequence = 1
    with pytest.raises(IntegrityError), transaction.atomic():
        invoice.save(update_fields=["sequence"])


def test_invoices_issued_before_sellers_were_kept_carry_the_seller_of_the_settings(customer, settings):
    """What the migration does; the later settings change nothing more (M14)."""
    invoice = issue(customer)
    Invoice.objects.update(seller_name="", seller_tax_id="", seller_address="")
    migration = import_module("billing.migrations.0003_credit_notes")
    migration.write_what_invoices_carried(apps, None)
    settings.SELLER_NAME = "Otra, S.A."
    invoice.refresh_from_db()
    assert (invoice.seller_name, invoice.seller_tax_id, invoice.payable_cents) == (
        "Quince Demostración, S.A. de C.V.",
        "QDE260115AB6",
        11_600,
    )
    assert issue(customer).seller_name == "Otra, S.A."

"""What people type for an invoice, and what finance types, is fit to be kept and printed (M14)."""

from typing import Any

import pytest
import time_machine
from django.urls import reverse

from billing.credit_notes import issue_credit_note
from billing.forms import CustomerForm
from billing.invoices import issue_by_hand
from billing.models import Customer, Invoice
from billing.subscriptions import cancel_plan
from billing.top_ups import correct_balance
from profiles.errors import ProfileError
from support.admin_forms import ClientForm
from tests.making import NOW, contract

# It turns the writing around, rings a bell and ends in the middle.
TYPED = "Obras\u202eSA\x07\r\nTaller  2 "
ON_A_LINE, ON_LINES = "ObrasSA Taller 2", "ObrasSA\nTaller  2"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def customer_form(form: Any = CustomerForm, **said: str) -> Any:
    said = {"name": "Obras", "tax_id": "", "address": "", "email": "a@example.com", "language": "en"} | said
    if form is ClientForm:
        said["form_id"] = "6f1c8a52-0b3d-4c66-9a57-2f4f7c1d9e10"
    return form(said, instance=Customer())


def test_the_next_invoice_carries_what_was_typed_without_what_nobody_sees(pro, client_of):
    page = reverse("billing:details")
    said = {"name": TYPED, "tax_id": "SAT970701NN3", "address": TYPED, "email": "a@example.com"}
    assert client_of(pro).post(page, said).status_code == 302
    contract(pro)
    invoice = Invoice.objects.get()
    assert (invoice.buyer_name, invoice.buyer_address) == (ON_A_LINE, ON_LINES)


@pytest.mark.parametrize("form", [CustomerForm, ClientForm])
def test_whoever_is_typed_in_is_cleaned(form, db):
    filled = customer_form(form, name=TYPED, address=TYPED)
    assert filled.is_valid(), filled.errors
    assert (filled.cleaned_data["name"], filled.cleaned_data["address"]) == (ON_A_LINE, ON_LINES)


@pytest.mark.parametrize("form", [CustomerForm, ClientForm])
@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": "\u202e\u200b"}, "name"),
        ({"name": "a" * 151}, "name"),
        ({"address": "a" * 501}, "address"),
    ],
)
def test_what_is_no_name_or_is_too_long_is_told_beside_its_field(form, said, field, db):
    assert list(customer_form(form, **said).errors) == [field]


def test_what_finance_types_is_cleaned(pro, finance):
    subscription = contract(pro)
    invoice = issue_by_hand(
        customer=Customer.objects.get(), description=TYPED, total_cents=100, by=finance, now=NOW
    )
    note = issue_credit_note(invoice=invoice, reason=TYPED, by=finance, now=NOW)
    correction = correct_balance(professional=pro, amount_cents=1, reason=TYPED, by=finance, now=NOW)
    cancel_plan(subscription=subscription, by=finance, now=NOW, staff_reason=TYPED)
    assert invoice.description == ON_A_LINE
    assert note.reason == correction.reason == ON_LINES
    assert subscription.events.get(actor=finance).reason == ON_LINES


def test_too_long_a_reason_is_refused_beside_its_field(pro, finance, client_of):
    subscription = contract(pro)
    with pytest.raises(ProfileError) as refusal:
        issue_credit_note(invoice=Invoice.objects.get(), reason="a" * 501, by=finance, now=NOW)
    assert (refusal.value.code, refusal.value.field) == ("too_long", "reason")
    page = reverse("admin:billing_subscription_cancel", args=[subscription.pk])
    answer = client_of(finance).post(page, {"reason": "a" * 2001})
    assert answer.status_code == 409
    assert "2001 characters" in answer.content.decode()

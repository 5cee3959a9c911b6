"""What finance invoices by hand, by the function and by its form in the office (M14, X4)."""

from datetime import date
from uuid import uuid4

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.urls import reverse

from billing.customers import customer_of
from billing.errors import BillingError
from billing.invoices import issue_by_hand
from billing.models import Customer, Invoice
from mail.models import OutgoingMail
from profiles.closing import close_account
from tests.billing.paying import books_broken
from tests.making import NOW, at, contract, make_user, pay

DAY = date(2026, 1, 10)


@pytest.fixture(autouse=True)
def _books_balance(db):
    with time_machine.travel(NOW, tick=False):
        yield
    assert books_broken() == []


def issue(pro, by, **changes):
    said = {"description": "Capacitación, 2 h", "total_cents": 116_000, "now": NOW}
    if pro:
        said["customer"] = customer_of(pro)
    return issue_by_hand(by=by, **(said | changes))


def refused(code):
    return pytest.raises(BillingError, check=lambda refusal: refusal.code == code)


def test_it_is_an_invoice_like_any_other_and_says_who_issued_it(pro, finance):
    contract(pro)
    invoice = issue(pro, finance)
    assert (invoice.number, invoice.description, invoice.origin) == (
        "Q-2026-000002", "Capacitación, 2 h", "contract",
    )  # fmt: skip
    assert (invoice.issued_on, invoice.due_on, invoice.paid_on) == (DAY, date(2026, 1, 17), None)
    assert (invoice.total_cents, invoice.tax_cents, invoice.open_cents) == (116_000, 16_000, 116_000)
    assert (invoice.buyer_name, invoice.buyer_tax_id) == (pro.name, pro.tax_id)
    assert (invoice.recorded_by, invoice.recorded_at) == (finance, NOW)
    assert Invoice.objects.get(sequence=1).recorded_by is None
    pay(invoice)
    assert Invoice.objects.get(pk=invoice.pk).paid_on == DAY


def test_its_buyer_is_told_what_it_is_for_and_until_when(pro, finance):
    Customer.objects.filter(pk=customer_of(pro).pk).update(email="libros@example.com")
    invoice = issue(pro, finance, due_on=date(2026, 2, 1))
    mails = OutgoingMail.objects.filter(kind="billing/invoice_issued")
    assert set(mails.values_list("recipient", flat=True)) == {pro.owner.email, "libros@example.com"}
    text = mails[0].text
    assert (
        f"We have issued invoice {invoice.number} to Reformas Hidalgo, over MX$1,160.00: Capacitación, 2 h."
        in text
    )
    assert "Please pay it by Feb. 1, 2026." in text


def test_a_customer_who_is_no_business_is_invoiced_too(finance):
    customer = Customer.objects.create(name="Cliente", email="cliente@example.com")
    assert issue(None, finance, customer=customer).buyer_name == "Cliente"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"description": " \n "}, "no_description"),
        ({"total_cents": 0}, "not_positive"),
        ({"total_cents": -1}, "not_positive"),
        ({"due_on": date(2026, 1, 9)}, "due_before"),
    ],
)
def test_what_makes_no_sense_is_refused_and_takes_no_number(pro, finance, changes, code):
    with refused(code):
        issue(pro, finance, **changes)
    assert not Invoice.objects.exists()
    assert issue(pro, finance, due_on=DAY, total_cents=1).number == "Q-2026-000001"


def test_nobody_invoices_their_own_business_nor_one_that_has_closed(pro, finance):
    with refused("own_business"):
        issue(pro, pro.owner)
    close_account(user=pro.owner, now=NOW)
    with refused("closed_account"):
        issue(pro, finance)
    assert not Invoice.objects.exists()


def test_one_form_sent_twice_issues_once_and_no_other(pro, other_pro, finance):
    form = uuid4()
    first = issue(pro, finance, public_id=form)
    assert issue(pro, finance, public_id=form, now=at("2026-01-10 13:00")) == first
    with refused("form_used") as refusal:
        issue(pro, finance, public_id=form, total_cents=1)
    assert first.number in str(refusal.value)
    with refused("form_used"):
        issue(other_pro, finance, public_id=form)
    assert (Invoice.objects.count(), OutgoingMail.objects.filter(kind="billing/invoice_issued").count()) == (
        1,
        1,
    )


def test_the_database_holds_that_somebody_issued_it_at_some_time(pro, finance):
    issue(pro, finance)
    for changes in ({"recorded_by": None}, {"recorded_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Invoice.objects.update(**changes)


class TestOffice:
    def said(self, pro, **changes):
        said = {
            "customer": customer_of(pro).pk,
            "description": "Capacitación",
            "amount": "1160",
            "form_id": str(uuid4()),
        }
        return said | changes

    def test_finance_issues_it_by_a_form(self, pro, finance, client_of):
        browser = client_of(finance)
        listed = browser.get(reverse("admin:billing_invoice_changelist")).content.decode()
        address = reverse("admin:billing_invoice_add")
        assert address in listed
        assert browser.get(address).status_code == 200
        response = browser.post(address, self.said(pro), follow=True)
        assert response.status_code == 200
        invoice = Invoice.objects.get()
        assert (invoice.total_cents, invoice.recorded_by, invoice.due_on) == (
            116_000,
            finance,
            date(2026, 1, 17),
        )
        assert LogEntry.objects.get().user == finance
        page = browser.get(reverse("admin:billing_invoice_change", args=[invoice.pk])).content.decode()
        assert "Record a bank transfer for this invoice" in page
        assert finance.email in page

    def test_a_refusal_stands_beside_its_field(self, pro, finance, client_of):
        address = reverse("admin:billing_invoice_add")
        for changes, field in (
            ({"due_on": "2026-01-09"}, "due_on"),
            ({"amount": "0"}, "amount"),
            ({"description": ""}, "description"),
            ({"customer": ""}, "customer"),
        ):
            response = client_of(finance).post(address, self.said(pro, **changes))
            assert list(response.context["adminform"].form.errors) == [field]
        assert not Invoice.objects.exists()

    def test_nothing_issued_is_changed_or_deleted_there(self, pro, finance, client_of):
        invoice = issue(pro, finance)
        chief = client_of(make_user("chief@quince.example", is_staff=True, is_superuser=True))
        change = reverse("admin:billing_invoice_change", args=[invoice.pk])
        assert chief.get(change).status_code == 200
        assert chief.post(change, {"description": "x"}).status_code == 403
        assert (
            chief.post(
                reverse("admin:billing_invoice_delete", args=[invoice.pk]), {"post": "yes"}
            ).status_code
            == 403
        )

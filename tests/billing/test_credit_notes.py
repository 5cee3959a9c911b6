"""Credit notes: the only way in which an invoice is corrected (M14), and what they do to what is owed (M9, M8)."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from base.registry import invariants
from billing.credit_notes import issue_credit_note, tax_of_part
from billing.errors import BillingError
from billing.invoices import issue_invoice, payments_current, record_invoice_payment
from billing.models import (
    CreditNote,
    CreditNoteNumber,
    Customer,
    Invoice,
    Period,
    SubscriptionEvent,
    Wallet,
    WalletEntry,
)
from billing.subscriptions import lapses_to_note, plan_in_force, plan_state
from mail.models import OutgoingMail
from tests.making import NOW, at, contract, make_pro, make_user, noon, pay

DAY = date(2026, 1, 10)


@pytest.fixture
def invoice(pro):
    """Of 499.00, issued on 10 January, due on the 17th. Whatever a test does with it, the books hold."""
    contract(pro, paid=False)
    yield Invoice.objects.get()
    assert [line for each in invariants for line in each.broken()] == []


def take_back(invoice, cents=None, *, by=None, now=NOW, **more):
    note = issue_credit_note(
        invoice=invoice, reason="Se cobró de más.", by=by, now=now, amount_cents=cents, **more
    )
    invoice.refresh_from_db()
    return note


def refused(code, *args, **more):
    with pytest.raises(BillingError) as refusal:
        take_back(*args, **more)
    assert refusal.value.code == code
    return refusal.value


def test_a_whole_invoice_is_taken_back_as_it_was_printed(invoice, finance, settings):
    settings.TAX_RATE_BASIS_POINTS, settings.SELLER_NAME = 2200, "Otra, S.A."
    Customer.objects.update(name="Otro nombre", address="Otra calle")
    note = take_back(invoice, by=finance)
    assert (note.number, note.amount_cents, note.tax_cents, note.net_cents) == (
        "C-2026-000001", 49_900, 6_883, 43_017,
    )  # fmt: skip
    for name in (
        "seller_name",
        "seller_tax_id",
        "seller_address",
        "buyer_name",
        "buyer_tax_id",
        "buyer_address",
    ):
        assert getattr(note, name) == getattr(invoice, name)
    assert note.seller_name == "Quince Demostración, S.A. de C.V."
    assert note.tax_rate_basis_points == 1600
    assert (note.reason, note.recorded_by, note.recorded_at) == ("Se cobró de más.", finance, NOW)


def test_an_unpaid_invoice_wholly_credited_is_settled_that_day(invoice):
    note = take_back(invoice, now=at("2026-01-12 23:59"))
    assert (note.use, note.entry) == ("owed_less", None)
    assert (invoice.credited_on, invoice.paid_on) == (date(2026, 1, 12), None)
    assert (invoice.payable_cents, invoice.open_cents, invoice.is_owed) == (0, 0, False)
    assert not Invoice.objects.owed().exists()
    assert not WalletEntry.objects.exists()


def test_what_is_credited_in_part_is_still_owed_by_that_much_less(invoice, finance):
    take_back(invoice, 10_000)
    assert (invoice.open_cents, invoice.credited_on) == (39_900, None)
    with pytest.raises(BillingError) as refusal:
        record(invoice, 39_899, finance)
    assert refusal.value.code == "wrong_amount"
    record(invoice, 39_900, finance)
    invoice.refresh_from_db()
    assert (invoice.paid_on, invoice.open_cents) == (DAY, 0)


def record(invoice, cents, by, reference="SPEI 1"):
    return record_invoice_payment(
        invoice=invoice, amount_cents=cents, received_on=DAY, reference=reference, by=by, now=NOW
    )


def test_a_transfer_for_what_was_credited_is_refused(invoice, finance):
    take_back(invoice)
    with pytest.raises(BillingError) as refusal:
        record(invoice, 49_900, finance)
    assert refusal.value.code == "nothing_owed"


def test_a_paid_invoice_that_is_credited_puts_the_money_onto_the_balance_once(invoice, pro):
    pay(invoice)
    invoice.refresh_from_db()
    notes = [take_back(invoice, 20_000), take_back(invoice)]
    assert [(note.use, note.amount_cents) for note in notes] == [("balance", 20_000), ("balance", 29_900)]
    entries = WalletEntry.objects.order_by("id")
    assert [(entry.kind, entry.cause, entry.amount_cents) for entry in entries] == [
        ("credit_note", f"credit_note:{note.public_id}", note.amount_cents) for note in notes
    ]
    assert Wallet.objects.get(professional=pro).balance_cents == 49_900
    assert (invoice.paid_on, invoice.credited_on, invoice.payable_cents) == (DAY, None, 49_900)


def test_of_a_buyer_without_a_balance_finance_pays_the_money_back(db, finance):
    customer = Customer.objects.create(name="Cliente", email="a@example.com")
    invoice = issue_invoice(
        customer=customer, description="Horas", total_cents=11_600, issued_on=DAY, due_on=DAY
    )
    pay(invoice)
    note = take_back(invoice, by=finance)
    assert (note.use, note.entry) == ("paid_back", None)
    mail = OutgoingMail.objects.get(kind="billing/credit_note")
    assert mail.recipient == "a@example.com" and "so we pay the amount back to you" in mail.text


def test_never_more_in_all_than_the_invoice(invoice):
    take_back(invoice, 49_899)
    assert refused("too_much", invoice, 2).field == "amount"
    take_back(invoice, 1)
    assert invoice.credited_on == DAY
    refused("nothing_to_credit", invoice)
    refused("nothing_to_credit", invoice, 1)


@pytest.mark.parametrize("cents", [0, -1])
def test_nothing_and_less_than_nothing_is_refused(invoice, cents):
    assert refused("not_positive", invoice, cents).field == "amount"
    assert not CreditNote.objects.exists() and not CreditNoteNumber.objects.exists()


def test_a_reason_is_asked_for(invoice):
    with pytest.raises(BillingError) as refusal:
        issue_credit_note(invoice=invoice, reason=" \n", by=None, now=NOW)
    assert (refusal.value.code, refusal.value.field) == ("no_reason", "reason")


def test_nobody_corrects_an_invoice_of_their_own_business(invoice, pro, finance):
    pro.members.add(finance)
    refused("own_business", invoice, by=finance)


def test_one_form_sent_twice_is_one_credit_note(invoice):
    form_id = "5b1c5a0e-0000-4000-8000-000000000001"
    first = take_back(invoice, 100, public_id=form_id)
    assert take_back(invoice, 100, public_id=form_id) == first
    assert invoice.credited_cents == 100


def test_an_invoice_over_nothing_has_nothing_to_take_back(pro):
    customer = Customer.objects.create(name="Cliente", email="a@example.com")
    free = issue_invoice(customer=customer, description="Nada", total_cents=0, issued_on=DAY, due_on=DAY)
    refused("nothing_to_credit", free)


def test_a_form_that_made_one_credit_note_makes_no_other(invoice):
    """Neither for another invoice nor over another amount: what was asked for is not what would be told as done."""
    form_id = uuid4()
    first = take_back(invoice, 100, public_id=form_id)
    contract(make_pro(), paid=False)
    other = Invoice.objects.exclude(pk=invoice.pk).get()
    for asked in ((other, 100), (other, None), (invoice, 101)):
        refusal = refused("form_used", *asked, public_id=form_id)
        assert str(refusal) == (
            f"This form has already made credit note {first.number} over MX$1.00, for invoice {invoice.number}. "
            "Nothing more was issued. Open a new form for another credit note."
        )
    assert CreditNote.objects.get() == first


def test_credit_notes_count_for_themselves_and_anew_each_local_year(invoice):
    numbers = [
        take_back(invoice, 1, now=moment).number
        for moment in (NOW, at("2026-12-31 23:59"), at("2027-01-01 00:00"), at("2027-01-01 00:01"))
    ]
    assert numbers == ["C-2026-000001", "C-2026-000002", "C-2027-000001", "C-2027-000002"]


# What is owed, in every place that asks (M9, G9): the day after the due date, and the day of the lapse.


@pytest.mark.parametrize(("today", "past_due"), [(date(2026, 1, 17), False), (date(2026, 1, 18), True)])
def test_credited_it_is_no_longer_past_due(invoice, pro, today, past_due):
    assert Invoice.objects.past_due(today).exists() is past_due
    assert payments_current(pro, today) is not past_due
    take_back(invoice, 49_899, now=noon(today))
    assert payments_current(pro, today) is not past_due
    take_back(invoice, 1, now=noon(today))
    assert payments_current(pro, today)


def test_a_plan_that_lapsed_is_in_force_again_from_the_day_its_invoice_is_credited(invoice, pro):
    lapsed_on = date(2026, 2, 1)
    assert not plan_in_force(pro, lapsed_on) and lapses_to_note(lapsed_on).exists()
    note = take_back(invoice, now=noon(lapsed_on))
    assert plan_in_force(pro, lapsed_on) and not lapses_to_note(lapsed_on).exists()
    assert Period.objects.lapsed(date(2026, 1, 31)).exists() is False
    assert plan_state(pro, lapsed_on).status == "in_force"
    assert SubscriptionEvent.objects.latest("id").to_state == "restored"
    told = OutgoingMail.objects.get(kind="billing/credit_note")
    assert told.cause == f"credit_note:{note.public_id}"
    assert "Your plan is in force again, until Feb. 9, 2026." in told.text


def test_credited_in_part_a_lapsed_plan_stays_lapsed(invoice, pro):
    take_back(invoice, 49_899, now=at("2026-02-01 12:00"))
    assert not plan_in_force(pro, date(2026, 2, 1))
    assert not SubscriptionEvent.objects.filter(to_state="restored").exists()


def test_credited_after_its_last_day_a_lapsed_plan_is_not_revived(invoice, pro):
    """As with a payment: settling later revives nothing (M9)."""
    take_back(invoice, now=at("2026-02-20 12:00"))
    assert not plan_in_force(pro, date(2026, 2, 20))


def test_the_period_of_a_paid_invoice_stays_when_it_is_credited(invoice, pro):
    pay(invoice)
    take_back(invoice)
    assert plan_in_force(pro, date(2026, 2, 9))


# Tax


@given(total=st.integers(1, 10**9), rate=st.integers(0, 10_000), cuts=st.lists(st.floats(0, 1), max_size=6))
def test_the_tax_of_the_parts_adds_up_to_that_of_the_invoice(total, rate, cuts):
    from billing.invoices import tax_included

    tax = tax_included(total, rate)
    ends = sorted({int(total * cut) for cut in cuts} | {total} - {0}) if total else []
    taxes, before = [], 0
    for end in ends:
        if end == before:
            continue
        part = tax_of_part(tax_cents=tax, total_cents=total, before_cents=before, part_cents=end - before)
        assert 0 <= part <= end - before
        taxes.append(part)
        before = end
    assert sum(taxes) == tax


def test_three_thirds_of_an_invoice_hold_its_tax_to_the_cent(invoice):
    taxes = [take_back(invoice, cents).tax_cents for cents in (16_633, 16_633, 16_634)]
    assert (taxes, sum(taxes)) == ([2294, 2295, 2294], invoice.tax_cents)


# The database


@pytest.mark.parametrize(
    "change",
    [
        {"credited_cents": 49_901},
        {"credited_cents": -1},
        {"payable_cents": 49_901},
        {"payable_cents": 49_899},
        {"credited_on": DAY},
    ],
)
def test_the_database_itself_refuses_an_invoice_whose_credit_does_not_add_up(invoice, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(**change)


def test_a_credit_note_is_never_altered_or_deleted(invoice):
    take_back(invoice, 100)
    for change in (lambda: CreditNote.objects.update(reason="?"), lambda: CreditNote.objects.all().delete()):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


# Pages


def test_the_mail_says_what_is_left_and_goes_to_the_bookkeeper_too(invoice, pro):
    Customer.objects.update(email="conta@example.com")
    take_back(invoice, 10_000)
    mails = OutgoingMail.objects.filter(kind="billing/credit_note")
    assert {mail.recipient for mail in mails} == {pro.owner.email, "conta@example.com"}
    assert "Still to be paid on it: MX$399.00, due on Jan. 17, 2026." in mails[0].text
    assert f"/account/credit-notes/{CreditNote.objects.get().public_id}/" in mails[0].text


def test_invoice_and_credit_note_lead_to_each_other(invoice, pro, client_of):
    note = take_back(invoice, 10_000)
    page = client_of(pro).get(reverse("billing:invoice", args=[invoice.public_id])).content.decode()
    assert reverse("billing:credit_note", args=[note.public_id]) in page
    assert "exactly MX$399.00" in page
    page = client_of(pro).get(reverse("billing:credit_note", args=[note.public_id])).content.decode()
    assert reverse("billing:invoice", args=[invoice.public_id]) in page
    assert "Se cobró de más." in page


def test_a_hostile_reason_is_text(invoice, pro, client_of):
    note = issue_credit_note(invoice=invoice, reason="<script>alert(1)</script>", by=None, now=NOW)
    page = client_of(pro).get(reverse("billing:credit_note", args=[note.public_id])).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_finance_issues_one_in_the_office(invoice, finance, client_of):
    browser, address = client_of(finance), reverse("admin:billing_creditnote_add")
    assert f'value="{invoice.number}"' in browser.get(address, {"number": invoice.number}).content.decode()
    form = {
        "number": invoice.number,
        "amount": "100.00",
        "reason": "Descuento.",
        "form_id": "5b1c5a0e-0000-4000-8000-000000000002",
    }
    assert "only" in browser.post(address, form | {"amount": "499.01"}).content.decode()
    for _ in range(2):
        assert browser.post(address, form).status_code == 302
    note = CreditNote.objects.get()
    assert (note.amount_cents, note.reason, note.recorded_by) == (10_000, "Descuento.", finance)
    browser.post(address, form | {"amount": "", "form_id": "5b1c5a0e-0000-4000-8000-000000000003"})
    assert Invoice.objects.get().credited_on is not None
    page = browser.get(reverse("admin:billing_invoice_change", args=[invoice.pk])).content.decode()
    assert note.number in page and "Correct this invoice" not in page


def test_a_stranger_does_not_see_it(invoice, other_pro, client_of):
    note = take_back(invoice, 1)
    address = reverse("billing:credit_note", args=[note.public_id])
    assert client_of(other_pro).get(address).status_code == 404
    assert client_of(make_user()).get(address).status_code == 302

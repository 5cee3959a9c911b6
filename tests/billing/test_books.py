"""What `check_books` looks at in billing, and that it sees when it is broken."""

from datetime import date

import pytest

from billing import invariants
from billing.models import (
    BankTransfer,
    Invoice,
    InvoiceNumber,
    InvoicePayment,
    Period,
    Subscription,
    TopUp,
    Wallet,
    WalletEntry,
)
from billing.subscriptions import cancel_plan
from billing.top_ups import correct_balance
from tests.making import NOW, at, contract, fund, make_pro, pay, renew

ALL = [
    invariants.balances, invariants.chains, invariants.causes, invariants.numbers, invariants.overlaps,
    invariants.ends, invariants.announcements, invariants.payments, invariants.transfers,
    invariants.credit_notes,
]  # fmt: skip


@pytest.fixture
def books(pro, other_pro, finance):
    """A bit of everything."""
    fund(pro, 1_000)
    fund(other_pro, 500)
    fund(pro, 1)
    correct_balance(professional=pro, amount_cents=-1, reason="?", by=finance, now=NOW)
    contract(pro)
    contract(other_pro, paid=False)
    renew(now=at("2026-02-10 00:05"))
    pay(Invoice.objects.get(customer__professional=other_pro), now=at("2026-02-12 12:00"))
    contract(other_pro, now=at("2026-02-12 12:00"))
    cancel_plan(subscription=contract(make_pro(), now=at("2027-01-01 12:00")), by=pro.owner, now=NOW)


def broken():
    return {check.__name__: list(check()) for check in ALL if list(check())}


def test_they_hold(books):
    assert broken() == {}


def test_they_hold_where_there_is_nothing(db):
    assert broken() == {}


def test_a_balance_that_is_not_the_sum_of_its_entries(books, pro):
    Wallet.objects.filter(professional=pro).update(balance_cents=999)
    wallet = Wallet.objects.get(professional=pro)
    assert broken() == {"balances": [f"wallet {wallet.pk} holds 999, its entries say 1000"]}


def test_a_balance_without_entries(pro):
    Wallet.objects.create(professional=pro, balance_cents=5)
    assert list(broken()) == ["balances"]


def test_an_entry_that_does_not_follow_the_one_before(books, pro):
    wallet = Wallet.objects.get(professional=pro)
    entry = WalletEntry.objects.create(
        wallet=wallet, amount_cents=5, balance_after_cents=1_006, kind="return", cause="contact:1", at=NOW
    )
    Wallet.objects.filter(pk=wallet.pk).update(balance_cents=1_005)
    assert broken() == {"chains": [f"entry {entry.pk} of wallet {wallet.pk} leaves 1006 after 1000"]}


@pytest.mark.parametrize("kind", ["top_up", "correction"])
def test_an_entry_that_nothing_caused(books, pro, kind):
    wallet = Wallet.objects.get(professional=pro)
    entry = WalletEntry.objects.create(
        wallet=wallet, amount_cents=5, balance_after_cents=1_005, kind=kind, cause=f"{kind}:1", at=NOW
    )
    Wallet.objects.filter(pk=wallet.pk).update(balance_cents=1_005)
    assert broken() == {"causes": [f"entry {entry.pk} ({kind}) has no row that caused it"]}


def test_a_top_up_that_says_something_else_than_its_entry(books):
    top_up = TopUp.objects.order_by("id")[0]
    TopUp.objects.filter(pk=top_up.pk).update(amount_cents=1_001)
    assert broken() == {
        "causes": [f"top_up {top_up.pk} and its entry {top_up.entry_id} do not say the same"],
        "transfers": [f"transfer {top_up.reference} was booked with another amount"],
    }


def test_a_number_that_is_missing(books):
    Invoice.objects.filter(year=2027).update(sequence=2)
    assert list(broken()) == ["numbers"]


def test_a_number_that_was_given_to_nothing(books):
    InvoiceNumber.objects.create(year=2025, last=1)
    assert broken() == {"numbers": ["2025: 0 invoices, the last is 0, numbers given 1"]}


def test_periods_that_overlap(books, pro):
    second = Period.objects.get(professional=pro, starts_on=date(2026, 2, 10))
    Period.objects.filter(pk=second.pk).update(starts_on=date(2026, 2, 9))
    assert broken() == {
        "overlaps": [f"period {second.pk} of professional {pro.pk} begins before the one before it ends"]
    }


def test_a_subscription_that_runs_until_another_day_than_its_periods(books, pro):
    Subscription.objects.filter(professional=pro).update(runs_until=date(2026, 3, 10))
    assert list(broken()) == ["ends"]


def test_a_renewal_that_nobody_was_told_of(books, pro):
    first = Period.objects.get(professional=pro, starts_on=date(2026, 1, 10))
    Period.objects.filter(pk=first.pk).update(renewal_announced_at=None, announced_price_cents=None)
    assert broken() == {"announcements": [f"period {first.pk} was renewed for 49900, announced None"]}


def test_a_renewal_for_another_price_than_was_announced(books, pro):
    first = Period.objects.get(professional=pro, starts_on=date(2026, 1, 10))
    Period.objects.filter(pk=first.pk).update(announced_price_cents=49_800)
    assert broken() == {"announcements": [f"period {first.pk} was renewed for 49900, announced 49800"]}


@pytest.mark.parametrize("change", ["paid without payment", "payment but unpaid", "another amount"])
def test_an_invoice_and_a_payment_that_do_not_agree(books, change):
    if change == "paid without payment":
        Invoice.objects.filter(paid_on=None).update(paid_on=date(2026, 2, 10))
    elif change == "payment but unpaid":
        Invoice.objects.filter(year=2027).update(paid_on=None)
    else:
        InvoicePayment.objects.filter(invoice__year=2027).update(amount_cents=1)
    assert list(broken()) == ["payments"] + ["transfers"] * (change == "another amount")


def test_a_transfer_that_is_recorded_under_another_reference(books):
    reference = TopUp.objects.order_by("id")[0].reference
    InvoicePayment.objects.filter(invoice__year=2027).update(reference=reference)
    assert broken() == {"transfers": [f"transfer {reference} is recorded under another reference"]}


def test_a_transfer_that_was_not_booked_whole(books):
    BankTransfer.objects.create(reference="SPEI 0", amount_cents=500)
    transfer = TopUp.objects.order_by("id")[0].transfer
    BankTransfer.objects.filter(pk=transfer.pk).update(amount_cents=1_001)
    assert broken() == {
        "transfers": [
            f"transfer {transfer.reference} was booked with another amount",
            "transfer SPEI 0 was booked with another amount",
        ]
    }


def test_paying_what_is_owed_keeps_them(books):
    for invoice in Invoice.objects.filter(paid_on=None):
        pay(invoice, now=at("2027-02-01 12:00"))
    assert broken() == {}

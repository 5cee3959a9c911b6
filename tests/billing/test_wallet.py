"""The ledger of balances (M8)."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.errors import BillingError
from billing.models import Wallet, WalletEntry
from billing.wallet import credit, debit, open_wallet
from tests.making import NOW

TOP_UP = WalletEntry.Kind.TOP_UP
PURCHASE = WalletEntry.Kind.PURCHASE


@pytest.fixture
def wallet(pro):
    return open_wallet(professional=pro)


def entries_of(wallet):
    return list(
        WalletEntry.objects.filter(wallet=wallet)
        .order_by("id")
        .values_list("kind", "cause", "amount_cents", "balance_after_cents")
    )


def test_opening_a_wallet_twice_opens_one(pro):
    assert open_wallet(professional=pro) == open_wallet(professional=pro)
    assert Wallet.objects.get().balance_cents == 0


def test_each_entry_says_what_it_left(wallet):
    credit(wallet=wallet, amount_cents=500, kind=TOP_UP, cause="top_up:1", now=NOW)
    entry = debit(wallet=Wallet(pk=wallet.pk), amount_cents=200, kind=PURCHASE, cause="contact:1", now=NOW)
    assert (entry.at, entry.wallet_id) == (NOW, wallet.pk)
    assert entries_of(wallet) == [
        ("top_up", "top_up:1", 500, 500),
        ("purchase", "contact:1", -200, 300),
    ]
    assert Wallet.objects.get().balance_cents == 300


def test_the_wallet_that_was_given_knows_its_balance_afterwards(wallet):
    credit(wallet=wallet, amount_cents=500, kind=TOP_UP, cause="top_up:1", now=NOW)
    bare = Wallet(pk=wallet.pk)
    debit(wallet=bare, amount_cents=1, kind=PURCHASE, cause="contact:1", now=NOW)
    assert (wallet.balance_cents, bare.balance_cents) == (500, 499)


def test_the_last_cent_can_be_spent_and_no_more(wallet):
    credit(wallet=wallet, amount_cents=500, kind=TOP_UP, cause="top_up:1", now=NOW)
    debit(wallet=wallet, amount_cents=500, kind=PURCHASE, cause="contact:1", now=NOW)
    with pytest.raises(BillingError) as refusal:
        debit(wallet=wallet, amount_cents=1, kind=PURCHASE, cause="contact:2", now=NOW)
    assert refusal.value.code == "balance_too_low"
    assert "MX$0.00" in str(refusal.value)
    assert "MX$0.01" in str(refusal.value)
    assert len(entries_of(wallet)) == 2


def test_a_purchase_sent_again_after_it_emptied_the_balance_is_the_one_that_stands(wallet):
    """Idempotency is looked at before the balance."""
    credit(wallet=wallet, amount_cents=500, kind=TOP_UP, cause="top_up:1", now=NOW)
    first = debit(wallet=wallet, amount_cents=500, kind=PURCHASE, cause="contact:1", now=NOW)
    again = debit(wallet=wallet, amount_cents=500, kind=PURCHASE, cause="contact:1", now=NOW)
    assert again == first
    assert wallet.balance_cents == 0
    assert len(entries_of(wallet)) == 2


def test_the_same_cause_of_another_kind_is_another_entry(wallet):
    credit(wallet=wallet, amount_cents=500, kind=TOP_UP, cause="contact:1", now=NOW)
    debit(wallet=wallet, amount_cents=500, kind=PURCHASE, cause="contact:1", now=NOW)
    credit(wallet=wallet, amount_cents=500, kind=WalletEntry.Kind.RETURN, cause="contact:1", now=NOW)
    assert Wallet.objects.get().balance_cents == 500


@pytest.mark.parametrize("other", ["amount", "wallet", "direction"])
def test_one_cause_is_never_booked_as_something_else(wallet, other_pro, other):
    credit(wallet=wallet, amount_cents=500, kind=TOP_UP, cause="top_up:1", now=NOW)
    with pytest.raises(BillingError) as refusal:
        if other == "direction":
            debit(wallet=wallet, amount_cents=500, kind=TOP_UP, cause="top_up:1", now=NOW)
        else:
            credit(
                wallet=open_wallet(professional=other_pro) if other == "wallet" else wallet,
                amount_cents=501 if other == "amount" else 500,
                kind=TOP_UP,
                cause="top_up:1",
                now=NOW,
            )
    assert refusal.value.code == "cause_taken"
    assert WalletEntry.objects.count() == 1


@pytest.mark.parametrize("amount", [0, -1])
@pytest.mark.parametrize("book", [credit, debit])
def test_an_amount_is_positive(wallet, book, amount):
    with pytest.raises(ValueError, match="positive"):
        book(wallet=wallet, amount_cents=amount, kind=TOP_UP, cause="top_up:1", now=NOW)


def test_a_refusal_leaves_the_callers_transaction_in_order(wallet):
    with transaction.atomic():
        credit(wallet=wallet, amount_cents=5, kind=TOP_UP, cause="top_up:1", now=NOW)
        with pytest.raises(BillingError):
            debit(wallet=wallet, amount_cents=6, kind=PURCHASE, cause="contact:1", now=NOW)
        debit(wallet=wallet, amount_cents=5, kind=PURCHASE, cause="contact:2", now=NOW)
    assert [entry[1] for entry in entries_of(wallet)] == ["top_up:1", "contact:2"]


def test_an_entry_costs_four_statements(wallet, django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(4):
        credit(wallet=wallet, amount_cents=5, kind=TOP_UP, cause="top_up:1", now=NOW)
    with transaction.atomic(), django_assert_num_queries(4):
        debit(wallet=wallet, amount_cents=5, kind=PURCHASE, cause="contact:1", now=NOW)
    with transaction.atomic(), django_assert_num_queries(2):
        debit(wallet=wallet, amount_cents=5, kind=PURCHASE, cause="contact:1", now=NOW)


moves = st.lists(st.tuples(st.booleans(), st.integers(1, 1_000), st.integers(0, 5)), min_size=1, max_size=30)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(moves=moves)
def test_whatever_is_booked_the_balance_is_the_sum_and_never_below_zero(wallet, moves):
    run = uuid4()
    credited = balance = Wallet.objects.get(pk=wallet.pk).balance_cents
    booked: dict[tuple[bool, int], int] = {}
    for is_credit, amount, cause in moves:
        book = credit if is_credit else debit
        try:
            entry = book(
                wallet=wallet,
                amount_cents=amount,
                kind=TOP_UP if is_credit else PURCHASE,
                cause=f"{run}:{cause}",
                now=NOW,
            )
        except BillingError as refusal:
            if refusal.code == "cause_taken":
                assert booked[is_credit, cause] != amount
            else:
                assert balance < amount
                assert (is_credit, cause) not in booked
        else:
            if (is_credit, cause) not in booked:
                booked[is_credit, cause] = amount
                balance += amount if is_credit else -amount
                assert entry.balance_after_cents == balance
        assert Wallet.objects.get(pk=wallet.pk).balance_cents == balance >= 0
        assert (WalletEntry.objects.aggregate(sum=Sum("amount_cents"))["sum"] or 0) == balance
    assert credited >= 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_walletentry SET amount_cents = 1",
        "DELETE FROM billing_walletentry",
    ],
)
def test_the_database_itself_refuses_to_change_an_entry(wallet, statement):
    credit(wallet=wallet, amount_cents=500, kind=TOP_UP, cause="top_up:1", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert entries_of(wallet) == [("top_up", "top_up:1", 500, 500)]


@pytest.mark.postgres
def test_the_database_itself_refuses_to_empty_the_ledger(wallet):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE billing_walletentry CASCADE")


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_cents": 0, "balance_after_cents": 0},
        {"amount_cents": -1, "balance_after_cents": -1},
    ],
)
def test_the_database_itself_refuses_an_entry_of_nothing_or_below_zero(wallet, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        WalletEntry.objects.create(wallet=wallet, kind=TOP_UP, cause="x", at=NOW, **wrong)


def test_the_database_itself_refuses_a_second_entry_for_one_cause(wallet):
    values = {
        "wallet": wallet,
        "amount_cents": 1,
        "balance_after_cents": 1,
        "kind": TOP_UP,
        "cause": "x",
        "at": NOW,
    }
    WalletEntry.objects.create(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        WalletEntry.objects.create(**values)


def test_the_database_itself_refuses_a_balance_below_zero(wallet):
    with pytest.raises(IntegrityError), transaction.atomic():
        Wallet.objects.filter(pk=wallet.pk).update(balance_cents=-1)

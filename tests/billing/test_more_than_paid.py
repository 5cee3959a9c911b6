"""A bank that takes back more than is left of a payment: what is left is taken, the rest needs a person (M10)."""

import pytest
from django.urls import reverse

from billing.models import GatewayEvent, Reversal, Wallet
from mail.models import OutgoingMail
from tests.billing.paying import books_broken, event_of
from tests.making import make_staff


@pytest.fixture(autouse=True)
def _books_balance(db):
    yield
    assert books_broken() == []


def told(bank, payment, word, reference, amount):
    bank.tell(payment, word, reversal=reference, amount=amount)
    return event_of(bank).state, event_of(bank).why


def balance():
    return Wallet.objects.get().balance_cents


def test_a_dispute_over_slightly_more_takes_what_was_paid(bank, top_up):
    assert told(bank, top_up, "reversed", "dp_1", 50_010) == ("needs_person", "more_than_paid")
    reversal = Reversal.objects.get()
    assert (reversal.amount_cents, reversal.entry.amount_cents, reversal.rest_invoice) == (
        50_000,
        -50_000,
        None,
    )
    top_up.refresh_from_db()
    assert (balance(), top_up.state) == (0, "reversed")


def test_a_dispute_of_the_whole_after_a_refund_takes_what_the_refund_left(bank, top_up):
    assert told(bank, top_up, "reversed", "re_1", 10_000) == ("done", "reversed")
    assert told(bank, top_up, "reversed", "dp_1", 50_000) == ("needs_person", "more_than_paid")
    assert (balance(), Reversal.objects.get(reference="dp_1").amount_cents) == (0, 40_000)
    assert told(bank, top_up, "reversed", "dp_2", 1) == ("needs_person", "more_than_paid")
    assert Reversal.objects.count() == 2


def test_finance_is_told_but_for_those_who_belong_to_the_business(bank, top_up):
    finance = make_staff("finance")
    member = make_staff("finance", email="member@quince.example")
    top_up.professional.members.add(member)
    told(bank, top_up, "reversed", "dp_1", 50_010)
    mails = OutgoingMail.objects.filter(kind="billing/gateway_needs_person")
    assert [mail.recipient for mail in mails] == [finance.email]


@pytest.mark.parametrize("amount", [50_010, 50_000])
def test_it_is_given_back_as_it_was_told_or_as_it_was_booked(bank, top_up, amount):
    told(bank, top_up, "reversed", "dp_1", 50_010)
    assert told(bank, top_up, "reversal_undone", "dp_1", amount) == ("done", "reversal_undone")
    top_up.refresh_from_db()
    assert (balance(), top_up.state, Reversal.objects.get().state) == (50_000, "paid", "undone")


@pytest.mark.parametrize("amount", [50_011, 50_009, 49_999])
def test_given_back_with_any_other_amount_it_needs_a_person(bank, top_up, amount):
    told(bank, top_up, "reversed", "dp_1", 50_010)
    assert told(bank, top_up, "reversal_undone", "dp_1", amount) == ("needs_person", "wrong_amount")
    assert balance() == 0


def test_what_waited_for_it_is_carried_out_at_once(bank, top_up):
    assert told(bank, top_up, "reversal_undone", "dp_1", 50_010) == ("waiting", "not_reversed_yet")
    assert told(bank, top_up, "reversed", "dp_1", 50_010) == ("needs_person", "more_than_paid")
    assert GatewayEvent.objects.get(word="reversal_undone").state == "done"
    assert balance() == 50_000


def test_told_in_a_second_event_it_is_taken_once(bank, top_up):
    told(bank, top_up, "reversed", "dp_1", 50_010)
    assert told(bank, top_up, "reversed", "dp_1", 50_010) == ("ignored", "already_reversed")
    assert Reversal.objects.count() == 1


def test_the_office_says_what_was_booked_for_it(bank, top_up, client_of, finance):
    def page():
        address = reverse("admin:billing_gatewayevent_change", args=[event_of(bank).pk])
        return client_of(finance).get(address).content.decode()

    told(bank, top_up, "reversed", "dp_1", 50_010)
    reversal = Reversal.objects.get()
    assert reverse("admin:billing_reversal_change", args=[reversal.pk]) in page()
    assert "MX$500.00 taken back" in page()
    assert "Nothing was booked for this message" not in page()
    told(bank, top_up, "reversed", "dp_2", 50_010)
    assert "taken back</a>" not in page()
    assert "Nothing was booked for this message" in page()

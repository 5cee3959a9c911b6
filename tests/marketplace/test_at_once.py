"""What happens when two do it at once, on PostgreSQL; each with what would happen without the lock."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from base.registry import invariants
from billing import wallet
from billing.models import Wallet, WalletEntry
from mail.models import OutgoingMail
from marketplace import first_contact, leads
from marketplace.contacts import buy_contact
from marketplace.errors import MarketplaceError
from marketplace.expiry import expire_leads
from marketplace.first_contact import check_first_contacts
from marketplace.leads import publish_lead, reject_lead
from marketplace.models import BlockedSender, Contact, Lead, LeadEvent, LeadQuerySet, PriceRule
from marketplace.senders import block_sender
from profiles.models import Professional
from tests.making import NOW, buy, contract, fund, make_lead, make_pro, make_staff
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
PRICE = 20_000
BUYERS = 16


def purchase(professional, lead):
    return lambda: buy_contact(professional=professional, lead=lead, price_seen_cents=PRICE, now=NOW)


def codes(results) -> list[str]:
    """What became of each: "bought", or why not."""
    return sorted(
        "bought"
        if isinstance(result, Contact)
        else result.code
        if isinstance(result, MarketplaceError)
        else repr(result)
        for result in results
    )


def broken_books() -> list[str]:
    return [line for each in invariants for line in each.broken()]


def rich(**fields) -> Professional:
    professional = make_pro(**fields)
    contract(professional)
    fund(professional, 10 * PRICE)
    return professional


def meet_before(monkeypatch, target, name, number) -> None:
    """Lets nobody call `target.name` before `number` threads are about to: the worst moment, every time."""
    meeting = threading.Barrier(number)
    original = getattr(target, name)

    def after_all_have_come(*args, **kwargs):
        meeting.wait(timeout=20)
        return original(*args, **kwargs)

    monkeypatch.setattr(target, name, after_all_have_come)


def lock_off(monkeypatch, *models) -> None:
    """The negative control: rows of these models are read without their lock."""
    original = QuerySet.select_for_update

    def select(self, *args, **kwargs):
        return self if self.model in models else original(self, *args, **kwargs)

    monkeypatch.setattr(QuerySet, "select_for_update", select)


@pytest.fixture
def rivals():
    return [rich() for _ in range(BUYERS)]


@pytest.fixture
def last_place():
    """A lead with one place left."""
    lead = make_lead()
    for _ in range(3):
        buy_contact(professional=rich(), lead=lead, price_seen_cents=PRICE, now=NOW)
    return lead


def test_of_sixteen_buyers_one_gets_the_last_place_and_the_others_are_told_why(
    rivals, last_place, monkeypatch
):
    meet_before(monkeypatch, wallet, "debit", BUYERS)  # All have seen the place free.
    results = together(*[purchase(rival, last_place) for rival in rivals])
    assert codes(results) == ["bought"] + ["sold_out"] * (BUYERS - 1)
    last_place.refresh_from_db()
    assert last_place.places_taken == last_place.contacts.count() == 4
    balances = Wallet.objects.filter(professional__in=rivals).values_list("balance_cents", flat=True)
    assert sorted(balances) == [9 * PRICE] + [10 * PRICE] * (BUYERS - 1)
    assert OutgoingMail.objects.filter(kind="marketplace/contact_bought").count() == 4
    assert broken_books() == []


def test_without_the_condition_on_the_place_only_the_databases_own_check_would_be_left(
    rivals, last_place, monkeypatch
):
    """Negative control: all sixteen go for it, and fifteen run into an error instead of being told why."""
    monkeypatch.setattr(LeadQuerySet, "buyable", lambda self, now: self.all())
    meet_before(monkeypatch, wallet, "debit", BUYERS)
    results = together(*[purchase(rival, last_place) for rival in rivals])
    assert sum(isinstance(result, IntegrityError) for result in results) == BUYERS - 1


def test_a_double_click_buys_once():
    buyer, lead = rich(), make_lead()
    results = together(*[purchase(buyer, lead)] * 8)
    contact = Contact.objects.get()
    assert results == [contact] * 8
    assert Wallet.objects.get(professional=buyer).balance_cents == 9 * PRICE
    assert OutgoingMail.objects.filter(kind="marketplace/contact_bought").count() == 1
    assert broken_books() == []


def test_without_the_professionals_lock_a_double_click_is_an_error(monkeypatch):
    """Negative control: both have looked before either has bought."""
    buyer, lead = rich(), make_lead()
    lock_off(monkeypatch, Professional)
    meet_before(monkeypatch, wallet, "debit", 2)
    results = together(*[purchase(buyer, lead)] * 2)
    assert sorted(type(result).__name__ for result in results) == ["Contact", "IntegrityError"]


@pytest.fixture
def last_money():
    """A business with the money for one contact, and two leads."""
    buyer = make_pro()
    contract(buyer)
    fund(buyer, PRICE)
    return buyer, [make_lead(), make_lead()]


def test_the_last_money_is_spent_once(last_money):
    buyer, leads = last_money
    results = together(*[purchase(buyer, lead) for lead in leads])
    assert codes(results) == ["balance_too_low", "bought"]
    assert Wallet.objects.get(professional=buyer).balance_cents == 0
    assert sorted(Lead.objects.values_list("places_taken", flat=True)) == [0, 1]
    assert broken_books() == []


def test_without_the_locks_the_last_money_would_be_spent_twice(last_money, monkeypatch):
    """Negative control: both read the balance before either has written."""
    buyer, leads = last_money
    lock_off(monkeypatch, Professional, Wallet)
    meet_before(monkeypatch, WalletEntry.objects, "create", 2)
    results = together(*[purchase(buyer, lead) for lead in leads])
    assert codes(results) == ["bought", "bought"]
    assert sum(WalletEntry.objects.values_list("amount_cents", flat=True)) == -PRICE
    assert broken_books() != []


@pytest.fixture
def due():
    """Forty contacts that are to be reminded of."""
    buyer = make_pro()
    contract(buyer)
    fund(buyer, 40 * PRICE)
    contacts = buy(buyer, 40)
    OutgoingMail.objects.all().delete()
    return contacts


def check():
    return check_first_contacts(now=NOW + timedelta(hours=20), batch=10)


def test_several_workers_at_once_remind_each_once(due):
    results = together(*[check] * 4)
    assert sum(reminded for reminded, _late in results) == len(due)
    assert OutgoingMail.objects.count() == len(due)
    assert not Contact.objects.filter(reminded_at=None).exists()


def test_without_the_claim_several_workers_would_do_the_same_rows(due, monkeypatch):
    """Negative control: two have read the same batch before either has flagged it. The unique mail row still
    keeps a second mail from being written."""
    lock_off(monkeypatch, Contact)
    meet_before(monkeypatch, first_contact, "_tell", 2)
    results = together(*[lambda: check_first_contacts(now=NOW + timedelta(hours=20), batch=100)] * 2)
    assert sum(reminded for reminded, _late in results) == 2 * len(due)
    assert OutgoingMail.objects.count() == len(due)


def test_of_two_moderators_who_decide_at_once_one_decides_and_the_other_is_told(monkeypatch):
    """M2: the homeowner hears one thing, and the history holds one decision."""
    lead = make_lead(published=False)
    PriceRule.objects.create(price_cents=PRICE)
    deciders = [make_staff("moderator", email=f"m{number}@quince.example") for number in range(2)]
    results = together(
        lambda: publish_lead(lead=lead, by=deciders[0], now=NOW),
        lambda: reject_lead(lead=lead, by=deciders[1], reason="Spam.", now=NOW),
    )
    assert sorted(getattr(result, "code", "decided") for result in results) == ["decided", "wrong_state"]
    assert lead.events.filter(from_state="waiting").count() == 1
    assert OutgoingMail.objects.filter(cause=f"lead:{lead.public_id}").count() == 1


def test_without_the_leads_lock_both_would_decide(monkeypatch):
    """Negative control: both have read it waiting before either has moved it."""
    lead = make_lead(published=False)
    PriceRule.objects.create(price_cents=PRICE)
    decider = make_staff("moderator")
    lock_off(monkeypatch, Lead)
    meet_before(monkeypatch, leads, "move", 2)
    together(
        lambda: publish_lead(lead=lead, by=decider, now=NOW),
        lambda: reject_lead(lead=lead, by=decider, reason="Spam.", now=NOW),
    )
    assert lead.events.filter(from_state="waiting").count() == 2


def test_two_workers_expire_each_request_once():
    for _number in range(10):
        make_lead()
    ended = NOW + timedelta(days=30)
    results = together(*[lambda: expire_leads(now=ended, batch=3)] * 3)
    assert sum(results) == 10
    assert OutgoingMail.objects.filter(kind="marketplace/lead_expired").count() == 10
    assert LeadEvent.objects.filter(to_state="expired").count() == 10


def test_two_moderators_who_block_one_sender_on_two_requests_block_them_once(monkeypatch):
    """Each held the request before them alone, and whoever came second was answered with an error."""
    requests = [make_lead(homeowner_email="ana@example.com") for _ in range(2)]
    # Both have looked for a standing block before either writes one.
    meet_before(monkeypatch, BlockedSender, "save", 2)
    moderator = make_staff("moderator")
    blocks = together(*(block(lead, moderator) for lead in requests))
    assert [each.pk for (each,) in blocks] == [BlockedSender.objects.get().pk] * 2


def block(lead, moderator):
    return lambda: block_sender(
        lead=lead, by_mail=True, by_phone=False, by=moderator, reason="Spam.", now=NOW
    )

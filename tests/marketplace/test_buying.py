"""M4: buying a contact, every refusal of it, and that a refusal leaves nothing behind."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base.registry import invariants
from billing.models import Wallet, WalletEntry
from billing.subscriptions import cancel_plan
from mail.models import OutgoingMail
from marketplace.contacts import buy_contact, obstacle
from marketplace.errors import MarketplaceError
from marketplace.leads import close_lead
from marketplace.models import Contact, Lead
from profiles.suspensions import suspend
from tests.making import NOW, at, buy, contract, fund, make_lead, make_pro, make_user

pytestmark = pytest.mark.django_db
PRICE = 20_000
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def buyer(pro):
    """A business with a plan and a thousand pesos."""
    contract(pro)
    fund(pro, 100_000)
    return pro


def everything() -> dict[str, list]:
    """Every row of every table of the product."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.app_label in ("mail", "profiles", "billing", "marketplace", "guarantees")
    }


def books_hold() -> None:
    assert [line for each in invariants for line in each.broken()] == []


def refused(professional, lead, price=PRICE, now=LATER) -> MarketplaceError:
    """The refusal of a purchase, after which every table is as it was; the page says the same beforehand."""
    before = everything()
    with pytest.raises(MarketplaceError) as caught:
        buy_contact(professional=professional, lead=lead, price_seen_cents=price, now=now)
    assert everything() == before
    return caught.value


def test_a_purchase_debits_reveals_takes_a_place_and_tells_the_homeowner(buyer):
    lead = make_lead(now=at("2026-01-10 18:00"), homeowner_email="Lucia@Example.com", language="en")
    evening = at("2026-01-10 19:30")  # 11 January in UTC.
    contact = buy_contact(professional=buyer, lead=lead, price_seen_cents=PRICE, now=evening)
    contact.refresh_from_db()
    lead.refresh_from_db()
    assert (contact.price_cents, contact.bought_at, str(contact.bought_on)) == (PRICE, evening, "2026-01-10")
    assert (contact.outcome, contact.first_contact_at, contact.returned_at) == ("open", None, None)
    assert (lead.places_taken, lead.state) == (1, "published")
    entry = contact.purchase_entry
    assert (entry.amount_cents, entry.balance_after_cents, entry.kind, entry.cause) == (
        -PRICE,
        80_000,
        WalletEntry.Kind.PURCHASE,
        f"contact:{contact.public_id}",
    )
    assert Wallet.objects.get(professional=buyer).balance_cents == 80_000
    mail = OutgoingMail.objects.get(kind="marketplace/contact_bought")
    assert (mail.recipient, mail.language) == ("lucia@example.com", "en")
    assert buyer.name in mail.subject and buyer.phone.as_national in mail.text
    books_hold()


def test_the_same_purchase_sent_twice_buys_once(buyer):
    lead = make_lead()
    first = buy_contact(professional=buyer, lead=lead, price_seen_cents=PRICE, now=NOW)
    before = everything()
    again = buy_contact(professional=buyer, lead=lead, price_seen_cents=PRICE, now=LATER)
    assert (again, everything()) == (first, before)


def test_the_same_purchase_sent_twice_is_answered_also_when_it_could_not_be_made_any_more(buyer, moderator):
    """Whether it was bought is asked before everything else: sold out, no money, suspended do not matter then."""
    lead = make_lead(price_cents=100_000)
    first = buy_contact(professional=buyer, lead=lead, price_seen_cents=100_000, now=NOW)
    close_lead(lead=lead, by=moderator, reason="done", now=NOW)
    suspend(professional=buyer, reason="…", decided_by=moderator, now=NOW)
    assert buy_contact(professional=buyer, lead=lead, price_seen_cents=1, now=LATER) == first


def test_a_returned_contact_is_not_bought_again(buyer, moderator):
    from marketplace.returns import return_by_staff

    (contact,) = buy(buyer)
    return_by_staff(contact=contact, by=moderator, note="bad number", now=LATER)
    assert refused(buyer, contact.lead).code == "bought_before"


def test_without_a_plan_nothing_is_bought(pro):
    fund(pro)
    assert refused(pro, make_lead()).code == "no_plan"


def test_a_plan_holds_to_its_last_day_and_not_a_day_longer(buyer):
    """M9: contracted on 10 January for a month and cancelled, the last day is 9 February."""
    cancel_plan(subscription=buyer.subscriptions.get(), by=buyer.owner, now=NOW)
    lead = make_lead(now=at("2026-02-01 12:00"))
    assert refused(buyer, lead, now=at("2026-02-10 00:00")).code == "no_plan"
    assert buy_contact(
        professional=buyer, lead=lead, price_seen_cents=PRICE, now=at("2026-02-09 23:59")
    ).bought_on == (at("2026-02-09 12:00").date())


def test_an_invoice_past_due_does_not_stop_a_purchase(pro):
    contract(pro, paid=False)
    fund(pro)
    later = NOW + timedelta(days=10)
    assert pro.customer.invoices.past_due(later.date()).exists()
    assert buy_contact(professional=pro, lead=make_lead(), price_seen_cents=PRICE, now=later)


def test_a_suspended_business_buys_nothing_and_keeps_what_it_has(buyer, moderator):
    (kept,) = buy(buyer)
    suspend(professional=buyer, reason="false information", decided_by=moderator, now=NOW)
    assert refused(buyer, make_lead()).code == "suspended"
    assert Contact.objects.visible_to(buyer.owner).get() == kept


@pytest.mark.parametrize("state", ["waiting", "rejected", "closed"])
def test_only_a_published_request_is_bought(buyer, moderator, state):
    from marketplace.leads import reject_lead

    lead = make_lead(published=state == "closed")
    if state == "closed":
        close_lead(lead=lead, by=moderator, reason="done", now=NOW)
    if state == "rejected":
        reject_lead(lead=lead, by=moderator, reason="spam", now=NOW)
    assert refused(buyer, lead).code == "not_live"


def test_a_request_ends_by_its_date_whatever_has_run(pro):
    contract(pro, now=NOW + timedelta(days=20))
    fund(pro)
    lead = make_lead()
    end = NOW + timedelta(days=30)
    assert refused(pro, lead, now=end).code == "not_live"
    assert buy_contact(professional=pro, lead=lead, price_seen_cents=PRICE, now=end - timedelta(seconds=1))


def test_a_sold_out_request_is_not_bought(buyer, settings):
    settings.LEAD_PLACES = 1
    lead = make_lead()
    rival = make_pro()
    contract(rival)
    fund(rival)
    buy_contact(professional=rival, lead=lead, price_seen_cents=PRICE, now=NOW)
    assert refused(buyer, lead).code == "sold_out"
    lead.refresh_from_db()
    assert lead.places_taken == 1


def test_a_request_that_is_sold_out_between_looking_and_taking_is_refused(buyer, monkeypatch):
    """What the conditional update is for: the place went after it was looked at."""
    from billing import wallet

    lead = make_lead()
    debit = wallet.debit

    def last_place_goes_meanwhile(**arguments):
        entry = debit(**arguments)
        Lead.objects.filter(pk=lead.pk).update(places_taken=4)
        return entry

    monkeypatch.setattr(wallet, "debit", last_place_goes_meanwhile)
    with pytest.raises(MarketplaceError) as caught:
        buy_contact(professional=buyer, lead=lead, price_seen_cents=PRICE, now=LATER)
    assert caught.value.code == "sold_out"
    assert Wallet.objects.get(professional=buyer).balance_cents == 100_000


@pytest.mark.parametrize("whose", ["owner", "owner with a tag", "owner's second", "second's dots", "member"])
def test_nobody_buys_their_own_request(buyer, whose):
    """By the addresses that they have proved to be theirs; the page before does not tell whose it is (M4, M5)."""
    member = make_user("member@example.com")
    buyer.members.add(member)
    EmailAddress.objects.create(user=buyer.owner, email="second@gmail.com", verified=True)
    address = {
        "owner": buyer.owner.email.upper(),
        "owner with a tag": buyer.owner.email.replace("@", "+casa@"),
        "owner's second": "second@gmail.com",
        "second's dots": "Se.Cond@googlemail.com",
        "member": "Member@example.com",
    }
    lead = make_lead(homeowner_email=address[whose])
    assert obstacle(professional=buyer, lead=lead, now=LATER) is None
    refusal = refused(buyer, lead)
    assert refusal.code == "own_lead"
    assert str(refusal) == "You cannot buy this request. You have not been charged."


def test_a_guess_at_the_homeowner_s_details_is_not_confirmed(buyer, homeowner):
    """M5: whoever writes another's address or telephone into their own business learns nothing from it."""
    buyer.customer.email = homeowner.email
    buyer.customer.save()
    buyer.phone = homeowner.phone
    buyer.save()
    EmailAddress.objects.create(user=buyer.owner, email=homeowner.email, verified=False)
    lead = make_lead(homeowner_email=homeowner.email, homeowner_phone=homeowner.phone)
    assert obstacle(professional=buyer, lead=lead, now=LATER) is None
    assert buy_contact(professional=buyer, lead=lead, price_seen_cents=PRICE, now=LATER).lead == lead


def test_a_price_other_than_the_one_seen_is_refused_and_told(buyer):
    refusal = refused(buyer, make_lead(price_cents=25_000), price=PRICE)
    assert refusal.code == "price_changed"
    assert "250.00" in str(refusal)


def test_with_too_little_money_it_is_told_how_much_is_missing(pro):
    contract(pro)
    fund(pro, PRICE - 1)
    refusal = refused(pro, make_lead())
    assert refusal.code == "balance_too_low"
    assert all(amount in str(refusal) for amount in ("200.00", "199.99", "0.01"))


def test_the_last_money_is_enough(pro):
    contract(pro)
    fund(pro, PRICE)
    buy_contact(professional=pro, lead=make_lead(), price_seen_cents=PRICE, now=NOW)
    assert Wallet.objects.get(professional=pro).balance_cents == 0
    assert refused(pro, make_lead()).code == "balance_too_low"
    books_hold()


def test_a_business_without_a_wallet_is_told_that_money_is_missing(pro):
    contract(pro)
    assert not WalletEntry.objects.filter(wallet__professional=pro).exists()
    Wallet.objects.filter(professional=pro).delete()
    assert refused(pro, make_lead()).code == "balance_too_low"


def test_the_page_says_beforehand_what_the_purchase_would_say(buyer, moderator):
    lead = make_lead()
    assert obstacle(professional=buyer, lead=lead, now=LATER) is None
    poor = make_pro()
    contract(poor)
    suspended = make_pro()
    suspend(professional=suspended, reason="…", decided_by=moderator, now=NOW)
    for professional in (poor, make_pro(), suspended):
        said = obstacle(professional=professional, lead=lead, now=LATER)
        assert said is not None
        assert (said.code, str(said)) == ((told := refused(professional, lead)).code, str(told))


def test_a_purchase_takes_few_statements(buyer):
    """At most twelve, whatever was bought before; begin and commit are counted elsewhere."""
    buy(buyer, 2, now=NOW)
    lead = make_lead()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        buy_contact(professional=buyer, lead=lead, price_seen_cents=PRICE, now=LATER)
    statements = [query["sql"] for query in captured if not re.search("SAVEPOINT|BEGIN|COMMIT", query["sql"])]
    assert len(statements) <= 12, "\n".join(statements)

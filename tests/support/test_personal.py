"""What the desk tells a person that it keeps about them, and what is left when they are erased (X5)."""

import pytest

from base.erased import ERASED
from base.registry import personal_data
from mail.models import OutgoingMail
from profiles.closing import close_account
from support import personal
from support.models import Agreement, Client, ClientPerson
from support.offers import decline_offer, send_offer
from support.quotes import accept_quote, decline_quote, withdraw_quote
from tests.making import make_user
from tests.support.making import NOW, rome, sent
from tests.support.test_offers import draft

LATER = rome("2026-11-10 12:00")


@pytest.fixture
def signed(studio, anna, consultant):
    return accept_quote(quote=sent(studio, consultant), by=anna, price_seen_cents=250_000, now=LATER)


def test_the_desk_is_asked_like_everybody():
    assert personal.erase in [each.erase for each in personal_data]


def test_they_read_for_whom_they_speak_and_what_they_signed(studio, anna, signed, stranger):
    assert list(personal.shown(anna)) == [
        ("Speaks for Studio Bianchi", "Studio Bianchi · anna@example.com · asks, follows and signs"),
        ("Signed agreement A-2026-000001", "Website · Nov. 10, 2026"),
    ]
    assert list(personal.shown(stranger)) == []


def test_whoever_alone_signs_is_told_what_that_means(studio, anna):
    assert "Nobody but you signs for Studio Bianchi" in next(iter(personal.warnings(anna, LATER)))
    ClientPerson.objects.create(
        client=studio, name="Bruno", email="bruno@example.com", role=ClientPerson.Role.SIGNS
    )
    assert list(personal.warnings(anna, LATER)) == []


def test_a_closed_account_leaves_the_agreement_without_the_person(studio, anna, signed):
    close_account(user=anna, now=LATER)
    person = studio.people.get()
    assert (person.name, str(person.phone), person.ended_on) == (ERASED, "", LATER.date())
    assert "anna" not in person.email
    assert set(person.history.values_list("name", flat=True)) == {ERASED}
    assert not person.history.filter(email__icontains="anna").exists()
    assert Agreement.objects.get().signed_by == ERASED
    assert not Client.objects.visible_to(make_user("other@example.com")).exists()


def test_why_they_declined_is_told_and_goes_with_them(studio, agreement, anna, consultant):
    quote = decline_quote(quote=sent(studio, consultant), reason="My Rosa is ill.", by=anna, now=LATER)
    offer = decline_offer(
        offer=send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW),
        reason="Rosa again.",
        by=anna,
        now=LATER,
    )
    withdrawn = withdraw_quote(quote=sent(studio, consultant), reason="A mistake.", by=consultant, now=LATER)
    assert list(personal.shown(anna))[-2:] == [
        (f"Why they declined offer {offer.number}", "Rosa again."),
        (f"Why they declined quote {quote.number}", "My Rosa is ill."),
    ]
    letters = OutgoingMail.objects.filter(kind__in=("support/offer_declined", "support/quote_declined"))
    assert ["Rosa" in mail.text for mail in letters] == [True, True]
    close_account(user=anna, now=LATER)
    assert [offer.events.latest("pk").reason, quote.events.latest("pk").reason] == [ERASED] * 2
    assert list(letters.values_list("text", flat=True)) == ["", ""]
    personal.erase(consultant, LATER)
    assert withdrawn.events.latest("pk").reason == "A mistake."

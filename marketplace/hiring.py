"""What a homeowner says of whom they hired, on their own page (M1, G2)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.contacts import record_homeowner_word
from marketplace.errors import MarketplaceError
from marketplace.leads import close_lead
from marketplace.models import Contact, Lead

Word = Contact.Word
# What can be said of everybody at once; that one business was hired is said of that one.
OF_ALL = (Word.HIRED_OTHER, Word.HIRED_NOBODY, Word.UNDECIDED)


def say_who_was_hired(*, lead: Lead, hired: Contact | None, word: str, now: datetime) -> None:
    """Records on each contact of the request, returned ones too, what it means for that one, with its history.

    `hired`: the contact of the business that was hired; None: `word`, one of OF_ALL, holds for all. It can be said
    anew, and so corrected, until the request is withdrawn or anonymised. No professional ever learns of it (G2).
    Raises MarketplaceError: withdrawn, unknown_word.
    """
    if hired is None and word not in OF_ALL:
        raise MarketplaceError("unknown_word", _("Choose who was hired."), field="hired")
    with transaction.atomic():
        # Two tabs that say different things: the later one holds for all contacts, and nothing is mixed.
        fresh = Lead.objects.select_for_update(no_key=True, of=("self",)).get(pk=lead.pk)
        if not fresh.details_shown:
            raise MarketplaceError("withdrawn", _("You have withdrawn this request, so it stays as it is."))
        contacts = list(fresh.contacts.order_by("pk"))
        if hired is not None and hired not in contacts:
            raise MarketplaceError("unknown_word", _("Choose who was hired."), field="hired")
        for contact in contacts:
            said = word if hired is None else Word.HIRED_THEM if contact == hired else Word.HIRED_OTHER
            record_homeowner_word(contact=contact, word=said, by=None, now=now)


def close_job(*, lead: Lead, now: datetime) -> Lead:
    """The homeowner closes the job; who bought it is told. Already closed: changes nothing.

    What they say of whom they hired is no part of it: neither the mail nor the history could tell (G2).
    Raises MarketplaceError("wrong_state").
    """
    return close_lead(lead=lead, by=None, reason=_("Closed by the homeowner on their own page."), now=now)


def say_and_close(*, lead: Lead, hired: Contact | None, word: str, closes: bool, now: datetime) -> None:
    """What the form of the homeowner's page sends: who was hired, the end of the request, or both; all of it or
    nothing. Whoever closes need not say who was hired. Raises MarketplaceError, as both do.
    """
    with transaction.atomic():
        if hired or word or not closes:
            say_who_was_hired(lead=lead, hired=hired, word=word, now=now)
        if closes:
            close_job(lead=lead, now=now)


def what_was_said(contacts: list[Contact]) -> Contact | str:
    """What the homeowner said last: the contact of the business that they hired, one of OF_ALL, or nothing ("")."""
    said = [contact for contact in contacts if contact.homeowner_word_at is not None]
    for contact in said:
        if contact.homeowner_word == Word.HIRED_THEM:
            return contact
    of_all = [contact for contact in said if contact.homeowner_word in OF_ALL]
    if not of_all:
        return ""
    return max(of_all, key=lambda contact: (contact.homeowner_word_at, contact.pk)).homeowner_word

"""Calls and messages begun from a contact's page, and what became of each (G21, G22).

A press on "Call" is no call. It is written down as an attempt, which counts for nothing; only whoever pressed it can
say whether somebody answered, and that answer is the diary's entry, dated when the button was pressed. So a press
alone stops no clock, and one made by mistake never stood in the diary, to which is added and never edited (M6).
"""

from datetime import datetime, timedelta
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from base.days import marketplace_day, start_of_day
from marketplace.contacts import refuse_if_returned
from marketplace.diary import write_diary
from marketplace.errors import MarketplaceError
from marketplace.models import Attempt, Contact, DiaryEntry, Lead
from profiles.models import User

Way = Attempt.Way
Kind = DiaryEntry.Kind

# The same button again within this time is the same attempt: a double click, a page sent twice.
SAME_WITHIN = timedelta(minutes=1)
# Until then the pages ask what became of it; later, nobody remembers.
ASKED_FOR = timedelta(days=7)
ATTEMPTS_A_DAY = 30

# What can be said of an attempt, and the entry that it makes. None: it never came about.
ANSWERS: dict[str, dict[str, Kind | None]] = {
    Way.CALL: {"spoken": Kind.CALL, "no_answer": Kind.CALL_UNANSWERED, "not_done": None},
    Way.WHATSAPP: {"sent": Kind.MESSAGE, "not_done": None},
    Way.MAIL: {"sent": Kind.MAIL, "not_done": None},
}


def ways_to(lead: Lead, business: str) -> dict[str, str]:
    """The address that each way hands over to; what is written begins in the homeowner's language."""
    with translation.override(lead.language or settings.LANGUAGE_CODE):
        said = {"name": lead.homeowner_name, "business": business, "title": lead.title}
        subject = str(_("%(business)s, about “%(title)s”")) % said
        greeting = (
            str(
                _(
                    "Hello %(name)s, this is %(business)s. You asked on Quince about “%(title)s”. When would be a good "
                    "time to talk?"
                )
            )
            % said
        )
    digits = lead.homeowner_phone.as_e164.lstrip("+")
    mail = f"mailto:{quote(lead.homeowner_email)}?subject={quote(subject)}&body={quote(greeting)}"
    return {
        Way.CALL: lead.homeowner_phone.as_rfc3966,
        Way.WHATSAPP: f"https://wa.me/{digits}?text={quote(greeting)}",
        Way.MAIL: mail,
    }


def begin_attempt(*, contact: Contact, way: str, by: User | None, now: datetime) -> Attempt:
    """Writes down that a call or a message was begun; no clock stops by it (G21).

    Pressed twice within a minute it is one. Raises MarketplaceError: unknown_way, returned, out_of_reach,
    too_many_today.
    """
    if way not in Way.values:
        raise MarketplaceError("unknown_way", _("Choose whether to call or to write."))
    with transaction.atomic():
        fresh = Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.pk)
        refuse_if_returned(fresh)
        refuse_if_out_of_reach(fresh.lead)
        standing = fresh.attempts.filter(way=way, settled_at=None, begun_at__gt=now - SAME_WITHIN).last()
        if standing is not None:
            return standing
        midnight = start_of_day(marketplace_day(now))
        if fresh.attempts.filter(begun_at__gte=midnight).count() >= ATTEMPTS_A_DAY:
            raise MarketplaceError(
                "too_many_today",
                _("You have called or written %(number)d times today. Give them time to answer.")
                % {"number": ATTEMPTS_A_DAY},
            )
        return Attempt.objects.create(contact=fresh, way=way, begun_at=now, begun_by=by)


def settle_attempt(*, attempt: Attempt, answer: str, by: User | None, now: datetime) -> Attempt:
    """Says what became of an attempt. What came about is written in the diary, as having happened when the button
    was pressed; what did not leaves nothing there.

    The same answer sent again changes nothing. Raises MarketplaceError: unknown_answer, settled (otherwise), and what
    `write_diary` refuses; then the attempt stands as before.
    """
    with transaction.atomic():
        # The contact first, as everywhere: what is written in its diary stands in one line.
        Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=attempt.contact_id)
        fresh = Attempt.objects.select_for_update(no_key=True, of=("self",)).get(pk=attempt.pk)
        answers = ANSWERS[fresh.way]
        if answer not in answers:
            raise MarketplaceError("unknown_answer", _("Choose what became of it."))
        kind = answers[answer]
        if fresh.settled_at is not None:
            if (fresh.entry.kind if fresh.entry else None) == kind:
                return fresh
            raise MarketplaceError(
                "settled",
                _(
                    "You have said already what became of it. The diary is added to, never changed: write a note if "
                    "it was otherwise."
                ),
            )
        if kind is not None:
            fresh.entry = write_diary(
                contact=fresh.contact, kind=kind, happened_at=fresh.begun_at, text="", by=by, now=now
            )
        fresh.settled_at = now
        fresh.save(update_fields=["entry", "settled_at"])
        return fresh


def asked_about(now: datetime) -> Q:
    """Attempts of the last days of which nobody has said what became of them."""
    return Q(settled_at=None, begun_at__gt=now - ASKED_FOR)


def open_attempts(contact: Contact, now: datetime) -> list[Attempt]:
    """Those of the last days of which nobody has said what became of them, the latest first.

    None of a contact that was given back: nothing more is written about it, so nobody could answer.
    """
    if contact.returned_at is not None:
        return []
    asked = contact.attempts.filter(asked_about(now))
    return list(asked.order_by("-begun_at", "-id"))


def refuse_if_out_of_reach(lead: Lead) -> None:
    """Raises MarketplaceError("out_of_reach") where the homeowner has withdrawn, or nothing of them is left."""
    if not lead.details_shown:
        raise MarketplaceError(
            "out_of_reach",
            _("The homeowner has withdrawn this request. Please do not call or write to them any more."),
        )

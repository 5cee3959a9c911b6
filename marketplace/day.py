"""A professional's list of the day: what is overdue, what is to be done today, and how to find the rest (G22)."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from base.days import end_of_day, marketplace_day
from marketplace import attempts
from marketplace.first_contact import clock_of
from marketplace.models import Attempt, Contact, HomeownerQuestion, Step, in_reach
from profiles.models import Professional

# With a column more than the model has.
Contacts = QuerySet[Any]


def contacts_of(professional: Professional) -> Contacts:
    """Every contact of the business, each with `question_at`: since when its homeowner waits for an answer."""
    waiting = HomeownerQuestion.objects.waiting().filter(contact=OuterRef("pk")).order_by("asked_at")
    return (
        Contact.objects.filter(professional=professional)
        .select_related("lead")
        .annotate(question_at=Subquery(waiting.values("asked_at")[:1]))
    )


def overdue(contacts: Contacts, now: datetime) -> Contacts:
    """Homeowners who wait for an answer first, the longest waiting of them first; then the follow-ups that were due,
    the first 24 hours among them. A question is overdue whatever the outcome."""
    late = Q(outcome=Contact.Outcome.OPEN, next_step_due_at__lt=now)
    return contacts.filter(in_reach("lead"), late | Q(question_at__isnull=False), returned_at=None).order_by(
        F("question_at").asc(nulls_last=True), "next_step_due_at", "id"
    )


def due_today(contacts: Contacts, now: datetime) -> Contacts:
    """Not overdue, due by the end of the marketplace's day; and whoever was never called, for their 24 hours run."""
    tonight = end_of_day(marketplace_day(now))
    return contacts.filter(
        in_reach("lead"),
        Q(next_step_due_at__lt=tonight) | Q(first_contact_at=None),
        returned_at=None,
        outcome=Contact.Outcome.OPEN,
        next_step_due_at__gte=now,
        question_at=None,
    ).order_by("next_step_due_at", "id")


def line_of(contact: Contact, now: datetime) -> dict[str, Any]:
    """What a line of a list says of a contact made by `contacts_of`: the 24 hours, and what comes next."""
    reachable = contact.returned_at is None and contact.lead.details_shown
    return {
        "contact": contact,
        "lead": contact.lead,
        "clock": clock_of(contact, now),
        "reachable": reachable,
        "question_at": getattr(contact, "question_at", None) if reachable else None,
        "step": Step(contact.next_step).label if contact.next_step and reachable else "",
        "late": contact.next_step_due_at is not None and contact.next_step_due_at < now,
    }


def asked_about(contacts: list[Contact], now: datetime) -> dict[int, Attempt]:
    """Of each of these the latest call or message of which nobody has said yet what became of it, as
    `attempts.open_attempts` finds them; in one statement."""
    kept = [contact for contact in contacts if contact.returned_at is None]
    asked = Attempt.objects.filter(attempts.asked_about(now), contact__in=kept)
    return {attempt.contact_id: attempt for attempt in asked.order_by("begun_at", "id")}


@dataclass(frozen=True, slots=True)
class Found:
    ids: list[int]
    # More fitted than are shown.
    cut: bool


# More than anybody reads.
FOUND_AT_MOST = 200


def find(professional: Professional, text: str) -> Found:
    """The business's own contacts whose homeowner's name, title or town has every word of `text`, newest first.

    Without regard to case and accents, which neither database does alike. Compared here: a business has some
    hundreds of contacts, and a column for it would keep names in a second place (X5). What the business may no longer
    see finds nothing: once the homeowner has withdrawn, no name, and title and town as they are shown to strangers
    (M1, M5); once a request was anonymised, nothing.
    """
    words = _plain(text).split()
    rows = Contact.objects.filter(professional=professional, lead__anonymised_at=None)
    read = rows.order_by("-bought_at", "-id").values_list(
        "pk",
        "lead__withdrawn_at",
        "lead__homeowner_name",
        "lead__title",
        "lead__town",
        "lead__title_masked",
        "lead__town_masked",
    )
    found = [
        pk
        for pk, withdrawn_at, name, title, town, title_masked, town_masked in read.iterator(chunk_size=2000)
        if _fits(
            words,
            f"{title_masked or title} {town_masked or town}" if withdrawn_at else f"{title} {town} {name}",
        )
    ]
    return Found(found[:FOUND_AT_MOST], len(found) > FOUND_AT_MOST)


def _fits(words: list[str], text: str) -> bool:
    plain = _plain(text)
    return all(word in plain for word in words)


def _plain(text: str) -> str:
    """Lower case, without accents."""
    return "".join(
        character
        for character in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(character)
    )

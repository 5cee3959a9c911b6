"""The written summary of what was agreed: begun from the diary, finished by the professional, sent by us (G22)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from base.days import marketplace_day, start_of_day
from mail import outbox
from marketplace.attempts import refuse_if_out_of_reach
from marketplace.contacts import refuse_if_returned
from marketplace.diary import write_diary
from marketplace.errors import MarketplaceError
from marketplace.models import Contact, DiaryEntry, SummaryMail
from marketplace.written import refuse_too_long
from profiles.models import Professional, User
from profiles.plain_text import length_as_read, many_lines, one_line

Kind = DiaryEntry.Kind
KIND_OF_MAIL = "marketplace/summary"

SUMMARIES_A_DAY = 3
SUBJECT_AT_MOST = 150
TEXT_AT_LEAST, TEXT_AT_MOST = 40, 3000
# A summary says what two people agreed: they have to have spoken.
SPOKEN = (Kind.CALL, Kind.VISIT, Kind.INCOMING)
# Notes from which it begins; older ones were about something else.
NOTES = 4


@dataclass(frozen=True, slots=True)
class Draft:
    subject: str
    text: str


def draft_summary(contact: Contact, diary: Sequence[DiaryEntry], business: str) -> Draft:
    """The frame of a summary in the homeowner's language, with the latest notes of the diary in it.

    `diary`: all of the contact's entries, by when they happened. Nothing is sent of it before it was edited.
    """
    lead = contact.lead
    notes = [entry.text for entry in diary if entry.text.strip() and not hasattr(entry, "summary")][-NOTES:]
    points = [line.strip(" -•*\t") for note in notes for line in note.splitlines() if line.strip(" -•*\t")]
    agreed = "\n".join(f"- {point}" for point in points) if points else "- \n- "
    with translation.override(lead.language or settings.LANGUAGE_CODE):
        subject = gettext("%(business)s: what we agreed about “%(title)s”") % {
            "business": business,
            "title": lead.masked_title,
        }
        text = gettext(
            "Hello %(name)s,\n\nThank you for your time. This is what we agreed:\n\n%(agreed)s\n\n"
            "What happens next, and when:\n\n- \n\nIf I have forgotten anything, please tell me.\n\n%(business)s"
        ) % {"name": lead.homeowner_name, "agreed": agreed, "business": business}
    return Draft(one_line(subject)[:SUBJECT_AT_MOST], text[:TEXT_AT_MOST])


def has_spoken(diary: Sequence[DiaryEntry]) -> bool:
    return any(entry.kind in SPOKEN for entry in diary)


def obstacle(*, contact: Contact, now: datetime) -> MarketplaceError | None:
    """Why no summary can be sent to this contact's homeowner now; None: it can."""
    try:
        refuse_if_returned(contact)
        refuse_if_out_of_reach(contact.lead)
    except MarketplaceError as refusal:
        return refusal
    if not contact.diary.filter(kind__in=SPOKEN).exists():
        return MarketplaceError(
            "nothing_agreed",
            _(
                "A summary says what you agreed, and no talk is written in the diary yet. Speak to the homeowner, "
                "write it down, and then send it."
            ),
        )
    midnight = start_of_day(marketplace_day(now))
    today = SummaryMail.objects.filter(entry__contact=contact, entry__written_at__gte=midnight).count()
    if today >= SUMMARIES_A_DAY:
        return MarketplaceError(
            "too_many_today",
            ngettext(
                "You have sent %(number)d summary to this homeowner today. Call them, or go on tomorrow.",
                "You have sent %(number)d summaries to this homeowner today. Call them, or go on tomorrow.",
                SUMMARIES_A_DAY,
            )
            % {"number": SUMMARIES_A_DAY},
        )
    return None


def send_summary(
    *, contact: Contact, key: uuid.UUID, subject: str, text: str, by: User, now: datetime
) -> DiaryEntry:
    """Sends the summary as it was edited, from our address and with replies to the business's owner, and writes it
    in the diary, whole, in the same transaction (G22, X3).

    Web addresses in it stay: the homeowner asked to be written to, and quotes are links. `key` was made with the
    form: the same form sent twice sends one mail. Raises MarketplaceError: returned, out_of_reach, nothing_agreed,
    too_many_today, other_form, subject_missing, too_short, too_long, unfinished, and what `write_diary` refuses.
    """
    subject, text = _read(subject, text)
    with transaction.atomic():
        fresh = Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.pk)
        sent = SummaryMail.objects.filter(public_id=key).select_related("entry").first()
        if sent is not None:
            if sent.entry.contact_id != fresh.pk:
                raise MarketplaceError(
                    "other_form",
                    _(
                        "This form was sent for another contact. Open the summary anew from the contact's page."
                    ),
                )
            return sent.entry
        refusal = obstacle(contact=fresh, now=now)
        if refusal:
            raise refusal
        entry = write_diary(
            contact=fresh, kind=Kind.MAIL, happened_at=now, text=f"{subject}\n\n{text}", by=by, now=now
        )
        SummaryMail.objects.create(public_id=key, entry=entry)
        _post(fresh, key, subject, text, now)
        return entry


def _post(contact: Contact, key: uuid.UUID, subject: str, text: str, now: datetime) -> None:
    lead = contact.lead
    professional = Professional.objects.select_related("owner").get(pk=contact.professional_id)
    outbox.write(
        kind=KIND_OF_MAIL,
        cause=f"summary:{key}",
        to=lead.homeowner_email,
        language=lead.language,
        context={"subject": subject, "text": text, "business": professional.name},
        reply_to=professional.owner.email,
        now=now,
    )


def _read(subject: str, text: str) -> tuple[str, str]:
    subject, text = one_line(subject), many_lines(text)
    if not length_as_read(subject):
        raise MarketplaceError("subject_missing", _("Write what it is about."), field="subject")
    for field, written, most in (("subject", subject, SUBJECT_AT_MOST), ("text", text, TEXT_AT_MOST)):
        refuse_too_long(written, field=field, most=most)
    if length_as_read(text) < TEXT_AT_LEAST:
        raise MarketplaceError(
            "too_short", _("Write in a sentence or two what you agreed and what happens next."), field="text"
        )
    if any(line.strip() in ("-", "•", "*") for line in text.splitlines()):
        raise MarketplaceError(
            "unfinished",
            _("A line still has nothing behind its dash. Fill it in, or take the line out."),
            field="text",
        )
    return subject, text

"""What a homeowner asks a business that bought their request, and its answer (G22)."""

from datetime import datetime

from django.db import transaction
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from base import links
from base.days import marketplace_day, start_of_day
from mail import outbox
from marketplace.diary import write_diary
from marketplace.errors import MarketplaceError
from marketplace.homeowners import page_of
from marketplace.models import Contact, DiaryEntry, HomeownerQuestion, Lead
from marketplace.written import refuse_too_long
from profiles.models import User
from profiles.plain_text import length_as_read, many_lines, one_line

# More than anybody asks one business in good faith: nobody is buried in questions through the product.
QUESTIONS_A_DAY = 5
QUESTIONS_OF_A_CONTACT = 50
TEXT_AT_MOST = 2000  # characters
# What of a text stands in its mail; the whole is on the page.
WORDS_IN_MAIL = 120

# Whatever the diary holds already, an answer is given: it stands with its question.
_DIARY_IS_FULL = ("too_many_today", "diary_full")


def ask_question(*, contact: Contact, text: str, now: datetime) -> HomeownerQuestion:
    """Asks the business that bought `contact`, which is told by mail; until it answers, that is an overdue follow-up.

    The same question sent twice is one: while it waits, and for the rest of the local day.
    Raises MarketplaceError: question_missing, question_too_long, withdrawn, returned, closed, too_many_today,
    too_many_questions.
    """
    text = _read(text, field="text")
    with transaction.atomic():
        lead, contact = _lock(contact)
        _refuse_unless_shown(lead)
        if contact.returned_at is not None:
            raise MarketplaceError(
                "returned", _("This business has returned your request, so it does not answer any more.")
            )
        if contact.professional.closed_at is not None:
            raise MarketplaceError(
                "closed", _("This business has closed its account, so it does not answer any more.")
            )
        midnight = start_of_day(marketplace_day(now))
        for asked in contact.questions.filter(text=text):
            if asked.answered_at is None or asked.asked_at >= midnight:
                return asked
        if contact.questions.filter(asked_at__gte=midnight).count() >= QUESTIONS_A_DAY:
            raise MarketplaceError(
                "too_many_today",
                _("You have asked this business %(number)d questions today. Go on tomorrow, or call them.")
                % {"number": QUESTIONS_A_DAY},
                field="text",
            )
        if contact.questions.count() >= QUESTIONS_OF_A_CONTACT:
            raise MarketplaceError(
                "too_many_questions",
                _("You have asked this business %(number)d questions. Please call them instead.")
                % {"number": QUESTIONS_OF_A_CONTACT},
                field="text",
            )
        question = HomeownerQuestion.objects.create(contact=contact, text=text, asked_at=now)
        owner = contact.professional.owner
        outbox.write(
            kind="marketplace/question_asked",
            cause=f"question:{question.public_id}",
            to=owner.email,
            language=owner.language,
            context={
                "business": contact.professional.name,
                "title": lead.masked_title,
                "question": _in_mail(text),
                "contact_url": links.absolute("marketplace:contact", public_id=contact.public_id)
                + "#questions",
            },
            now=now,
        )
        return question


def answer_question(*, question: HomeownerQuestion, text: str, by: User, now: datetime) -> HomeownerQuestion:
    """Answers a homeowner's question, once, and tells them by mail. The same answer sent twice is one.

    It is a message to the homeowner, so it stands in the diary as one that happened now (G21). A diary that holds as
    many entries as it may keeps no answer back: then the answer stands with its question alone.
    Raises MarketplaceError: answer_missing, answer_too_long, answered, withdrawn, returned.
    """
    text = _read(text, field="answer")
    with transaction.atomic():
        lead, contact = _lock(question.contact)
        fresh = HomeownerQuestion.objects.select_for_update(no_key=True, of=("self",)).get(pk=question.pk)
        if fresh.answered_at is not None:
            if fresh.answer == text:
                return fresh
            raise MarketplaceError(
                "answered",
                _("This question has been answered already. Your text was not sent."),
                field="answer",
            )
        _refuse_unless_shown(lead)
        try:
            write_diary(
                contact=contact, kind=DiaryEntry.Kind.MESSAGE, happened_at=now, text=text, by=by, now=now
            )
        except MarketplaceError as refusal:
            if refusal.code not in _DIARY_IS_FULL:
                raise
        fresh.answer, fresh.answered_at, fresh.answered_by = text, now, by
        fresh.save(update_fields=["answer", "answered_at", "answered_by"])
        outbox.write(
            kind="marketplace/question_answered",
            cause=f"question:{fresh.public_id}",
            to=lead.homeowner_email,
            language=lead.language,
            context={
                "name": lead.homeowner_name,
                "business": contact.professional.name,
                "title": lead.masked_title,
                "answer": _in_mail(text),
                "page_url": page_of(lead),
            },
            now=now,
        )
        return fresh


def _lock(contact: Contact) -> tuple[Lead, Contact]:
    """The request before the contact: a withdrawal at the same moment comes before or after, never between."""
    lead = Lead.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.lead_id)
    contact = (
        Contact.objects.select_for_update(no_key=True, of=("self",))
        .select_related("professional__owner")
        .get(pk=contact.pk)
    )
    return lead, contact


def _refuse_unless_shown(lead: Lead) -> None:
    if not lead.details_shown:
        raise MarketplaceError(
            "withdrawn", _("This request was withdrawn, so nobody can write about it any more.")
        )


def _read(text: str, *, field: str) -> str:
    """`text` without controls, trimmed; `field` also says whose words are missing or too many."""
    name = "answer" if field == "answer" else "question"
    read = many_lines(text)
    if length_as_read(read) == 0:
        raise MarketplaceError(f"{name}_missing", _("Please write something here."), field=field)
    refuse_too_long(read, field=field, most=TEXT_AT_MOST, code=f"{name}_too_long")
    return read


def _in_mail(text: str) -> str:
    """On one line: what somebody else wrote makes no paragraph of ours, and no button."""
    return str(Truncator(one_line(text)).words(WORDS_IN_MAIL))

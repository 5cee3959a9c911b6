"""Which data is held about a homeowner, as they can read it (X5)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.money import money
from base.registry import homeowner_data
from mail.models import IncomingMail
from marketplace.homeowner_mails import from_homeowner, to_homeowner
from marketplace.models import Contact, Lead, Review
from marketplace.seen import looks_at
from marketplace.senders import all_blocks_of


@dataclass(frozen=True, slots=True)
class Held:
    """A part of what is held: what it is called, and each thing of it with what it is."""

    title: str
    rows: tuple[tuple[str, str], ...]


def held_about(lead: Lead) -> list[Held]:
    """What is held about who made this request, in the reader's language.

    What others wrote for themselves is not shown: the diary that a business keeps is counted; what it explains when it
    gives the contact back or claims the guarantee, and what staff noted while deciding, is left out. As many queries
    for one buyer as for thirty.
    """
    contacts = list(
        lead.contacts.select_related("professional")
        .prefetch_related("questions", "word_events", "review_requests__review", "diary")
        .order_by("bought_at", "pk")
    )
    parts = (
        (_("Who you are"), _person(lead)),
        (_("What you asked for"), _request(lead)),
        (_("What became of it"), _events(lead)),
        (_("Who has your details"), _buyers(contacts)),
        (_("Who has seen your details"), _looks(lead)),
        (_("What you wrote to them, and their answers"), _questions(contacts)),
        (_("What you told us about who was hired"), _words(contacts)),
        (_("Reviews"), _reviews(contacts)),
        (_("Mails that we wrote to you"), _mails(lead)),
        (_("Mails that you wrote to us"), _written(lead)),
        (_("What you have been blocked for"), _blocks(lead)),
    )
    above = [(str(each.title), each.shown(lead)) for each in homeowner_data]
    held = [Held(title, tuple(rows)) for title, rows in (*parts, *above)]
    return [part for part in held if part.rows]


def _moment(moment: datetime | None) -> str:
    return date_format(localtime(moment), "DATETIME_FORMAT") if moment else _("no")


def _person(lead: Lead) -> Iterator[tuple[str, str]]:
    yield _("Name"), lead.homeowner_name
    yield _("E-mail"), lead.homeowner_email
    yield _("E-mail confirmed"), _moment(lead.email_verified_at)
    yield _("Telephone"), lead.homeowner_phone.as_international
    yield _("Telephone verified"), _moment(lead.phone_verified_at)
    yield _("Language"), str(lead.get_language_display())


def _request(lead: Lead) -> Iterator[tuple[str, str]]:
    yield _("What is wanted"), lead.title
    yield _("Description"), lead.description
    yield _("Category"), str(lead.category)
    yield _("Where"), f"{lead.town}, {lead.province}"
    yield _("Size"), str(lead.get_size_display())
    yield _("When"), str(lead.get_timing_display())
    yield _("Budget"), money(lead.budget_cents) if lead.budget_cents else _("Not said")
    yield _("Asked on"), _moment(lead.created_at)
    for photo in lead.photos.all():
        yield (
            _("Photo"),
            _("%(width)d × %(height)d pixels, sent on %(moment)s")
            % {"width": photo.width, "height": photo.height, "moment": _moment(photo.uploaded_at)},
        )


def _events(lead: Lead) -> Iterator[tuple[str, str]]:
    for event in lead.events.all():
        yield _moment(event.at), event.label


def _buyers(contacts: Iterable[Contact]) -> Iterator[tuple[str, str]]:
    for contact in contacts:
        said = _("since %(moment)s") % {"moment": _moment(contact.bought_at)}
        number = len(contact.diary.all())
        if number:
            said += ". " + ngettext(
                "It has written %(number)d entry about your request in its own diary.",
                "It has written %(number)d entries about your request in its own diary.",
                number,
            ) % {"number": number}
        yield contact.professional.known_as, said


def _looks(lead: Lead) -> Iterator[tuple[str, str]]:
    for look in looks_at(lead):
        yield date_format(look.day, "DATE_FORMAT"), look.who


def _questions(contacts: Iterable[Contact]) -> Iterator[tuple[str, str]]:
    for contact in contacts:
        for question in contact.questions.all():
            yield (
                _("To %(business)s, %(moment)s")
                % {"business": contact.professional.known_as, "moment": _moment(question.asked_at)},
                question.text,
            )
            if question.answered_at:
                yield (
                    _("From %(business)s, %(moment)s")
                    % {"business": contact.professional.known_as, "moment": _moment(question.answered_at)},
                    question.answer,
                )


def _words(contacts: Iterable[Contact]) -> Iterator[tuple[str, str]]:
    for contact in contacts:
        for event in contact.word_events.all():
            yield (
                _("About %(business)s, %(moment)s")
                % {"business": contact.professional.known_as, "moment": _moment(event.at)},
                str(Contact.Word(event.to_state).label),
            )


def _reviews(contacts: Iterable[Contact]) -> Iterator[tuple[str, str]]:
    for contact in contacts:
        for asked in contact.review_requests.all():
            business = {"business": contact.professional.known_as}
            if asked.origin == asked.Origin.ASKED:
                yield _("%(business)s asked you for one") % business, _moment(asked.sent_at)
            review: Review | None = getattr(asked, "review", None)
            if review is None:
                continue
            yield (
                _("Your review of %(business)s") % business,
                _("%(stars)d of 5, signed “%(name)s”, %(state)s") % {
                    "stars": review.handling, "name": review.author_name, "state": review.get_state_display(),
                },
            )  # fmt: skip
            if review.workmanship is not None:
                yield _("How good is the work?"), _("%(stars)d of 5") % {"stars": review.workmanship}
            yield _("In your words"), review.text
            if review.why_not_shown:
                yield _("Why it is not shown"), review.why_not_shown


def _mails(lead: Lead) -> Iterator[tuple[str, str]]:
    """Those about this request; their texts are cleared 30 days after they were sent (M5)."""
    mails = to_homeowner(lead).order_by("written_at", "pk")
    for written_at, subject in mails.values_list("written_at", "subject"):
        yield _moment(written_at), subject


def _written(lead: Lead) -> Iterator[tuple[str, str]]:
    """Not what failed the check of its sender: somebody else may have written it."""
    mails = from_homeowner(lead).exclude(authentication=IncomingMail.Authentication.FAILED)
    for mail in mails.order_by("received_at", "pk"):
        yield _moment(mail.received_at), "\n\n".join(filter(None, (mail.subject, mail.whole_text))) or "–"


def _blocks(lead: Lead) -> Iterator[tuple[str, str]]:
    """Of the address or the telephone, whatever request they were blocked for (M2); of the telephone where we know that
    it is theirs: anybody can write somebody else's number into the form."""
    for block in all_blocks_of(lead):
        if block.phone and lead.phone_verified_at is None:
            continue
        told = {
            "moment": _moment(block.blocked_at),
            "until": _moment(block.lifted_at),
            "reason": block.reason,
        }
        if block.lifted_at is None:
            said = _(
                "Since %(moment)s we look twice at requests that come from it: “%(reason)s” As long as that stands we "
                "keep it, also when your data is erased, for it protects others from abuse."
            )
        else:
            said = _("From %(moment)s to %(until)s: “%(reason)s”")
        yield str(block.sender), said % told

"""What speaks against a review, each with its reason, for the moderator to weigh: never a score, never a refusal (G8).

What is certain (the own account, address or browser) is `Review.own_hand`, and no signal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import regex
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.days import marketplace_day
from marketplace.models import Contact, Review, ReviewRequest
from profiles.networks import works_from

# Nobody reads the mail, opens the link and writes a review of a business so fast.
WRITTEN_AT_ONCE = timedelta(minutes=2)
# Words in which people speak of work that is done, where nobody was hired.
_WORK_DONE = regex.compile(
    r"\b(?:terminaron|acabaron|terminad[oa]s?|qued(?:ó|aron)|hicieron (?:el|un) (?:trabajo|obra)|la obra (?:quedó|está)"
    r"|(?:muy )?buen trabajo|instalaron|pintaron|repararon|remodelaron|arreglaron|colocaron"
    r"|finished|completed|installed|repaired|painted|fixed|remodel+ed"
    r"|the (?:work|job) (?:is|was) (?:done|great|perfect)"
    r"|finito|completat[oa]|installat[oa]|riparat[oa]|dipint[oa]|lavoro (?:finito|perfetto|ben fatto)|hanno fatto)\b",
    regex.IGNORECASE,
)
_LETTERS = regex.compile(r"[^\p{L}\p{N}]+")


@dataclass(frozen=True, slots=True)
class Signal:
    """`code` for programs; `sentence` says what was seen."""

    code: str
    sentence: str


def signals_of(review: Review) -> list[Signal]:
    """Everything that was noticed, in one order. `review` has its professional, request and contact's lead."""
    return [signal for look in _LOOKS for signal in look(review)]


def _same_network(review: Review) -> list[Signal]:
    if not works_from(review.professional, review.network, marketplace_day(review.written_at)):
        return []
    return [Signal("same_network", _("It was written on a network on which the business works too."))]


def _network_of_others(review: Review) -> list[Signal]:
    if not review.network:
        return []
    others = Review.objects.filter(network=review.network, professional=review.professional_id)
    number = others.exclude(pk=review.pk).exclude(author_key=review.author_key).count()
    if not number:
        return []
    return [
        Signal(
            "network_of_others",
            ngettext(
                "%(number)d other review of this business, by another person, was written on the same network.",
                "%(number)d other reviews of this business, by other people, were written on the same network.",
                number,
            )
            % {"number": number},
        )
    ]


def _same_phone(review: Review) -> list[Signal]:
    contact, phone = review.contact, review.professional.phone
    if contact is None or not phone or contact.lead.homeowner_phone != phone:
        return []
    return [Signal("same_phone", _("The homeowner's telephone is that of the business."))]


def _also_homeowner(review: Review) -> list[Signal]:
    if review.contact_id is not None:
        return []
    theirs = Contact.objects.filter(
        professional=review.professional_id, lead__homeowner_key=review.author_key
    ).select_related("lead")
    return [
        Signal(
            "also_homeowner",
            _("The same address asked for “%(title)s”, which this business bought.")
            % {"title": contact.lead.masked_title},
        )
        for contact in theirs
    ]


def _work_without_a_job(review: Review) -> list[Signal]:
    contact = review.contact
    if contact is None or contact.outcome == Contact.Outcome.WON or not _WORK_DONE.search(review.text):
        return []
    return [
        Signal("work_without_a_job", _("It speaks of finished work, and the contact is not marked as won."))
    ]


def _same_words(review: Review) -> list[Signal]:
    words = _bare(review.text)
    others = Review.objects.filter(professional=review.professional_id).exclude(pk=review.pk)
    number = sum(_bare(text) == words for text in others.values_list("text", flat=True))
    if not number:
        return []
    return [
        Signal(
            "same_words",
            ngettext(
                "%(number)d other review of this business says the same, word for word.",
                "%(number)d other reviews of this business say the same, word for word.",
                number,
            )
            % {"number": number},
        )
    ]


def _at_once(review: Review) -> list[Signal]:
    # Who writes from their own page was sent nothing first.
    on_own_page = review.request.origin == ReviewRequest.Origin.OWN_PAGE
    if on_own_page or review.written_at - review.request.sent_at > WRITTEN_AT_ONCE:
        return []
    return [Signal("at_once", _("It was written within two minutes of the link being sent."))]


def _bare(text: str) -> str:
    return _LETTERS.sub(" ", text).casefold().strip()


_LOOKS: tuple[Callable[[Review], list[Signal]], ...] = (
    _same_network,
    _network_of_others,
    _same_phone,
    _also_homeowner,
    _work_without_a_job,
    _same_words,
    _at_once,
)

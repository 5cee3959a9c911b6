"""What speaks against a review, each with its reason, for the moderator to weigh: never a score, never a refusal (G8).

What is certain (the own account, address or browser) is `Review.own_hand`, and no signal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import regex
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.days import marketplace_day
from marketplace.models import Contact, ContactEvent, Review, ReviewRequest
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
# Copies are written one after the other: of a business with thousands of reviews the newest are compared.
_COMPARED = 200
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
    if contact is None or contact.outcome == Contact.Outcome.WON:
        return []
    if review.workmanship is None and not _WORK_DONE.search(review.text):
        return []
    return [
        Signal("work_without_a_job", _("It speaks of finished work, and the contact is not marked as won."))
    ]


def _won_taken_back(review: Review) -> list[Signal]:
    if review.contact is None or not won_taken_back(Review.objects.filter(pk=review.pk)).exists():
        return []
    return [
        Signal(
            "won_taken_back",
            _(
                "The contact was marked as won, and that was taken back after this review was written, as somebody does"
                " who tries out what the review then shows."
            ),
        )
    ]


def won_taken_back(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """Of these reviews, those of contacts whose “won” the professional took back after they were written.

    Stars for workmanship are shown while the contact is won (G2). They say nothing of the homeowner's private word,
    which is not asked when they are shown or hidden; but who looks for it there is known by this.
    """
    taken_back = ContactEvent.objects.filter(
        contact=OuterRef("contact"), from_state=Contact.Outcome.WON, at__gte=OuterRef("written_at")
    )
    return reviews.filter(Exists(taken_back))


def _same_words(review: Review) -> list[Signal]:
    words = _bare(review.text)
    others = Review.objects.filter(professional=review.professional_id).exclude(pk=review.pk)
    newest = others.order_by("-written_at", "-pk").values_list("text", flat=True)[:_COMPARED]
    number = sum(_bare(text) == words for text in newest.iterator())
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
    _won_taken_back,
    _same_words,
    _at_once,
)

"""What speaks against a review, each with its reason, for the moderator to weigh: never a score, never a refusal (G8).

What is certain (the own account, address or browser) is `Review.own_hand`, and no signal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import regex
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.days import marketplace_day
from marketplace.models import Contact, ContactEvent, Review, ReviewRequest
from marketplace.reviews.people import own_keys
from profiles.networks import KEPT, last_seen_on
from profiles.plain_text import bare

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


@dataclass(frozen=True, slots=True)
class Signal:
    """`code` for programs; `sentence` says what was seen."""

    code: str
    sentence: str


def signals_of(review: Review) -> list[Signal]:
    """Everything that was noticed, in one order. `review` has its professional, request and contact's lead."""
    return signals_of_each([review])[review.pk]


def signals_of_each(reviews: Sequence[Review]) -> dict[int, list[Signal]]:
    """The same of several reviews of one business, by their ids: as many queries for one as for fifteen."""
    if not reviews:
        return {}
    beside = _Beside(reviews)
    return {review.pk: [signal for look in _LOOKS for signal in look(review, beside)] for review in reviews}


class _Beside:
    """What stands beside some reviews of one business: each read once, for all of them."""

    def __init__(self, reviews: Sequence[Review]) -> None:
        self._reviews = reviews
        self._professional = reviews[0].professional

    @cached_property
    def own_keys(self) -> set[str]:
        return own_keys(self._professional)

    @cached_property
    def last_seen_on(self) -> dict[str, date]:
        return last_seen_on(self._professional, {review.network for review in self._reviews})

    @cached_property
    def on_networks(self) -> list[tuple[int, str, str]]:
        """Of the business's reviews, those from one of the same networks: id, network, author."""
        networks = {review.network for review in self._reviews if review.network}
        found = Review.objects.filter(network__in=networks, professional=self._professional)
        return list(found.values_list("pk", "network", "author_key"))

    @cached_property
    def bought_of_authors(self) -> list[Contact]:
        authors = {review.author_key for review in self._reviews if review.contact_id is None}
        found = Contact.objects.filter(professional=self._professional, lead__homeowner_key__in=authors)
        return list(found.select_related("lead"))

    @cached_property
    def taken_back(self) -> set[int]:
        of_these = Review.objects.filter(pk__in=[review.pk for review in self._reviews])
        return set(won_taken_back(of_these).values_list("pk", flat=True))

    @cached_property
    def newest_words(self) -> list[tuple[int, str]]:
        # One more than is compared, for each is compared with the others.
        newest = Review.objects.filter(professional=self._professional).order_by("-written_at", "-pk")
        rows = newest.values_list("pk", "text")[: _COMPARED + 1]
        return [(pk, bare(text)) for pk, text in rows.iterator()]


def _same_mail(review: Review, beside: _Beside) -> list[Signal]:
    """What was known when it was written is `Review.own_hand`; who wrote it may have joined the business since."""
    if review.own_hand or review.author_key not in beside.own_keys:
        return []
    return [
        Signal(
            "same_mail",
            _(
                "Its author has the e-mail of somebody who works or worked for the business, or of its invoices."
            ),
        )
    ]


def _same_network(review: Review, beside: _Beside) -> list[Signal]:
    last_seen_on = beside.last_seen_on.get(review.network)
    if last_seen_on is None or last_seen_on < marketplace_day(review.written_at) - KEPT:
        return []
    return [Signal("same_network", _("It was written on a network on which the business works too."))]


def _network_of_others(review: Review, beside: _Beside) -> list[Signal]:
    number = sum(
        network == review.network and author != review.author_key
        for _pk, network, author in beside.on_networks
    )
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


def _same_phone(review: Review, beside: _Beside) -> list[Signal]:
    contact, phone = review.contact, review.professional.phone
    if contact is None or not phone or contact.lead.homeowner_phone != phone:
        return []
    return [Signal("same_phone", _("The homeowner's telephone is that of the business."))]


def _also_homeowner(review: Review, beside: _Beside) -> list[Signal]:
    if review.contact_id is not None:
        return []
    return [
        Signal(
            "also_homeowner",
            _("The same address asked for “%(title)s”, which this business bought.")
            % {"title": contact.lead.masked_title},
        )
        for contact in beside.bought_of_authors
        if contact.lead.homeowner_key == review.author_key
    ]


def _work_without_a_job(review: Review, beside: _Beside) -> list[Signal]:
    contact = review.contact
    if contact is None or contact.outcome == Contact.Outcome.WON:
        return []
    if review.workmanship is None and not _WORK_DONE.search(review.text):
        return []
    return [
        Signal("work_without_a_job", _("It speaks of finished work, and the contact is not marked as won."))
    ]


def _won_taken_back(review: Review, beside: _Beside) -> list[Signal]:
    if review.contact is None or review.pk not in beside.taken_back:
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


def _same_words(review: Review, beside: _Beside) -> list[Signal]:
    words = bare(review.text)
    others = [others for pk, others in beside.newest_words if pk != review.pk][:_COMPARED]
    number = others.count(words) if words else 0
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


def _at_once(review: Review, beside: _Beside) -> list[Signal]:
    # Who writes from their own page was sent nothing first.
    on_own_page = review.request.origin == ReviewRequest.Origin.OWN_PAGE
    if on_own_page or review.written_at - review.request.sent_at > WRITTEN_AT_ONCE:
        return []
    return [Signal("at_once", _("It was written within two minutes of the link being sent."))]


_LOOKS: tuple[Callable[[Review, _Beside], list[Signal]], ...] = (
    _same_mail,
    _same_network,
    _network_of_others,
    _same_phone,
    _also_homeowner,
    _work_without_a_job,
    _won_taken_back,
    _same_words,
    _at_once,
)

"""What is noticed about a claim: loaded in as many queries for one contact as for fifteen, judged by
`claim_signals`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from base.days import marketplace_day
from billing.customers import same_payer
from guarantees.claim_signals import (
    OF_HOMEOWNERS,
    ClaimSeen,
    ContactSeen,
    Copy,
    DiaryLine,
    Homeowner,
    Photos,
    ReviewSign,
    Shared,
    Signal,
    signals_of,
)
from guarantees.contradictions import SEES_WORD
from guarantees.copies import copies_of
from guarantees.models import Claim, ClaimItem, GuaranteeTerms, HomeownerSurvey
from guarantees.snapshots import thaw
from marketplace.first_contact import ClockState, clock_of
from marketplace.models import Contact, DiaryEntry, Review
from marketplace.reviews import signals_of_each
from profiles.businesses import may_be_same
from profiles.models import Photo, Professional
from profiles.plain_text import bare

# Reviews of earlier clients: two are asked for, and a business may have hundreds. The newest at submission.
EARLIER_AT_MOST = 20


def noticed(claim: Claim, now: datetime) -> list[Signal]:
    """All signals of a submitted claim, with what only some may see: a page shows what `seen_by` lets through."""
    return signals_of(seen_of(claim, now))


def seen_by(user: Any, signals: Iterable[Signal]) -> list[Signal]:
    """Of these signals, those that `user` may see: what homeowners said with its permission (G2), and nothing of
    another business that is their own."""
    shown = list(signals)
    if not user.has_perm(SEES_WORD):
        shown = [signal for signal in shown if signal.code not in OF_HOMEOWNERS]
    if any(_business_of(signal) for signal in shown):
        own = set(Professional.objects.visible_to(user).values_list("pk", flat=True))
        shown = [signal for signal in shown if _business_of(signal) not in own]
    return shown


def _business_of(signal: Signal) -> int | None:
    """The other business that a signal speaks of."""
    other: Copy | Shared | None = signal.detail.get("copy") or signal.detail.get("shared")
    return other.business if other else None


def seen_of(claim: Claim, now: datetime) -> ClaimSeen:
    """What signals are judged by."""
    assert claim.made_on is not None and claim.terms is not None  # A draft has no contacts yet.
    terms = claim.terms
    items = list(
        claim.items.select_related("contact__lead", "contact__review__request").prefetch_related(
            "contact__diary", "contact__events"
        )
    )
    reviews = _reviews(claim, items)
    signs = _signs(reviews)
    answers = _answers(items)
    copies = copies_of([item.story_fingerprint for item in items], claim)
    return ClaimSeen(
        made_on=claim.made_on,
        contacts=[
            _contact(
                item, answers.get(item.contact_id), copies.get(item.story_fingerprint, ()), signs, terms, now
            )
            for item in items
        ],
        photos=_photos(claim),
        earlier_reviews=tuple(
            sign for review in reviews if review.contact_id is None for sign in signs[review.pk]
        ),
        shared=_shared(claim.professional),
    )


def _contact(
    item: ClaimItem,
    answer: HomeownerSurvey | None,
    copies: tuple[Copy, ...],
    signs: dict[int, tuple[ReviewSign, ...]],
    terms: GuaranteeTerms,
    now: datetime,
) -> ContactSeen:
    contact = item.contact
    review = _review_of(contact)
    diary = list(contact.diary.all())
    in_touch = next((_line(entry) for entry in diary if entry.kind in _IN_TOUCH), None)
    first_contact, took = _first_contact(contact, terms, now)
    return ContactSeen(
        id=contact.pk,
        position=item.position,
        bought_on=contact.bought_on,
        is_won=contact.outcome == Contact.Outcome.WON,
        outcomes=tuple((event.to_state, event.at) for event in contact.events.all()),
        first_contact=first_contact,
        first_contact_took=took,
        first_contact_within=terms.to_first_contact,
        first_contact_on=marketplace_day(contact.first_contact_at) if contact.first_contact_at else None,
        written_late=tuple(_line(entry) for entry in diary if entry.written_late),
        in_touch=in_touch,
        in_touch_on=marketplace_day(in_touch.happened_at) if in_touch else None,
        story=item.story_fingerprint,
        story_length=len(bare(item.story)),
        copies=copies,
        homeowner=Homeowner(
            word=contact.homeowner_word,
            said_at=contact.homeowner_word_at,
            contacted=answer.contacted if answer else "",
            contacted_when=answer.contacted_when if answer else "",
            contacted_on=answer.contacted_on if answer else None,
        ),
        work_stars=review.workmanship if review else None,
        reviewed_on=marketplace_day(review.written_at) if review else None,
        review=signs[review.pk] if review else (),
    )


_IN_TOUCH = set(DiaryEntry.OUTGOING) - {DiaryEntry.Kind.CALL_UNANSWERED}


def _line(entry: DiaryEntry) -> DiaryLine:
    return DiaryLine(entry.kind, entry.happened_at, entry.written_at)


def _first_contact(contact: Contact, terms: GuaranteeTerms, now: datetime) -> tuple[str, timedelta]:
    """By the terms that bind the business (G20, G21)."""
    within = terms.to_first_contact
    clock = clock_of(contact, now, within=within)
    if terms.first_contact == GuaranteeTerms.FirstContact.IGNORE:
        return "", clock.time
    if clock.state == ClockState.LATE:
        return "late", clock.time
    missed = clock.state == ClockState.GONE and clock.time > within
    return ("never" if missed or clock.state == ClockState.OVERDUE else ""), clock.time


def _review_of(contact: Contact) -> Review | None:
    return getattr(contact, "review", None)


def earlier_reviews(claim: Claim) -> list[Review]:
    """Those by earlier clients that counted when the claim was made (G8), the newest first."""
    found = Review.objects.counting().filter(
        professional=claim.professional_id, contact=None, written_at__lte=claim.submitted_at
    )
    return list(found.select_related("request").order_by("-written_at", "-pk")[:EARLIER_AT_MOST])


def _reviews(claim: Claim, items: Sequence[ClaimItem]) -> list[Review]:
    """The review of each contact, and those of earlier clients."""
    reviews = [review for item in items if (review := _review_of(item.contact))]
    reviews += earlier_reviews(claim)
    for review in reviews:
        review.professional = claim.professional
    return reviews


def _signs(reviews: Sequence[Review]) -> dict[int, tuple[ReviewSign, ...]]:
    """What whoever moderates reviews is shown, here to the reviewer of the claim. That it rates the work is said with
    its stars (`work_rated`)."""
    found: dict[int, tuple[ReviewSign, ...]] = {}
    signals = signals_of_each(reviews)
    for review in reviews:
        said = [(signal.code, signal.sentence) for signal in signals[review.pk]]
        if review.workmanship is not None:
            said = [each for each in said if each[0] != "work_without_a_job"]
        if review.own_hand:
            said.insert(0, ("own_hand", str(review.get_own_hand_display())))
        found[review.pk] = tuple(
            ReviewSign(code, sentence, review.author_name, marketplace_day(review.written_at), review.pk)
            for code, sentence in said
        )
    return found


def _answers(items: Sequence[ClaimItem]) -> dict[int, HomeownerSurvey]:
    """Contact → the latest answer of its homeowner, to this claim's question or another's (G14)."""
    answered = HomeownerSurvey.objects.filter(
        item__contact__in=[item.contact_id for item in items], answered_at__isnull=False
    )
    return {
        each.item.contact_id: each for each in answered.select_related("item").order_by("answered_at", "pk")
    }


def _photos(claim: Claim) -> Photos:
    """By the content of the picture, as they count (G7): how many there were at submission is what the claim was judged
    by (G13). Those deleted since are taken to have been there before the claim. One query."""
    assert claim.made_on is not None and claim.terms is not None and claim.submission_snapshot is not None
    before, by_then = defaultdict[Any, set[str]](set), defaultdict[Any, set[str]](set)
    photos = Photo.objects.filter(professional=claim.professional_id, uploaded_at__lte=claim.submitted_at)
    for use, project, content, uploaded_at in photos.exclude(use=Photo.Use.LOGO).values_list(
        "use", "project", "content_hash", "uploaded_at"
    ):
        # A claim by mail is submitted up to five days after the one on which it was made (G12).
        if marketplace_day(uploaded_at) < claim.made_on:
            before[use, project].add(content)
        by_then[use, project].add(content)
    judged, _terms, _day = thaw(claim.submission_snapshot)
    return Photos(
        work_asked=claim.terms.work_photos,
        project_asked=claim.terms.project_photos,
        work_before=_of_work(before) + max(0, judged.work_photos - _of_work(by_then)),
        project_before=_best_project(before) + max(0, judged.best_project_photos - _best_project(by_then)),
        work=judged.work_photos,
        project=judged.best_project_photos,
    )


def _of_work(photos: dict[Any, set[str]]) -> int:
    return len(photos.get((Photo.Use.WORK, None), ()))


def _best_project(photos: dict[Any, set[str]]) -> int:
    return max((len(each) for (use, _), each in photos.items() if use == Photo.Use.PROJECT), default=0)


def _shared(professional: Professional) -> tuple[Shared, ...]:
    """Other businesses with the same telephone, a tax id that begins alike, or the same payer (G10)."""
    same = [Shared(other.pk, other.name, what) for other, what in may_be_same(professional)]
    payers = [customer.professional for customer in same_payer(professional)]
    return (*same, *(Shared(payer.pk, payer.name, "payer") for payer in payers if payer))

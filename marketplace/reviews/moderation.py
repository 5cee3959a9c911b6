"""What becomes of a review: published, rejected, taken down; never by somebody of the business itself (M12)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base import links
from base.days import marketplace_day
from mail import outbox
from marketplace.errors import MarketplaceError
from marketplace.homeowners import page_of
from marketplace.models import Review, ReviewEvent, ReviewReport, ReviewRequest
from marketplace.reasons import read_reason

State = Review.State

# Moderators decide by the end of this local day after a review was written (M12).
MODERATED_WITHIN_DAYS = 5


def decide_by(review: Review) -> date:
    """The last local day on which the promised moderation is in time, inclusive."""
    return marketplace_day(review.written_at) + timedelta(days=MODERATED_WITHIN_DAYS)


@transaction.atomic
def publish_review(*, review: Review, by: Any, reason: str, now: datetime) -> Review:
    """Shows a review to everybody. `reason` may be empty. Raises MarketplaceError, PermissionDenied."""
    review = lock_for_moderator(review, by)
    if review.state == State.PUBLISHED:
        return review
    before = review.state
    event = _move(review, to=State.PUBLISHED, by=by, why=read_reason(reason, field="reason"), now=now)
    kind = "review_shown_again" if before == State.TAKEN_DOWN else "review_published"
    tell_business(review, f"marketplace/{kind}", cause=f"review_event:{event.pk}", now=now)
    return review


@transaction.atomic
def reject_review(*, review: Review, by: Any, reason: str, now: datetime) -> Review:
    """Keeps a review from being shown, and tells whoever wrote it why. Raises MarketplaceError, PermissionDenied."""
    review = lock_for_moderator(review, by)
    if review.state == State.REJECTED:
        return review
    event = _move(review, to=State.REJECTED, by=by, why=reason_given(reason), now=now)
    _tell_writer(review, event)
    return review


@transaction.atomic
def take_down_review(*, review: Review, by: Any, reason: str, now: datetime) -> Review:
    """Hides a published review, which then counts no more; what was reported of it is upheld.

    The business is told, and with the reason whoever wrote it. Raises MarketplaceError, PermissionDenied.
    """
    review = lock_for_moderator(review, by)
    if review.state == State.TAKEN_DOWN:
        return review
    event = _move(review, to=State.TAKEN_DOWN, by=by, why=reason_given(reason), now=now)
    decide_reports(review, ReviewReport.State.UPHELD, by=by, now=now)
    tell_business(review, "marketplace/review_taken_down", cause=f"review_event:{event.pk}", now=now)
    _tell_writer(review, event)
    return review


def lock_for_moderator(review: Review, by: Any) -> Review:
    """The review as it stands now, if `by` may decide on it: a moderator who does not belong to the business."""
    review = (
        Review.objects.select_for_update(no_key=True, of=("self",))
        .select_related("professional__owner", "request__contact__lead")
        .get(pk=review.pk)
    )
    if not by.has_perm("marketplace.moderate_review"):
        raise PermissionDenied
    if review.professional.has_person(by):
        raise MarketplaceError(
            "own_business", _("You belong to this business, so somebody else has to decide this.")
        )
    return review


def reason_given(reason: str) -> str:
    """The reason made fit to keep. Raises MarketplaceError("reason_missing", "too_long") for `reason`."""
    return read_reason(reason, field="reason", missing=str(_("Write down why: it is kept with the review.")))


def _move(review: Review, *, to: str, by: Any, why: str, now: datetime) -> ReviewEvent:
    before = review.state
    if to not in Review.MOVES[before]:
        raise MarketplaceError(
            "review_decided",
            _("Somebody has decided on this review in the meantime, so nothing was changed."),
        )
    review.state = to
    review.why_not_shown = "" if to == State.PUBLISHED else why
    changed = ["state", "why_not_shown"]
    # Shown again, it keeps its day: an old review is no news.
    if to == State.PUBLISHED and review.published_at is None:
        review.published_at = now
        changed.append("published_at")
    review.save(update_fields=changed)
    return note_event(review, by=by, before=before, why=why, now=now)


def note_event(review: Review, *, by: Any, before: str, why: str, now: datetime) -> ReviewEvent:
    """Writes what happened to a review into its history."""
    return ReviewEvent.objects.create(
        review=review, actor=by, from_state=before, to_state=review.state, reason=why, at=now
    )


def decide_reports(review: Review, state: str, *, by: Any, now: datetime) -> None:
    """What was reported of a review and nobody had decided is decided. The review's row is locked."""
    undecided = [before for before, after in ReviewReport.MOVES.items() if state in after]
    review.reports.filter(state__in=undecided).update(state=state, decided_by=by, decided_at=now)


def _tell_writer(review: Review, event: ReviewEvent) -> None:
    """A homeowner or an earlier client reads why what they wrote is not shown; nobody who has withdrawn or was erased,
    also while the review's row was waited for (M1, X5)."""
    asked = ReviewRequest.objects.select_related("contact__lead").get(pk=review.request_id)
    if not asked.email or (asked.contact and not asked.contact.lead.details_shown):
        return
    outbox.write(
        kind="marketplace/review_not_shown",
        # Of the request, with which it is forgotten (X5); told anew where it is decided on anew.
        cause=f"review_request:{asked.public_id}:{event.pk}",
        to=asked.email,
        language=asked.language,
        context={
            "name": asked.name,
            "business": review.professional.name,
            "reason": event.reason,
            "page_url": page_of(asked.contact.lead) if asked.contact else "",
        },
        now=event.at,
    )


def tell_business(review: Review, kind: str, *, cause: str, now: datetime) -> None:
    """Writes the mail `kind` about a review to the owner of the business."""
    owner = review.professional.owner
    outbox.write(
        kind=kind,
        cause=cause,
        to=owner.email,
        language=owner.language,
        context={"review": review, "reviews_url": links.absolute("marketplace:reviews")},
        now=now,
    )

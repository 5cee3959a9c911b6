"""The one answer that a professional gives to a review, shown below it (M12)."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace import masking
from marketplace.errors import MarketplaceError
from marketplace.leads import own_details
from marketplace.models import Review
from marketplace.reviews.moderation import lock_for_moderator, note_event, reason_given, tell_business
from marketplace.written import refuse_too_long
from profiles.models import User
from profiles.plain_text import length_as_read, many_lines, names_an_address

ANSWER_AT_MOST = 2000  # characters


@transaction.atomic
def answer_review(*, review: Review, text: str, by: User, now: datetime) -> Review:
    """Answers a published review, once and for good; by anybody who works for the business. Sent twice it is one.

    No addresses and no telephone numbers stand in it: what the public reads is no advertisement, and gives nobody's
    details away (M5). Raises PermissionDenied; MarketplaceError: not_published, answered, answer_missing, too_long,
    answer_has_details.
    """
    fresh = (
        Review.objects.select_for_update(no_key=True, of=("self",))
        .select_related("professional", "contact__lead")
        .get(pk=review.pk)
    )
    if not fresh.professional.has_person(by):
        raise PermissionDenied
    text = many_lines(text)
    if fresh.answered_at is not None:
        if fresh.answer == text:
            return fresh
        raise MarketplaceError(
            "answered", _("This review has its answer already. Each review is answered once.")
        )
    if fresh.state != Review.State.PUBLISHED:
        raise MarketplaceError("not_published", _("Only a published review can be answered."))
    if length_as_read(text) == 0:
        raise MarketplaceError("answer_missing", _("Write your answer."), field="text")
    refuse_too_long(text, field="text", most=ANSWER_AT_MOST)
    lead = fresh.contact.lead if fresh.contact else None
    if names_an_address(text) or masking.find(text, **(own_details(lead) if lead else {})):
        raise MarketplaceError(
            "answer_has_details",
            _(
                "Everybody reads this answer: leave addresses, telephone numbers and names of networks out of it."
            ),
            field="text",
        )
    fresh.answer, fresh.answered_at = text, now
    fresh.save(update_fields=["answer", "answered_at"])
    note_event(fresh, by=by, before=fresh.state, why=text, now=now)
    return fresh


@transaction.atomic
def remove_answer(*, review: Review, by: User, reason: str, now: datetime) -> Review:
    """Takes an answer away that must not stand; its text stays in the history. No other answer takes its place.

    Raises PermissionDenied; MarketplaceError: own_business, reason_missing, no_answer.
    """
    fresh = lock_for_moderator(review, by)
    if not fresh.answer:
        if fresh.answered_at is not None:
            return fresh
        raise MarketplaceError("no_answer", _("This review has no answer."))
    why = reason_given(reason)
    fresh.answer = ""
    fresh.save(update_fields=["answer"])
    event = note_event(fresh, by=by, before=fresh.state, why=why, now=now)
    tell_business(fresh, "marketplace/review_answer_removed", cause=f"review_event:{event.pk}", now=now)
    return fresh

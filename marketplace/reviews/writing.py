"""Writing the review that somebody was asked for: once, and marked where the business wrote it itself (G8, M12)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.errors import MarketplaceError
from marketplace.models import Contact, Lead, Review, ReviewRequest
from marketplace.reviews.links import ENDED, why_ended
from marketplace.reviews.moderation import note_event
from marketplace.reviews.people import own_keys, read_name
from profiles.addresses import address_key
from profiles.plain_text import length_as_read, many_lines

OwnHand = Review.OwnHand
State = Review.State

TEXT_AT_LEAST = 20
TEXT_AT_MOST = 3000


@transaction.atomic
def write_review(
    *,
    request: ReviewRequest,
    author_name: str,
    handling: int,
    workmanship: int | None,
    text: str,
    user: Any,
    browser_of: int | None,
    now: datetime,
    network: str = "",
) -> Review:
    """Takes in the review that `request` asked for, once; a moderator looks at it before anybody else.

    `user` is who is signed in, if anybody; `browser_of` the id of the professional whose browser this is, if it is
    one; `network` the key of where it was sent from, for the moderator's signals. A review by the professional's own
    hand is taken in and marked, and never counts (G8). The same review sent twice is one. Whoever was asked again
    after a rejection writes it anew, and what they wrote before stays in its history. Whoever rates the work says with
    it that it was done for them; where that is shown is `Review.workmanship_shown`'s to say (M12, G2).
    Raises MarketplaceError: link_used, link_closed, link_withdrawn, link_expired, name_missing, no_rating,
    text_too_short, text_too_long.
    """
    if request.contact is not None:
        # A withdrawal at the same moment comes before or after, never between.
        Lead.objects.select_for_update(no_key=True, of=("self",)).get(pk=request.contact.lead_id)
    # Two submissions of one link: the second waits here, and finds the first.
    request = (
        ReviewRequest.objects.select_for_update(no_key=True, of=("self",))
        .select_related("professional__owner", "contact__lead")
        .get(pk=request.pk)
    )
    author_name, text = read_name(author_name, field="author_name"), many_lines(text)
    standing = Review.objects.filter(request=request).first()
    if standing and request.used_at is not None:
        if (standing.author_name, standing.handling, standing.text) == (author_name, handling, text):
            return standing
        raise MarketplaceError(
            "link_used", _("This link has already been used to write a review. Each link is good for one.")
        )
    ended = why_ended(request, now)
    if ended:
        raise MarketplaceError(f"link_{ended}", ENDED[ended])
    if handling not in range(1, 6):
        raise MarketplaceError(
            "no_rating", _("Choose between one star and five for attention and handling."), field="handling"
        )
    if workmanship is not None and workmanship not in range(1, 6):
        raise MarketplaceError(
            "no_rating", _("Choose between one star and five for the work itself."), field="workmanship"
        )
    if length_as_read(text) < TEXT_AT_LEAST:
        raise MarketplaceError(
            "text_too_short",
            _("Tell a little more: at least %(number)d characters help the next homeowner.")
            % {"number": TEXT_AT_LEAST},
            field="text",
        )
    if len(text) > TEXT_AT_MOST:
        raise MarketplaceError(
            "text_too_long",
            _("That is more than we can show. Please keep it under %(number)d characters.")
            % {"number": TEXT_AT_MOST},
            field="text",
        )
    rejected_text, rejected_state = (standing.text, standing.state) if standing else ("", "")
    review = standing or Review(request=request, professional=request.professional, contact=request.contact)
    review.author_key = address_key(request.email)
    review.author_name = author_name
    review.handling, review.workmanship, review.text = handling, workmanship, text
    review.workmanship_is_open = request.contact is None or request.contact.outcome == Contact.Outcome.WON
    review.own_hand = _own_hand(request, user, browser_of)
    review.network = network
    review.state, review.written_at, review.why_not_shown = State.WAITING, now, ""
    review.save()
    request.used_at = now
    request.save(update_fields=["used_at"])
    writer = user if getattr(user, "is_authenticated", False) else None
    note_event(review, by=writer, before=rejected_state, why=rejected_text, now=now)
    return review


def _own_hand(request: ReviewRequest, user: Any, browser_of: int | None) -> str:
    """Why this review is the professional's own, or nothing: by account, address or signed cookie (G8)."""
    professional = request.professional
    if getattr(user, "is_authenticated", False) and professional.people_ever().filter(pk=user.pk).exists():
        return OwnHand.ACCOUNT
    if address_key(request.email) in own_keys(professional):
        return OwnHand.EMAIL
    if browser_of is not None and browser_of == professional.pk:
        return OwnHand.BROWSER
    return ""

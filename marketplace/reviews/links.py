"""The link by which somebody writes a review, and how long it is good (M1, M12)."""

from __future__ import annotations

from datetime import datetime, timedelta

from base import links
from marketplace.models import Contact, ReviewRequest

# What a review link is signed for, and how long it lives (M1).
LINK_PURPOSE = "review"
LINK_LIVES = timedelta(days=60)


def token_of(request: ReviewRequest) -> str:
    """What the link to write this review carries."""
    return links.sign(LINK_PURPOSE, str(request.public_id))


def has_expired(request: ReviewRequest, now: datetime) -> bool:
    """Whether the link's 60 days are over."""
    return now - request.sent_at > LINK_LIVES


def asks_for_workmanship(request: ReviewRequest) -> bool:
    """Workmanship is asked only of those who hired: by the homeowner's own word or the professional's outcome;
    an earlier client may tell (G8)."""
    contact = request.contact
    if contact is None:
        return True
    return contact.homeowner_word == Contact.Word.HIRED_THEM or contact.outcome == Contact.Outcome.WON

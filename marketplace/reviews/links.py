"""The link by which somebody writes a review, and how long it is good (M1, M12)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from base import links
from marketplace.homeowners import numbered
from marketplace.models import ReviewRequest

# What a review link is signed for, and how long it lives (M1).
LINK_PURPOSE = "review"
LINK_LIVES = timedelta(days=60)


def token_of(request: ReviewRequest) -> str:
    """What the link to write this review carries; a homeowner's ends with the other links to their request."""
    what = str(request.public_id)
    return links.sign(LINK_PURPOSE, numbered(what, request.contact.lead) if request.contact else what)


def has_expired(request: ReviewRequest, now: datetime) -> bool:
    """Whether the link's 60 days are over."""
    return now - request.sent_at > LINK_LIVES


# Why nothing can be written by a link any more, as its reader is told.
ENDED = {
    "outdated": _("This link was made useless on your request's page. The newest link is in your mail."),
    "closed": _("This business is no longer here, so it cannot be reviewed."),
    "withdrawn": _("You have withdrawn this request, so it stays as it is."),
    "expired": _("This link was good for 60 days, and they are over."),
}


def why_ended(request: ReviewRequest, now: datetime) -> str:
    """Why nothing can be written by the link any more, one of `ENDED`; empty: it is good. Of a homeowner, who withdrew
    or was erased, nothing is taken in (M1, X5). `request` has its professional, and its contact's lead.

    That it was used is another thing: whoever sends the same again is told that it has arrived.
    """
    if request.professional.closed_at is not None:
        return "closed"
    if request.contact is not None and not request.contact.lead.details_shown:
        return "withdrawn"
    return "expired" if has_expired(request, now) else ""

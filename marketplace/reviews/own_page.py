"""The review that a homeowner writes from their own page, asked or not (M1, M12)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.errors import MarketplaceError
from marketplace.models import Contact, Lead, Review, ReviewRequest
from marketplace.reviews.asking import to_be_asked_again
from marketplace.reviews.links import has_expired
from marketplace.reviews.writing import write_review
from profiles.addresses import address_key


def can_review_from_page(requests: Iterable[ReviewRequest], now: datetime) -> set[int]:
    """Of these requests of a homeowner, the ids of those that are still, or again, good for a review. As many
    queries as `to_be_asked_again`."""
    asked = list(requests)
    return {request.pk for request in asked if request.used_at is None} | to_be_asked_again(asked, now)


@transaction.atomic
def review_from_page(
    *,
    contact: Contact,
    author_name: str,
    handling: int,
    workmanship: int | None,
    text: str,
    user: Any,
    browser_of: int | None,
    network: str,
    now: datetime,
) -> Review:
    """Takes in a homeowner's review of a business that bought their request, as `write_review` does; one for each
    contact, whether it was asked for or not (G8).

    Where a link was sent and not used, the review is written by it, also after its 60 days: their page lives longer.
    After a rejection it can be written anew as `to_be_asked_again` says. A business that gave the contact back can be
    reviewed all the same: that must not spare it a bad review. Raises MarketplaceError.
    """
    lead = Lead.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.lead_id)
    # Two tabs: the second waits here, and finds the request of the first.
    contact = Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.pk)
    if not lead.details_shown:
        raise MarketplaceError("withdrawn", _("You have withdrawn this request, so it stays as it is."))
    asked = contact.review_requests.select_related("review").first()
    if asked is None:
        asked = ReviewRequest.objects.create(
            professional_id=contact.professional_id,
            contact=contact,
            name=lead.homeowner_name,
            email=lead.homeowner_email,
            author_key=address_key(lead.homeowner_email),
            language=lead.language,
            origin=ReviewRequest.Origin.OWN_PAGE,
            sent_at=now,
        )
    elif to_be_asked_again([asked], now) or (asked.used_at is None and has_expired(asked, now)):
        asked.sent_at, asked.used_at, asked.origin = now, None, ReviewRequest.Origin.OWN_PAGE
        asked.save(update_fields=["sent_at", "used_at", "origin"])
    return write_review(
        request=asked,
        author_name=author_name,
        handling=handling,
        workmanship=workmanship,
        text=text,
        user=user,
        browser_of=browser_of,
        network=network,
        now=now,
    )

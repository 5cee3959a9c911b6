"""The end of a request's thirty days (M2). Pages judge by its date; this writes it down and tells."""

from datetime import datetime

from django.db.models import QuerySet

from base.jobs import for_each
from mail import outbox
from marketplace.homeowners import ask_again_of, page_of
from marketplace.leads import move
from marketplace.models import LEAD_LIVES, Lead


def leads_to_expire(now: datetime) -> QuerySet[Lead]:
    """Published, with their thirty days over; found by the feed's index."""
    return Lead.objects.filter(state=Lead.State.PUBLISHED, published_at__lte=now - LEAD_LIVES)


def expire_leads(*, now: datetime, batch: int = 200) -> int:
    """Moves what has ended to *expired* with its history, and tells each homeowner once (M2, X3).

    Finds what is due by looking, so it may run twice, late, or on two workers at once; one request that fails is
    left for the next run and holds no other up. Returns how many have expired.
    """
    return for_each(leads_to_expire(now), lambda pk: _expire(pk, now), what="expire", batch=batch)


def _expire(pk: int, now: datetime) -> bool:
    """What another worker holds or has ended meanwhile is left alone."""
    lead = (
        leads_to_expire(now)
        .filter(pk=pk)
        .select_for_update(no_key=True, of=("self",), skip_locked=True)
        .first()
    )
    if lead is None:
        return False
    move(lead, Lead.State.EXPIRED, by=None, reason="", now=now)
    outbox.write(
        kind="marketplace/lead_expired",
        cause=f"lead:{lead.public_id}",
        to=lead.homeowner_email,
        language=lead.language,
        context={
            "name": lead.homeowner_name,
            "title": lead.masked_title,
            "bought": lead.places_taken,
            "days": LEAD_LIVES.days,
            "page_url": page_of(lead),
            "again_url": ask_again_of(lead),
        },
        now=now,
    )
    return True

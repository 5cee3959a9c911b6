"""Telling those who bought a request what has become of it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from base import links
from mail import outbox
from marketplace.models import Contact, Lead


def tell_buyers(
    *,
    lead: Lead,
    kind: str,
    now: datetime,
    also: Callable[[Contact], Mapping[str, Any]] = lambda contact: {},
) -> None:
    """Writes `kind` to the owner of each business that bought `lead` and kept it; each is told once.

    Call it inside the transaction that changed the lead, with its row locked: a purchase at the same moment is
    then either seen here, or refused. `also`: what the mail says to each beside the rest. The homeowner's details
    are never part of it (M5).
    """
    kept = lead.contacts.filter(returned_at=None).select_related("professional__owner").order_by("pk")
    outbox.write_many(
        [
            outbox.Letter(
                kind=kind,
                cause=f"lead:{lead.public_id}",
                to=contact.professional.owner.email,
                language=contact.professional.owner.language,
                context={
                    "business": contact.professional.name,
                    "title": lead.masked_title,
                    "contact_url": links.absolute("marketplace:contact", public_id=contact.public_id),
                    **also(contact),
                },
            )
            for contact in kept
        ],
        now=now,
    )

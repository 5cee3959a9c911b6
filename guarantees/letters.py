"""The mails of a claim, all to the owner of the business, all with the link to the claim."""

from datetime import datetime
from typing import Any

from django.conf import settings

from base.links import absolute
from guarantees.models import Claim, ClaimEvent
from mail import outbox


def tell(claim: Claim, name: str, *, now: datetime, event: ClaimEvent | None = None, **context: Any) -> None:
    """Writes the mail templates/guarantees/mail/<name>.txt, once per claim, or once per `event` of it."""
    owner = claim.professional.owner
    outbox.write(
        kind=f"guarantees/{name}",
        cause=event_cause(claim, event),
        to=owner.email,
        language=owner.language,
        context={
            "claim": claim,
            "business": claim.professional.name,
            "items": list(claim.items.select_related("contact__lead")),
            "link": absolute("guarantees:claim_status", public_id=claim.public_id),
            "balance_link": absolute("billing:overview"),
            "appeals_address": settings.APPEALS_ADDRESS,
            **context,
        },
        now=now,
    )


def event_cause(claim: Claim, event: ClaimEvent | None) -> str:
    """By which the outbox knows the mails of a claim, or of an event of it."""
    return f"claim:{claim.public_id}" + (f":{event.pk}" if event else "")

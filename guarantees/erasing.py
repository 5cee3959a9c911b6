"""The evidence of a claim that holds personal data, erased with the person; facts and verdict stay (G13, X5)."""

from datetime import datetime
from typing import Any

from base.erased import ERASED
from guarantees.models import Claim, ClaimItem, ClaimQuestion, Story, VerdictEvent
from mail import inbox
from mail.models import IncomingMail
from marketplace.models import Lead


def forget_lead(*, lead: Lead, now: datetime, **kwargs: Any) -> None:
    """Receives `lead_anonymised`: what was told and asked of its contacts. No open claim counts them any more."""
    of_item = {"item__contact__lead": lead}
    Story.objects.filter(contact__lead=lead).update(text="")
    ClaimItem.objects.filter(contact__lead=lead).update(story=ERASED, note="")
    VerdictEvent.objects.filter(**of_item).update(reason="")
    ClaimQuestion.objects.filter(**of_item).update(text=ERASED)
    ClaimQuestion.objects.filter(**of_item, answered_at__isnull=False).update(answer=ERASED)
    # Whom a mail speaks of nobody can tell, so all go of whoever bought this request, but those that are looked at.
    of_buyers = Claim.objects.filter(professional__contacts__lead=lead).exclude(state__in=Claim.OPEN)
    inbox.clear(IncomingMail.objects.filter(claim_mail__claim__in=of_buyers, cleared_at=None), now=now)

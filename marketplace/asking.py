"""A homeowner asks for a job, without an account, and confirms it by mail (M1)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.errors import MarketplaceError
from marketplace.leads import move
from marketplace.models import Lead

# A request that nobody has confirmed ends by its date, and is removed soon after.
CONFIRM_WITHIN = timedelta(days=7)


def is_too_late(lead: Lead, now: datetime) -> bool:
    """Whether an unconfirmed request has ended, also where the job that removes it has not run."""
    return lead.state == Lead.State.UNCONFIRMED and lead.created_at <= now - CONFIRM_WITHIN


def confirm_lead(lead: Lead, now: datetime) -> Lead:
    """The homeowner has pressed the button behind the link in their mail: the request now waits for a moderator.

    Confirmed already: changes nothing. Raises MarketplaceError "too_late".
    """
    with transaction.atomic():
        fresh = Lead.objects.select_for_update(of=("self",)).filter(pk=lead.pk).first()
        if fresh is None or is_too_late(fresh, now):
            raise MarketplaceError(
                "too_late",
                _("This request was not confirmed within 7 days, so it has ended. Please ask for it again."),
            )
        if fresh.state != Lead.State.UNCONFIRMED:
            return fresh
        move(fresh, Lead.State.WAITING, by=None, reason="", now=now, email_verified_at=now)
        return fresh

"""That a homeowner can be reached: the mail is verified by its link, the telephone by somebody who has called it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.errors import MarketplaceError
from marketplace.models import Lead, LeadEvent
from marketplace.own_interest import refuse_own
from profiles.models import User

# What can still be bought, or will be: of the others nobody asks any more.
STATES = (Lead.State.WAITING, Lead.State.PUBLISHED)


def mark_phone_verified(*, lead: Lead, by: User, now: datetime) -> Lead:
    """Says that `by` has called the homeowner's telephone and spoken to them, and keeps who said it and when (X4).

    Whoever is about to buy sees it. Verified already: changes nothing. Raises MarketplaceError: wrong_state,
    own_business (one of `by` has bought it).
    """
    refuse_own(lead, by)
    with transaction.atomic():
        fresh = Lead.objects.select_for_update(no_key=True, of=("self",)).get(pk=lead.pk)
        if fresh.phone_verified_at is not None:
            return fresh
        if fresh.state not in STATES:
            raise MarketplaceError(
                "wrong_state",
                _("This request is “%(state)s”, so that cannot be done.")
                % {"state": fresh.get_state_display()},
            )
        fresh.phone_verified_at = now
        fresh.save(update_fields=["phone_verified_at"])
        LeadEvent.objects.create(
            lead=fresh,
            actor=by,
            from_state=fresh.state,
            to_state=fresh.state,
            reason=LeadEvent.PHONE_VERIFIED,
            at=now,
        )
        return fresh

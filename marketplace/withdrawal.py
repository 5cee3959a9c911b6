"""A homeowner takes their request and their data back (M1, M5)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from base import links
from mail import outbox
from marketplace import returns
from marketplace.buyers import tell_buyers
from marketplace.errors import MarketplaceError
from marketplace.homeowner_mails import take_back_unsent
from marketplace.homeowners import token_of
from marketplace.lead_photos import remove_photos
from marketplace.leads import move
from marketplace.models import Contact, Lead


def withdraw_lead(*, lead: Lead, now: datetime) -> Lead:
    """Closes the request for good, and hides who asked from everybody who bought it, from this moment on. What was to
    be sent to or of them and was not sent yet is taken back.

    Who bought it and kept it is told once, and where their seven days are not over, that they may return it. Whoever
    buys at the same moment has either bought before, and then sees nothing more, or is refused. Already withdrawn:
    changes nothing. Raises MarketplaceError("ended") for a request that holds nobody's data any more.
    """
    with transaction.atomic():
        # A purchase takes its place in this same row, so none can come between looking and telling.
        fresh = Lead.objects.select_for_update(no_key=True, of=("self",)).get(pk=lead.pk)
        if fresh.state == Lead.State.WITHDRAWN:
            return fresh
        if fresh.anonymised_at is not None:
            raise MarketplaceError("ended", _("This request holds none of your data any more."))
        # Whoever writes to them meanwhile holds their contact: what it wrote is seen below, or refused.
        list(fresh.contacts.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk"))
        move(fresh, Lead.State.WITHDRAWN, by=None, reason="", now=now, withdrawn_at=now)
        remove_photos(fresh)
        take_back_unsent(fresh)
        tell_buyers(
            lead=fresh,
            kind="marketplace/request_withdrawn",
            now=now,
            also=lambda contact: _what_is_left(contact, now),
        )
        outbox.write(
            kind="marketplace/withdrawal_done",
            cause=f"lead:{fresh.public_id}",
            to=fresh.homeowner_email,
            language=fresh.language,
            context={
                "name": fresh.homeowner_name,
                "title": fresh.masked_title,
                "data_url": links.absolute("marketplace:homeowner_data", token=token_of(fresh)),
            },
            now=now,
        )
        return fresh


def _what_is_left(contact: Contact, now: datetime) -> dict[str, Any]:
    """Until when the contact can be returned; nothing where it cannot (M7)."""
    can_be_returned = returns.obstacle(contact=contact, now=now) is None
    return {"return_until": returns.last_days(contact).latest if can_be_returned else None}

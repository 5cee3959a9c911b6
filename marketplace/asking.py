"""A homeowner asks for a job, without an account, and confirms it by mail (M1)."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import PhoneNumber

from base import limits
from base.jobs import for_each
from mail import outbox
from marketplace import lead_photos
from marketplace.errors import MarketplaceError
from marketplace.homeowner_mails import to_homeowner
from marketplace.homeowners import page_of
from marketplace.lead_photos import KeptPhoto
from marketplace.leads import move, read_request, save_new
from marketplace.models import Lead
from profiles.addresses import address_key
from profiles.models import User
from profiles.networks import take_turn
from profiles.phones import is_of_this_country

# A request that nobody has confirmed ends by its date, and is removed soon after.
CONFIRM_WITHIN = timedelta(days=7)
# From one network, forms sent in an hour: whole households and offices share one.
FORMS_AN_HOUR = 30
# The same, those with something wrong in them too: each costs the reading of megabytes.
TRIES_AN_HOUR = 90
# How many requests a day write to one mail address, or name one telephone, from one network: enough for a house that
# is being done up, too little to pester anybody. From all networks together more, so that nobody who types somebody
# else's address keeps that person from asking.
MAILS_A_DAY = 5
MAILS_A_DAY_FROM_ALL = 15

_DAY = timedelta(days=1)

_SAID = (
    *("category_id", "province_id", "town", "title", "description", "size", "timing", "budget_cents"),
    *("homeowner_name", "homeowner_email", "homeowner_phone"),
)


def refuse_too_many_from(network: str, now: datetime) -> None:
    """Counts a form that a person sent from a network. Raises MarketplaceError "too_many_forms"."""
    _count("forms", network, FORMS_AN_HOUR, now)


def refuse_too_many_tries_from(network: str, now: datetime) -> None:
    """Counts whatever was sent to the form from a network, before it is read. Raises as `refuse_too_many_from`."""
    _count("tries", network, TRIES_AN_HOUR, now)


def _count(what: str, network: str, most: int, now: datetime) -> None:
    if not take_turn(network, what, most=most, window=timedelta(hours=1), now=now):
        raise MarketplaceError(
            "too_many_forms",
            _("Too many requests have come from your connection within an hour. Try again in an hour."),
        )


def refuse_abroad(phone: str | PhoneNumber) -> None:
    """Raises MarketplaceError ("phone_abroad") for a telephone of another country (M1)."""
    if not is_of_this_country(phone):
        raise MarketplaceError(
            "phone_abroad",
            _("This is a number of another country. Professionals here call numbers of this country: write one of"
              " yours, or of somebody who can let them in."),
            field="homeowner_phone",
        )  # fmt: skip


def ask_for_job(
    *, form_id: uuid.UUID, photos: Sequence[KeptPhoto], network: str, now: datetime, **said: Any
) -> Lead:
    """Takes in a request (`said` as `leads.read_request`) and sends the link that confirms it, in one transaction.

    If that address or telephone was named too often today, it is taken in all the same and no mail goes out; the link
    can be had on another day (`homeowners.send_link_anew`). Nothing tells the two apart: whether an address was used
    here is nobody's business.

    The same form sent twice, also at once, is one request and one mail. Sent again with something put right
    before it was confirmed, it takes the place of what it said before, under a new link: the first mail may have
    gone to somebody else. Raises MarketplaceError: as `read_request`, "phone_abroad", "already_sent" (and another
    one was meant).
    """
    lead = read_request(**said, now=now)
    lead.form_id, lead.state = form_id, Lead.State.UNCONFIRMED
    refuse_abroad(lead.homeowner_phone)
    try:
        return _take_in(lead, photos, network, now)
    except IntegrityError:
        # Pressed twice at once, and the other press was quicker: what it wrote stands now.
        lead.pk = None
        return _take_in(lead, photos, network, now)


@transaction.atomic
def enter_lead(*, by: User, now: datetime, **said: Any) -> Lead:
    """Takes in what a homeowner told staff, by telephone for instance (`said` as `leads.read_request`), and sends
    them the link that confirms it: nothing is published before (M1).

    Raises MarketplaceError as `read_request` does.
    """
    lead = read_request(**said, now=now)
    lead.state = Lead.State.UNCONFIRMED
    save_new(lead, by=by, now=now)
    _send_link(lead, now)
    return lead


@transaction.atomic
def _take_in(lead: Lead, photos: Sequence[KeptPhoto], network: str, now: datetime) -> Lead:
    standing = (
        Lead.objects.select_for_update(no_key=True, of=("self",))
        .prefetch_related("photos")
        .filter(form_id=lead.form_id)
        .first()
    )
    if standing and _says_the_same(standing, lead, photos):
        return standing
    if standing and standing.state != Lead.State.UNCONFIRMED:
        raise MarketplaceError(
            "already_sent",
            _("This form was sent before, and its request is with us. Is this another job? Send it."),
        )
    writes = _may_write(lead, network, now)
    if standing:
        _remove(standing, but=photos)
    save_new(lead, by=None, now=now)
    lead_photos.attach(lead, photos, now)
    if writes:
        _send_link(lead, now)
    return lead


def _send_link(lead: Lead, now: datetime) -> None:
    outbox.write(
        kind="marketplace/confirm_request",
        cause=f"lead:{lead.public_id}",
        to=lead.homeowner_email,
        language=lead.language,
        # Nothing that was typed: whoever types somebody else's address must not write to them through us.
        context={
            "category": lead.category,
            "province": lead.province,
            "page_url": page_of(lead),
            "days": CONFIRM_WITHIN.days,
        },
        now=now,
    )


def _says_the_same(standing: Lead, lead: Lead, photos: Sequence[KeptPhoto]) -> bool:
    hashes = {photo.content_hash for photo in standing.photos.all()}
    return all(getattr(standing, name) == getattr(lead, name) for name in _SAID) and hashes == {
        photo.content_hash for photo in lead_photos.chosen(photos)
    }


def _may_write(lead: Lead, network: str, now: datetime) -> bool:
    """Takes a turn of the address, by the person behind it however it is written, and one of the telephone."""
    named = (
        ("requests by mail", address_key(lead.homeowner_email)),
        ("requests by phone", str(lead.homeowner_phone)),
    )
    return all(
        limits.take(f"{what} and network", f"{who} {network}", most=MAILS_A_DAY, window=_DAY, now=now)
        and limits.take(what, who, most=MAILS_A_DAY_FROM_ALL, window=_DAY, now=now)
        for what, who in named
    )


def is_too_late(lead: Lead, now: datetime) -> bool:
    """Whether an unconfirmed request has ended, also where the job that removes it has not run."""
    return lead.state == Lead.State.UNCONFIRMED and lead.created_at <= now - CONFIRM_WITHIN


def confirm_lead(lead: Lead, now: datetime) -> Lead:
    """The homeowner has pressed the button behind the link in their mail: the request now waits for a moderator.

    Confirmed already: changes nothing. Raises MarketplaceError "too_late".
    """
    with transaction.atomic():
        fresh = Lead.objects.select_for_update(no_key=True, of=("self",)).filter(pk=lead.pk).first()
        if fresh is None or is_too_late(fresh, now):
            raise MarketplaceError(
                "too_late",
                _(
                    "This request was not confirmed within %(days)d days, so it has ended. Please ask for it again."
                )
                % {"days": CONFIRM_WITHIN.days},
            )
        if fresh.state != Lead.State.UNCONFIRMED:
            return fresh
        move(fresh, Lead.State.WAITING, by=None, reason="", now=now, email_verified_at=now)
        return fresh


def can_ask_again(lead: Lead, now: datetime) -> bool:
    """Whether a request has ended, so that its homeowner may well ask for the same once more; by its dates."""
    if lead.state == Lead.State.PUBLISHED:
        return lead.expires_at is not None and lead.expires_at <= now
    return is_too_late(lead, now) or lead.state not in (Lead.State.UNCONFIRMED, Lead.State.WAITING)


def never_confirmed(now: datetime) -> QuerySet[Lead]:
    """Requests whose days to be confirmed are over."""
    return Lead.objects.filter(state=Lead.State.UNCONFIRMED, created_at__lte=now - CONFIRM_WITHIN)


def remove_unconfirmed(*, now: datetime, batch: int = 200) -> int:
    """Removes requests that nobody confirmed, with their pictures, and the mails that said whose they were; returns
    how many. One that cannot be removed holds up no other; runs again without harm."""
    return for_each(never_confirmed(now), lambda pk: _remove_if_due(pk, now), what="remove", batch=batch)


def _remove_if_due(pk: int, now: datetime) -> bool:
    """Looks again under the lock: the homeowner may be pressing the button, or another worker be at it."""
    lead = (
        never_confirmed(now)
        .select_for_update(no_key=True, of=("self",), skip_locked=True)
        .filter(pk=pk)
        .first()
    )
    if lead is None:
        return False
    _remove(lead)
    return True


def _remove(lead: Lead, *, but: Sequence[KeptPhoto] = ()) -> None:
    lead_photos.remove_photos(lead, but=but)
    to_homeowner(lead).delete()
    lead.delete()

"""A homeowner's request for a job, from entry to its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import PhoneNumber

from base.days import marketplace_day
from mail import outbox
from marketplace.buyers import tell_buyers
from marketplace.errors import MarketplaceError
from marketplace.grounds import CLOSING, REJECTING, TOLD, Ground
from marketplace.homeowners import ask_again_of, page_of
from marketplace.masking import mask_together
from marketplace.models import Category, Lead, LeadEvent, PriceRule, Province
from marketplace.own_interest import refuse_own
from marketplace.pricing import Rule, price_of
from marketplace.reasons import read_reason
from marketplace.written import refuse_too_long
from profiles.addresses import address_key
from profiles.models import User
from profiles.plain_text import length_as_read, many_lines, one_line

# What a moderator may put right while the request waits.
CORRECTABLE = ("category", "province", "town", "title", "description", "size", "timing", "budget_cents")

# Where a homeowner writes what they like; masked together, for a number may begin in one and end in another (M5).
FREE_TEXTS = ("town", "title", "description")
MASKED = tuple(f"{field}_masked" for field in FREE_TEXTS)

_READ = {"town": one_line, "title": one_line, "description": many_lines}


def read_request(
    *,
    category: Category,
    province: Province,
    town: str,
    title: str,
    description: str,
    size: str,
    timing: str,
    budget_cents: int | None,
    homeowner_name: str,
    homeowner_email: str,
    homeowner_phone: str | PhoneNumber,
    language: str,
    now: datetime,
) -> Lead:
    """What somebody asks for, made fit to keep and not saved yet, whichever door it came through.

    How many may buy it is written down here, so that a later setting changes nothing (M3).
    Raises MarketplaceError: incomplete, too_long, bad_phone, bad_budget, each with its field.
    """
    lead = Lead(
        category=category,
        province=province,
        town=one_line(town),
        title=one_line(title),
        description=many_lines(description),
        size=size,
        timing=timing,
        budget_cents=budget_cents,
        homeowner_name=one_line(homeowner_name),
        homeowner_email=homeowner_email.strip().lower(),
        homeowner_key=address_key(homeowner_email),
        homeowner_phone=homeowner_phone,
        language=language,
        created_at=now,
        places=settings.LEAD_PLACES,
    )
    for field in ("town", "title", "description", "homeowner_name", "homeowner_email"):
        _check_text(field, getattr(lead, field))
    if not (lead.homeowner_phone and lead.homeowner_phone.is_valid()):
        raise MarketplaceError(
            "bad_phone", _("This is not a telephone number that can be called."), field="homeowner_phone"
        )
    _check_budget(budget_cents)
    hide_details(lead)
    return lead


def save_new(lead: Lead, *, by: User | None, now: datetime) -> None:
    """Saves a request that `read_request` made, with the first row of its history."""
    lead.save(force_insert=True)
    _note(lead, "", lead.state, by=by, reason="", now=now)


def correct_lead(*, lead: Lead, by: User, now: datetime, **changes: Any) -> Lead:
    """Puts right what a waiting request says (`CORRECTABLE` alone), and keeps which fields were changed (M1).

    Raises MarketplaceError: wrong_state once it is no longer waiting; incomplete, too_long, bad_budget.
    """
    if unknown := set(changes) - set(CORRECTABLE):
        raise TypeError(f"Not to be corrected: {sorted(unknown)}")
    with transaction.atomic():
        fresh = Lead.objects.select_for_update(no_key=True, of=("self",)).get(pk=lead.pk)
        if fresh.state != Lead.State.WAITING:
            raise _wrong_state(fresh)
        changes |= {name: read(changes[name]) for name, read in _READ.items() if name in changes}
        changed = [name for name, value in changes.items() if getattr(fresh, name) != value]
        if not changed:
            return fresh
        for name in changed:
            setattr(fresh, name, changes[name])
        for name in _READ.keys() & changed:
            _check_text(name, getattr(fresh, name))
        _check_budget(fresh.budget_cents)
        fresh.save(update_fields=[*changed, *hide_details(fresh)])
        _note(fresh, fresh.state, fresh.state, by=by, reason=", ".join(sorted(changed)), now=now)
        return fresh


def publish_lead(*, lead: Lead, by: User | None, now: datetime) -> Lead:
    """Publishes a request at the price that the rules give it today, frozen from here on, and tells the homeowner.

    Already published: changes nothing. Raises MarketplaceError: wrong_state, no_price (no rule fits, M3).
    What the texts would give away of what buyers pay for is masked until they have bought (M5).
    """
    with transaction.atomic():
        fresh = _locked(lead, Lead.State.PUBLISHED)
        if fresh.state == Lead.State.PUBLISHED:
            return fresh
        price_cents = price_of(
            [
                Rule(*row)
                for row in PriceRule.objects.values_list("category_id", "province_id", "size", "price_cents")
            ],
            category_id=fresh.category_id,
            province_id=fresh.province_id,
            size=fresh.size,
        )
        if price_cents is None:
            raise MarketplaceError(
                "no_price",
                _("No price rule fits this category, province and size. Add one, then publish the request."),
            )
        hidden = {column: getattr(fresh, column) for column in hide_details(fresh)}
        move(
            fresh,
            Lead.State.PUBLISHED,
            by=by,
            reason="",
            now=now,
            published_at=now,
            price_cents=price_cents,
            **hidden,
        )
        outbox.write(
            kind="marketplace/lead_published",
            cause=f"lead:{fresh.public_id}",
            to=fresh.homeowner_email,
            language=fresh.language,
            context={
                "name": fresh.homeowner_name,
                "title": fresh.masked_title,
                "places": fresh.places,
                "page_url": page_of(fresh),
                "ends_on": marketplace_day(fresh.expires_at) if fresh.expires_at else None,
            },
            now=now,
        )
        return fresh


def reject_lead(*, lead: Lead, by: User, reason: str, now: datetime, ground: str = "") -> Lead:
    """Does not publish a waiting request, and tells the homeowner why. Already rejected: changes nothing.

    `ground`: one of `grounds.REJECTING`, told in the homeowner's language; `reason`: what is to be told beside it,
    or alone. Raises MarketplaceError: reason_missing (neither says anything), wrong_state.
    """
    ground, note = _read_ground(ground, reason, REJECTING)
    with transaction.atomic():
        fresh = _locked(lead, Lead.State.REJECTED)
        if fresh.state == Lead.State.REJECTED:
            return fresh
        move(fresh, Lead.State.REJECTED, by=by, reason=note, ground=ground, now=now)
        _tell_why(fresh, "marketplace/lead_rejected", ground, note, now)
        return fresh


def close_lead(
    *, lead: Lead, by: User | None, reason: str, now: datetime, ground: str = "", tells_buyers: bool = True
) -> Lead:
    """Ends a published request: nobody buys it any more; who bought it keeps it. Already closed: changes nothing.

    Who bought it is told, once, in the same words whoever closed it and whatever a homeowner said of whom they
    hired (G2, M1); not where a return closes it, which says something else (`tells_buyers`). The homeowner is told
    why (`ground`, one of `grounds.CLOSING`, and `reason`, as for a rejection) unless they closed it themselves
    (`by` is None). Raises MarketplaceError: reason_missing, own_business (one of
    `by` has bought it), wrong_state.
    """
    ground, note = _read_ground(ground, reason, CLOSING)
    with transaction.atomic():
        if by is not None:
            refuse_own(lead, by)
        fresh = _locked(lead, Lead.State.CLOSED)
        if fresh.state == Lead.State.CLOSED:
            return fresh
        by_homeowner = by is None
        move(fresh, Lead.State.CLOSED, by=by, reason=note, ground="" if by_homeowner else ground, now=now)
        if tells_buyers:
            tell_buyers(lead=fresh, kind="marketplace/job_closed", now=now)
        if not by_homeowner and fresh.anonymised_at is None:
            _tell_why(fresh, "marketplace/lead_closed", ground, note, now)
        return fresh


@dataclass(frozen=True, slots=True)
class Told:
    """Why a request was rejected or closed, as its homeowner was told: what stands for the ground, and our note."""

    ground: str
    note: str


def told_why(lead: Lead) -> Told | None:
    """For the homeowner's page, in the reader's language; None where nobody but they ended the request."""
    if lead.state not in (Lead.State.REJECTED, Lead.State.CLOSED):
        return None
    event = lead.events.filter(to_state=lead.state).exclude(from_state=F("to_state")).last()
    # What was written down at a closing before homeowners were told of it was for the office alone.
    if event is None or not (event.ground or lead.state == Lead.State.REJECTED):
        return None
    return Told(_in_words(event.ground), event.reason)


def _read_ground(ground: str, reason: str, among: Sequence[Ground]) -> tuple[str, str]:
    """The code of the ground and the note beside it, both fit to keep. Raises MarketplaceError: reason_missing."""
    if ground not in among:
        ground = Ground.OTHER
    missing = "" if ground in TOLD else str(_("Write the reason."))
    return str(ground), read_reason(reason, field="reason", missing=missing)


def _in_words(ground: str) -> str:
    told = TOLD.get(Ground(ground)) if ground in Ground.values else None
    return str(told) if told else ""


def _tell_why(lead: Lead, kind: str, ground: str, note: str, now: datetime) -> None:
    with translation.override(lead.language):
        in_words = _in_words(ground)
    outbox.write(
        kind=kind,
        cause=f"lead:{lead.public_id}",
        to=lead.homeowner_email,
        language=lead.language,
        context={
            "name": lead.homeowner_name,
            "title": lead.masked_title,
            "ground": in_words,
            "note": note,
            # Who gave it back has been told to forget it.
            "bought": lead.contacts.kept().count(),
            "page_url": page_of(lead),
            "again_url": ask_again_of(lead),
        },
        now=now,
    )


def _locked(lead: Lead, target: Lead.State) -> Lead:
    """The lead as it is now, locked against a second moderator, if it is or may become `target`."""
    fresh = Lead.objects.select_for_update(no_key=True, of=("self",)).get(pk=lead.pk)
    if fresh.state != target and target not in Lead.MOVES[fresh.state]:
        raise _wrong_state(fresh)
    return fresh


def move(
    lead: Lead,
    state: Lead.State,
    *,
    by: User | None,
    reason: str,
    now: datetime,
    ground: str = "",
    **changes: Any,
) -> None:
    """Moves a locked request on, with its history; `changes` are other columns that change with it."""
    _note(lead, lead.state, state, by=by, reason=reason, ground=ground, now=now)
    for name, value in {**changes, "state": state}.items():
        setattr(lead, name, value)
    lead.save(update_fields=["state", *changes])


def _note(
    lead: Lead, before: str, after: str, *, by: User | None, reason: str, now: datetime, ground: str = ""
) -> None:
    LeadEvent.objects.create(
        lead=lead, actor=by, from_state=before, to_state=after, reason=reason, ground=ground, at=now
    )


def _wrong_state(lead: Lead) -> MarketplaceError:
    return MarketplaceError(
        "wrong_state",
        _("This request is “%(state)s”, so that cannot be done.") % {"state": lead.get_state_display()},
    )


def _check_text(field: str, text: str) -> None:
    if length_as_read(text) == 0:
        raise MarketplaceError("incomplete", _("Fill this in."), field=field)
    most = Lead._meta.get_field(field).max_length  # type: ignore[union-attr]
    if most is not None:
        refuse_too_long(text, field=field, most=most)


def _check_budget(budget_cents: int | None) -> None:
    if budget_cents is not None and budget_cents <= 0:
        raise MarketplaceError(
            "bad_budget", _("A budget is more than nothing. Leave it empty if unknown."), field="budget_cents"
        )


def hide_details(lead: Lead) -> list[str]:
    """Sets what is shown of the texts before buying (M5): contact details are masked, the homeowner's own in any
    form. Saves nothing; returns the columns that it changed, for whoever saves."""
    written = [getattr(lead, field) for field in FREE_TEXTS]
    shown = mask_together(written, **own_details(lead))
    changed = []
    for column, before, after in zip(MASKED, written, shown, strict=True):
        masked = "" if after == before else after
        if getattr(lead, column) != masked:
            setattr(lead, column, masked)
            changed.append(column)
    return changed


def own_details(lead: Lead) -> dict[str, str]:
    """The homeowner's own telephone, without the country, and mail, as `masking` wants to know them."""
    phone = lead.homeowner_phone
    return {"telephone": str(phone.national_number) if phone else "", "email": lead.homeowner_email}

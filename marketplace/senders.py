"""Blocking a sender and lifting it: their requests are flagged for the moderator, never refused silently (M2, X4)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from base.erased import ERASED
from base.models import LiftableQuerySet
from marketplace.errors import MarketplaceError
from marketplace.models import BlockedSender, Lead
from marketplace.reasons import read_reason
from profiles.models import User


def blocks_of(lead: Lead) -> QuerySet[BlockedSender]:
    """The standing blocks that flag this request."""
    return all_blocks_of(lead).standing().select_related("blocked_by")


def all_blocks_of(lead: Lead) -> LiftableQuerySet:
    """Every block of who sent this request, lifted ones too."""
    same = Q(phone=lead.homeowner_phone) & ~Q(phone="")
    if lead.homeowner_key:
        same |= Q(email_key=lead.homeowner_key)
    return BlockedSender.objects.filter(same)


def forget_lifted(lead: Lead) -> None:
    """Takes whoever sent this request out of the blocks that were lifted: part of anonymising (X5). A standing one
    stays as it is, for it protects businesses from abuse and would be worth nothing if erasing ended it; its person
    is told, and it goes when it is lifted."""
    for block in all_blocks_of(lead).exclude(lifted_at=None):
        _forget(block)


def block_sender(
    *, lead: Lead, by_mail: bool, by_phone: bool, by: User, reason: str, now: datetime
) -> list[BlockedSender]:
    """Blocks the mail address, the telephone, or both, of whoever sent `lead`. What is blocked already stays as it is.

    Raises MarketplaceError: reason_missing, nothing_chosen, no_details.
    """
    reason = read_reason(reason, field="reason", missing=_("Write the reason."))
    if not (by_mail or by_phone):
        raise MarketplaceError("nothing_chosen", _("Choose the mail address, the telephone, or both."))
    senders: list[dict[str, Any]] = [{"email_key": lead.homeowner_key}] if by_mail else []
    senders += [{"phone": lead.homeowner_phone}] if by_phone else []
    if not all(value for sender in senders for value in sender.values()):
        raise MarketplaceError("no_details", _("This request does not say who sent it any more."))
    with transaction.atomic():
        return [_block(sender, by, reason, now) for sender in senders]


def _block(sender: dict[str, Any], by: User, reason: str, now: datetime) -> BlockedSender:
    """Two moderators at once, maybe on two requests of one sender: whoever comes second finds the first one's row."""
    said = {"reason": reason, "blocked_by": by, "blocked_at": now}
    block: BlockedSender
    block, _made = BlockedSender.objects.standing().get_or_create(**sender, defaults=said)
    return block


def lift_block(*, block: BlockedSender, by: User, reason: str, now: datetime) -> BlockedSender:
    """Lifts a block, with its reason. Lifted already: changes nothing. Raises MarketplaceError: reason_missing.

    Where its person was erased meanwhile, the block alone still knew who it was: it forgets that too (X5).
    """
    reason = read_reason(reason, field="reason", missing=_("Write the reason."))
    with transaction.atomic():
        fresh = BlockedSender.objects.select_for_update(no_key=True, of=("self",)).get(pk=block.pk)
        if fresh.lifted_at is None:
            fresh.lifted_by, fresh.lifted_at, fresh.lift_reason = by, now, reason
            fresh.save(update_fields=["lifted_by", "lifted_at", "lift_reason"])
            same = Q(homeowner_phone=fresh.phone) if fresh.phone else Q(homeowner_key=fresh.email_key)
            if not Lead.objects.filter(same).exists():
                _forget(fresh)
        return fresh


def _forget(block: BlockedSender) -> None:
    """That somebody was blocked, by whom and when, stays; who it was goes, and what was written of them."""
    block.email_key, block.phone = f"erased:{block.pk}", ""
    block.reason = block.lift_reason = ERASED
    block.save(update_fields=["email_key", "phone", "reason", "lift_reason"])

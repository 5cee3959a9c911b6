"""Bought support follows its money: what a credit note gives back is used no more (S6, M14)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Least
from django.dispatch import receiver

from base.jobs import for_each
from billing.models import CreditNote, Invoice
from billing.signals import invoice_credited
from support import letters
from support.allowances import take_credited
from support.clients import readers_of
from support.models import Allowance, Offer
from support.splits import credited_share


@receiver(invoice_credited, sender=Invoice)
def take_back_support(invoice: Invoice, note: CreditNote, now: datetime, **kwargs: Any) -> set[str]:
    """A part of what was paid for an offer is given back or no longer asked for, or all: as large a part of its support
    goes with it, of what is left. What was used stays used. Both sides are told, in the transaction of the credit note;
    returned is who of the client was.
    """
    paid = invoice.rest_of or invoice
    offer = (
        Offer.objects.filter(prepayment__invoice=paid)
        .select_related("client__customer__professional", "allowance", "ticket", "made_by")
        .first()
    )
    if offer is None or offer.allowance is None or not notes_on(paid).filter(pk=note.pk).exists():
        return set()
    cause = f"credit_note:{note.public_id}"
    taken = follow_credit_notes(allowance=offer.allowance, cause=cause, now=now)
    letters.offer_credited(offer, note, taken, now)
    return {reader.email.lower() for reader in readers_of(offer.client)}


def follow_credit_notes(*, allowance: Allowance, cause: str, now: datetime) -> int:
    """Takes away what credit notes have given back of the money for an allowance, as far as it is left, and returns how
    many whole units these were. Of what was used by then more may be left once that is taken back: so it is asked again
    after a use was. Of an allowance that was not bought it is nothing.

    The credit note is written before the allowance is locked, and is read after: of a note and a use taken back at once
    the later of the two sees the other.
    """
    with transaction.atomic():
        locked = Allowance.objects.select_for_update(no_key=True, of=("self",)).get(pk=allowance.pk)
        offer = Offer.objects.filter(allowance=locked).select_related("prepayment__invoice").first()
        if offer is None:
            return 0
        went_back = offer.amount - locked.given
        amount = min(credited_by(offer) - went_back, locked.left)
        if amount <= 0:
            return 0
        take_credited(allowance=locked, amount=amount, cause=cause, now=now)
        allowance.left, allowance.given = locked.left, locked.given
        return amount


def credited_by(offer: Offer) -> int:
    """How many whole units of an offer that was paid go back with the credit notes on its invoice (`notes_on`)."""
    invoice = offer.prepayment.invoice if offer.prepayment else None
    if invoice is None:
        return 0
    cents = notes_on(invoice).aggregate(total=Sum("amount_cents"))["total"] or 0
    # What the bank took back, was paid again and was taken back again can be credited each time.
    return credited_share(offer.amount, min(cents, invoice.total_cents), invoice.total_cents)


def take_earlier_credits(*, now: datetime) -> int:
    """Takes the support of what was credited before support followed credit notes, as far as it is left, and tells both
    sides; returns of how many offers. Runs again without harm."""

    def take(pk: int) -> bool:
        offer = Offer.objects.select_related(
            "client__customer__professional", "allowance", "ticket", "made_by", "prepayment__invoice"
        ).get(pk=pk)
        assert offer.allowance and offer.prepayment and offer.prepayment.invoice  # It was asked for.
        note = notes_on(offer.prepayment.invoice).latest("pk")
        cause = f"caught_up:{note.public_id}"
        taken = follow_credit_notes(allowance=offer.allowance, cause=cause, now=now)
        if taken:
            letters.offer_credited(offer, note, taken, now)
        return taken > 0

    return for_each(owing_support(), take, what="take back the support of")


def owing_support() -> QuerySet[Offer]:
    """Offers of which something is left that credit notes give back, as `credited_by` says it of one."""
    notes = notes_on(OuterRef("prepayment__invoice")).order_by().annotate(one=Value(1)).values("one")
    total = F("prepayment__invoice__total_cents")
    next_unit = F("amount") - F("allowance__given") + 1
    return (
        Offer.objects.filter(allowance__left__gt=0)
        .annotate(credited=Subquery(notes.annotate(cents=Sum("amount_cents")).values("cents")))
        .filter(credited__gt=0)
        .alias(bought_with=F("amount") * Least("credited", total), needed=next_unit * total)
        .filter(bought_with__gte=F("needed"))
    )


def notes_on(invoice: Invoice | OuterRef) -> QuerySet[CreditNote]:
    """The credit notes by which money for what `invoice` sold went back or is no longer asked for: those on it, and
    those on the rests of it, which the bank had taken back. Not those that nobody recorded: they take a rest back
    because the bank has given its money back (`billing.reversals`)."""
    of_rests = Q(invoice__rest_of=invoice, recorded_by__isnull=False)
    return CreditNote.objects.filter(Q(invoice=invoice) | of_rests)

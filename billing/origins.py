"""Where the ledger entries of billing come from, as a statement says it (M8)."""

import uuid
from collections.abc import Collection, Mapping

from django.urls import reverse
from django.utils.translation import gettext as _

from base.registry import Origin, origin_of
from billing.models import CreditNote, Reversal, TopUp, WalletEntry

Kind = WalletEntry.Kind


@origin_of(Kind.TOP_UP)
def top_ups(entries: Collection[int]) -> Mapping[int, Origin]:
    rows = TopUp.objects.filter(entry__in=entries).values_list("entry", "reference", "gateway_payment")
    return {
        entry: Origin(
            (
                _("Top-up by bank transfer %(reference)s")
                if gateway_payment is None
                else _("Top-up %(reference)s")
            )
            % {"reference": reference}
        )
        for entry, reference, gateway_payment in rows
    }


@origin_of(Kind.CORRECTION)
def corrections(entries: Collection[int]) -> Mapping[int, Origin]:
    """Its reason stays with finance."""
    return {entry: Origin(_("Correction")) for entry in entries}


@origin_of(Kind.CREDIT_NOTE)
def credit_notes(entries: Collection[int]) -> Mapping[int, Origin]:
    return {
        note.entry_id: Origin(
            _("Credit note %(number)s, for invoice %(invoice)s")
            % {"number": note.number, "invoice": note.invoice.number},
            reverse("billing:credit_note", args=[note.public_id]),
        )
        for note in CreditNote.objects.filter(entry__in=entries).select_related("invoice")
        if note.entry_id is not None
    }


@origin_of(Kind.REVERSAL)
def reversals(entries: Collection[int]) -> Mapping[int, Origin]:
    rows = Reversal.objects.filter(entry__in=entries).values_list("entry", *_PAYMENT)
    return {entry: _of_payment(_("Payment taken back by the bank"), *said) for entry, *said in rows}


@origin_of(Kind.REVERSAL_UNDONE)
def reversals_undone(entries: Collection[int]) -> Mapping[int, Origin]:
    rows = Reversal.objects.filter(undone_entry__in=entries).values_list("undone_entry", *_PAYMENT)
    return {entry: _of_payment(_("Payment given back by the bank"), *said) for entry, *said in rows}


_PAYMENT = ("payment__charge", "payment__public_id")


def _of_payment(words: str, charge: str, public_id: uuid.UUID) -> Origin:
    """By the gateway's name for the money, or by ours where it said none, with the page of the payment."""
    return Origin(f"{words}: {charge or public_id}", reverse("billing:payment", args=[public_id]))

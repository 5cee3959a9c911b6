"""A year's invoices and credit notes as rows, for the books of whoever runs the site, or of one buyer (M14)."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from base.spreadsheets import amount
from billing.models import CreditNote, Invoice

# Rows read together.
CHUNK = 500


def rows_of_year(
    year: int, invoices: QuerySet[Invoice], notes: QuerySet[CreditNote], today: date
) -> Iterator[tuple[Any, ...]]:
    """A heading; those of the `invoices` that are of the year, then of the credit `notes`, each by number. What a
    credit note takes back is negative, so that the columns add up."""
    yield (
        _("Number"), _("Corrects"), _("Issued"), _("Due"), _("Seller"), _("Seller's tax id"), _("Buyer"),
        _("Buyer's tax id"), _("Buyer's address"), _("For"), _("Before tax"), _("Tax rate, %"), _("Tax"), _("Total"),
        _("Still to be paid"), _("State"), _("Paid on"),
    )  # fmt: skip
    for invoice in invoices.filter(year=year).order_by("sequence").iterator(chunk_size=CHUNK):
        yield (
            invoice.number, "", invoice.issued_on, invoice.due_on,
            *_parties(invoice), invoice.description, *_amounts(invoice, invoice.total_cents, 1),
            amount(invoice.open_cents), _state(invoice, today), invoice.paid_on or "",
        )  # fmt: skip
    of_year = notes.filter(year=year).select_related("invoice").order_by("sequence")
    for note in of_year.iterator(chunk_size=CHUNK):
        yield (
            note.number, note.invoice.number, note.issued_on, "",
            *_parties(note), note.reason, *_amounts(note, note.amount_cents, -1),
            "", note.get_use_display(), "",
        )  # fmt: skip


def _parties(document: Invoice | CreditNote) -> tuple[str, ...]:
    return (
        document.seller_name, document.seller_tax_id,
        document.buyer_name, document.buyer_tax_id, document.buyer_address,
    )  # fmt: skip


def _amounts(document: Invoice | CreditNote, total_cents: int, sign: int) -> tuple[Decimal, ...]:
    rate = Decimal(document.tax_rate_basis_points).scaleb(-2)
    return (
        amount(sign * document.net_cents), rate, amount(sign * document.tax_cents), amount(sign * total_cents)
    )  # fmt: skip


def _state(invoice: Invoice, today: date) -> str:
    if invoice.paid_on:
        return _("Paid")
    if invoice.credited_on:
        return _("Settled by credit note")
    return _("Past due") if invoice.is_past_due(today) else _("To be paid")

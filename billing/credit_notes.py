"""Credit notes: the only way in which an invoice is corrected (M14)."""

import uuid
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from base.days import marketplace_day
from base.money import money
from base.numbers import next_number
from billing import letters, wallet
from billing.errors import BillingError
from billing.invoices import lapsed_for, lock_invoice, note_restored
from billing.models import CreditNote, CreditNoteNumber, Invoice, WalletEntry
from billing.signals import invoice_credited
from billing.transfers import refuse_own
from profiles.models import Professional, User
from profiles.plain_text import fit

Use = CreditNote.Use


def tax_of_part(*, tax_cents: int, total_cents: int, before_cents: int, part_cents: int) -> int:
    """The tax within the next `part_cents` of a total, of which `before_cents` are taken back already.

    Whole cents. Each part holds the tax up to its end less the tax up to its beginning, so that whatever the parts,
    those of the whole add up to `tax_cents`, and none holds more tax than it is.
    """

    def until(cents: int) -> int:
        return (2 * tax_cents * cents + total_cents) // (2 * total_cents)

    return until(before_cents + part_cents) - until(before_cents)


def issue_credit_note(
    *,
    invoice: Invoice,
    reason: str,
    by: User | None,
    now: datetime,
    amount_cents: int | None = None,
    public_id: uuid.UUID | None = None,
) -> CreditNote:
    """Takes an invoice back: `amount_cents` of it, tax included, or all that is left of it. The reason is printed.

    Of an invoice that is not paid, that much less is owed; when nothing is left it is settled, as of today: not past
    due, and the plan that had lapsed for it is in force again. Of one that is paid, the money goes onto the
    balance, once; where the buyer has none, or has closed its account, finance pays it back. The plan's period stays
    as it is.
    `by` is the member of staff, or None for the product itself. `public_id` is what makes two sendings of one form
    one credit note: the same id again returns what stands, if that is of this invoice and over this amount.
    Raises BillingError: "no_reason", "not_positive", "form_used" (the id made another credit note),
    "nothing_to_credit", "too_much", "own_business"; ProfileError "too_long".
    """
    today = marketplace_day(now)
    reason = fit(reason, field="reason", most=500, lines=True)
    if not reason:
        raise BillingError("no_reason", _("Write why the invoice is corrected."), field="reason")
    if amount_cents is not None and amount_cents <= 0:
        raise BillingError("not_positive", _("The amount must be more than nothing."), field="amount")
    public_id = public_id or uuid.uuid4()
    with transaction.atomic():
        invoice, professional = lock_invoice(invoice)
        if by:
            refuse_own(invoice.customer_id, professional, by)
        standing = CreditNote.objects.filter(public_id=public_id).first()
        if standing:
            _refuse_another(standing, invoice, amount_cents)
            return standing
        amount_cents = _takes(invoice, amount_cents)
        lapsed = lapsed_for(invoice, today)
        use = _use(invoice, professional)
        entry = None
        if professional and use == Use.BALANCE:
            entry = _put_onto_balance(professional, amount_cents, public_id, now)
        note = CreditNote.objects.create(
            public_id=public_id,
            year=today.year,
            sequence=next_number(CreditNoteNumber, today.year),
            invoice=invoice,
            **invoice.parties,
            issued_on=today,
            amount_cents=amount_cents,
            tax_cents=tax_of_part(
                tax_cents=invoice.tax_cents,
                total_cents=invoice.total_cents,
                before_cents=invoice.credited_cents,
                part_cents=amount_cents,
            ),
            tax_rate_basis_points=invoice.tax_rate_basis_points,
            reason=reason,
            use=use,
            entry=entry,
            recorded_by=by,
            recorded_at=now,
        )
        _make_smaller(invoice, note, today)
        answers = invoice_credited.send(sender=Invoice, invoice=invoice, note=note, now=now)
        told = {address for _receiver, addresses in answers for address in addresses or ()}
        restored_until = None
        if lapsed and not invoice.is_owed:
            restored_until = note_restored(lapsed, invoice, by, today, now)
        letters.credit_note_issued(note, restored_until, told, now)
        return note


def _refuse_another(standing: CreditNote, invoice: Invoice, amount_cents: int | None) -> None:
    if standing.invoice_id == invoice.pk and amount_cents in (None, standing.amount_cents):
        return
    raise BillingError(
        "form_used",
        _(
            "This form has already made credit note %(number)s over %(amount)s, for invoice %(invoice)s. "
            "Nothing more was issued. Open a new form for another credit note."
        )
        % {
            "number": standing.number,
            "amount": money(standing.amount_cents),
            "invoice": standing.invoice.number,
        },
    )


def _takes(invoice: Invoice, amount_cents: int | None) -> int:
    """How many cents of the invoice are taken back: as many as were asked for, or all that is left of it."""
    left = invoice.creditable_cents
    if not left:
        raise BillingError(
            "nothing_to_credit",
            _("Nothing of invoice %(number)s is left to take back.") % {"number": invoice.number},
        )
    amount_cents = left if amount_cents is None else amount_cents
    if amount_cents > left:
        raise BillingError(
            "too_much",
            _("Of invoice %(number)s only %(left)s can still be taken back.")
            % {"number": invoice.number, "left": money(left)},
            field="amount",
        )
    return amount_cents


def _use(invoice: Invoice, professional: Professional | None) -> Use:
    if invoice.paid_on is None:
        return Use.OWED_LESS
    # Of a business that closed its account nobody could spend it.
    return Use.BALANCE if professional and professional.closed_at is None else Use.PAID_BACK


def _put_onto_balance(
    professional: Professional, amount_cents: int, public_id: uuid.UUID, now: datetime
) -> WalletEntry:
    return wallet.credit(
        wallet=wallet.open_wallet(professional=professional),
        amount_cents=amount_cents,
        kind=WalletEntry.Kind.CREDIT_NOTE,
        cause=f"credit_note:{public_id}",
        now=now,
    )


def _make_smaller(invoice: Invoice, note: CreditNote, today: date) -> None:
    invoice.credited_cents += note.amount_cents
    if note.use == Use.OWED_LESS:
        invoice.payable_cents -= note.amount_cents
        invoice.credited_on = None if invoice.payable_cents else today
    invoice.save(update_fields=["credited_cents", "payable_cents", "credited_on"])

"""Money that the bank takes back, and gives back (M10).

A top-up that is reversed takes what is left of the balance, and the rest becomes an invoice that is past due at once;
an invoice payment that is reversed whole reopens the invoice, and of one that is reversed in part that part becomes
such an invoice. Of a payment that did both, because its invoice needed less of it or was taken back in part by credit
note once it was paid, the balance's part goes first, as what was paid too much is what is refunded first: no invoice
is owed again of which the money was given back already. What was done is kept on the `Reversal`, so that exactly that
is undone when the bank gives it back.

The callers hold the locks of professional, balance, invoice and payment.
"""

from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import formats, translation
from django.utils.translation import gettext as _

from base.days import marketplace_day
from base.models import move_to
from billing import letters
from billing.credit_notes import issue_credit_note
from billing.customers import customer_of, language_of_payer
from billing.invoices import issue_invoice, restore_invoice_payment, reverse_invoice_payment
from billing.models import (
    CreditNote,
    Customer,
    GatewayPayment,
    Invoice,
    InvoicePayment,
    Reversal,
    Wallet,
    WalletEntry,
)
from billing.wallet import credit, debit, open_wallet


def reversed_cents(payment: GatewayPayment) -> int:
    """How much of a payment the bank has taken back and not given back."""
    return _reversed(payment, "amount_cents")


def _reversed(payment: GatewayPayment, column: str) -> int:
    standing = payment.reversals.filter(state=Reversal.State.STANDING)
    return standing.aggregate(total=Sum(column))["total"] or 0


def reverse_payment(*, payment: GatewayPayment, reference: str, amount_cents: int, now: datetime) -> Reversal:
    """The bank has taken `amount_cents` of a payment back, which are at most what is left of it."""
    reversal = Reversal(payment=payment, reference=reference, amount_cents=amount_cents, reversed_at=now)
    # What paid an invoice and was taken back lies on the balance since, if it was given back after the invoice had
    # been paid otherwise: there it is taken from, and never a second time from the invoice.
    standing = InvoicePayment.objects.filter(state=InvoicePayment.State.STANDING)
    paid = standing.filter(gateway_payment=payment).first()
    put_on_balance = payment.amount_cents - (paid.amount_cents - _credited_since(paid) if paid else 0)
    left_of_balance = max(0, put_on_balance - _reversed(payment, "of_balance_cents"))
    reversal.of_balance_cents = min(amount_cents, left_of_balance)
    of_invoice = amount_cents - reversal.of_balance_cents
    rest_of = paid.invoice if paid and 0 < of_invoice < paid.amount_cents else None
    rest_cents = _take_from_balance(reversal, now)
    if paid and of_invoice == paid.amount_cents:
        reverse_invoice_payment(paid, now)
        reversal.reopened, reversal.reopened_cents = paid, paid.amount_cents
    else:
        rest_cents += of_invoice
    if rest_cents:
        reversal.rest_invoice = _invoice_for(payment, rest_cents, rest_of, now)
    reversal.save()
    letters.payment_reversed(reversal, now)
    return reversal


def was_paid_back(payment: GatewayPayment) -> bool:
    """Whether a credit note says of what it paid that finance pays it back: then what the gateway takes may be just
    that, which no rule can tell from a dispute. Of a payer who has a balance it goes there instead."""
    return CreditNote.objects.filter(
        invoice__payments__gateway_payment=payment, use=CreditNote.Use.PAID_BACK
    ).exists()


def comes_twice(reversal: Reversal) -> bool:
    """Whether what it did takes less of what the bank gives back than it took: something else has paid the invoice that
    it reopened, or a part of that was taken back, or of the invoice over the rest."""
    if reversal.rest_invoice and _credited_by_hand(reversal.rest_invoice):
        return True
    if reversal.reopened is None:
        return False
    return Invoice.objects.get(pk=reversal.reopened.invoice_id).open_cents < reversal.reopened_cents


def undo_reversal(*, reversal: Reversal, payment: GatewayPayment, now: datetime) -> Reversal:
    """The bank has given back what it had taken: what that did is undone, and nothing else."""
    move_to(reversal, Reversal.State.UNDONE)
    back_cents = -reversal.entry.amount_cents if reversal.entry else 0
    if reversal.reopened:
        # Something else has paid the invoice, or took it back, or a part of it: what came twice is the balance's.
        back_cents += reversal.reopened_cents - restore_invoice_payment(reversal.reopened, now)
    if reversal.rest_invoice:
        back_cents += _credited_by_hand(reversal.rest_invoice)
    if back_cents:
        assert payment.professional is not None  # Else it is left to a person (`comes_twice`).
        reversal.undone_entry = credit(
            wallet=open_wallet(professional=payment.professional),
            amount_cents=back_cents,
            kind=WalletEntry.Kind.REVERSAL_UNDONE,
            cause=f"reversal:{reversal.public_id}",
            now=now,
        )
    if reversal.rest_invoice:
        _take_back(reversal.rest_invoice, payment, now)
    reversal.undone_at = now
    reversal.save(update_fields=["state", "undone_at", "undone_entry"])
    letters.reversal_undone(reversal, now)
    return reversal


def _credited_by_hand(rest: Invoice) -> int:
    """How much of an invoice over a rest was taken back by somebody, in cents: nothing is sold for that any more, so
    once its money is here again it has come for nothing. What it had bought, as support, went with it."""
    notes = CreditNote.objects.filter(invoice=rest, recorded_by__isnull=False)
    return notes.aggregate(total=Sum("amount_cents"))["total"] or 0


def _credited_since(paid: InvoicePayment) -> int:
    """How much of what paid an invoice was put onto the balance since, by credit notes."""
    notes = CreditNote.objects.filter(invoice=paid.invoice_id, use=CreditNote.Use.BALANCE)
    return notes.aggregate(total=Sum("amount_cents"))["total"] or 0


def _take_from_balance(reversal: Reversal, now: datetime) -> int:
    """Takes what is of the balance, or what is left there; returns what was no longer there, in whole cents."""
    if not reversal.of_balance_cents:
        return 0
    wallet = Wallet.objects.get(professional=reversal.payment.professional)
    taken_cents = min(wallet.balance_cents, reversal.of_balance_cents)
    if taken_cents:
        reversal.entry = debit(
            wallet=wallet,
            amount_cents=taken_cents,
            kind=WalletEntry.Kind.REVERSAL,
            cause=f"reversal:{reversal.public_id}",
            now=now,
        )
    return reversal.of_balance_cents - taken_cents


def _invoice_for(
    payment: GatewayPayment, amount_cents: int, rest_of: Invoice | None, now: datetime
) -> Invoice:
    """An invoice over money that was spent and is no longer there, or a part of which paid `rest_of`. It was due when
    it was spent, so it is past due from its first day: no guarantee is refunded in between (G9)."""
    today = marketplace_day(now)
    customer = _payer_of(payment)
    # An invoice is written once, in its buyer's language.
    with translation.override(language_of_payer(payment)):
        description = _("Payment of %(day)s that the bank took back") % {
            "day": formats.date_format(marketplace_day(payment.paid_at or payment.created_at), "DATE_FORMAT")
        }
    return issue_invoice(
        customer=customer,
        description=description,
        total_cents=amount_cents,
        issued_on=today,
        due_on=today - timedelta(days=1),
        origin=Invoice.Origin.REVERSAL,
        rest_of=(rest_of.rest_of or rest_of) if rest_of else None,
        # What was invoiced with its tax is not taxed once more because its money is missing.
        taxed=payment.purpose == GatewayPayment.Purpose.TOP_UP,
    )


def _payer_of(payment: GatewayPayment) -> Customer:
    if payment.professional is not None:
        return customer_of(payment.professional)
    assert payment.prepayment is not None  # The database holds that it is of one of them.
    return payment.prepayment.customer


def _take_back(invoice: Invoice, payment: GatewayPayment, now: datetime) -> None:
    """By credit note: not paid, nothing is owed on it any more; paid, what was paid comes onto the balance."""
    if not invoice.creditable_cents:
        return
    with translation.override(language_of_payer(payment)):
        reason = _("The bank gave the payment back for which this invoice was issued.")
    issue_credit_note(invoice=invoice, reason=reason, by=None, now=now)

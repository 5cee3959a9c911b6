"""What must hold in the books of billing; `check_books` runs these."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, Window
from django.db.models.functions import Coalesce, Lag

from base.registry import invariant
from billing.models import (
    BalanceCorrection,
    BankTransfer,
    CreditNote,
    CreditNoteNumber,
    GatewayPayment,
    Invoice,
    InvoiceNumber,
    InvoicePayment,
    Period,
    Prepayment,
    Reversal,
    Subscription,
    TopUp,
    Wallet,
    WalletEntry,
)


@invariant("a balance is the sum of its entries (M8)")
def balances() -> Iterator[str]:
    wallets = Wallet.objects.annotate(entered=Coalesce(Sum("entries__amount_cents"), 0))
    for wallet in wallets.exclude(entered=F("balance_cents")).iterator():
        yield f"wallet {wallet.pk} holds {wallet.balance_cents}, its entries say {wallet.entered}"


@invariant("each entry starts from what the one before it left (M8)")
def chains() -> Iterator[str]:
    entries = WalletEntry.objects.annotate(
        before=Coalesce(
            Window(Lag("balance_after_cents"), partition_by=F("wallet_id"), order_by=F("id").asc()), 0
        )
    ).order_by("id")
    for entry in entries.exclude(balance_after_cents=F("before") + F("amount_cents")).iterator():
        yield f"entry {entry.pk} of wallet {entry.wallet_id} leaves {entry.balance_after_cents} after {entry.before}"


@invariant(
    "a top-up, a correction and a credit to the balance each have their own entry, and each entry its row (M8)"
)
def causes() -> Iterator[str]:
    notes = CreditNote.objects.annotate(wallet_id=F("invoice__customer__professional__wallet"))
    caused: list[tuple[WalletEntry.Kind, str, QuerySet[Any]]] = [
        (WalletEntry.Kind.TOP_UP, "top_up", TopUp.objects.all()),
        (WalletEntry.Kind.CORRECTION, "correction", BalanceCorrection.objects.all()),
        (WalletEntry.Kind.CREDIT_NOTE, "credit_note", notes.filter(entry__isnull=False)),
    ]
    for kind, prefix, rows in caused:
        for entry in WalletEntry.objects.filter(kind=kind, **{prefix: None}).iterator():
            yield f"entry {entry.pk} ({kind}) has no row that caused it"
        for row in rows.select_related("entry").iterator():
            entry = row.entry
            said = (entry.kind, entry.wallet_id, entry.amount_cents, entry.cause)
            if said != (kind, row.wallet_id, row.amount_cents, f"{prefix}:{row.public_id}"):
                yield f"{prefix} {row.pk} and its entry {entry.pk} do not say the same"


@invariant("numbers of invoices and of credit notes have no gap in a year (M14)")
def numbers() -> Iterator[str]:
    for what, issued_rows, number_rows in (
        ("invoices", Invoice.objects.order_by(), InvoiceNumber.objects.all()),
        ("credit notes", CreditNote.objects.order_by(), CreditNoteNumber.objects.all()),
    ):
        issued = {
            row["year"]: row
            for row in issued_rows.values("year").annotate(count=Count("id"), last=Max("sequence"))
        }
        given = dict(number_rows.values_list("year", "last"))
        for year in sorted(issued.keys() | {year for year, last in given.items() if last}):
            row = issued.get(year, {"count": 0, "last": 0})
            if not row["count"] == row["last"] == given.get(year, 0):
                yield f"{year}: {row['count']} {what}, the last is {row['last']}, numbers given {given.get(year, 0)}"


@invariant("credit notes take back no more than the invoice, its tax to the cent, and say what it says (M14)")
def credit_notes() -> Iterator[str]:
    less = Q(credit_notes__use=CreditNote.Use.OWED_LESS)
    invoices = Invoice.objects.annotate(
        taken_back=Coalesce(Sum("credit_notes__amount_cents"), 0),
        taken_back_unpaid=Coalesce(Sum("credit_notes__amount_cents", filter=less), 0),
        tax_taken_back=Coalesce(Sum("credit_notes__tax_cents"), 0),
    )
    wrong = invoices.exclude(
        Q(tax_taken_back__lte=F("tax_cents"))
        & (~Q(taken_back=F("total_cents")) | Q(tax_taken_back=F("tax_cents"))),
        credited_cents=F("taken_back"),
        payable_cents=F("total_cents") - F("taken_back_unpaid"),
    )
    for invoice in wrong.order_by("pk").iterator():
        yield f"invoice {invoice.number} and its credit notes do not add up"
    same = {name: F(f"invoice__{name}") for name in (*Invoice.PARTIES, "tax_rate_basis_points")}
    for note in CreditNote.objects.exclude(**same).order_by("pk").iterator():
        yield f"credit note {note.number} does not say what its invoice says"


@invariant("plan periods of one professional do not overlap (M9)")
def overlaps() -> Iterator[str]:
    periods = Period.objects.annotate(
        earlier_end=Window(
            Lag("ends_on"), partition_by=F("professional_id"), order_by=[F("starts_on").asc(), F("id").asc()]
        )
    ).order_by("id")
    for period in periods.filter(starts_on__lte=F("earlier_end")).iterator():
        yield f"period {period.pk} of professional {period.professional_id} begins before the one before it ends"


@invariant("a subscription runs until the last day of its last period (M9)")
def ends() -> Iterator[str]:
    last = Period.objects.filter(subscription=OuterRef("pk")).order_by("-ends_on").values("ends_on")[:1]
    wrong = Subscription.objects.annotate(last_day=Subquery(last)).exclude(runs_until=F("last_day"))
    for subscription in wrong.iterator():
        yield f"subscription {subscription.pk} runs until {subscription.runs_until}, not {subscription.last_day}"


@invariant("no plan was renewed unannounced, or for another price than was announced (M9)")
def announcements() -> Iterator[str]:
    later = Period.objects.filter(subscription=OuterRef("subscription"), starts_on__gt=OuterRef("starts_on"))
    renewed = Period.objects.annotate(
        renewed_for=Subquery(later.order_by("starts_on").values("invoice__total_cents")[:1])
    )
    untold = renewed.filter(renewed_for__isnull=False).exclude(announced_price_cents=F("renewed_for"))
    for period in untold.order_by("id").iterator():
        told = period.announced_price_cents
        yield f"period {period.pk} was renewed for {period.renewed_for}, announced {told}"


@invariant("an invoice is paid if and only if there is its payment, whole (M10)")
def payments() -> Iterator[str]:
    standing = InvoicePayment.objects.filter(invoice=OuterRef("pk"), state=InvoicePayment.State.STANDING)
    paid_without = Invoice.objects.filter(~Exists(standing), paid_on__isnull=False, total_cents__gt=0)
    payment_without = Invoice.objects.filter(Exists(standing), paid_on=None)
    not_whole = Invoice.objects.filter(Exists(standing.exclude(amount_cents=OuterRef("payable_cents"))))
    for invoice in (paid_without | payment_without | not_whole).distinct().iterator():
        yield f"invoice {invoice.number} and its payment do not agree"


# What came onto the balance at an undoing besides what had been taken from there.
_more_came_back = Coalesce("undone_entry__amount_cents", 0) + Coalesce("entry__amount_cents", 0)


@invariant("what came through a gateway is booked once, whole, and only if it was paid (M10)")
def gateway_payments() -> Iterator[str]:
    came = GatewayPayment.objects.filter(state__in=GatewayPayment.CAME)
    for payment in came.filter(top_up=None, invoice_payment=None).iterator():
        yield f"payment {payment.public_id} is {payment.state} and nothing was booked for it"
    booked = GatewayPayment.objects.filter(Q(top_up__isnull=False) | Q(invoice_payment__isnull=False))
    for payment in booked.exclude(state__in=GatewayPayment.CAME).iterator():
        yield f"payment {payment.public_id} is {payment.state} and something was booked for it"
    # What a reopened invoice no longer needed when its payment was given back came onto the balance then.
    put_back = (
        Reversal.objects.alias(more=_more_came_back)
        .filter(payment=OuterRef("pk"), state=Reversal.State.UNDONE, more__lt=F("reopened_cents"))
        .order_by()
        .values("payment")
        .annotate(total=Sum("more"))
        .values("total")
    )
    parts = (
        Coalesce("invoice_payment__amount_cents", 0)
        + Coalesce("top_up__amount_cents", 0)
        + Coalesce(Subquery(put_back), 0)
    )
    for payment in booked.annotate(parts=parts).exclude(parts=F("amount_cents")).iterator():
        yield f"payment {payment.public_id} was booked with another amount"


@invariant("what is paid in advance is invoiced once it is paid, to its customer and over its amount (S6)")
def prepayments() -> Iterator[str]:
    paid = Prepayment.objects.filter(invoice__isnull=False)
    same = {"invoice__customer": F("customer"), "invoice__total_cents": F("total_cents")}
    for prepayment in paid.exclude(**same).order_by("pk").iterator():
        yield f"prepayment {prepayment.number} and its invoice do not say the same"
    # What was begun for it and came is what its invoice was paid with.
    came = GatewayPayment.objects.filter(
        purpose=GatewayPayment.Purpose.PREPAID, state__in=GatewayPayment.CAME
    )
    for payment in came.exclude(invoice_payment__invoice=F("prepayment__invoice")).order_by("pk").iterator():
        yield f"payment {payment.public_id} of prepayment {payment.prepayment_id} paid something else"


@invariant("no more of a payment stands reversed than was paid, and its state says so (M10)")
def reversals() -> Iterator[str]:
    standing = Q(reversals__state=Reversal.State.STANDING)
    payments = GatewayPayment.objects.annotate(
        taken=Coalesce(Sum("reversals__amount_cents", filter=standing), 0)
    )
    for payment in payments.filter(taken__gt=F("amount_cents")).iterator():
        yield f"of payment {payment.public_id} more was taken back than paid"
    reversed_ = Q(state=GatewayPayment.State.REVERSED)
    for payment in payments.filter(~reversed_ & Q(taken__gt=0) | reversed_ & Q(taken=0)).iterator():
        yield f"payment {payment.public_id} is {payment.state}, and {payment.taken} of it are taken back"


@invariant("a reversal did what it says: balance, invoice over the rest, or an invoice reopened (M10)")
def what_reversals_did() -> Iterator[str]:
    rows = Reversal.objects.select_related("entry", "rest_invoice", "reopened", "undone_entry", "payment")
    for reversal in rows.iterator():
        entry, rest = reversal.entry, reversal.rest_invoice
        taken = -entry.amount_cents if entry else 0
        did = taken + (rest.total_cents if rest else 0) + reversal.reopened_cents
        if did != reversal.amount_cents:
            yield f"reversal {reversal.pk} of {reversal.amount_cents} did {did}"
        if not taken <= reversal.of_balance_cents <= reversal.amount_cents - reversal.reopened_cents:
            yield f"reversal {reversal.pk} took {taken} from the balance, not of {reversal.of_balance_cents}"
        cause = f"reversal:{reversal.public_id}"
        for written, kind in (
            (entry, WalletEntry.Kind.REVERSAL),
            (reversal.undone_entry, WalletEntry.Kind.REVERSAL_UNDONE),
        ):
            if written and (written.kind, written.cause) != (kind, cause):
                yield f"reversal {reversal.pk} and its entry {written.pk} do not say the same"
    for caused, related in (("reversal", "reversal"), ("reversal_undone", "undone_reversal")):
        for orphan in WalletEntry.objects.filter(kind=caused, **{related: None}).iterator():
            yield f"entry {orphan.pk} ({caused}) has no row that caused it"


@invariant(
    "an invoice payment is reversed if and only if a reversal that stands, or could not put it back, says so (M10)"
)
def reopened_invoices() -> Iterator[str]:
    keeps = (
        Reversal.objects.filter(reopened=OuterRef("pk"))
        .alias(more=_more_came_back)
        .filter(Q(state=Reversal.State.STANDING) | Q(more=F("reopened_cents")))
    )
    taken = Q(state=InvoicePayment.State.REVERSED)
    rows = InvoicePayment.objects.annotate(kept=Exists(keeps))
    for payment in rows.filter(taken & Q(kept=False) | ~taken & Q(kept=True)).iterator():
        yield f"invoice payment {payment.pk} is {payment.state}, and its reversals say otherwise"


@invariant("one bank transfer is booked once, whole, under its reference (M10)")
def transfers() -> Iterator[str]:
    parts = Coalesce("invoice_payment__amount_cents", 0) + Coalesce("top_up__amount_cents", 0)
    wrong = BankTransfer.objects.annotate(parts=parts).exclude(parts=F("amount_cents")).order_by("pk")
    for transfer in wrong.iterator():
        yield f"transfer {transfer.reference} was booked with another amount"
    for booked in (InvoicePayment.objects.all(), TopUp.objects.all()):
        other = booked.filter(transfer__isnull=False).exclude(reference=F("transfer__reference"))
        for reference in other.values_list("reference", flat=True):
            yield f"transfer {reference} is recorded under another reference"

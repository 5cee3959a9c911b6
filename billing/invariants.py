"""What must hold in the books of billing; `check_books` runs these."""

from collections.abc import Iterator

from django.db.models import Count, Exists, F, Max, OuterRef, Subquery, Sum, Window
from django.db.models.functions import Coalesce, Lag

from base.registry import invariant
from billing.models import (
    BalanceCorrection,
    Invoice,
    InvoiceNumber,
    InvoicePayment,
    Period,
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


@invariant("a top-up and a correction each have their own entry, and each such entry its row (M8)")
def causes() -> Iterator[str]:
    for kind, prefix, related, model in (
        (WalletEntry.Kind.TOP_UP, "top_up", "top_up", TopUp),
        (WalletEntry.Kind.CORRECTION, "correction", "correction", BalanceCorrection),
    ):
        for entry in WalletEntry.objects.filter(kind=kind, **{related: None}).iterator():
            yield f"entry {entry.pk} ({kind}) has no row that caused it"
        for row in model.objects.select_related("entry").iterator():
            entry = row.entry
            said = (entry.kind, entry.wallet_id, entry.amount_cents, entry.cause)
            if said != (kind, row.wallet_id, row.amount_cents, f"{prefix}:{row.public_id}"):
                yield f"{prefix} {row.pk} and its entry {entry.pk} do not say the same"


@invariant("invoice numbers of a year have no gap (M14)")
def numbers() -> Iterator[str]:
    issued = {
        row["year"]: row
        for row in Invoice.objects.order_by().values("year").annotate(count=Count("id"), last=Max("sequence"))
    }
    given = dict(InvoiceNumber.objects.values_list("year", "last"))
    for year in sorted(issued.keys() | {year for year, last in given.items() if last}):
        row = issued.get(year, {"count": 0, "last": 0})
        if not row["count"] == row["last"] == given.get(year, 0):
            yield f"{year}: {row['count']} invoices, the last is {row['last']}, numbers given {given.get(year, 0)}"


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


@invariant("no plan was renewed whose renewal had not been announced (M9)")
def announcements() -> Iterator[str]:
    later = Period.objects.filter(subscription=OuterRef("subscription"), starts_on__gt=OuterRef("starts_on"))
    untold = Period.objects.filter(Exists(later), renewal_announced_at=None)
    for period in untold.order_by("id").iterator():
        yield f"period {period.pk} of subscription {period.subscription_id} was renewed unannounced"


@invariant("an invoice is paid if and only if there is its payment, whole (M10)")
def payments() -> Iterator[str]:
    standing = InvoicePayment.objects.filter(invoice=OuterRef("pk"), state=InvoicePayment.State.STANDING)
    paid_without = Invoice.objects.filter(~Exists(standing), paid_on__isnull=False, total_cents__gt=0)
    payment_without = Invoice.objects.filter(Exists(standing), paid_on=None)
    not_whole = Invoice.objects.filter(Exists(standing.exclude(amount_cents=OuterRef("total_cents"))))
    for invoice in (paid_without | payment_without | not_whole).distinct().iterator():
        yield f"invoice {invoice.number} and its payment do not agree"


@invariant("one bank transfer is recorded once, for a balance or for an invoice (M10)")
def transfers() -> Iterator[str]:
    for reference in TopUp.objects.filter(
        reference__in=InvoicePayment.objects.values("reference")
    ).values_list("reference", flat=True):
        yield f"transfer {reference} is recorded both for a balance and for an invoice"

"""What must hold in the books of the desk; `check_books` runs these."""

from collections.abc import Iterator

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Sum, Value, Window
from django.db.models.functions import Cast, Coalesce, Concat, Lag, RowNumber
from django.utils import timezone

from base.registry import invariant
from support.models import Agreement, AgreementLine, Allowance, AllowanceEntry, AllowanceExtension
from support.plans import overdue_unsigned

Kind = AllowanceEntry.Kind


@invariant("what is left of an allowance, and what was given, are the sums of its entries (S7)")
def allowances() -> Iterator[str]:
    given = Q(entries__kind__in=(AllowanceEntry.Kind.AGREED, AllowanceEntry.Kind.BOUGHT))
    rows = Allowance.objects.annotate(
        sum_left=Coalesce(Sum("entries__amount"), 0),
        sum_given=Coalesce(Sum("entries__amount", filter=given), 0),
    )
    for row in rows.exclude(left=F("sum_left"), given=F("sum_given")).iterator():
        yield f"allowance {row.pk}: {row.left} of {row.given}, its entries say {row.sum_left} of {row.sum_given}"


@invariant("each entry of an allowance starts from what the one before it left (S7)")
def chains() -> Iterator[str]:
    entries = AllowanceEntry.objects.annotate(
        before=Coalesce(Window(Lag("left_after"), partition_by=F("allowance_id"), order_by=F("id").asc()), 0)
    ).order_by("id")
    for entry in entries.exclude(left_after=F("before") + F("amount")).iterator():
        yield f"entry {entry.pk} of allowance {entry.allowance_id} leaves {entry.left_after} after {entry.before}"


@invariant(
    "every agreement says something, and of each line that includes support there is an allowance (S4)"
)
def agreements() -> Iterator[str]:
    for agreement in Agreement.objects.filter(versions=None).iterator():
        yield f"agreement {agreement.number} has no version"
    lines = Agreement.objects.filter(
        versions__lines__amount__isnull=False, versions__lines__allowance=None
    ).distinct()
    for agreement in lines.iterator():
        yield f"agreement {agreement.number} includes support that is nowhere"


@invariant("every plan that was contracted has an agreement (S13)")
def plans() -> Iterator[str]:
    # Those who ask have no clock to give, and a plan may wait for the job for its hour.
    now = timezone.now()  # noqa: TID251
    for subscription in overdue_unsigned(now).select_related("professional", "plan").iterator():
        yield f"subscription {subscription.pk} ({subscription}) has no agreement"


@invariant("what was agreed, and each use that was taken back, names the row that caused it (S7)")
def causes() -> Iterator[str]:
    entries = AllowanceEntry.objects.select_related("allowance")
    agreed = entries.filter(kind=Kind.AGREED).exclude(Exists(_lines_that_caused()))
    of_period = Concat(Value("period:"), Cast("allowance__period_id", CharField()))
    for entry in agreed.exclude(allowance__period__isnull=False, cause=of_period).iterator():
        yield f"entry {entry.pk} (agreed) has no row that caused it: {entry.cause}"
    used = AllowanceEntry.objects.filter(kind=Kind.USED).annotate(
        reversed_by=Concat(Value("entry:"), Cast("pk", CharField()))
    )
    whole = used.filter(
        reversed_by=OuterRef("cause"), allowance=OuterRef("allowance"), amount=0 - OuterRef("amount")
    )
    for entry in entries.filter(kind=Kind.REVERSED).exclude(Exists(whole)).iterator():
        yield f"entry {entry.pk} (reversed) takes back no use: {entry.cause}"


def _lines_that_caused() -> QuerySet[AgreementLine]:
    said = Concat(
        Value("agreement_line:"),
        Cast("version_id", CharField()),
        Value(":"),
        Cast("position", CharField()),
    )
    return AgreementLine.objects.annotate(said=said).filter(
        said=OuterRef("cause"), allowance=OuterRef("allowance")
    )


@invariant("an allowance ends where it was last put off to, each time from where it had ended (X4)")
def extensions() -> Iterator[str]:
    rows = AllowanceExtension.objects.annotate(
        begins=Window(Lag("after"), partition_by=F("allowance_id"), order_by=F("id").asc()),
        behind=Window(RowNumber(), partition_by=F("allowance_id"), order_by=F("id").desc()),
        ends=F("allowance__expires_on"),
    ).order_by("id")
    for row in rows.iterator():
        if row.begins not in (None, row.before):
            yield f"extension {row.pk} begins on {row.before}, the one before it ended on {row.begins}"
        if row.behind == 1 and row.after != row.ends:
            yield f"allowance {row.allowance_id} ends on {row.ends}, its extension {row.pk} says {row.after}"

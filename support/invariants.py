"""What must hold in the books of the desk; `check_books` runs these."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, Sum, Window
from django.db.models.functions import Coalesce, Lag

from base.registry import invariant
from support.models import Agreement, Allowance, AllowanceEntry, Call, Ticket, Wait


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


@invariant("whoever is to be called back has a promise by when, and it stands where their call does (S3)")
def call_backs() -> Iterator[str]:
    waits = Wait.objects.open().filter(ticket=OuterRef("pk"))
    for ticket in Ticket.objects.to_call_back().exclude(Exists(waits)).iterator():
        yield f"{ticket.number} is to be called back, and nobody has promised by when"
    elsewhere = Call.objects.missed().filter(wait__ended_at=None, wait__isnull=False)
    for call in elsewhere.exclude(ticket=F("wait__ticket")).iterator():
        yield f"call {call.pk} is to be returned on ticket {call.wait_id}, and stands on {call.ticket_id}"

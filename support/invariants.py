"""What must hold in the books of the desk; `check_books` runs these."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum, Value, Window
from django.db.models.functions import Coalesce, Lag, Least

from base.registry import invariant
from support.models import (
    Agreement,
    Allowance,
    AllowanceEntry,
    Call,
    Message,
    Ticket,
    TicketEvent,
    Wait,
)


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


@invariant("whoever asked and was not answered waits, and nobody else does (S2)")
def waits() -> Iterator[str]:
    """A wait goes on only at an open ticket of a client, for a message or a call, counted from the oldest; and of a
    client's message that nobody answered there is one. (That a ticket has no two, the database holds.)"""
    needed = Message.objects.filter(kind=Message.Kind.ASKED, unneeded_at=None)
    of_wait = needed.filter(wait=OuterRef("pk")).order_by("at")
    called = Call.objects.filter(wait=OuterRef("pk"), direction=Call.Direction.IN).order_by("at")
    going_on = Wait.objects.open().annotate(
        state=F("ticket__state"),
        client=F("ticket__client"),
        oldest=Least(
            Coalesce(Subquery(of_wait.values("at")[:1]), Subquery(called.values("at")[:1])),
            Coalesce(Subquery(called.values("at")[:1]), Subquery(of_wait.values("at")[:1])),
        ),
        elsewhere=Exists(needed.filter(wait=OuterRef("pk")).exclude(ticket=OuterRef("ticket"))),
    )
    wrong = ~Q(state__in=(Ticket.State.OPEN, Ticket.State.UNCONFIRMED)) | Q(client=None) | Q(oldest=None)
    for wait in going_on.filter(wrong | Q(asked_at__gt=F("oldest")) | Q(elsewhere=True)).iterator():
        yield (
            f"wait {wait.pk} goes on since {wait.asked_at} at ticket {wait.ticket_id}, which is {wait.state}; "
            f"its oldest message is of {wait.oldest}"
        )
    answer_after = Message.objects.filter(
        kind=Message.Kind.ANSWER, ticket=OuterRef("ticket"), pk__gt=OuterRef("pk")
    )
    ended_after = Wait.objects.filter(ticket=OuterRef("ticket"), ended_at__gte=OuterRef("at"))
    forgotten = needed.filter(
        Q(wait=None) | Q(wait__ending=Wait.Ending.MERGED),
        ~Exists(answer_after),
        ~Exists(ended_after.exclude(ending=Wait.Ending.MERGED)),
        ~Exists(Wait.objects.open().filter(ticket=OuterRef("ticket"))),
        ticket__state=Ticket.State.OPEN,
        ticket__client__isnull=False,
    )
    for message in forgotten.iterator():
        yield f"message {message.pk} of ticket {message.ticket_id} was not answered, and nobody waits for it"


@invariant("a wait that ended late has its breach, and none was recorded before its time had passed (S9)")
def breaches() -> Iterator[str]:
    late = Q(ended_at__gt=F("due_at"), breached_at=None) & ~Q(ending=Wait.Ending.MERGED)
    early = Q(breached_at__lte=F("due_at")) | Q(warned_at__lt=F("warn_at"))
    for wait in Wait.objects.filter(late | early).iterator():
        yield (
            f"wait {wait.pk}, due at {wait.due_at}, ended at {wait.ended_at}: warned of at {wait.warned_at}, "
            f"breach recorded at {wait.breached_at}"
        )


@invariant("a ticket is what its history says, and what was said on one that was merged went with it (X4)")
def tickets() -> Iterator[str]:
    for ticket in (
        Ticket.objects.filter(state=Ticket.State.MERGED, messages__isnull=False).distinct().iterator()
    ):
        yield f"ticket {ticket.pk} was merged into {ticket.merged_into_id}, and not all of it went there"
    moves = TicketEvent.objects.filter(ticket=OuterRef("pk")).order_by("-pk")
    said = Ticket.objects.annotate(said=Coalesce(Subquery(moves.values("to_state")[:1]), Value("")))
    for ticket in said.exclude(said=F("state")).iterator():
        yield f"ticket {ticket.pk} is {ticket.state}, its history says “{ticket.said}”"

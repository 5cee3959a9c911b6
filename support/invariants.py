"""What must hold in the books of the desk; `check_books` runs these."""

from collections.abc import Iterator

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, Window
from django.db.models.functions import Cast, Coalesce, Concat, Lag, Least, RowNumber
from django.utils import timezone

from base.registry import invariant
from billing.models import Invoice
from support.courtesy import COURTESY_MINUTES
from support.credited import credited_by
from support.models import (
    Agreement,
    AgreementLine,
    Allowance,
    AllowanceEntry,
    AllowanceExtension,
    Call,
    Message,
    Offer,
    Ticket,
    TicketEvent,
    Wait,
    Work,
)
from support.plans import overdue_unsigned

Kind = AllowanceEntry.Kind


@invariant("what is left of an allowance, and what was given, are the sums of its entries (S7)")
def allowances() -> Iterator[str]:
    given = Q(entries__kind__in=(Kind.AGREED, Kind.BOUGHT, Kind.CREDITED))
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


@invariant("whoever is to be called back has a promise by when, and it stands where their call does (S3)")
def call_backs() -> Iterator[str]:
    waits = Wait.objects.open().filter(ticket=OuterRef("pk"))
    for ticket in Ticket.objects.to_call_back().exclude(Exists(waits)).iterator():
        yield f"{ticket.number} is to be called back, and nobody has promised by when"
    elsewhere = Call.objects.missed().filter(wait__ended_at=None, wait__isnull=False)
    for call in elsewhere.exclude(ticket=F("wait__ticket")).select_related("wait").iterator():
        assert call.wait is not None  # It was asked for.
        yield f"call {call.pk} is to be returned on ticket {call.wait.ticket_id}, and stands on {call.ticket_id}"


@invariant(
    "the courtesies of a ticket are those that stand on it and on what was merged into it, at most (S5)"
)
def courtesies() -> Iterator[str]:
    standing = dict(
        Work.objects.standing()
        .filter(kind=Work.Kind.COURTESY)
        .order_by("ticket")
        .values_list("ticket")
        .annotate(minutes=Sum("amount"))
    )
    merged: dict[int, list[int]] = {}
    for row in Ticket.objects.exclude(merged_into=None).order_by("pk").only("pk", "merged_into"):
        merged.setdefault(row.merged_into_id or 0, []).append(row.pk)

    def of_family(pk: int) -> int:
        return standing.get(pk, 0) + sum(of_family(each) for each in merged.get(pk, ()))

    # Of tickets without any, now or before, there is nothing to add up.
    asked = Ticket.objects.filter(Q(courtesy_minutes__gt=0) | Q(pk__in=[*standing, *merged]))
    for pk, minutes in asked.order_by("pk").values_list("pk", "courtesy_minutes"):
        if minutes != min(COURTESY_MINUTES, of_family(pk)):
            yield f"ticket {pk} has {minutes} minutes of courtesy, its work says {of_family(pk)}"


@invariant("what was taken from an allowance for work is its entry, and comes back with it (S7)")
def work() -> Iterator[str]:
    rows = Work.objects.filter(kind=Work.Kind.ALLOWANCE).select_related("entry", "ticket")
    for row in rows.iterator():
        entry = row.entry
        assert entry is not None  # The database holds that there is one.
        said = (entry.allowance_id, entry.kind, entry.amount, entry.cause)
        if said != (row.allowance_id, AllowanceEntry.Kind.USED, -row.amount, f"work:{row.public_id}"):
            yield f"work {row.pk} and its entry {entry.pk} do not say the same"
    back = AllowanceEntry.objects.filter(kind=AllowanceEntry.Kind.REVERSED).values_list("cause", flat=True)
    taken_back = rows.annotate(back=Concat(Value("entry:"), Cast("entry_id", CharField())))
    for row in taken_back.filter(taken_back_at=None, back__in=back).iterator():
        yield f"work {row.pk} stands, and its entry was taken back"
    for row in taken_back.filter(taken_back_at__isnull=False).exclude(back__in=back).iterator():
        yield f"work {row.pk} was taken back, and its entry stands"


@invariant("an offer that was paid is an allowance of what it offered, and no other is (S6)")
def offers() -> Iterator[str]:
    rows = Offer.objects.select_related("allowance", "prepayment")
    for offer in rows.filter(allowance__isnull=False).iterator():
        entry = AllowanceEntry.objects.filter(
            kind=AllowanceEntry.Kind.BOUGHT, cause=f"offer:{offer.public_id}"
        ).first()
        said = entry and (entry.allowance_id, entry.amount)
        if said != (offer.allowance_id, offer.amount):
            yield f"offer {offer.number} and its allowance do not say the same"
    taken_back = Invoice.objects.filter(credited_cents__gt=0)
    of_it = Q(pk=OuterRef("prepayment__invoice")) | Q(rest_of=OuterRef("prepayment__invoice"))
    credited = rows.filter(Exists(taken_back.filter(of_it)), allowance__isnull=False)
    for offer in credited.select_related("prepayment__invoice").iterator():
        assert offer.allowance is not None  # It was asked for.
        back, due = offer.amount - offer.allowance.given, credited_by(offer)
        if back != due and (back > due or offer.allowance.left):
            yield f"offer {offer.number}: credit notes take back {due}, and {back} went back"
    paid = Q(prepayment__invoice__isnull=False)
    state = Q(state=Offer.State.PAID)
    for offer in rows.filter(paid & ~state | ~paid & state).iterator():
        yield f"offer {offer.number} is {offer.state}, and its prepayment says otherwise"
    other = Q(prepayment__total_cents=F("price_cents"), prepayment__customer=F("client__customer"))
    for offer in rows.filter(prepayment__isnull=False).exclude(other).iterator():
        yield f"offer {offer.number} and what is paid for it do not say the same"


@invariant("whoever asked and was not answered waits, and nobody else does (S2)")
def waits() -> Iterator[str]:
    """A wait goes on only at an open ticket of a client, for a message or a call, counted from the oldest, or from when
    its asker became a client (S1); and of a client's message that nobody answered there is one. What a question was
    promised while it was linked to the wrong client stands. (That a ticket has no two, the database holds.)"""
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
    # Of a client since before it was asked, also where a paper that is older was written down later.
    client_then = Agreement.objects.filter(client=OuterRef("client"), recorded_at__lte=OuterRef("oldest"))
    unlinked = TicketEvent.objects.filter(ticket=OuterRef("ticket"), kind=TicketEvent.Kind.UNLINKED)
    wrong = ~Q(state__in=(Ticket.State.OPEN, Ticket.State.UNCONFIRMED)) | Q(oldest=None) | Q(elsewhere=True)
    wrong |= Q(~Exists(unlinked), client=None)
    wrong |= Q(Exists(client_then), asked_at__gt=F("oldest"))
    for wait in going_on.filter(wrong).iterator():
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
    late = Wait.LATE & Q(breached_at=None)
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

"""Calls as they are read: by consultants in their list, by clients, and by both in the thread of a ticket (S3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from support.callers import who_call
from support.desk_calendar import working_calendar
from support.models import Call, Client, Message, Ticket
from support.models.calls import CallQuerySet
from support.working_time import WorkingTimeError

# One more is counted, to say that there are more.
COUNTED = 99


@dataclass(frozen=True, slots=True)
class CallShown:
    """A call in a list. `due_at`: by when it is to be returned, while it is; of one whose number several clients have
    (`clients`), by when if it is one of theirs, until somebody chooses. `called_since`: we called that number after it.
    """

    call: Call
    clients: Sequence[Client] = ()
    due_at: datetime | None = None
    late: bool = False
    called_since: bool = False


@dataclass(frozen=True, slots=True)
class CallSaid:
    """A call in the thread of its ticket. `words` is what was said in it, unless its asker's message says that there;
    `fresh`: logged while the reader wrote."""

    call: Call
    words: str
    fresh: bool = False

    @property
    def at(self) -> datetime:
        return self.call.at


def desk_calls(calls: CallQuerySet, only: str = "") -> CallQuerySet:
    """The calls of a consultant's list: all, those that were "missed", those that are "unknown": of nobody known, or of
    these those that are "not_returned"."""
    if only == "missed":
        calls = calls.missed()
    elif only == "unknown":
        calls = calls.unclaimed()
    elif only == "not_returned":
        calls = calls.not_returned()
    ours = Call.objects.filter(direction=Call.Direction.OUT, phone=OuterRef("phone"), at__gte=OuterRef("at"))
    return (
        calls.select_related("client__customer", "ticket", "wait", "by")
        .annotate(called_since=Exists(ours) & ~Q(phone=""))
        .order_by("-at", "-pk")
    )


def shown_at_the_desk(calls: Iterable[Call], now: datetime) -> Sequence[CallShown]:
    """A page of `desk_calls`, with whom a number that nobody was chosen for may belong to: two queries, and two of the
    calendar where there are such."""
    rows = list(calls)
    callers = who_call(str(row.phone) for row in rows if row.client_id is None)
    shared = [row for row in rows if row.client_id is None and str(row.phone) in callers]
    try:
        calendar = working_calendar() if shared else None
    except WorkingTimeError:
        calendar = None
    shown = []
    for row in rows:
        clients = callers[str(row.phone)].clients if row in shared else ()
        due = _due(row)
        if clients and calendar is not None and row.outcome == Call.Outcome.MISSED:
            due = calendar.response_due(row.at)
        shown.append(
            CallShown(row, clients, due, due is not None and now > due, getattr(row, "called_since", False))
        )
    return shown


def calls_shown(calls: CallQuerySet, now: datetime, *, newest: int | None = None) -> Sequence[CallShown]:
    """As a client reads theirs (`Call.objects.visible_to(user)`, or those of one ticket), newest first, so many of them
    or all: each with by when it is returned, while it is to be. One query."""
    rows = calls.select_related("client__customer", "ticket", "wait", "by").order_by("-at", "-pk")[:newest]
    return [CallShown(row, due_at=(due := _due(row)), late=due is not None and now > due) for row in rows]


def calls_said(
    calls: CallQuerySet, messages: Iterable[Message], *, news: CallQuerySet | None = None
) -> Sequence[CallSaid]:
    """The `calls` of a ticket for its thread, whose `messages` are these; those that are `news` to the reader are
    marked. One query, and one for the news."""
    by_telephone = {each.text for each in messages if each.channel == Ticket.Channel.PHONE}
    fresh = set(news.values_list("pk", flat=True)) if news is not None else set()
    return [
        CallSaid(call, "" if call.summary in by_telephone else call.summary, call.pk in fresh)
        for call in calls.select_related("by").order_by("at", "pk")
    ]


def _due(call: Call) -> datetime | None:
    """By when a missed call is to be returned; None: it is not any more."""
    wait = call.wait
    return wait.due_at if call.outcome == Call.Outcome.MISSED and wait and wait.ended_at is None else None

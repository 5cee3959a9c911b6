"""The desk's first screen: what to do now, in the order in which it is to be done (S8).

It is read by key, some rows at a time, and judged by the clock: right with every worker stopped (S9).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from profiles.models import User
from support.desk_calendar import desk_day, desk_zone
from support.looking import looks_at
from support.models import Call, Client, Ticket
from support.models.tickets import TicketQuerySet
from support.shown import moments_in_words, time_left

State = Ticket.State
Kind = Ticket.Kind

SHOWN = 50
# Of what is late or due today no more than these are counted: it is more than anybody does today.
COUNTED = 100
# Calls of nobody known that were missed are told of for so long. Nothing was promised to whoever called (S1): what
# nobody has returned by then stays in the list of calls.
MISSED_FOR = timedelta(days=7)
# Clients whose name a search finds. Whoever looks for one of more than these says more of it.
CLIENTS_FOUND = 50
NUMBER = re.compile(r"(?:t\s*-?\s*)?0*(\d{1,15})", re.IGNORECASE)
PLACE = re.compile(r"(\w{1,20})\.(-?\d{1,18})\.(\d{1,18})", re.ASCII)
# What a row shows: the rest of a ticket, and of a client, is long.
COLUMNS = (
    *("public_id", "kind", "channel", "state", "subject", "asked_at", "name", "email", "phone"),
    *("consultant__first_name", "consultant__last_name", "consultant__email"),
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Who(TextChoices):
    """Whose tickets are shown, or that it is those that nobody has placed."""

    ALL = "", pgettext_lazy("tickets", "All")
    MINE = "mine", pgettext_lazy("tickets", "Mine")
    NOBODY = "nobody", pgettext_lazy("tickets", "Nobody's")
    UNPLACED = "unplaced", pgettext_lazy("tickets", "Not placed")


class Group(TextChoices):
    """What is to be done, in this order."""

    LATE = "late", _("Late: answer these first")
    TODAY = "today", _("Due today")
    LATER = "later", _("Due later")
    NOTHING_DUE = "nothing_due", _("Nothing is due")
    QUESTIONS = "questions", _("Questions of people who are no clients")
    UNPLACED = "unplaced", _("Nobody has said where these belong")
    FOUND = "found", _("Found")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader asked to see. `said`: what they look for, by number, client, address or subject."""

    who: str = ""
    kind: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket on the screen, in words. `due_at` is empty where nothing is due; `moment` says when that is, else when
    it was asked; `left` how long that is from now; `taken_by` is empty where nobody has taken it."""

    ticket: Ticket
    group: Group
    client: str
    channel: str
    due_at: datetime | None
    moment: str
    left: str
    # By the clock, also where it was looked for: late, due today, due later, or no group of these.
    due: str
    taken_by: str
    mine: bool
    call_back: bool
    # What it is, or what has become of it, where that is not the ordinary.
    marks: Sequence[str]
    looking: Sequence[str]


@dataclass(frozen=True, slots=True)
class Screen:
    """`after` is what the address says of the next page; empty on the last. The counts stop at one more than `COUNTED`,
    and are None where it is not shown what is to be done: where something is looked for, or is to be placed. `missed`
    are the calls of nobody known that nobody has returned, on the first page for whoever returns calls."""

    groups: Sequence[tuple[Group, Sequence[Row]]]
    late: int | None
    due_today: int | None
    missed: int | None
    after: str
    first: bool


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of the screen, read in the order of `key` and id. `ways` are the queries that find its tickets, each by
    its index; what several find is shown once."""

    group: Group
    ways: Sequence[QuerySet[Any]]
    key: str
    newest_first: bool = False

    def read(self, place: "tuple[datetime, int] | None", most: int) -> list[Ticket]:
        sign, way = ("-", "lt") if self.newest_first else ("", "gt")
        found: dict[int, Ticket] = {}
        beyond = Q()
        if place is not None:
            moment, pk = place
            further = Q(**{f"{self.key}__{way}": moment}) | Q(**{f"pk__{way}": pk})
            # Written so that an index of this order finds where the page begins.
            beyond = Q(**{f"{self.key}__{way}e": moment}) & further
        for rows in self.ways:
            for row in rows.filter(beyond).order_by(f"{sign}{self.key}", f"{sign}pk")[:most]:
                found[row.pk] = row
        in_order = sorted(found.values(), key=self.place_of, reverse=self.newest_first)
        return in_order[:most]

    def place_of(self, row: Ticket) -> tuple[datetime, int]:
        return getattr(row, self.key), row.pk


def screen(*, reader: User, wanted: Wanted, after: str, now: datetime) -> Screen:
    """What there is to do for `reader`, who answers tickets. No more queries where there is more of it."""
    tickets = _tickets(reader, wanted)
    stretches = _found(tickets, wanted.said) if wanted.said else _in_order(tickets, reader, wanted)
    place = _read_place(after, stretches)
    rows, following = _page(stretches, place)
    looks = looks_at([ticket.pk for _group, ticket in rows], reader, now)
    ends = end_of_day(now)
    shown = list(_shown(rows, reader, looks, now, ends))
    groups = [(group, [row for row in shown if row.group == group]) for group in Group]
    to_do = not wanted.said and wanted.who != Who.UNPLACED
    late, due_today = _counted(_waiting(tickets), now, ends) if to_do else (None, None)
    returns_calls = to_do and place is None and reader.has_perm("support.answer_ticket")
    return Screen(
        groups=[(group, found) for group, found in groups if found],
        late=late,
        due_today=due_today,
        missed=_missed(now) if returns_calls else None,
        after=following,
        first=place is None,
    )


def end_of_day(now: datetime) -> datetime:
    """The first moment of the desk's tomorrow."""
    return datetime.combine(desk_day(now) + timedelta(days=1), time(0), desk_zone())


def _tickets(reader: User, wanted: Wanted) -> TicketQuerySet:
    """With what the rows show, and `due_at` where somebody waits: a question has none (S1)."""
    tickets = Ticket.objects.at_the_desk(reader)
    if wanted.who == Who.MINE:
        tickets = tickets.filter(consultant=reader)
    elif wanted.who == Who.NOBODY:
        tickets = tickets.filter(consultant=None)
    elif wanted.who == Who.UNPLACED:
        tickets = tickets.unplaced()
    if wanted.kind:
        tickets = tickets.filter(kind=wanted.kind)
    open_wait = FilteredRelation("waits", condition=Q(waits__ended_at=None))
    return (
        tickets.annotate(wait=open_wait, due_at=F("wait__due_at"), client_name=F("client__customer__name"))
        .select_related("consultant")
        .only(*COLUMNS)
    )


def _in_order(tickets: TicketQuerySet, reader: User, wanted: Wanted) -> list[_Stretch]:
    """Clients before others, whatever the age; what is late before the rest; then what is due soonest (S8). What is to
    be placed is no work of its own: what came last is remembered best."""
    if wanted.who == Who.UNPLACED:
        kinds = [kind for kind in Ticket.PLACED_KINDS if wanted.kind in ("", kind)]
        # Each kind by its part of the index.
        ways = [tickets.filter(kind=kind) for kind in kinds]
        return [_Stretch(Group.UNPLACED, ways, "asked_at", newest_first=True)]
    open_ones: QuerySet[Any] = tickets.open()
    nothing_due = open_ones.exclude(kind=Kind.QUESTION).filter(due_at=None)
    # Of others' that are answered there is nothing to do.
    own = nothing_due.filter(consultant=reader)
    nobodys = nothing_due.filter(consultant=None, state=State.OPEN)
    questions = open_ones.filter(kind=Kind.QUESTION)
    mine = wanted.who == Who.MINE
    if not mine:
        questions = questions.filter(state=State.OPEN)
    of_people = _Stretch(Group.QUESTIONS, [questions], "asked_at")
    if wanted.kind == Kind.QUESTION:
        return [of_people]
    return [
        _Stretch(Group.LATER, [_waiting(tickets)], "due_at"),
        # Who is open without a wait is few wherever this is reached, for whoever waits comes before.
        _Stretch(Group.NOTHING_DUE, [own] if mine else [own, nobodys], "asked_at"),
        of_people,
    ]


def _found(tickets: TicketQuerySet, said: str) -> list[_Stretch]:
    """By number and client whatever became of them, by subject and name those with which the desk is not done: what is
    closed grows for ever."""
    ways = [tickets.open().filter(Q(subject__icontains=said) | Q(name__icontains=said))]
    if number := NUMBER.fullmatch(said):
        ways.append(tickets.filter(pk=int(number[1])))
    if "@" in said:
        ways.append(tickets.filter(email=said.lower()))
    clients = Client.objects.filter(customer__name__icontains=said).order_by()
    ways.append(tickets.filter(client__in=list(clients.values_list("pk", flat=True)[:CLIENTS_FOUND])))
    return [_Stretch(Group.FOUND, ways, "asked_at", newest_first=True)]


def _waiting(tickets: QuerySet[Any]) -> QuerySet[Any]:
    return tickets.filter(due_at__isnull=False)


def _page(
    stretches: Sequence[_Stretch], place: tuple[Group, tuple[datetime, int]] | None
) -> tuple[list[tuple[Group, Ticket]], str]:
    """The tickets of a page, each with its stretch, and what the address says of the next."""
    rows: list[tuple[_Stretch, Ticket]] = []
    reached = place is None
    for stretch in stretches:
        here = place is not None and stretch.group == place[0]
        if not (reached or here) or len(rows) > SHOWN:
            continue
        reached = True
        begins = place[1] if place is not None and here else None
        rows += [(stretch, row) for row in stretch.read(begins, SHOWN + 1 - len(rows))]
    following = ""
    if len(rows) > SHOWN:
        stretch, last = rows[SHOWN - 1]
        moment, pk = stretch.place_of(last)
        following = f"{stretch.group}.{(moment - EPOCH) // MICROSECOND}.{pk}"
    return [(stretch.group, row) for stretch, row in rows[:SHOWN]], following


def _read_place(after: str, stretches: Sequence[_Stretch]) -> tuple[Group, tuple[datetime, int]] | None:
    """Where a page begins, as its address says; what nobody could have been given is the first."""
    said = PLACE.fullmatch(after)
    if said is None or said[1] not in {stretch.group for stretch in stretches}:
        return None
    try:
        moment = EPOCH + int(said[2]) * MICROSECOND
    except OverflowError:
        return None
    return Group(said[1]), (moment, int(said[3]))


def _due(due_at: datetime, now: datetime, ends: datetime) -> str:
    return (Group.LATE if due_at < now else Group.TODAY if due_at < ends else Group.LATER).value


def _marks(ticket: Ticket) -> list[str]:
    kinds = [ticket.get_kind_display()] if ticket.kind == Kind.APPEAL else []
    return kinds + ([ticket.get_state_display()] if ticket.state != State.OPEN else [])


def _annotated(ticket: Any) -> tuple[datetime | None, str]:
    """What `_tickets` reads beside a ticket: when an answer to it is due, and its client's name."""
    return ticket.due_at, ticket.client_name


def _shown(
    rows: Sequence[tuple[Group, Ticket]],
    reader: User,
    looks: Mapping[int, Sequence[str]],
    now: datetime,
    ends: datetime,
) -> Iterator[Row]:
    in_words = moments_in_words()
    channels = {value: str(label) for value, label in Ticket.Channel.choices}
    for stretch, ticket in rows:
        due_at, client = _annotated(ticket)
        due = _due(due_at, now, ends) if due_at else ""
        yield Row(
            ticket=ticket,
            group=Group(due) if stretch == Group.LATER else stretch,
            client=str(client or ticket.name or ticket.email or ticket.phone),
            channel=channels[ticket.channel],
            due_at=due_at,
            moment=in_words(due_at or ticket.asked_at),
            left=time_left(due_at, now) if due_at else "",
            due=due,
            taken_by=str(ticket.consultant or ""),
            mine=ticket.consultant_id == reader.pk,
            call_back=ticket.kind == Kind.CALL_BACK,
            marks=_marks(ticket),
            looking=looks.get(ticket.pk, ()),
        )


def _counted(waiting: QuerySet[Any], now: datetime, ends: datetime) -> tuple[int, int]:
    """How many are late, and how many due today besides. One query; a second where they are more than are counted."""
    first = _soonest(waiting.filter(due_at__lt=ends))
    late = sum(due_at < now for due_at in first)
    if len(first) <= COUNTED:
        return late, len(first) - late
    return late, len(_soonest(waiting.filter(due_at__gte=now, due_at__lt=ends)))


def _soonest(waiting: QuerySet[Any]) -> Sequence[datetime]:
    return list(waiting.order_by("due_at").values_list("due_at", flat=True)[: COUNTED + 1])


def _missed(now: datetime) -> int:
    """How many calls of nobody known were missed lately, and are to be returned (S3)."""
    lately = Call.objects.not_returned().filter(at__gte=now - MISSED_FOR).order_by("-at", "-pk")
    return len(lately.values_list("pk")[: COUNTED + 1])

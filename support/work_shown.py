"""What was done for a client, as both sides read it: who, when, what, and what it was booked on (S5, S7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Sum

from support.allowances import in_words
from support.models import Allowance, AllowanceEntry, Client, Ticket, Work
from support.models.allowances import Unit

Kind = AllowanceEntry.Kind


@dataclass(frozen=True, slots=True)
class EntryShown:
    """One change of an allowance. `done` is what was done, or why it was taken back; `who` did it, "" where nobody of
    the desk did."""

    entry: AllowanceEntry
    change: str
    left_after: str
    done: str
    who: str
    ticket: Ticket | None


def entries_shown(allowances: Iterable[Allowance]) -> Mapping[int, Sequence[EntryShown]]:
    """Each entry of these, newest first, by the id of its allowance. Two queries."""
    units = {allowance.pk: allowance.unit for allowance in allowances}
    entries = list(AllowanceEntry.objects.filter(allowance__in=units).select_related("by").order_by("-id"))
    work = {
        row.entry_id: row
        for row in Work.objects.filter(allowance__in=units).select_related("ticket", "by", "taken_back_by")
    }
    shown: dict[int, list[EntryShown]] = {}
    for entry in entries:
        unit = units[entry.allowance_id]
        row = work.get(_used_by(entry))
        back = entry.kind == Kind.REVERSED
        shown.setdefault(entry.allowance_id, []).append(
            EntryShown(
                entry=entry,
                change=("−" if entry.amount < 0 else "+") + in_words(entry.size, unit),
                left_after=in_words(entry.left_after, unit),
                done=(row.taken_back_why if back else row.done) if row else "",
                who=str(entry.by or ""),
                ticket=row.ticket if row else None,
            )
        )
    return shown


def _used_by(entry: AllowanceEntry) -> int:
    """The id of the use that an entry is, or takes back."""
    number = entry.cause.removeprefix("entry:")
    return int(number) if entry.kind == Kind.REVERSED and number.isdecimal() else entry.pk


@dataclass(frozen=True, slots=True)
class Courtesies:
    """What a client was helped besides what was agreed, and on how many tickets (S5)."""

    client: Client
    minutes: str
    tickets: int


def courtesies_shown(clients: Iterable[Client]) -> Sequence[Courtesies]:
    """Of each of the clients who was given some. One query."""
    by_id = {client.pk: client for client in clients}
    given: Any = (
        Work.objects.standing()
        .filter(kind=Work.Kind.COURTESY, ticket__client__in=by_id)
        .order_by("ticket__client")
        .values("ticket__client")
        .annotate(minutes=Sum("amount"), tickets=Count("ticket", distinct=True))
    )
    return [
        Courtesies(by_id[row["ticket__client"]], in_words(row["minutes"], Unit.MINUTES), row["tickets"])
        for row in given
    ]

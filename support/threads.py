"""Which ticket a mail continues (S10): by what it answers, then by the secret part of the address that it was sent to;
never by its subject, which anybody can guess.

What a mail answers is named by Message-IDs that nobody guesses: those of our own mails, whose rows keep them and the
message or ticket that they were written for when all else of them is cleared, and those of mails that came before.
"""

import re
import uuid
from collections import defaultdict
from collections.abc import Iterator

from mail.models import IncomingMail, OutgoingMail
from support.models import Message, Ticket, TicketEvent
from support.tickets import followed

# What stands in the cause of a mail of ours: "message:0a1b…", "ticket:0a1b…:20261102100000", "ticket_event:15".
_CAUSE = re.compile(r"(?:message|ticket):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?::|$)")
_EVENT = re.compile(r"ticket_event:(\d{1,18})(?::|$)")
_TAG = re.compile(r"[0-9a-f]{20}")


def tickets_continued(mail: IncomingMail, *, by_ours_alone: bool = False) -> Iterator[Ticket]:
    """The tickets that a mail may continue, the surest first: whether its sender is on them is for the caller to ask.
    With `by_ours_alone`, those that it names by what we wrote, and not by what somebody else has sent.

    One that was merged into another is that other; one that its asker never confirmed, or that was erased, is none.
    """
    seen: set[int] = set()
    for named in _named(mail, by_ours_alone=by_ours_alone):
        ticket = followed(named)
        gone = ticket.state == Ticket.State.EXPIRED or ticket.erased_at is not None
        if ticket.pk not in seen and not gone:
            seen.add(ticket.pk)
            yield ticket


def _named(mail: IncomingMail, *, by_ours_alone: bool) -> Iterator[Ticket]:
    """What it answers directly stands last, so that comes first."""
    names = [name for name in reversed(mail.references.split("\n")) if name]
    if names:
        found = _by_name(names, by_ours_alone=by_ours_alone)
        tickets = Ticket.objects.in_bulk({pk for pks in found.values() for pk in pks})
        yield from (tickets[pk] for name in names for pk in found.get(name, ()))
    tag = tag_of(mail.recipient)
    if tag:
        yield from Ticket.objects.filter(tag=tag)


def _by_name(names: list[str], *, by_ours_alone: bool) -> dict[str, list[int]]:
    """The tickets that each Message-ID belongs to, as far as it does to any: what others send may bear it too."""
    found: dict[str, list[int]] = defaultdict(list)
    if not by_ours_alone:
        mails = dict(IncomingMail.objects.filter(message_id__in=names).values_list("pk", "message_id"))
        theirs = Message.objects.filter(mail__in=list(mails)).order_by("pk")
        for name, ticket in (
            (mails[mail], ticket) for mail, ticket in theirs.values_list("mail_id", "ticket_id")
        ):
            found[name].append(ticket)
    ours = OutgoingMail.objects.filter(message_id__in=names, kind__startswith="support/")
    causes = dict(ours.values_list("message_id", "cause"))
    rows = {name: uuid.UUID(row[1]) for name, cause in causes.items() if (row := _CAUSE.match(cause))}
    events = {name: int(event[1]) for name, cause in causes.items() if (event := _EVENT.match(cause))}
    if rows:
        of_rows = dict(Ticket.objects.filter(public_id__in=rows.values()).values_list("public_id", "pk"))
        of_rows |= dict(
            Message.objects.filter(public_id__in=rows.values()).values_list("public_id", "ticket_id")
        )
        found |= {name: [of_rows[row]] for name, row in rows.items() if row in of_rows}
    if events:
        of_events = dict(TicketEvent.objects.filter(pk__in=events.values()).values_list("pk", "ticket_id"))
        found |= {name: [of_events[event]] for name, event in events.items() if event in of_events}
    return found


def tag_of(address: str) -> str:
    """The part of an address of ours that makes it one ticket's; "" where there is none."""
    local, _at, _domain = address.rpartition("@")
    tag = local.partition("+")[2]
    return tag if _TAG.fullmatch(tag) else ""

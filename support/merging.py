"""Two tickets about one thing made one (S2, S4)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from profiles.models import User
from support.courtesy import COURTESY_MINUTES
from support.errors import SupportError
from support.models import Client, Message, Ticket, TicketEvent, Wait
from support.tickets import give, lock_all, move, note, place, refuse_not_open, refuse_own_ticket
from support.waits import merge_waits, open_wait

State = Ticket.State
Kind = Ticket.Kind
Happened = TicketEvent.Kind


def merge_tickets(*, ticket: Ticket, into: Ticket, by: User, now: datetime) -> Ticket:
    """Makes two tickets about one thing one: messages, calls, and the wait that began earlier go on at `into` (S2: a
    merge ends nobody's wait), with a note of the desk that says so, and counts as news to whoever has `into` open (S8).
    Where `into` is placed, that stands; else what `ticket` was placed against is taken over (S4), and so is whoever has
    taken it where nobody has `into`. Merged into it already, nothing changes. Returns `into`.

    Raises SupportError: "own_business", and as `refuse_merge`.
    """
    with transaction.atomic():
        # In one order, so that two merges crosswise wait for each other and not for ever.
        both = lock_all([ticket.pk, into.pk])
        ticket, into = both[ticket.pk], both[into.pk]
        if ticket.merged_into_id == into.pk:
            return into
        refuse_own_ticket(into, by)
        refuse_own_ticket(ticket, by)
        refuse_merge(ticket, into)
        wait = _merge_waits(ticket, into, by, now)
        _bring_what_was_said(ticket, into, by, now)
        if ticket.placement and not into.placement:
            place(into, ticket.placement, ticket.allowance, by, now)
        if ticket.consultant is not None and ticket.consultant.is_active and into.consultant is None:
            give(into, ticket.consultant)
            note(into, Happened.HANDED_OVER, by=by, now=now, about=str(ticket.consultant))
        into.courtesy_minutes = min(COURTESY_MINUTES, into.courtesy_minutes + ticket.courtesy_minutes)
        into.save(update_fields=["courtesy_minutes"])
        # Of a question that nobody has answered there is no wait.
        unanswered = wait is not None or ticket.state == State.OPEN
        ticket.merged_into = into
        move(ticket, State.MERGED, Happened.MERGED, by=by, now=now, about=into.number)
        note(into, Happened.MERGED, by=by, now=now, about=ticket.number)
        if unanswered and into.state == State.ANSWERED:
            move(into, State.OPEN, Happened.ASKED, by=by, now=now)
        return into


def refuse_merge(ticket: Ticket, into: Ticket) -> None:
    """Looks at whether `ticket` can be merged into the other.

    Raises SupportError: "merged_with_itself", "not_open", "other_client" (of another client, or of another asker or of
    nobody known by an address, or an appeal), "into_a_call" (what was asked, into a call to return),
    "others_would_read" (one of them came as a question of somebody who does not speak for the client, and the other is
    not theirs).
    """
    if ticket.pk == into.pk:
        raise SupportError(
            "merged_with_itself", _("Choose another ticket to merge this one into."), field="into"
        )
    refuse_not_open(ticket)
    refuse_not_open(into)
    theirs, ours = (
        (row.client_id, row.kind == Kind.APPEAL, "" if row.client_id else row.email) for row in (ticket, into)
    )
    of_somebody = ticket.client_id is not None or ticket.email
    if theirs != ours or not of_somebody or ticket.kind == Kind.APPEAL:
        raise SupportError("other_client", _("Only tickets of the same client can be merged."), field="into")
    if not goes_on_in(ticket, into):
        raise SupportError(
            "into_a_call",
            _("%(number)s ends when the call is returned. Merge it into this one instead.")
            % {"number": into.number},
            field="into",
        )
    strangers = [row for row in (into, ticket) if read_by_another(row)]
    if strangers and not _asked_by_one(ticket, into):
        raise SupportError(
            "others_would_read",
            _(
                "%(number)s came from somebody who does not speak for this client: in one ticket they would read "
                "what is not theirs, or be left without their answer. Answer each by itself."
            )
            % {"number": strangers[0].number},
            field="into",
        )


def _bring_what_was_said(ticket: Ticket, into: Ticket, by: User, now: datetime) -> None:
    """What was said and called on `ticket` stands on `into` from now on, each by its own time; the note of it says
    since when."""
    came = _("%(number)s was merged into this one. What was said there stands here, each by its own time.")
    note_of_it = Message.objects.create(
        ticket=into,
        kind=Message.Kind.NOTE,
        channel=Ticket.Channel.WEB,
        text=came % {"number": ticket.number},
        author=by,
        name=str(by)[:120],
        at=now,
    )
    said = Message.objects.filter(ticket=ticket)
    # Only here can it be told: what another merge brings later would be taken for one thing with this.
    waiting = list(said.unanswered().values_list("pk", flat=True))
    asked = said.filter(kind=Message.Kind.ASKED, unneeded_at=None)
    asked.exclude(pk__in=waiting).update(answered_before=True)
    said.update(ticket=into, came_with=note_of_it)
    ticket.calls.update(ticket=into, came_with=note_of_it)


def goes_on_in(ticket: Ticket, into: Ticket) -> bool:
    """Whether what is `ticket` can go on in `into`, by what kind they are: a call to return ends with the call, so what
    was asked in writing is not carried on there."""
    return into.kind != Kind.CALL_BACK or ticket.kind == Kind.CALL_BACK


def _asked_by_one(ticket: Ticket, into: Ticket) -> bool:
    return (ticket.asker_id, ticket.email) == (into.asker_id, into.email)


def read_by_another(ticket: Ticket) -> bool:
    """Whether whoever asked a client's ticket reads it without speaking for that client: a question that was linked."""
    if ticket.client_id is None or not ticket.events.filter(kind=Happened.LINKED).exists():
        return False
    if ticket.asker is not None:
        speaking = Client.objects.visible_to(ticket.asker)
    else:
        speaking = Client.objects.of_address(ticket.email)
    return not speaking.filter(pk=ticket.client_id).exists()


def _merge_waits(ticket: Ticket, into: Ticket, by: User, now: datetime) -> Wait | None:
    """Of the waits of both the earlier promise goes on at `into`; returns the wait that does."""
    theirs, ours = open_wait(ticket), open_wait(into)
    if theirs is None or ours is None:
        if theirs is not None:
            theirs.ticket = into
            theirs.save(update_fields=["ticket"])
        return theirs or ours
    return merge_waits(wait=theirs, into=ours, by=by, now=now)

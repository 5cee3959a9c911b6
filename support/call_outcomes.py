"""What a call does to a ticket: what it returns or answers, and what it asks (S3, S9).

Whoever calls these holds the lock on the ticket.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from support.errors import SupportError
from support.models import Call, Message, Ticket, TicketEvent, Wait
from support.tickets import move, note, reopen
from support.waits import begin_wait, end_wait, open_wait, wait_for_rest

State = Ticket.State
Kind = Ticket.Kind
Happened = TicketEvent.Kind


def carry_out(
    ticket: Ticket,
    call: Call,
    *,
    spoke: bool,
    answers_messages: bool,
    now: datetime,
    not_missed: bool = False,
) -> None:
    """Ends what a call ends on a ticket, which is locked: the calls that it returns, and what was asked if it was
    answered; with `not_missed`, that it was to be returned itself. Where something is left, that goes on with its own
    promise."""
    ended = _settle(ticket, call, answers_messages, not_missed, now)
    if ended is not None:
        call.wait = ended
    nothing_waits = open_wait(ticket) is None and ticket.is_open
    returned = nothing_waits and spoke and ticket.kind == Kind.CALL_BACK
    answered = ticket.state == State.OPEN and (ended is not None or answers_messages)
    if nothing_waits and answered and not returned:
        move(ticket, State.ANSWERED, Happened.CALLED, by=call.by, now=now, about=about(call))
        return
    note(ticket, Happened.CALLED, by=call.by, now=now, about=about(call))
    if returned:
        # It was a ticket until the call was returned (S3).
        ticket.closed_at = now
        move(ticket, State.CLOSED, Happened.CLOSED, by=call.by, now=now)


def _settle(
    ticket: Ticket, call: Call, answers_messages: bool, not_missed: bool, now: datetime
) -> Wait | None:
    """Ends the wait that goes on if the call carries out the oldest of what it holds; for what is younger another
    begins, as it was promised itself. Returns the wait that ended."""
    wait = open_wait(ticket)
    if wait is None or call.outcome not in Call.CALLS_BACK:
        return None
    asked = Message.objects.filter(wait=wait, kind=Message.Kind.ASKED, unneeded_at=None)
    missed = Call.objects.missed().filter(wait=wait)
    held = asked.count() + missed.count()
    if not held and not not_missed:
        # Of what nobody knows any more: it was asked, unless the ticket is a call to return.
        if call.at >= ticket.asked_at and (answers_messages or ticket.kind == Kind.CALL_BACK):
            return _ended(ticket, wait, call, Wait.Ending.CALL_BACK, now)
        return None
    messages_left = list(asked.filter(at__gt=call.at) if answers_messages else asked)
    calls_left = list(missed.filter(at__gt=call.at))
    left = [message.at for message in messages_left] + [each.at for each in calls_left]
    settles = held > len(left)
    if not (settles or not_missed) or (left and min(left) <= wait.asked_at):
        return None
    if settles:
        _ended(ticket, wait, call, Wait.Ending.CALL_BACK, now)
    else:
        # Nobody ever waited for a call that was not missed, however late we were told: neither kept nor broken.
        at = max(call.at, wait.asked_at)
        end_wait(ticket=ticket, ending=Wait.Ending.NO_ANSWER, now=at, by=call.by)
    wait_for_rest(wait=wait, messages=messages_left, calls=calls_left)
    return wait


def _ended(ticket: Ticket, wait: Wait, call: Call, ending: Wait.Ending, now: datetime) -> Wait:
    """By the moment of the call, also where it is written down a little later; but once the deadline has passed while
    nobody had told of a call, it has passed (S9)."""
    ended = end_wait(ticket=ticket, ending=ending, now=call.at if now <= wait.due_at else now, by=call.by)
    assert ended is not None
    return ended


def ask(ticket: Ticket, call: Call, now: datetime) -> None:
    """What was asked in a call and still waits for an answer, from the moment of the call."""
    if ticket.state == State.CLOSED:
        if not ticket.can_be_reopened(now):
            raise SupportError(
                "closed_long_ago", _("It was closed too long ago. Open another one that follows it.")
            )
        reopen(ticket, by=call.by, now=now)
    elif ticket.state == State.ANSWERED:
        move(ticket, State.OPEN, Happened.ASKED, by=call.by, now=now)
    say(ticket, call, wait=begin_wait(ticket=ticket, asked_at=call.at) if ticket.client_id else None)


def say(ticket: Ticket, call: Call, wait: Wait | None) -> None:
    """Writes what was said in a call into the thread, as its asker's."""
    Message.objects.create(
        ticket=ticket,
        kind=Message.Kind.ASKED,
        channel=Ticket.Channel.PHONE,
        text=call.summary,
        name=call.name or ticket.name,
        email=ticket.email,
        at=call.at,
        wait=wait,
    )


def about(call: Call) -> str:
    """What came of a call, as the history of its ticket keeps it: `shown.about_in_words` says it in the reader's."""
    return f"{call.direction}:{call.outcome}"

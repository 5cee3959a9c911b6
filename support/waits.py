"""Waits: when one begins, what ends it, and what was promised meanwhile (S2, S9).

Whoever calls these holds the lock on the ticket.
"""

from datetime import datetime
from typing import Any

from profiles.models import User
from support.desk_calendar import Deadline, deadline, working_calendar
from support.models import Message, Ticket, Wait
from support.working_time import WorkingCalendar

Ending = Wait.Ending


def open_wait(ticket: Ticket) -> Wait | None:
    """The wait that goes on; None where nobody waits for us."""
    return Wait.objects.open().filter(ticket=ticket).first()


def begin_wait(*, ticket: Ticket, asked_at: datetime) -> Wait:
    """A client waits since `asked_at`. Where they wait already, that wait goes on: it counts from the oldest message,
    so one that reached us before the others and is read after them brings it forward. None is put off."""
    standing = open_wait(ticket)
    if standing is None:
        return Wait.objects.create(ticket=ticket, **promise(asked_at))
    if asked_at < standing.asked_at:
        bring_forward(standing, **promise(asked_at))
    return standing


def first_wait(ticket: Ticket) -> Wait:
    """Of a ticket that was opened in this transaction: nobody else knows of it, and nobody waits there yet. Two queries
    of the calendar."""
    return Wait.objects.create(ticket=ticket, **promise(ticket.asked_at))


def end_wait(*, ticket: Ticket, ending: Wait.Ending, now: datetime, by: User | None) -> Wait | None:
    """Ends the wait that goes on, if one does; returns it. A breach that nobody had looked for is recorded, and told of
    by the check (S9). The promise of one that is merged goes on elsewhere, and so does its breach."""
    # Locked: the check, which locks no ticket, may be recording its breach. What it has recorded stands.
    wait = Wait.objects.select_for_update(no_key=True).open().filter(ticket=ticket).first()
    if wait is None:
        return None
    wait.ended_at, wait.ending, wait.ended_by = now, ending, by
    wait.took_seconds = _took(wait, now, working_calendar())
    changed = ["ended_at", "ending", "ended_by", "took_seconds"]
    if ending == Ending.MERGED:
        if wait.breached_at is not None and wait.breach_told_at is None:
            wait.breach_told_at = now
            changed.append("breach_told_at")
    elif now > wait.due_at and wait.breached_at is None:
        wait.breached_at = now
        changed.append("breached_at")
    wait.save(update_fields=changed)
    return wait


def resume_wait(*, wait: Wait) -> Wait:
    """What ended a wait did not reach its client, so it goes on as it was promised. Where they wait again already, that
    wait is brought forward to this one's promise, and this one becomes part of it: it was not answered. Returns the one
    that goes on."""
    standing = open_wait(wait.ticket)
    if standing is not None:
        bring_forward(standing, **promise_of(wait))
        wait.messages.filter(kind=Message.Kind.ASKED).update(wait=standing)
        wait.calls.update(wait=standing)
        wait.ending = Ending.MERGED
        wait.save(update_fields=["ending"])
        return standing
    wait.ended_at, wait.ending, wait.ended_by, wait.took_seconds = None, "", None, None
    wait.save(update_fields=["ended_at", "ending", "ended_by", "took_seconds"])
    return wait


def part_wait(*, wait: Wait, now: datetime, by: User) -> Wait | None:
    """After a message of an open wait was said to need no answer: where others of its messages need one, it goes on for
    them, counted from the oldest of these; where none does, it ends. Returns the wait that goes on."""
    left = Message.objects.filter(wait=wait, kind=Message.Kind.ASKED, unneeded_at=None).order_by("at", "pk")
    oldest = left.first()
    # A call to return is no message, and still to be returned.
    if wait.calls.exists() or (oldest is not None and oldest.at <= wait.asked_at):
        return wait
    end_wait(ticket=wait.ticket, ending=Ending.NO_ANSWER, now=now, by=by)
    if oldest is None:
        return None
    following = begin_wait(ticket=wait.ticket, asked_at=oldest.at)
    left.update(wait=following)
    return following


def bring_forward(wait: Wait, **promised: Any) -> None:
    """Makes an open wait the older one that it turned out to be, unless its promise is the older one already."""
    if promised["asked_at"] >= wait.asked_at:
        return
    for name, value in promised.items():
        setattr(wait, name, value)
    wait.save(update_fields=list(promised))


def promise(asked_at: datetime) -> dict[str, Any]:
    """What is stored of a deadline and its reasons, as columns of a wait (S2)."""
    calendar = working_calendar()
    due = deadline(asked_at, calendar)
    return {
        "asked_at": due.asked_at,
        "began_at": due.began_at,
        "minutes": due.minutes,
        # Three quarters of the time (S9).
        "warn_at": calendar.add(asked_at, calendar.standard_day * 3 / 4),
        "due_at": due.due_at,
        "days_off": [list(each) for each in due.days_off],
    }


def promise_of(wait: Wait) -> dict[str, Any]:
    """What was promised with a wait, as the columns of another, and what was told of it: nobody is told twice of one
    promise."""
    names = ("asked_at", "began_at", "minutes", "warn_at", "due_at", "days_off")
    told = ("warned_at", "breached_at", "breach_told_at")
    return {name: getattr(wait, name) for name in (*names, *told)}


def deadline_of(wait: Wait) -> Deadline:
    """What was promised, as `shown.why_then` explains it."""
    return Deadline(
        asked_at=wait.asked_at,
        began_at=wait.began_at,
        minutes=wait.minutes,
        due_at=wait.due_at,
        days_off=tuple((day, kind, name) for day, kind, name in wait.days_off),
    )


def _took(wait: Wait, ended_at: datetime, calendar: WorkingCalendar) -> int:
    """Whole seconds of working time. The calendar may have been edited since it was promised: what was in time then
    took no longer than the promise, and what was late took longer."""
    took = int(calendar.between(wait.asked_at, max(ended_at, wait.asked_at)).total_seconds())
    promised = wait.minutes * 60
    return min(took, promised) if ended_at <= wait.due_at else max(took, promised + 1)

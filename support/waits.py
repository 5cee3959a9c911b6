"""Waits: when one begins, what ends it, and what was promised meanwhile (S2, S9).

Whoever calls these holds the lock on the ticket.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Any

from django.db.models import F

from base.days import marketplace_day
from profiles.models import User
from support.desk_calendar import Deadline, deadline, desk_day, desk_zone, working_calendar
from support.models import Agreement, Call, LaterPromise, Message, Ticket, Wait
from support.models.waits import Promised
from support.working_time import WorkingCalendar

Ending = Wait.Ending
# What is promised, as columns of a wait; and what was told of it.
_PROMISED = ("asked_at", "began_at", "minutes", "warn_at", "due_at", "days_off")
_TOLD = ("warned_at", "breached_at", "breach_told_at")
Told = dict[str, datetime | None]


def open_wait(ticket: Ticket) -> Wait | None:
    """The wait that goes on; None where nobody waits for us."""
    return Wait.objects.open().filter(ticket=ticket).first()


def promised_from(client_id: int, asked_at: datetime) -> datetime:
    """Since when what a client asked at `asked_at` has the promise, whatever way it came: since then, or since they
    became a client, by signing on (S1)."""
    return max(asked_at, _client_since(client_id) or asked_at)


def _client_since(client_id: int) -> datetime | None:
    """Since when somebody is a client; None of whoever has signed nothing.

    Of a paper that was written down on a later day only the day of signing is known, and all of it counts: so nobody
    who asked as a client waits longer than promised.
    """
    # A plan is contracted by the marketplace's date.
    signed = Agreement.objects.filter(client=client_id).values_list("signed", "signed_on", "recorded_at")
    since = (
        recorded_at
        if (marketplace_day if how == Agreement.Signed.PLAN else desk_day)(recorded_at) <= signed_on
        else datetime.combine(signed_on, time(0), desk_zone())
        for how, signed_on, recorded_at in signed
    )
    return min(since, default=None)


def begin_wait(*, ticket: Ticket, asked_at: datetime, then: Iterable[datetime] = ()) -> Wait:
    """A client waits since `asked_at`, or since they became one (S1). Where they wait already, that wait goes on: it
    counts from the oldest message, so one that reached us before the others and is read after them brings it forward.
    None is put off; what was promised for the younger stands behind it, and so does what is promised of all that was
    asked `then`. As many queries, however much that is."""
    assert ticket.client_id is not None
    since, calendar = _client_since(ticket.client_id), working_calendar()
    standing, later = open_wait(ticket), []
    for at in sorted((asked_at, *then)):
        promised = promise(max(at, since or at), calendar)
        if standing is None:
            standing = Wait.objects.create(ticket=ticket, **promised)
        elif promised["asked_at"] < standing.asked_at:
            _keep_both(standing, promised)
        elif promised["asked_at"] > standing.asked_at:
            later.append(LaterPromise(wait=standing, **promised))
    LaterPromise.objects.bulk_create(later)
    assert standing is not None
    return standing


def first_wait(ticket: Ticket, now: datetime) -> Wait:
    """Of a ticket that was opened in this transaction: nobody else knows of it, and nobody waits there yet. Two queries
    of the calendar, and one more where it was asked before `now`: by mail, or in a call."""
    assert ticket.client_id is not None
    asked_at = ticket.asked_at
    if asked_at < now:
        asked_at = promised_from(ticket.client_id, asked_at)
    return Wait.objects.create(ticket=ticket, **promise(asked_at, working_calendar()))


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
    if wait.kept is False and wait.breached_at is None:
        wait.breached_at = now
        changed.append("breached_at")
    wait.save(update_fields=changed)
    return wait


def resume_wait(*, wait: Wait) -> Wait:
    """What ended a wait did not reach its client, so it goes on as it was promised. Where they wait again already, this
    one becomes part of that: it was not answered. Returns the one that goes on."""
    standing = open_wait(wait.ticket)
    if standing is not None:
        standing = _both_waited(standing, wait)
        wait.ending = Ending.MERGED
        wait.save(update_fields=["ending"])
        return standing
    wait.ended_at, wait.ending, wait.ended_by, wait.took_seconds = None, "", None, None
    wait.save(update_fields=["ended_at", "ending", "ended_by", "took_seconds"])
    return wait


def merge_waits(*, wait: Wait, into: Wait, by: User, now: datetime) -> Wait:
    """Of two that go on, at two tickets that become one, `into` goes on for both."""
    into = _both_waited(into, wait)
    end_wait(ticket=wait.ticket, ending=Ending.MERGED, now=now, by=by)
    return into


def part_wait(*, wait: Wait, now: datetime, by: User) -> Wait | None:
    """After a message of an open wait was said to need no answer: where others of its messages need one, or a call is
    to be returned, it goes on for them, counted from the oldest of these; else it ends. Returns the wait that goes on.
    """
    messages = list(Message.objects.filter(wait=wait, kind=Message.Kind.ASKED, unneeded_at=None))
    # Nobody said that of the calls: they are still to be returned.
    calls = list(Call.objects.missed().filter(wait=wait))
    left = [message.at for message in messages] + [call.at for call in calls]
    if left and min(left) <= wait.asked_at:
        return wait
    end_wait(ticket=wait.ticket, ending=Ending.NO_ANSWER, now=now, by=by)
    return wait_for_rest(wait=wait, messages=messages, calls=calls)


def wait_for_rest(*, wait: Wait, messages: Sequence[Message], calls: Sequence[Call]) -> Wait | None:
    """After a wait has ended for the oldest of what it held: another begins for the rest, counted from the oldest of
    these, as it was promised when that was asked (S2). None where nothing is left."""
    left = [message.at for message in messages] + [call.at for call in calls]
    if not left:
        return None
    oldest = min(left)
    promised = wait.later.filter(asked_at=oldest).first()
    # Nothing stands of what was asked before later promises were kept.
    going_on = promise_of(promised) if promised else promise(oldest, working_calendar())
    told = _told_of(promised) if promised else dict.fromkeys(_TOLD)
    if going_on["due_at"] == wait.due_at:
        # Asked on one weekend: whoever was told of the one deadline knows of the other (S9).
        wait.refresh_from_db(fields=_TOLD)
        told = _earlier_told(told, _told_of(wait))
        # Nor is anybody told of both, where the check has not looked yet.
        _told_of_the_other(wait)
    following = Wait.objects.create(ticket=wait.ticket, **going_on, **told)
    wait.later.filter(asked_at__gt=oldest).update(wait=following)
    Message.objects.filter(pk__in=[each.pk for each in messages]).update(wait=following)
    Call.objects.filter(pk__in=[each.pk for each in calls]).update(wait=following)
    return following


def _told_of_the_other(wait: Wait) -> None:
    """Whoever hears of the wait that goes on in its stead hears of its breach (S9)."""
    Wait.objects.filter(pk=wait.pk, breached_at__isnull=False, breach_told_at=None).update(
        breach_told_at=F("breached_at")
    )


def _both_waited(into: Wait, other: Wait) -> Wait:
    """Lets `into`, which is open, go on for what `other` waited for too: with the promises of both, and with what was
    told of either, for nobody is told twice (S9). Returns `into` as it is then."""
    # The check, which locks no ticket, may be recording their breaches.
    locked = Wait.objects.select_for_update(no_key=True).in_bulk(sorted((into.pk, other.pk)))
    into = locked[into.pk]
    _keep_both(into, promise_of(locked[other.pk]), _told_of(locked[other.pk]))
    # What is still to be told of it is told of the one that goes on.
    _told_of_the_other(other)
    other.later.update(wait=into)
    other.messages.filter(kind=Message.Kind.ASKED).update(wait=into)
    other.calls.update(wait=into)
    return into


def _keep_both(wait: Wait, other: dict[str, Any], other_told: Told | None = None) -> None:
    """Lets an open wait keep another promise too: it counts from the older message, and is due with the promise that is
    due first. By one calendar that is the older one's; where it was edited between the two, neither is put off (S2).
    The younger stands behind it, for when nothing older is left, with what was told of it: going on by itself then, it
    is not told again (S9)."""
    mine, mine_told, other_told = promise_of(wait), _told_of(wait), other_told or dict.fromkeys(_TOLD)
    younger, told = max((other, other_told), (mine, mine_told), key=lambda each: each[0]["asked_at"])
    LaterPromise.objects.create(wait=wait, **younger, **told)
    first = min(other, mine, key=lambda each: each["due_at"])
    earlier = {name: min(other[name], mine[name]) for name in ("asked_at", "began_at", "warn_at")}
    changed = first | earlier | _earlier_told(mine_told, other_told)
    for name, value in changed.items():
        setattr(wait, name, value)
    wait.save(update_fields=list(changed))


def promise(asked_at: datetime, calendar: WorkingCalendar) -> dict[str, Any]:
    """What is stored of a deadline and its reasons, as columns of a wait (S2)."""
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


def promise_of(promised: Promised) -> dict[str, Any]:
    """What was promised, as the columns of another row."""
    return {name: getattr(promised, name) for name in _PROMISED}


def _told_of(promised: Promised) -> Told:
    """What was told of it, as the columns of another row."""
    return {name: getattr(promised, name) for name in _TOLD}


def _earlier_told(one: Told, other: Told) -> Told:
    return {name: min(filter(None, (one[name], other[name])), default=None) for name in _TOLD}


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

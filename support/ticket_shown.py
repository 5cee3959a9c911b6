"""What whoever asked is shown of a ticket: what was said, by when an answer is due and why, what was agreed then, what
was done and booked. Never the desk's own notes, looks and moves (S2, S4, S7)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, Prefetch, Q, Value, When

from profiles.models import User
from support.allowance_rules import State
from support.allowances import days_at
from support.calls_shown import CallSaid, calls_said
from support.models import (
    AgreementLine,
    AgreementVersion,
    Allowance,
    Call,
    Client,
    Message,
    Ticket,
    Wait,
    Work,
)
from support.models.tickets import TicketQuerySet
from support.placing import agreements_in_view
from support.shown import allowances_shown, why_then
from support.tickets import can_be_rated
from support.waits import deadline_of

# How exactly it is noted when the client's side last looked.
NOTED_EVERY = timedelta(minutes=1)


def in_list(tickets: TicketQuerySet) -> TicketQuerySet:
    """Tickets as the client's list shows them: `done` is 0 while the desk is not done with one, and `waiting` holds the
    wait that goes on, if one does. Two queries."""
    return (
        tickets.said()
        .annotate(done=Case(When(Q(state__in=("open", "answered")), then=Value(0)), default=Value(1)))
        .select_related("client__customer")
        .prefetch_related(Prefetch("waits", queryset=Wait.objects.open(), to_attr="waiting"))
    )


def thread_of(ticket: Ticket) -> Sequence[Message]:
    """What both sides said, in its order, with the files. Two queries."""
    public = Message.objects.filter(ticket=ticket).public()
    return list(public.prefetch_related("attachments").order_by("at", "pk"))


def in_one_thread(calls: Sequence[CallSaid], messages: Sequence[Message]) -> Sequence[CallSaid | Message]:
    """In the order of time; what was asked in a call stands behind it."""
    return sorted([*calls, *messages], key=lambda each: each.at)


def promised(ticket: Ticket, now: datetime) -> dict[str, Any]:
    """By when an answer is due and why then; where nobody waits, the last promise and when it was answered. One
    query."""
    waits = list(
        Wait.objects.filter(ticket=ticket).exclude(ending=Wait.Ending.MERGED).order_by("-asked_at", "-pk")
    )
    wait = next((each for each in waits if each.ended_at is None), waits[0] if waits else None)
    return {
        "wait": wait,
        "why": why_then(deadline_of(wait)) if wait else (),
        # By the clock, whoever has looked (S9).
        "late": wait is not None and wait.ended_at is None and wait.due_at < now,
    }


def ticket_shown(ticket: Ticket, reader: User, now: datetime) -> dict[str, Any]:
    """The context of a ticket's page for `reader`, who may see it. As many queries for thirty of everything as for one.

    Whoever asked and does not speak for its client (a question that was linked) reads what was said and done, and
    nothing of what was agreed.
    """
    speaks = (
        ticket.client_id is not None
        and Client.objects.visible_to(reader).filter(pk=ticket.client_id).exists()
    )
    messages = thread_of(ticket)
    # What was said on the telephone is the client's to read, as what was done is (S7).
    calls = Call.objects.visible_to(reader).filter(ticket=ticket) if speaks else Call.objects.none()
    answers = [message for message in messages if message.kind == Message.Kind.ANSWER]
    context = promised(ticket, now) | {
        "ticket": ticket,
        "messages_said": in_one_thread(calls_said(calls, messages), messages),
        "answered": answers[-1] if answers else None,
        "work": Work.objects.visible_to(reader).of_ticket(ticket).reverse(),
        "can_be_reopened": ticket.can_be_reopened(now),
        "can_be_rated": can_be_rated(ticket),
        "follows": Ticket.objects.visible_to(reader).filter(pk=ticket.follows_id).first()
        if ticket.follows_id
        else None,
        "followed_by": Ticket.objects.visible_to(reader).said().filter(follows=ticket),
        # The reader's zone where they chose one, else the desk's, which promised by its clock.
        "zone": reader.time_zone or settings.DESK_TIME_ZONE,
        "speaks": speaks,
    }
    return context | (_agreed(ticket, now) if speaks else {})


def _agreed(ticket: Ticket, now: datetime) -> dict[str, Any]:
    """What was agreed when it was asked, and what is left (S4): of the agreement that it belongs to, and where nobody
    has said which that is, of each that is in force, as at the desk."""
    version = ticket.agreement_version
    every = allowances_shown(Allowance.objects.filter(client=ticket.client), days_at(now))
    agreed: list[tuple[AgreementVersion, Sequence[AgreementLine]]]
    if version is not None:
        agreed = [(version, list(version.lines.all()))]
    else:
        in_view = agreements_in_view(ticket, every)
        agreed = [(each.version, each.lines) for each in in_view if each.in_force]
    if ticket.allowance_id:
        left = [each for each in every if each.allowance.pk == ticket.allowance_id]
    else:
        left = [each for each in every if each.state == State.USABLE]
    return {"agreed": agreed, "allowances": left}


def note_seen(ticket: Ticket, now: datetime) -> None:
    """Somebody of the client's side has opened it after it was answered: an answer whose mail did not arrive was read
    all the same. Written once a minute at most."""
    before = now - NOTED_EVERY
    if ticket.client_saw_at is not None and ticket.client_saw_at > before:
        return
    if Message.objects.filter(ticket=ticket, kind=Message.Kind.ANSWER).exists():
        long_ago = Q(client_saw_at=None) | Q(client_saw_at__lte=before)
        Ticket.objects.filter(long_ago, pk=ticket.pk).update(client_saw_at=now)

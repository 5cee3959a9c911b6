"""Appeals as tickets of their own kind: they reach a person who had no part in what was decided (G19).

What they are against, and how they are decided, is the guarantee's; here they are heard, within one working day.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from base.erased import ERASED
from profiles.models import Professional, User
from support.models import Client, Message, Ticket, TicketEvent, Wait
from support.tickets import locked, move, note, open_ticket
from support.waits import end_wait

State = Ticket.State
Happened = TicketEvent.Kind


def open_appeal(
    *, professional: Professional, subject: str, text: str, by: User, not_for: Iterable[User], now: datetime
) -> Ticket:
    """The ticket of an appeal. Nobody of `not_for` hears it, and of the business its maker alone follows it. A business
    that is a client has its first answer within one working day like any other (S1); whoever made it is told by the
    letter of the appeal."""
    client = Client.objects.signed().filter(customer__professional=professional).first()
    ticket = open_ticket(
        subject=subject,
        text=text,
        channel=Ticket.Channel.WEB,
        asked_at=now,
        now=now,
        client=client,
        kind=Ticket.Kind.APPEAL,
        asker=by,
        name=by.get_full_name(),
        email=by.email,
        language=by.language,
    )
    ticket.not_for.set(not_for)
    return ticket


def decide_appeal(*, ticket: Ticket, answer: str, by: User, now: datetime) -> None:
    """The appeal was decided, with that answer, of which its maker is told by the letter of the decision. Call it
    inside the transaction that decides. Decided already, nothing changes."""
    ticket = locked(ticket)
    if not ticket.is_open:
        return
    wait = end_wait(ticket=ticket, ending=Wait.Ending.ANSWER, now=now, by=by)
    Message.objects.create(
        ticket=ticket,
        kind=Message.Kind.ANSWER,
        channel=Ticket.Channel.WEB,
        text=answer,
        author=by,
        name=str(by)[:120],
        at=now,
        wait=wait,
    )
    note(ticket, Happened.ANSWERED, by=by, now=now)
    ticket.closed_at = now
    move(ticket, State.CLOSED, Happened.CLOSED, by=by, now=now)


def withdraw_appeal(*, ticket: Ticket, now: datetime) -> None:
    """Whoever made it closed their account: nobody is left to hear, or to read the answer (X5)."""
    ticket = locked(ticket)
    if not ticket.is_open:
        return
    end_wait(ticket=ticket, ending=Wait.Ending.CLIENT, now=now, by=None)
    ticket.closed_at = now
    move(ticket, State.CLOSED, Happened.CLOSED, by=None, now=now)


def forget_words(tickets: QuerySet[Ticket]) -> None:
    """Takes the words out of appeals that speak of somebody who was erased; that they were said stays (X5)."""
    said = Message.objects.filter(ticket__in=tickets)
    said.update(text=ERASED, quoted="")
    tickets.update(subject=ERASED)

"""Appeals as tickets of their own kind: they reach a person who had no part in what was decided (G19).

What they are against, and how they are decided, is the guarantee's; here they are heard, within one working day.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat

from base.erased import ERASED
from mail import inbox, kept_files, outbox
from mail.models import IncomingMail, OutgoingMail
from profiles.models import Professional, User
from support.models import Attachment, Client, Message, Ticket, TicketEvent, Wait
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


def mails_heard(user: User) -> Q:
    """The condition of what was written by mail on appeals that `user` hears: also what waits for a person is theirs to
    decide on."""
    return _written_on(_heard(user))


def mails_not_heard(user: User) -> Q:
    """The condition of what was written by mail on appeals that `user` does not hear: the office shows no more of it
    than the desk does."""
    appeals = Ticket.objects.filter(kind=Ticket.Kind.APPEAL)
    return _written_on(appeals.exclude(pk__in=_heard(user).order_by().values("pk")))


def _heard(user: User) -> QuerySet[Ticket]:
    return Ticket.objects.at_the_desk(user).filter(kind=Ticket.Kind.APPEAL)


def _written_on(appeals: QuerySet[Ticket]) -> Q:
    """What stands on these appeals, and what was sent to the address that is one's own: before it is handled, and while
    its sender is not certain, it stands on none."""
    said = Message.objects.filter(ticket__in=appeals.order_by().values("pk"), mail__isnull=False)
    local, _at, domain = settings.DESK_ADDRESS.lower().rpartition("@")
    addresses = appeals.order_by().values_list(Concat(Value(f"{local}+"), "tag", Value(f"@{domain}")))
    return Q(pk__in=said.order_by().values("mail")) | Q(recipient__in=addresses)


def decide_appeal(*, ticket: Ticket, answer: str, by: User, now: datetime) -> None:
    """The appeal was decided, with that answer, of which its maker is told by the letter of the decision; or decided
    once more, when its ticket is closed. Call it inside the transaction that decides, once."""
    ticket = locked(ticket)
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
    if ticket.is_open:
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


def forget_words(tickets: QuerySet[Ticket], *, now: datetime) -> None:
    """Takes the words out of appeals that speak of somebody who was erased: what was said and sent with it, the mails
    that it came by and went out with, and what the desk wrote down. That something was said stays (X5)."""
    tickets = Ticket.objects.filter(pk__in=list(tickets.values_list("pk", flat=True)))
    said = Message.objects.filter(ticket__in=tickets)
    letters = [f"message:{public_id}" for public_id in said.values_list("public_id", flat=True)]
    outbox.forget_text(OutgoingMail.objects.filter(cause__in=letters))
    inbox.clear(IncomingMail.objects.filter(desk_message__in=said, cleared_at=None), now=now)
    files = Attachment.objects.filter(message__in=said)
    names = list(files.values_list("file", flat=True))
    files.delete()
    transaction.on_commit(lambda: kept_files.delete(names))
    said.update(text=ERASED, quoted="")
    said.exclude(unneeded_why="").update(unneeded_why=ERASED)
    TicketEvent.objects.filter(ticket__in=tickets).exclude(reason="").update(reason=ERASED)
    TicketEvent.objects.filter(ticket__in=tickets, kind=Happened.RESUMED).update(about="")
    tickets.update(subject=ERASED, rating_text="")

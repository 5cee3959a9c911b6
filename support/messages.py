"""What is said on a ticket: by its asker, and by the desk (S2, S8, S10)."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from mail.models import IncomingMail
from profiles.models import User
from support import letters
from support.attachments import NewFile, attach
from support.errors import SupportError, form_used
from support.models import Message, Ticket, TicketEvent, Wait
from support.models.messages import MessageQuerySet
from support.tickets import (
    followed,
    locked,
    locked_where_it_goes_on,
    move,
    note,
    one_line,
    open_ticket,
    refuse_appeal,
    refuse_own_ticket,
    refuse_unplaced,
    reopen,
)
from support.waits import begin_wait, end_wait, open_wait, part_wait

State = Ticket.State
Ending = Wait.Ending
Happened = TicketEvent.Kind


def ask_again(
    *,
    ticket: Ticket,
    text: str,
    channel: Ticket.Channel,
    at: datetime,
    now: datetime,
    by: User | None = None,
    name: str = "",
    email: str = "",
    mail: IncomingMail | None = None,
    quoted: str = "",
    files: Sequence[NewFile] = (),
    public_id: uuid.UUID | None = None,
) -> Message:
    """Something more from the client's side, said at `at`. Where nobody has answered yet, the wait that began with the
    first goes on; else another begins (S2). A closed ticket is opened again while that can be, and after that a new one
    follows it; what is said on a merged one is said on the one that it became.

    `public_id` is what makes two sendings of one form one message. Raises SupportError: "nothing_written", "form_used",
    "expired" (a question that was never confirmed).
    """
    text = text.strip()
    if not text and not files:
        raise SupportError("nothing_written", _("Write something, or choose a file."), field="text")
    said: dict[str, Any] = {"text": text, "quoted": quoted, "channel": channel, "mail": mail}
    with transaction.atomic():
        ticket = _where_to_say_it(ticket, email.lower(), now)
        if standing := _said_already(public_id, ticket, Message.Kind.ASKED, text):
            return standing
        if ticket.state == State.EXPIRED:
            raise SupportError(
                "expired", _("This question was not confirmed in time, so it has ended. Please ask it again.")
            )
        if ticket.state == State.CLOSED and not ticket.can_be_reopened(now):
            following = _follow(
                ticket,
                asker=by,
                name=name,
                email=email.lower(),
                asked_at=at,
                now=now,
                files=files,
                message_id=public_id,
                **said,
            )
            return following.messages.earliest("pk")
        if ticket.state == State.CLOSED:
            reopen(ticket, by=by, now=now)
        elif ticket.state == State.ANSWERED:
            move(ticket, State.OPEN, Happened.ASKED, by=by, now=now)
        wait = begin_wait(ticket=ticket, asked_at=at) if ticket.client_id else None
        message = Message.objects.create(
            public_id=public_id or uuid.uuid4(),
            ticket=ticket,
            kind=Message.Kind.ASKED,
            author=by,
            name=one_line(name)[:120],
            email=email.lower(),
            at=at,
            wait=wait,
            **said,
        )
        attach(message, files)
        letters.asked_again(ticket, message, now)
        return message


def _where_to_say_it(ticket: Ticket, email: str, now: datetime) -> Ticket:
    """The ticket, locked, or the one that carries it on: which it was merged into, or which follows it since it was
    closed long ago.

    Of a question that was linked to a client its asker, who may not speak for that client, goes on with what follows it
    of theirs: what others of the client have carried on is not for them to read."""

    def goes_on(ticket: Ticket) -> Ticket:
        ticket = followed(ticket)
        while ticket.state == State.CLOSED and not ticket.can_be_reopened(now):
            following = ticket.followed_by.order_by("pk")
            if email and email == ticket.email and ticket.events.filter(kind=Happened.LINKED).exists():
                following = following.filter(email=email)
            later = following.last()
            if later is None:
                break
            ticket = followed(later)
        return ticket

    return locked_where_it_goes_on(ticket, goes_on)


def _said_already(
    public_id: uuid.UUID | None, ticket: Ticket, kind: Message.Kind, text: str
) -> Message | None:
    """What this form has said on the ticket, which is locked, or on what it was merged into. Raises SupportError
    "form_used" where it said something else: a note is no answer, whatever form they share."""
    standing = Message.objects.filter(public_id=public_id).first() if public_id else None
    if standing is None:
        return None
    here = standing.ticket_id == followed(ticket).pk
    if not here or (standing.kind, standing.text) != (kind, text):
        raise form_used(standing.text[:40] if here else ticket.number)
    return standing


def _follow(
    closed: Ticket, *, asker: User | None, name: str, email: str, message_id: uuid.UUID | None, **said: Any
) -> Ticket:
    """A new ticket that carries on one that was closed long ago: for the same client, of whoever says something now.
    What carries on an appeal is one, for nobody else to read (G19)."""
    same = (asker or closed.asker) == closed.asker and (email or closed.email) == closed.email
    kind = Ticket.Kind.REQUEST if closed.client_id else Ticket.Kind.QUESTION
    ticket = open_ticket(
        subject=closed.subject,
        client=closed.client,
        kind=Ticket.Kind.APPEAL if closed.kind == Ticket.Kind.APPEAL else kind,
        asker=closed.asker if same else asker,
        name=name or (closed.name if same else ""),
        email=email or (closed.email if same else ""),
        phone=str(closed.phone) if same else "",
        language=closed.language if same else "",
        agreement=closed.agreement_version.agreement if closed.agreement_version else None,
        follows=closed,
        message_id=message_id,
        **said,
    )
    if ticket.kind == Ticket.Kind.APPEAL:
        ticket.not_for.set(closed.not_for.all())
    if closed.events.filter(kind=Happened.LINKED).exists():
        # It came as a question: its asker, who may not speak for the client, goes on reading what they ask.
        note(ticket, Happened.LINKED, by=None, now=said["now"], about=str(closed.client))
    return ticket


def answer_ticket(
    *,
    ticket: Ticket,
    text: str,
    by: User,
    now: datetime,
    seen: int | None = None,
    channel: Ticket.Channel = Ticket.Channel.WEB,
    files: Sequence[NewFile] = (),
    close: bool = False,
    public_id: uuid.UUID | None = None,
) -> Message:
    """A person's answer: it ends the wait, and its asker is written to (S2, S9). Whoever answers a ticket that nobody
    has taken takes it; `close` ends it besides.

    `seen` is the id of the last message that its writer had in front of them: of two who answer at once the second is
    shown what the first said before theirs goes out (S8). `public_id` is what makes two sendings of one form one
    answer.

    Raises SupportError: "nothing_written", "not_open", "news" (something was said meanwhile), "form_used",
    "appeal" (it is decided, not closed), "own_business", "not_placed" (it is placed before it is closed, S4),
    "nobody_to_write_to" (an answer that reaches nobody is none).
    """
    text = text.strip()
    if not text:
        raise SupportError("nothing_written", _("Write the answer."), field="text")
    with transaction.atomic():
        ticket = locked(ticket)
        if standing := _said_already(public_id, ticket, Message.Kind.ANSWER, text):
            return standing
        if not ticket.is_open:
            raise SupportError(
                "not_open",
                _("This ticket is %(state)s, so it cannot be answered. Open it again first.")
                % {"state": ticket.get_state_display()},
            )
        if seen is not None and news_since(ticket, seen, by).exists():
            raise SupportError(
                "news",
                _("Something was said while you wrote. Look at it, then send your answer, or change it."),
            )
        refuse_own_ticket(ticket, by)
        if close:
            refuse_appeal(ticket)
            refuse_unplaced(ticket)
        if not letters.reaches_somebody(ticket):
            raise SupportError(
                "nobody_to_write_to",
                _(
                    "We know no address to write to, so nobody would read this. Telephone them and log the call, or "
                    "say at what they asked that it needs no answer."
                ),
            )
        wait = end_wait(ticket=ticket, ending=Ending.ANSWER, now=now, by=by)
        message = Message.objects.create(
            public_id=public_id or uuid.uuid4(),
            ticket=ticket,
            kind=Message.Kind.ANSWER,
            channel=channel,
            text=text,
            author=by,
            name=str(by)[:120],
            at=now,
            wait=wait,
        )
        attach(message, files)
        if ticket.consultant is None:
            ticket.consultant = by
            ticket.save(update_fields=["consultant"])
            note(ticket, Happened.TAKEN, by=by, now=now)
        if ticket.state == State.OPEN:
            move(ticket, State.ANSWERED, Happened.ANSWERED, by=by, now=now)
        else:
            note(ticket, Happened.ANSWERED, by=by, now=now)
        if close:
            ticket.closed_at = now
            move(ticket, State.CLOSED, Happened.CLOSED, by=by, now=now)
        letters.answered(ticket, message, now)
        return message


def news_since(ticket: Ticket, seen: int, reader: User) -> MessageQuerySet:
    """What was said on a ticket, or brought to it by a merge, after the message `seen`, by anybody but `reader`: newest
    last."""
    return (
        Message.objects.filter(ticket=ticket)
        .news_since(seen)
        .exclude(Q(author=reader) & ~Q(kind=Message.Kind.ASKED))
        .order_by("at", "pk")
    )


def add_note(
    *, ticket: Ticket, text: str, by: User, now: datetime, public_id: uuid.UUID | None = None
) -> Message:
    """A note that the desk alone reads: it answers nobody and ends no wait. On a merged ticket it is written on the one
    that it became.

    Raises SupportError: "nothing_written", "form_used", "own_business".
    """
    text = text.strip()
    if not text:
        raise SupportError("nothing_written", _("Write the note."), field="text")
    with transaction.atomic():
        ticket = locked_where_it_goes_on(ticket)
        refuse_own_ticket(ticket, by)
        if standing := _said_already(public_id, ticket, Message.Kind.NOTE, text):
            return standing
        return Message.objects.create(
            public_id=public_id or uuid.uuid4(),
            ticket=ticket,
            kind=Message.Kind.NOTE,
            channel=Ticket.Channel.WEB,
            text=text,
            author=by,
            name=str(by)[:120],
            at=now,
        )


def needs_no_answer(*, message: Message, why: str, by: User, now: datetime) -> Message:
    """A consultant says that a message ("thanks!") needs no answer; the reason is recorded and counted apart (S2). What
    else was asked meanwhile still waits. Said already, nothing changes.

    Raises SupportError: "no_reason", "answered_already", "own_business".
    """
    why = why.strip()
    if not why:
        raise SupportError("no_reason", _("Say why no answer is needed."), field="why")
    with transaction.atomic():
        # The message went along where its ticket was merged meanwhile.
        ticket = locked_where_it_goes_on(message.ticket)
        refuse_own_ticket(ticket, by)
        message = Message.objects.get(pk=message.pk)
        if message.unneeded_at is not None:
            return message
        wait = message.wait
        if message.kind != Message.Kind.ASKED or not _is_unanswered(message):
            raise SupportError("answered_already", _("This message was answered already."))
        message.unneeded_why, message.unneeded_by, message.unneeded_at = why[:250], by, now
        message.save(update_fields=["unneeded_why", "unneeded_by", "unneeded_at"])
        if wait is not None:
            part_wait(wait=wait, now=now, by=by)
        going_on = open_wait(ticket) is not None
        if wait is None or ticket.client_id is None:
            # Also of a question that was linked to the wrong client, and of which only a part was promised then.
            going_on = going_on or unpromised(ticket).exists()
        if not going_on and ticket.state == State.OPEN:
            move(ticket, State.ANSWERED, Happened.NO_ANSWER, by=by, now=now, reason=why)
        else:
            note(ticket, Happened.NO_ANSWER, by=by, now=now, reason=why)
        return message


def _is_unanswered(message: Message) -> bool:
    """By the wait that it began or joined; of a question, for which nobody promised anything, by what was said after
    it."""
    if message.wait is not None:
        return message.wait.ended_at is None
    return unpromised(message.ticket).filter(pk=message.pk).exists()


def unpromised(ticket: Ticket) -> MessageQuerySet:
    """What was asked without a promise, and still awaits an answer."""
    return Message.objects.filter(ticket=ticket, wait=None).unanswered()

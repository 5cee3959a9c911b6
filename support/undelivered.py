"""Answers that reached nobody (S2): what came back, or could not be sent, has ended no wait.

Found by looking (X3): mails of answers that were given up or came back. An answer of which another mail arrived, which
its client has seen on the page, or answered, or after which another arrived, is left alone; whoever had it in front of
them waits no more.
"""

import re
import uuid
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from base.jobs import for_each
from base.registry import answer_letters
from mail.models import OutgoingMail
from support import letters
from support.calls import not_delivered
from support.models import Call, Message, Ticket, TicketEvent, Wait
from support.models.calls import CallQuerySet
from support.models.messages import MessageQuerySet
from support.tickets import followed, locked, move, note
from support.waits import resume_wait

KIND = "support/ticket_answered"
OF_CALL = "support/we_called"
# A server tries for a few days, and then says so; what comes back later is of no use to anybody.
LOOKED_FOR = timedelta(days=14)
_CAUSE = re.compile(r"message:([0-9a-f-]{36})")


def undelivered_answers(now: datetime) -> MessageQuerySet:
    """Answers of the last days of which a mail did not arrive, and nobody has looked at that."""
    kinds = {KIND}.union(*(each.kinds for each in answer_letters))
    mails = OutgoingMail.objects.undelivered().filter(kind__in=kinds, written_at__gt=now - LOOKED_FOR)
    lost = set(mails.order_by().values_list("kind", "cause"))
    ids = {uuid.UUID(found[1]) for _kind, cause in lost if (found := _CAUSE.fullmatch(cause))}
    answers = Message.objects.filter(kind=Message.Kind.ANSWER, undelivered_at=None)
    if any(kind != KIND for kind, _cause in lost):
        of_appeals = answers.filter(ticket__kind=Ticket.Kind.APPEAL, at__gt=now - LOOKED_FOR)
        ids |= {answer.public_id for answer in of_appeals.select_related("ticket") if _letter(answer) in lost}
    return answers.filter(public_id__in=ids)


def _letter(answer: Message) -> tuple[str, str]:
    """The kind and the cause of the mails that carry an answer."""
    others = (each.of(answer) for each in answer_letters)
    return next((letter for letter in others if letter), (KIND, f"message:{answer.public_id}"))


def to_resume(now: datetime) -> list[Ticket]:
    """The tickets whose last answers reached nobody."""
    tickets = {followed(answer.ticket) for answer in undelivered_answers(now).select_related("ticket")}
    return [ticket for ticket in tickets if _lost(ticket)]


def resume_undelivered(*, now: datetime) -> int:
    """Lets those wait again whose answer reached nobody, and tells the consultant; returns how many tickets."""

    def resume(pk: int) -> bool:
        message = Message.objects.get(pk=pk)
        return _resume(followed(message.ticket), now)

    def resume_call(pk: int) -> bool:
        call = Call.objects.get(pk=pk)
        why = _why(OF_CALL, f"call:{call.public_id}")
        return not_delivered(call=call, now=now, **why).wait_id is None

    answers = for_each(undelivered_answers(now), resume, what="look after the undelivered")
    return answers + for_each(undelivered_calls(now), resume_call, what="go on waiting after the undelivered")


def undelivered_calls(now: datetime) -> CallQuerySet:
    """Calls that reached nobody and were kept by a mail that we had called, none of which arrived (S3, S9)."""
    mails = OutgoingMail.objects.filter(kind=OF_CALL, written_at__gt=now - LOOKED_FOR).order_by()
    lost = set(mails.undelivered().values_list("cause", flat=True))
    lost -= set(
        mails.filter(cause__in=lost)
        .exclude(pk__in=mails.undelivered().values("pk"))
        .values_list("cause", flat=True)
    )
    ids = [uuid.UUID(cause.removeprefix("call:")) for cause in lost]
    # Whoever was reached since, or answered, waits no more.
    reached = Call.objects.filter(
        ticket=OuterRef("ticket"), outcome__in=(Call.Outcome.ANSWERED, Call.Outcome.LEFT_MESSAGE)
    )
    answered = Message.objects.filter(ticket=OuterRef("ticket"), kind=Message.Kind.ANSWER)
    return Call.objects.filter(
        ~Exists(reached.filter(at__gt=OuterRef("at"))),
        ~Exists(answered.filter(at__gt=OuterRef("at"))),
        public_id__in=ids,
        outcome=Call.Outcome.MAIL_SENT,
        wait__ended_at__isnull=False,
    )


def _resume(ticket: Ticket, now: datetime) -> bool:
    ticket = locked(ticket)
    lost = _lost(ticket)
    if not lost:
        return False
    Message.objects.filter(pk__in=[answer.pk for answer in lost]).update(undelivered_at=now)
    ended = Wait.objects.filter(
        pk__in=[answer.wait_id for answer in lost if answer.wait_id], ending=Wait.Ending.ANSWER
    )
    waits = list(ended.order_by("asked_at", "pk"))
    why = _why(*_letter(lost[0]))
    for wait in waits:
        if wait.ticket_id != ticket.pk:  # Answered before its ticket was merged into this one.
            wait.ticket = ticket
            wait.save(update_fields=["ticket"])
        resume_wait(wait=wait)
    if waits and ticket.state in (Ticket.State.ANSWERED, Ticket.State.CLOSED):
        ticket.closed_at = None
        move(ticket, Ticket.State.OPEN, TicketEvent.Kind.RESUMED, by=None, now=now, **why)
    else:
        note(ticket, TicketEvent.Kind.RESUMED, by=None, now=now, **why)
    letters.ticket_undelivered(ticket, lost[0], now)
    return True


def _why(kind: str, cause: str) -> dict[str, str]:
    """How we know that a mail did not arrive, for the event that says so: who returned it (`about`), so that a person
    can judge a report, or with which error it was given up (`reason`)."""
    mails = OutgoingMail.objects.undelivered().filter(kind=kind, cause=cause).order_by("-bounced_at", "pk")
    mail = mails.first()
    if mail is None:
        return {}
    return {"about" if mail.bounced_at else "reason": mail.last_error}


def _lost(ticket: Ticket) -> list[Message]:
    """The last answers on a ticket, newest first, as far as none of them reached anybody and nobody knows it yet. Where
    whoever asked was erased since, and nobody is left to write to, nobody waits for another."""
    found: list[Message] = []
    if not ticket.email and not letters.reaches_somebody(ticket):
        return found
    for answer in ticket.messages.filter(kind=Message.Kind.ANSWER).order_by("-at", "-pk"):
        if not _reached_nobody(answer, ticket):
            break
        if answer.undelivered_at is None:
            found.append(answer)
    return found


def _reached_nobody(answer: Message, ticket: Ticket) -> bool:
    """Also one that is still on its way may arrive."""
    if ticket.client_saw_at is not None and ticket.client_saw_at >= answer.at:
        return False
    kind, cause = _letter(answer)
    mails = OutgoingMail.objects.filter(kind=kind, cause=cause)
    names = list(mails.undelivered().values_list("message_id", flat=True))
    if not names or len(names) != mails.count():
        return False
    # Whoever answers a mail had it: it came back from one of two places that it was sent on to.
    answered = Q()
    for name in names:
        answered |= Q(mail__references__contains=name)
    return not ticket.messages.filter(answered, kind=Message.Kind.ASKED, pk__gt=answer.pk).exists()

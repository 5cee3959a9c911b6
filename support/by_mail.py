"""Tickets by e-mail (S10): the route that takes what is sent to the desk.

A mail continues the ticket that it answers, if its sender is on it; else it is a new ticket of the client for whom its
sender speaks, or a question that its sender has to confirm. What a consultant writes is no client's word, so it waits
for a person.

Whoever is answered is the address in From alone, and learns a number, a time or a link, never what was written: a
forger gets nothing, neither content of a ticket nor whether the address that they used is a client's.
"""

import re
from datetime import datetime
from typing import TypedDict

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from base.locks import Of, one_after_the_other
from mail.answers import has_a_turn, may_be_answered
from mail.inbox import LeftToPerson, Taken, own_addresses, without_tag
from mail.models import IncomingMail
from profiles.models import User
from support import letters
from support.attachments import NewFile
from support.errors import SupportError
from support.mailed import files_in, quoted_in, text_in
from support.messages import ask_again
from support.models import Client, Message, Ticket
from support.models.tickets import TicketQuerySet
from support.questions import CONFIRM_WITHIN
from support.senders import Sender, is_on, sender_of
from support.threads import tickets_continued
from support.tickets import open_ticket

Channel = Ticket.Channel
Reason = IncomingMail.Reason
# What stands before the id of the ticket that a mail became part of.
_TICKET = "ticket:"
# What mail programs put before the subject of what is answered or sent on, in the languages of our readers.
_PREFIXES = re.compile(r"^(?:\s*(?:re|rv|fw|fwd|r|i|enc|res)\s*(?:\[\d+\])?\s*:)+\s*", re.IGNORECASE)


def take_desk_mail(mail: IncomingMail, *, by: User | None, now: datetime) -> Taken | LeftToPerson | None:
    """Takes what was sent to the desk, and what answers a mail of the desk at another address of ours, if its sender is
    on that ticket; None for any other.

    What a person (`by`) takes in is handled as if its sender were certain: nobody has to confirm it, and what a
    consultant sent on becomes a question.
    """
    address = without_tag(mail.recipient)
    at_the_desk = address == settings.DESK_ADDRESS.lower()
    if not at_the_desk and (not mail.references or address not in own_addresses()):
        return None
    # The same message in two rows is handled once, also when both are handled at this moment.
    one_after_the_other(Of.DESK_MAIL, mail.message_id)
    sender = sender_of(mail.sender)
    ticket = next((each for each in tickets_continued(mail) if is_on(each, sender)), None)
    if ticket is None and not at_the_desk:
        return None
    # Whoever else has sent something by that name has said nothing for this sender.
    # First which mails those are, for they are few: in one statement a database that has not counted them yet goes
    # through everything that was ever said.
    named = IncomingMail.objects.filter(message_id=mail.message_id, sender=mail.sender)
    same_name = Message.objects.filter(mail__in=list(named.values_list("pk", flat=True)))
    said = {each.mail.said_hash: each for each in same_name.select_related("mail", "ticket") if each.mail}
    if mail.said_hash in said:
        # Sent to two addresses of the desk, or delivered with another recipient: one message all the same.
        return Taken(cause=_cause(said[mail.said_hash].ticket), why="said_already")
    if said and by is None:
        # A copy that a list has changed, or one of the two is forged: a person sees which.
        return LeftToPerson(Reason.SAME_NAME)
    if ticket is not None:
        message = ask_again(
            ticket=ticket, at=mail.received_at, now=now, by=sender.user, **_said(mail, ticket.client)
        )
        return Taken(cause=_cause(message.ticket), keep=True)
    if len(sender.clients) == 1:
        return _taken(_open(mail, sender, sender.clients[0], now, by=by))
    if sender.clients:
        return _taken(_ask_whose_it_is(mail, sender, now, by=by), why="several_clients")
    if by is not None:
        return _taken(_open(mail, sender, None, now, by=by), why="question")
    if sender.works_here:
        return LeftToPerson(Reason.OURS)
    if not may_be_answered(mail):
        return LeftToPerson(Reason.NO_REPLY)
    if not has_a_turn(mail, now):
        return LeftToPerson(Reason.TOO_OFTEN)
    question = _open(mail, sender, None, now, confirmed=False)
    letters.confirm_question(question, CONFIRM_WITHIN.days, now, mail=mail)
    return _taken(question, why="question_to_confirm")


def _ask_who_decides(mail: IncomingMail, *, by: User) -> None:
    """Raises SupportError("own_business"): it is not for whoever belongs to a client to decide on its mail, wherever it
    was sent."""
    theirs = {client.pk for client in sender_of(mail.sender).speaks_for}
    if theirs and Client.objects.visible_to(by).filter(pk__in=theirs).exists():
        raise SupportError(
            "own_business", _("You belong to the client who sent this mail, so somebody else has to decide.")
        )


def _continues(mail: IncomingMail) -> bool:
    """Whether it goes on with a ticket that its sender is on, which it names as only who had a mail of ours can."""
    continued = list(tickets_continued(mail, by_ours_alone=True))
    if not continued:
        return False
    sender = sender_of(mail.sender)
    return any(is_on(each, sender) for each in continued)


take_desk_mail.ask_who_decides = _ask_who_decides  # type: ignore[attr-defined]
take_desk_mail.continues = _continues  # type: ignore[attr-defined]


def _open(
    mail: IncomingMail,
    sender: Sender,
    client: Client | None,
    now: datetime,
    *,
    by: User | None = None,
    confirmed: bool = True,
) -> Ticket:
    """A ticket of `client`, or a question: nobody is taken for its asker's account before they have confirmed it."""
    return open_ticket(
        subject=_PREFIXES.sub("", mail.subject),
        asked_at=mail.received_at,
        now=now,
        client=client,
        kind=Ticket.Kind.REQUEST if client else Ticket.Kind.QUESTION,
        asker=sender.user if client else None,
        language="" if client else settings.PUBLIC_LANGUAGE,
        confirmed=confirmed,
        by=by,
        **_said(mail, client),
    )


def _ask_whose_it_is(mail: IncomingMail, sender: Sender, now: datetime, *, by: User | None) -> Ticket:
    """Of somebody who speaks for several clients: whose ticket it is nobody guesses. The desk links it, and then the
    promise counts from when it was written (S1)."""
    ticket = _open(mail, sender, None, now, by=by)
    with translation.override(settings.LANGUAGE_CODE):
        text = _(
            "Its sender speaks for several clients: %(clients)s. Link it to the one that it is about."
        ) % {"clients": ", ".join(map(str, sender.clients))}
    Message.objects.create(
        ticket=ticket, kind=Message.Kind.NOTE, channel=Channel.MAIL, text=text, name="Quince", at=now
    )
    return ticket


class _Said(TypedDict):
    text: str
    quoted: str
    channel: Ticket.Channel
    name: str
    email: str
    mail: IncomingMail
    files: list[NewFile]


def _said(mail: IncomingMail, client: Client | None) -> _Said:
    """What a mail says, as `open_ticket` and `ask_again` take it."""
    return {
        "text": text_in(mail, language=client.language if client else ""),
        "quoted": quoted_in(mail),
        "channel": Channel.MAIL,
        "name": mail.sender_name,
        "email": mail.sender,
        "mail": mail,
        "files": files_in(mail),
    }


def _taken(ticket: Ticket, *, why: str = "") -> Taken:
    return Taken(cause=_cause(ticket), why=why, keep=True)


def _cause(ticket: Ticket) -> str:
    return f"{_TICKET}{ticket.public_id}"


def became(mail: IncomingMail) -> TicketQuerySet:
    """The ticket that a mail became part of, if it did."""
    if not mail.cause.startswith(_TICKET):
        return Ticket.objects.none()
    return Ticket.objects.filter(public_id=mail.cause.removeprefix(_TICKET))

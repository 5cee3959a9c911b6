"""Calls to return: the ticket that a missed call of a client is until somebody has called back (S3)."""

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber, to_python

from profiles.models import User
from support import letters
from support.call_outcomes import about
from support.callers import Caller, speaks
from support.models import Call, Client, Ticket, TicketEvent
from support.models.tickets import TicketQuerySet
from support.tickets import agreed_then, locked, move, note
from support.waits import begin_wait

State = Ticket.State
Kind = Ticket.Kind
Happened = TicketEvent.Kind


def to_be_returned(client: Client, call: Call, caller: Caller, *, by: User | None, now: datetime) -> None:
    """A missed call of a client, who is locked: writes down the ticket that it is until it is returned, or joins the
    one of its number, and since when they wait (S2). Where they were reached since, nothing is left to return."""
    reached_since = Call.objects.filter(
        client=client, phone=call.phone, at__gte=call.at, outcome__in=Call.CALLS_BACK
    ).exclude(outcome=Call.Outcome.MAIL_SENT, wait=None)  # It came back, so it kept no promise.
    if call.phone and reached_since.exists():
        # Told late: since then they reached us, or we them.
        return
    ticket = to_return(client, str(call.phone))
    if ticket is None:
        ticket = _opened(client, call, caller)
        note(ticket, Happened.OPENED, by=by, now=now)
        wait = begin_wait(ticket=ticket, asked_at=call.at)
        if wait.due_at > now:
            letters.call_missed(ticket, wait, now)
    else:
        wait = begin_wait(ticket=ticket, asked_at=call.at)
        if ticket.state == State.ANSWERED:
            move(ticket, State.OPEN, Happened.CALLED, by=by, now=now, about=about(call))
        else:
            note(ticket, Happened.CALLED, by=by, now=now, about=about(call))
    call.ticket, call.wait = ticket, wait
    call.save(update_fields=["ticket", "wait"])


def calls_to_return(client: Client, number: str) -> TicketQuerySet:
    """The calls to return of a number of a client: one, but for a moment between two that log calls at once."""
    return Ticket.objects.open().filter(client=client, phone=number, kind=Kind.CALL_BACK)


def to_return(client: Client, number: str) -> Ticket | None:
    """The call to return of a number of a client, who is locked: locked itself, if there is one with which the desk is
    not done. Without a number, that of those who withheld theirs."""
    found = calls_to_return(client, number).first()
    if found is None:
        return None
    ticket = locked(found)
    return ticket if ticket.is_open and ticket.kind == Kind.CALL_BACK else None


def _opened(client: Client, call: Call, caller: Caller) -> Ticket:
    person = caller.person if caller.client == client else None
    language = speaks(client)
    with translation.override(language):
        number = to_python(str(call.phone))
        if isinstance(number, PhoneNumber):
            subject = _("Call back %(number)s") % {"number": number.as_international}
        elif call.number_said:
            subject = _("Call back: “%(said)s” was shown, which is no number") % {"said": call.number_said}
        else:
            subject = _("Call back: the number was withheld")
    return Ticket.objects.create(
        kind=Kind.CALL_BACK,
        channel=Ticket.Channel.PHONE,
        subject=subject[:200],
        language=language,
        asked_at=call.at,
        client=client,
        name=call.name,
        email=person.email if person else "",
        phone=str(call.phone),
        agreement_version=agreed_then(client, None, call.at),
    )

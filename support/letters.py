"""The mails of the desk, written in the transaction of their cause (X3)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from base.links import absolute
from mail import outbox
from mail.calendars import Appointment, calendar_file
from profiles.models import User
from support.clients import Reader, readers_of
from support.models import (
    Agreement,
    AgreementVersion,
    AllowanceExtension,
    Client,
    ClientPerson,
    Message,
    PlannedSession,
    Quote,
    Ticket,
    TicketEvent,
    Wait,
)
from support.shown import why_then
from support.waits import deadline_of


def quote_sent(quote: Quote, now: datetime) -> None:
    _to_client("quote_sent", f"quote:{quote.public_id}", quote.client, _of_quote(quote), now, signing=True)


def quote_withdrawn(quote: Quote, reason: str, now: datetime) -> None:
    context = _of_quote(quote) | {"reason": reason}
    _to_client("quote_withdrawn", f"quote:{quote.public_id}", quote.client, context, now, signing=True)


def quote_declined(quote: Quote, reason: str, now: datetime) -> None:
    """To whoever made it."""
    context = _of_quote(quote) | {"reason": reason}
    _to_staff("quote_declined", f"quote:{quote.public_id}", quote.made_by, context, now)


def agreement_signed(agreement: Agreement, quote: Quote, now: datetime) -> None:
    """To the client, and to whoever made the quote."""
    context = _of_quote(quote) | _of_agreement(agreement)
    cause = f"agreement:{agreement.public_id}"
    _to_client("agreement_signed", cause, agreement.client, context, now, signing=True)
    _to_staff("quote_accepted", cause, quote.made_by, context, now)


def agreement_recorded(agreement: Agreement, now: datetime) -> None:
    """To everybody who speaks for the client, whoever signed the paper."""
    context = _of_agreement(agreement)
    _to_client("agreement_recorded", f"agreement:{agreement.public_id}", agreement.client, context, now)


def agreement_changed(version: AgreementVersion, now: datetime) -> None:
    """To everybody who speaks for the client: that there is another version, and why."""
    agreement = version.agreement
    context = _of_agreement(agreement) | {"version": version}
    cause = f"agreement_version:{agreement.public_id}:{version.number}"
    _to_client("agreement_changed", cause, agreement.client, context, now)


def allowance_extended(extension: AllowanceExtension, now: datetime) -> None:
    """To everybody who speaks for the client: until when the support can be used now, and why."""
    allowance = extension.allowance
    agreement = Agreement.objects.filter(versions__lines__allowance=allowance).first()
    # What was bought besides is in no agreement: the list of all shows it.
    url = _address(agreement) if agreement else absolute("support:agreements")
    context = {
        "extension": extension,
        "allowance": allowance,
        "client": str(allowance.client),
        "url": url,
    }
    _to_client(
        "allowance_extended", f"allowance_extension:{extension.public_id}", allowance.client, context, now
    )


def session_planned(session: PlannedSession, event_id: int, now: datetime) -> None:
    _of_session("session_planned", session, f"session_event:{event_id}", now)


def session_moved(session: PlannedSession, event_id: int, reason: str, now: datetime) -> None:
    _of_session("session_moved", session, f"session_event:{event_id}", now, reason=reason)


def session_cancelled(session: PlannedSession, event_id: int, reason: str, now: datetime) -> None:
    _of_session("session_cancelled", session, f"session_event:{event_id}", now, reason=reason)


def session_reminder(session: PlannedSession, now: datetime) -> None:
    # By its last move: planned anew, it is another reminder, also where it comes back to an earlier time.
    cause = f"session_event:{session.events.latest('pk').pk}"
    _of_session("session_reminder", session, cause, now)


def ticket_received(ticket: Ticket, message: Message, wait: Wait, now: datetime) -> None:
    """To whoever asked: by when an answer is due, and why then (S2). What they wrote is not repeated."""
    _to_asker("ticket_received", f"message:{message.public_id}", ticket, {"wait": wait}, now, asked=message)


def answered(ticket: Ticket, message: Message, now: datetime) -> None:
    """To whoever asked: what was answered. Their reply continues the ticket (S10)."""
    context = {"message": message, "files": message.attachments.count()}
    _to_asker("ticket_answered", f"message:{message.public_id}", ticket, context, now)


def asked_again(ticket: Ticket, message: Message, now: datetime) -> None:
    """To the consultant who has taken it, while they may still answer it."""
    consultant = ticket.consultant
    if consultant is not None and Ticket.objects.at_the_desk(consultant).filter(pk=ticket.pk).exists():
        cause = f"message:{message.public_id}"
        _to_staff("ticket_asked_again", cause, consultant, _of_ticket(ticket), now)


def ticket_handed_over(ticket: Ticket, event: TicketEvent, now: datetime) -> None:
    """To the consultant who has it now."""
    assert ticket.consultant is not None
    context = _of_ticket(ticket) | {"by": str(event.actor), "why": " ".join(event.reason.split())}
    _to_staff("ticket_handed_over", f"ticket_event:{event.pk}", ticket.consultant, context, now)


def ticket_closed(ticket: Ticket, now: datetime) -> None:
    """To whoever asked: it can be rated, and what is written again opens it again."""
    _to_asker("ticket_closed", f"ticket:{ticket.public_id}:{now:%Y%m%d%H%M%S}", ticket, {}, now)


def ticket_address(ticket: Ticket) -> str:
    """The address of ours whose mails continue this ticket."""
    local, _at, domain = settings.DESK_ADDRESS.rpartition("@")
    return f"{local}+{ticket.tag}@{domain}"


def _of_ticket(ticket: Ticket) -> dict[str, Any]:
    return {
        "ticket": ticket,
        # On one line, whatever was typed: where a paragraph ends, a button could begin.
        "client": " ".join(str(ticket.client or ticket.name or ticket.email).split()),
        "url": absolute("support:ticket", public_id=ticket.public_id),
        "desk_url": absolute("support:desk_ticket", public_id=ticket.public_id),
    }


def _to_asker(
    name: str,
    cause: str,
    ticket: Ticket,
    context: dict[str, Any],
    now: datetime,
    *,
    asked: Message | None = None,
) -> None:
    """To whoever asked; where nobody is known by an address (a call), or who asked speaks for the client no more, to
    everybody who does. It goes where their last mail on the ticket is its beginning, in their mail program. `asked` is
    what they have said this moment: neither has to be looked for."""
    if ticket.email and (asked is not None or not _left(ticket)):
        readers = [_asker(ticket)]
    else:
        readers = readers_of(ticket.client) if ticket.client else []
    if asked is not None:
        in_reply_to = asked.mail.message_id if asked.mail else ""
    else:
        mails = ticket.messages.filter(mail__isnull=False).order_by("-pk")
        in_reply_to = mails.values_list("mail__message_id", flat=True).first() or ""
    for reader in readers:
        zone = reader.time_zone or settings.DESK_TIME_ZONE
        with translation.override(reader.language or settings.LANGUAGE_CODE):
            why = why_then(deadline_of(context["wait"])) if "wait" in context else ()
        outbox.write(
            kind=f"support/{name}",
            cause=cause,
            to=reader.email,
            language=reader.language,
            context=_of_ticket(ticket) | context | {"why": why, "zone": zone},
            time_zone=zone,
            reply_to=ticket_address(ticket),
            in_reply_to=in_reply_to,
            now=now,
        )


def _asker(ticket: Ticket) -> Reader:
    """Whoever asked, where their answers go."""
    asker, client = ticket.asker, ticket.client
    language = ticket.language or (asker.language if asker else "") or (client.language if client else "")
    return Reader(ticket.email, language, asker.time_zone if asker else "")


def _left(ticket: Ticket) -> bool:
    """Whether whoever asked something for a client speaks for it no more: its pages are closed to them, so nothing of
    it is written to them either. What came as a question stays its asker's, and an appeal its maker's."""
    if ticket.client is None or ticket.kind == Ticket.Kind.APPEAL:
        return False
    if ticket.asker is not None:
        left = not Client.objects.visible_to(ticket.asker).filter(pk=ticket.client.pk).exists()
    else:
        people = ClientPerson.objects.filter(client=ticket.client, email=ticket.email)
        ended = list(people.values_list("ended_on", flat=True))
        left = bool(ended) and all(ended)
    return left and not ticket.events.filter(kind=TicketEvent.Kind.LINKED).exists()


def _of_quote(quote: Quote) -> dict[str, Any]:
    return {
        "quote": quote,
        "client": str(quote.client),
        "url": absolute("support:quote", public_id=quote.public_id),
    }


def _of_agreement(agreement: Agreement) -> dict[str, Any]:
    return {"agreement": agreement, "client": str(agreement.client), "url": _address(agreement)}


def _address(agreement: Agreement) -> str:
    return absolute("support:agreement", public_id=agreement.public_id)


def _of_session(name: str, session: PlannedSession, cause: str, now: datetime, **more: Any) -> None:
    """To the client and to the consultant, with the appointment for their calendars."""
    client = session.agreement.client
    url = _address(session.agreement)
    context = {"session": session, "client": str(client), "url": url} | more
    with translation.override(client.language or settings.LANGUAGE_CODE):
        calendar = calendar_file(
            [
                Appointment(
                    uid=f"session-{session.public_id}",
                    starts_at=session.starts_at,
                    minutes=session.minutes,
                    summary=session.about,
                    description=str(_("With %(name)s")) % {"name": session.consultant},
                    where=session.where,
                    url=url,
                    cancelled=session.state == PlannedSession.State.CANCELLED,
                )
            ],
            now=now,
        )
    _to_client(name, cause, client, context, now, calendar=calendar)
    _to_staff(name, cause, session.consultant, context, now, calendar=calendar)


def _to_client(
    name: str,
    cause: str,
    client: Client,
    context: dict[str, Any],
    now: datetime,
    *,
    signing: bool = False,
    calendar: str = "",
) -> None:
    """To everybody who speaks for the client; with `signing`, to those alone who sign for it."""
    for reader in readers_of(client, signing=signing):
        zone = reader.time_zone or settings.DESK_TIME_ZONE
        outbox.write(
            kind=f"support/{name}",
            cause=cause,
            to=reader.email,
            language=reader.language,
            context=context | {"zone": zone},
            time_zone=zone,
            calendar=calendar,
            now=now,
        )


def _to_staff(
    name: str, cause: str, user: User, context: dict[str, Any], now: datetime, *, calendar: str = ""
) -> None:
    zone = user.time_zone or settings.DESK_TIME_ZONE
    outbox.write(
        kind=f"support/{name}",
        cause=cause,
        to=user.email,
        language=user.language,
        context=context | {"zone": zone},
        time_zone=zone,
        calendar=calendar,
        now=now,
    )

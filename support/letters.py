"""The mails of the desk, written in the transaction of their cause (X3)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _

from base.erased import NOWHERE
from base.links import absolute
from billing.models import CreditNote, Invoice
from mail import outbox
from mail.answers import answer, has_a_turn
from mail.calendars import Appointment, calendar_file
from mail.models import IncomingMail, OutgoingMail
from profiles.models import User
from support.clients import Reader, readers_of
from support.courtesy import COURTESY_MINUTES
from support.matching import matching_articles, with_addresses
from support.models import (
    Agreement,
    AgreementVersion,
    Allowance,
    AllowanceExtension,
    Call,
    Client,
    ClientPerson,
    Message,
    Offer,
    PlannedSession,
    Quote,
    Ticket,
    TicketEvent,
    Wait,
)
from support.question_links import asker_page, page_of
from support.senders import is_on, sender_of
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
    _to_reader("quote_declined", f"quote:{quote.public_id}", quote.made_by, context, now)


def agreement_signed(agreement: Agreement, quote: Quote, now: datetime) -> None:
    """To the client, and to whoever made the quote."""
    context = _of_quote(quote) | _of_agreement(agreement)
    cause = f"agreement:{agreement.public_id}"
    _to_client("agreement_signed", cause, agreement.client, context, now, signing=True)
    _to_reader("quote_accepted", cause, quote.made_by, context, now)


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
    """To whoever asked: by when an answer is due, and why then (S2). What they wrote is not repeated.

    To a mail it is an answer that no person gave: only a few go to one sender. None goes out where a time that has
    passed would be promised, as after somebody let the mail in days later, or told of a call.
    """
    if wait.due_at <= now or (message.mail is not None and not has_a_turn(message.mail, now)):
        return
    _to_asker("ticket_received", f"message:{message.public_id}", ticket, {"wait": wait}, now, asked=message)


def confirm_question(ticket: Ticket, days: int, now: datetime, *, mail: IncomingMail | None = None) -> None:
    """To the address that somebody typed, or wrote from: the link that confirms it is theirs. Nothing of what they
    wrote, not even their name, for it need not be they who reads it; nor whether we know the address.

    To a mail it is an answer that no person gave, as few of which go to one sender as of any.
    """
    kind, cause = "support/confirm_question", f"ticket:{ticket.public_id}"
    context = {"url": page_of(ticket), "days": days}
    if mail is not None:
        answer(mail, kind=kind, cause=cause, language=ticket.language, context=context, now=now)
        return
    outbox.write(kind=kind, cause=cause, to=ticket.email, language=ticket.language, context=context, now=now)


def question_received(ticket: Ticket, message: Message, now: datetime) -> None:
    """To whoever asked and is no client: that we have it, without any promise of time, and what of the library may
    answer it (S1, S10)."""
    articles = with_addresses(matching_articles(f"{ticket.subject}\n{message.text}", ticket.language))
    _to_asker("question_received", f"message:{message.public_id}", ticket, {"articles": articles}, now)


def ticket_linked(ticket: Ticket, wait: Wait, event: TicketEvent, now: datetime) -> None:
    """To whoever asked: it is a client's from now on, so an answer is due (S1). Not where its time has passed."""
    if wait.due_at <= now:
        return
    _to_asker("ticket_linked", f"ticket_event:{event.pk}", ticket, {"wait": wait}, now)


def answered(ticket: Ticket, message: Message, now: datetime) -> None:
    """To whoever asked, and who of the same client has written since it was answered last: what was answered. Their
    reply continues the ticket (S10)."""
    context = {"message": message, "files": message.attachments.count()}
    _to_asker(
        "ticket_answered", f"message:{message.public_id}", ticket, context, now, also=_who_wrote(message)
    )


def ticket_undelivered(ticket: Ticket, message: Message, now: datetime) -> None:
    """To the consultant: what they answered reached nobody."""
    reader = ticket.consultant or message.author
    if reader is not None:
        _to_reader("ticket_undelivered", f"message:{message.public_id}", reader, _of_ticket(ticket), now)


def call_undelivered(ticket: Ticket, call: Call, now: datetime) -> None:
    """To the consultant: the mail that we had called reached nobody, so they still have to be called back."""
    reader = ticket.consultant or call.by
    if reader is not None:
        context = _of_ticket(ticket) | {"call": call, "phone": _number(call.phone)}
        _to_reader("call_undelivered", f"call:{call.public_id}", reader, context, now)


def asked_again(ticket: Ticket, message: Message, now: datetime) -> None:
    """To the consultant who has taken it, while they may still answer it."""
    consultant = ticket.consultant
    if consultant is not None and Ticket.objects.at_the_desk(consultant).filter(pk=ticket.pk).exists():
        cause = f"message:{message.public_id}"
        _to_reader("ticket_asked_again", cause, consultant, _of_ticket(ticket), now)


def ticket_handed_over(ticket: Ticket, event: TicketEvent, now: datetime) -> None:
    """To the consultant who has it now."""
    assert ticket.consultant is not None
    context = _of_ticket(ticket) | {"by": str(event.actor), "why": " ".join(event.reason.split())}
    _to_reader("ticket_handed_over", f"ticket_event:{event.pk}", ticket.consultant, context, now)


def ticket_closed(ticket: Ticket, rateable: bool, now: datetime) -> None:
    """To whoever asked: what is written again opens it again, and it can be rated where it is `rateable`."""
    cause = f"ticket:{ticket.public_id}:{now:%Y%m%d%H%M%S}"
    _to_asker("ticket_closed", cause, ticket, {"rateable": rateable}, now)


def offer_sent(offer: Offer, now: datetime) -> None:
    _to_client("offer_sent", f"offer:{offer.public_id}", offer.client, _of_offer(offer), now, signing=True)


def offer_withdrawn(offer: Offer, reason: str, now: datetime) -> None:
    context = _of_offer(offer) | {"reason": reason}
    _to_client("offer_withdrawn", f"offer:{offer.public_id}", offer.client, context, now, signing=True)


def offer_accepted(offer: Offer, now: datetime) -> None:
    """To the client, with where it is paid, and to whoever made it."""
    cause = f"offer:{offer.public_id}"
    _to_client("offer_accepted", cause, offer.client, _of_offer(offer), now)
    _to_reader("offer_accepted_desk", cause, offer.made_by, _of_offer(offer), now)


def offer_declined(offer: Offer, reason: str, now: datetime) -> None:
    """To whoever made it."""
    context = _of_offer(offer) | {"reason": reason}
    _to_reader("offer_declined", f"offer:{offer.public_id}", offer.made_by, context, now)


def offer_paid(offer: Offer, invoice: Invoice, now: datetime) -> None:
    """To the client: what they can use from now on; and to whoever made it."""
    context = _of_offer(offer) | {"invoice": invoice, "allowance": offer.allowance}
    cause = f"offer:{offer.public_id}"
    _to_client("offer_paid", cause, offer.client, context, now)
    _to_reader("offer_paid_desk", cause, offer.made_by, context, now)


def offer_credited(offer: Offer, note: CreditNote, taken: int, now: datetime) -> None:
    """To the client and to whoever made it: how much of the support went back with the money; `taken` whole units."""
    context = _of_offer(offer) | {
        "note": note,
        "invoice": note.invoice,
        "taken": taken,
        "allowance": offer.allowance,
        "invoice_url": absolute("support:invoice", public_id=note.invoice.public_id),
    }
    cause = f"credit_note:{note.public_id}"
    _to_client("offer_credited", cause, offer.client, context, now)
    _to_reader("offer_credited_desk", cause, offer.made_by, context, now)


def _of_offer(offer: Offer) -> dict[str, Any]:
    return {
        "offer": offer,
        "client": str(offer.client),
        "url": absolute("support:offer", public_id=offer.public_id),
        "desk_url": absolute("support:desk_ticket", public_id=offer.ticket.public_id)
        if offer.ticket
        else absolute("support:desk_offer", public_id=offer.public_id),
    }


def allowance_almost_used(allowance: Allowance, ticket: Ticket, desk: list[User], now: datetime) -> None:
    """To everybody who speaks for the client, and to the desk: four fifths are used (S7)."""
    _of_use("allowance_almost_used", allowance, ticket, desk, now)


def allowance_used_up(allowance: Allowance, ticket: Ticket, desk: list[User], now: datetime) -> None:
    """As `allowance_almost_used`: nothing is left, and how the ticket goes on, which nobody drops for it (S6)."""
    _of_use("allowance_used_up", allowance, ticket, desk, now)


def _of_use(name: str, allowance: Allowance, ticket: Ticket, desk: list[User], now: datetime) -> None:
    # By what was given in all: where more is added to it, that is another mail.
    cause = f"allowance:{allowance.public_id}:{allowance.given}"
    context = _of_ticket(ticket) | {
        "allowance": allowance,
        "courtesy": COURTESY_MINUTES,
        # The link of whoever asked without an account is theirs alone.
        "url": absolute("support:ticket", public_id=ticket.public_id),
        "agreements_url": absolute("support:agreements"),
    }
    assert ticket.client is not None
    _to_client(name, cause, ticket.client, context, now)
    for user in desk:
        _to_reader(f"{name}_desk", cause, user, context, now)


def call_missed(ticket: Ticket, wait: Wait, now: datetime) -> None:
    """To whoever called: by when we call back (S3). Once for several calls of one number."""
    context = {"wait": wait, "phone": _number(ticket.phone)}
    _to_asker("call_missed", f"ticket:{ticket.public_id}", ticket, context, now)


def we_called(ticket: Ticket, call: Call, now: datetime) -> None:
    """To whoever waits for our call: we called and reached nobody. With it the promise is kept (S3)."""
    context = {"call": call, "phone": _number(call.phone)}
    _to_asker("we_called", f"call:{call.public_id}", ticket, context, now)


def reaches_somebody(ticket: Ticket) -> bool:
    """Whether a mail to whoever asked could reach anybody."""
    return any(reader.email and not reader.email.endswith(NOWHERE) for reader in _readers(ticket))


def _readers(ticket: Ticket, *, also: Collection[str] = (), stays: bool = False) -> list[Reader]:
    """Whoever asked, and the addresses in `also`; where nobody is known by an address (a call), or who asked speaks for
    the client no more, everybody who does, but of an appeal, which is its maker's alone (G19), nobody. That they still
    do is not looked for where it `stays` so."""
    if ticket.email and (stays or not _left(ticket)):
        of_client = ticket.client.language if ticket.client else ""
        return [_asker(ticket)] + [Reader(email, of_client) for email in also if email != ticket.email]
    if ticket.client is None or ticket.kind == Ticket.Kind.APPEAL:
        return []
    return readers_of(ticket.client)


def _number(phone: Any) -> str:
    """As it is read; empty where it was withheld."""
    return phone.as_international if phone else ""


def ticket_address(ticket: Ticket) -> str:
    """The address of ours whose mails continue this ticket."""
    local, _at, domain = settings.DESK_ADDRESS.rpartition("@")
    return f"{local}+{ticket.tag}@{domain}"


def _of_ticket(ticket: Ticket) -> dict[str, Any]:
    return {
        "ticket": ticket,
        # On one line, whatever was typed: where a paragraph ends, a button could begin.
        "client": " ".join(str(ticket.client or ticket.name or ticket.email).split()),
        "url": asker_page(ticket),
        "desk_url": absolute("support:desk_ticket", public_id=ticket.public_id),
    }


def _to_asker(
    name: str,
    cause: str,
    ticket: Ticket,
    context: dict[str, Any],
    now: datetime,
    *,
    also: Collection[str] = (),
    asked: Message | None = None,
) -> None:
    """To whoever asked and to the addresses in `also` (see `_readers`). It goes where their last mail on the ticket is,
    or our first, in their mail program. `asked` is what they have said this moment: neither has to be looked for."""
    readers = _readers(ticket, also=also, stays=asked is not None)
    thread = None if asked is None else asked.mail.message_id if asked.mail else ""
    for reader in readers:
        zone = reader.time_zone or settings.DESK_TIME_ZONE
        with translation.override(reader.language or settings.LANGUAGE_CODE):
            why = why_then(deadline_of(context["wait"])) if "wait" in context else ()
        shown = _of_ticket(ticket) | context | {"why": why, "zone": zone}
        if reader.email in also:  # The link of whoever asked without an account is theirs alone.
            shown["url"] = absolute("support:ticket", public_id=ticket.public_id)
        outbox.write(
            kind=f"support/{name}",
            cause=cause,
            to=reader.email,
            language=reader.language,
            context=shown,
            time_zone=zone,
            reply_to=ticket_address(ticket),
            in_reply_to=_thread_of(ticket, reader.email) if thread is None else thread,
            now=now,
        )


def _thread_of(ticket: Ticket, email: str) -> str:
    """The Message-ID that a mail to `email` answers: of their last mail on the ticket, else of our first to them, which
    for whoever asked on one that was merged into it went out there."""
    theirs = ticket.messages.filter(mail__isnull=False, email=email).order_by("-pk")
    last = theirs.values_list("mail__message_id", flat=True).first()
    if last:
        return last
    asked = ticket.messages.filter(kind=Message.Kind.ASKED)
    asked = asked.order_by(F("came_with").asc(nulls_first=True), "pk")
    causes = [f"message:{each}" for each in asked.values_list("public_id", flat=True)]
    kinds = ("support/ticket_received", "support/question_received")
    ours = OutgoingMail.objects.filter(cause__in=causes, kind__in=kinds, recipient=email)
    mails = dict(ours.values_list("cause", "message_id"))
    return next((mails[cause] for cause in causes if cause in mails), "")


def _who_wrote(message: Message) -> list[str]:
    """The addresses of those who wrote on a ticket of a client since its last answer before `message`, or who wait for
    that answer since they wrote on one that was merged into it, and who speak for that client."""
    ticket = message.ticket
    if ticket.client is None or ticket.kind == Ticket.Kind.APPEAL:
        return []
    said_here = ticket.messages.filter(came_with=None)
    before = said_here.filter(kind=Message.Kind.ANSWER, pk__lt=message.pk).order_by("-pk").first()
    since = Q(came_with=None, pk__gt=before.pk if before else 0)
    if message.wait_id:
        since |= Q(wait=message.wait_id)
    asked = ticket.messages.filter(since, kind=Message.Kind.ASKED, pk__lt=message.pk)
    asked = asked.exclude(email=ticket.email)
    emails = dict.fromkeys(filter(None, asked.order_by("pk").values_list("email", flat=True)))
    return [email for email in emails if is_on(ticket, sender_of(email))]


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
        "desk_url": absolute("support:desk_quote", public_id=quote.public_id),
    }


def _of_agreement(agreement: Agreement) -> dict[str, Any]:
    return {"agreement": agreement, "client": str(agreement.client), "url": _address(agreement)}


def _address(agreement: Agreement) -> str:
    return absolute("support:agreement", public_id=agreement.public_id)


def _of_session(name: str, session: PlannedSession, cause: str, now: datetime, **more: Any) -> None:
    """To the client and to the consultant, with the appointment for their calendars. Each is led to a page of their
    own: the client to the agreement, the consultant to the session at the desk."""
    client = session.agreement.client
    context = {"session": session, "client": str(client)} | more
    url, desk_url = _address(session.agreement), absolute("support:desk_session", public_id=session.public_id)
    calendar, desk_calendar = (_appointment(session, each, now) for each in (url, desk_url))
    _to_client(name, cause, client, context | {"url": url}, now, calendar=calendar)
    context |= {"url": desk_url, "at_the_desk": True}
    _to_reader(name, cause, session.consultant, context, now, calendar=desk_calendar)


def _appointment(session: PlannedSession, url: str, now: datetime) -> str:
    """The text of the file for calendars, in the client's language."""
    with translation.override(session.agreement.client.language or settings.LANGUAGE_CODE):
        appointment = Appointment(
            uid=f"session-{session.public_id}",
            starts_at=session.starts_at,
            minutes=session.minutes,
            summary=session.about,
            description=str(_("With %(name)s")) % {"name": session.consultant},
            where=session.where,
            url=url,
            cancelled=session.state == PlannedSession.State.CANCELLED,
        )
    return calendar_file([appointment], now=now)


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
        _to_reader(name, cause, reader, context, now, calendar=calendar)


def _to_reader(
    name: str,
    cause: str,
    reader: Reader | User,
    context: dict[str, Any],
    now: datetime,
    *,
    calendar: str = "",
) -> None:
    """In their language, with its times in their zone; in the desk's where they chose none."""
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

"""Tickets: opened, taken, placed, closed, opened again (S4, S8). One made of two: `support.merging`."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from base.models import move_to
from mail.models import IncomingMail
from profiles.models import User
from support import letters
from support.attachments import NewFile, attach
from support.clients import belongs_to
from support.errors import SupportError, form_used, own_business
from support.models import (
    Agreement,
    AgreementVersion,
    Allowance,
    Call,
    Client,
    Message,
    Ticket,
    TicketEvent,
    Wait,
)
from support.waits import end_wait, first_wait, open_wait

State = Ticket.State
Kind = Ticket.Kind
Happened = TicketEvent.Kind


def open_ticket(
    *,
    subject: str,
    text: str,
    channel: Ticket.Channel,
    asked_at: datetime,
    now: datetime,
    client: Client | None,
    kind: Ticket.Kind = Kind.REQUEST,
    asker: User | None = None,
    name: str = "",
    email: str = "",
    phone: str = "",
    language: str = "",
    agreement: Agreement | None = None,
    about: str = "",
    follows: Ticket | None = None,
    mail: IncomingMail | None = None,
    quoted: str = "",
    files: Sequence[NewFile] = (),
    confirmed: bool = True,
    by: User | None = None,
    public_id: uuid.UUID | None = None,
    message_id: uuid.UUID | None = None,
) -> Ticket:
    """A ticket with its first message and, for a client, the wait that it begins (S1, S2); its asker is told by when an
    answer is due, and why then.

    A ticket without `client` is a question (or an appeal). One that is not `confirmed` is read by nobody until its
    asker has confirmed their address. `about` is what of all that was agreed they say that it is about. `by` is who of
    the staff wrote it down. `public_id` is what makes two sendings of one form one ticket, also at once: the same id
    again returns what stands. `message_id` is the public id of the first message, where a form is known by that.

    No client is locked: whoever locks one locks its tickets after it. Raises SupportError: "nothing_written",
    "form_used".
    """
    subject, text = one_line(subject), text.strip()
    if not text and not (follows and files):
        raise SupportError(
            "nothing_written", _("Write what you would like to know or have done."), field="text"
        )
    subject = (subject or one_line(text.splitlines()[0]))[:200]
    if standing := _opened_by(public_id, client, subject, text):
        return standing
    try:
        with transaction.atomic():
            ticket = Ticket.objects.create(
                public_id=public_id or uuid.uuid4(),
                kind=kind,
                channel=channel,
                state=State.OPEN if confirmed else State.UNCONFIRMED,
                subject=subject,
                language=language,
                asked_at=asked_at,
                client=client,
                asker=asker,
                name=one_line(name)[:120],
                email=email.lower(),
                phone=phone,
                about=about[:200],
                agreement_version=agreed_then(client, agreement, asked_at) if client else None,
                follows=follows,
            )
            wait = first_wait(ticket, now) if client else None
            message = Message.objects.create(
                public_id=message_id or uuid.uuid4(),
                ticket=ticket,
                kind=Message.Kind.ASKED,
                channel=channel,
                text=text,
                quoted=quoted,
                author=asker,
                name=ticket.name,
                email=ticket.email,
                at=asked_at,
                mail=mail,
                wait=wait,
            )
            attach(message, files)
            note(ticket, Happened.OPENED, by=by or asker, now=now)
            # Whoever makes an appeal is told by the letter of the appeal; what carries one on has none.
            told_elsewhere = kind == Kind.APPEAL and follows is None
            if wait is not None and confirmed and not told_elsewhere:
                letters.ticket_received(ticket, message, wait, now)
            return ticket
    except IntegrityError:
        # Of two sendings at once the second finds the ticket that the first has opened meanwhile.
        if standing := _opened_by(public_id, client, subject, text):
            return standing
        raise


def _opened_by(public_id: uuid.UUID | None, client: Client | None, subject: str, text: str) -> Ticket | None:
    """The ticket that this form has opened. Raises SupportError "form_used" where it said something else, whose words
    are not repeated: they may be another client's. Of one that was merged into another the subject alone tells: what
    was said on it stands there."""
    standing = Ticket.objects.filter(public_id=public_id).first() if public_id else None
    if standing is not None:
        own = standing.messages.filter(came_with=None).order_by("pk").first()
        said = (standing.client_id, standing.subject, own.text if own else text)
        if said != (client.pk if client else None, subject, text):
            raise form_used(standing.number)
    return standing


def one_line(said: str) -> str:
    """What was typed for one line, on one line: in a mail, where a paragraph ends, a button could begin."""
    return " ".join(said.splitlines()).strip()


def agreed_then(client: Client, agreement: Agreement | None, then: datetime) -> AgreementVersion | None:
    """What was agreed with a client at a moment: of `agreement`, else of the only one there is; None where several
    could be meant. Of one that was signed since, what it said first."""
    if agreement is None:
        agreements = list(Agreement.objects.filter(client=client)[:2])
        if len(agreements) != 1:
            return None
        agreement = agreements[0]
    return said_then(list(agreement.versions.order_by("number")), then)


def said_then(versions: Sequence[AgreementVersion], then: datetime) -> AgreementVersion:
    """What an agreement said at a moment, of all its `versions` in their order; before it was signed, what it said
    first."""
    return next((each for each in reversed(versions) if each.written_at <= then), versions[0])


def take_ticket(*, ticket: Ticket, by: User, now: datetime) -> Ticket:
    """`by` works on it from now on, also where it was taken by somebody whose account was closed. Taken by them
    already, nothing changes.

    Raises SupportError: "taken" (by somebody else, S8), "not_open", "own_business".
    """
    with transaction.atomic():
        ticket = locked(ticket)
        if ticket.consultant_id == by.pk:
            return ticket
        refuse_own_ticket(ticket, by)
        refuse_not_open(ticket)
        if ticket.consultant is not None and ticket.consultant.is_active:
            raise SupportError(
                "taken",
                _("%(name)s has taken this ticket. Ask them to hand it over.") % {"name": ticket.consultant},
            )
        give(ticket, by)
        note(ticket, Happened.TAKEN, by=by, now=now)
        return ticket


def hand_over(*, ticket: Ticket, to: User, by: User, now: datetime, why: str = "") -> Ticket:
    """Gives a ticket to another consultant, who is told. Raises SupportError: "not_open", "cannot_answer" (their role
    does not allow it, or they had a part in it: `at_the_desk`), "own_business"."""
    with transaction.atomic():
        ticket = locked(ticket)
        if ticket.consultant_id == to.pk:
            return ticket
        refuse_own_ticket(ticket, by)
        refuse_not_open(ticket)
        if not Ticket.objects.at_the_desk(to).filter(pk=ticket.pk).exists():
            raise SupportError(
                "cannot_answer", _("%(name)s cannot answer this ticket.") % {"name": to}, field="to"
            )
        give(ticket, to)
        event = note(ticket, Happened.HANDED_OVER, by=by, now=now, reason=why, about=str(to))
        if to != by:
            letters.ticket_handed_over(ticket, event, now)
        return ticket


def put_back(*, ticket: Ticket, by: User, now: datetime, why: str = "") -> Ticket:
    """Whoever had taken it does so no more: anybody may take it. Raises SupportError: "not_open", "own_business"."""
    with transaction.atomic():
        ticket = locked(ticket)
        if ticket.consultant is None:
            return ticket
        refuse_own_ticket(ticket, by)
        refuse_not_open(ticket)
        give(ticket, None)
        note(ticket, Happened.RELEASED, by=by, now=now, reason=why)
        return ticket


def place_ticket(
    *,
    ticket: Ticket,
    placement: Ticket.Placement,
    by: User,
    now: datetime,
    allowance: Allowance | None = None,
) -> Ticket:
    """Places a ticket against an allowance of its client, or outside (S4). What was agreed when it was opened comes
    from the agreement of that allowance. A closed one can be placed too: what was done is often logged after.

    Raises SupportError: "no_client" (a question), "appeal", "merged" (it is placed where it goes on),
    "allowance_needed", "other_client", "own_business".
    """
    with transaction.atomic():
        ticket = locked(ticket)
        refuse_own_ticket(ticket, by)
        if ticket.merged_into is not None:
            raise SupportError(
                "merged",
                _("This ticket was merged into %(number)s. Place that one.")
                % {"number": ticket.merged_into.number},
            )
        if ticket.client is None:
            raise SupportError("no_client", _("Link this to a client first: a question is placed nowhere."))
        if ticket.kind == Ticket.Kind.APPEAL:
            raise SupportError("appeal", _("Appeals are placed nowhere: they use no support."))
        if placement == Ticket.Placement.ALLOWANCE and allowance is None:
            raise SupportError("allowance_needed", _("Choose the allowance."), field="allowance")
        if placement == Ticket.Placement.OUTSIDE:
            allowance = None
        if allowance is not None and allowance.client_id != ticket.client_id:
            raise SupportError(
                "other_client", _("That support was agreed with another client."), field="allowance"
            )
        if (ticket.placement, ticket.allowance_id) == (placement, allowance.pk if allowance else None):
            return ticket
        place(ticket, placement, allowance, by, now)
        return ticket


def place(ticket: Ticket, placement: str, allowance: Allowance | None, by: User, now: datetime) -> None:
    """Places a client's ticket, which is locked."""
    assert ticket.client is not None
    ticket.placement, ticket.allowance = placement, allowance
    agreement = Agreement.objects.of_allowance(allowance).first() if allowance else None
    if agreement is not None:
        ticket.agreement_version = agreed_then(ticket.client, agreement, ticket.asked_at)
    ticket.save(update_fields=["placement", "allowance", "agreement_version"])
    about = str(allowance) if allowance else Ticket.Placement.OUTSIDE.value
    note(ticket, Happened.PLACED, by=by, now=now, about=about)


def close_ticket(
    *, ticket: Ticket, by: User | None, now: datetime, why: str = "", by_client: bool = False
) -> Ticket:
    """The desk is done with it. A client who closes it waits no more; the desk closes nothing that still waits for an
    answer (S2), or that nobody has placed (S4). Closed already, nothing changes.

    Raises SupportError: "still_waiting", "not_placed", "not_open", "appeal" (it ends with its decision, and can be
    closed once it had one), "own_business" (by the desk).
    """
    with transaction.atomic():
        ticket = locked(ticket)
        if ticket.state == State.CLOSED:
            return ticket
        if by is not None and not by_client:
            refuse_own_ticket(ticket, by)
        refuse_not_open(ticket)
        refuse_appeal(ticket)
        if by_client:
            end_wait(ticket=ticket, ending=Wait.Ending.CLIENT, now=now, by=by)
        elif open_wait(ticket) is not None:
            raise SupportError(
                "still_waiting",
                _("The client still waits for an answer. Answer first, or say why none is needed."),
            )
        else:
            refuse_unplaced(ticket)
        ticket.closed_at = now
        move(ticket, State.CLOSED, Happened.CLOSED, by=by, now=now, reason=why)
        if not by_client and ticket.kind != Kind.QUESTION:
            letters.ticket_closed(ticket, can_be_rated(ticket), now)
        return ticket


def reopen_ticket(*, ticket: Ticket, by: User, now: datetime, why: str = "") -> Ticket:
    """The desk takes a closed ticket up again. (A client writes: see `messages.ask_again`.) Open already, nothing
    changes. Raises SupportError: "not_closed", "closed_long_ago", "own_business"."""
    with transaction.atomic():
        ticket = locked(ticket)
        if ticket.is_open:
            return ticket
        refuse_own_ticket(ticket, by)
        if ticket.state != State.CLOSED:
            raise SupportError("not_closed", _("This ticket cannot be opened again."))
        if not ticket.can_be_reopened(now):
            raise SupportError(
                "closed_long_ago", _("It was closed too long ago. Open another one that follows it.")
            )
        reopen(ticket, by=by, now=now, why=why)
        return ticket


def reopen(ticket: Ticket, *, by: User | None, now: datetime, why: str = "") -> None:
    """Opens a closed ticket, which is locked, again. A call was returned once and for all: what comes after it is a
    conversation, and the next missed call another call-back."""
    ticket.closed_at = None
    if ticket.kind == Kind.CALL_BACK:
        ticket.kind = Kind.REQUEST
        ticket.save(update_fields=["kind"])
    move(ticket, State.OPEN, Happened.REOPENED, by=by, now=now, reason=why)


def rate_ticket(*, ticket: Ticket, rating: int, text: str, by: User, now: datetime) -> Ticket:
    """What its asker says of how it was handled, from 1 to 5; said again, the last stands.

    Raises SupportError: "not_answered" (nobody has answered it), "rating".
    """
    if not 1 <= rating <= 5:
        raise SupportError("rating", _("Choose from 1 to 5."), field="rating")
    with transaction.atomic():
        ticket = locked(ticket)
        if not can_be_rated(ticket):
            raise not_answered()
        ticket.rating, ticket.rating_text, ticket.rated_at = rating, text.strip(), now
        ticket.save(update_fields=["rating", "rating_text", "rated_at"])
        note(ticket, Happened.RATED, by=by, now=now, about=str(rating))
        return ticket


def not_answered() -> SupportError:
    """Of a rating of what nobody has answered."""
    return SupportError("not_answered", _("Nobody has answered this yet. Please rate it once somebody has."))


def can_be_rated(ticket: Ticket) -> bool:
    """Whether somebody has answered it, in writing or on the telephone: that is what a rating is of."""
    if ticket.state not in (State.ANSWERED, State.CLOSED):
        return False
    answers = ticket.messages.filter(kind=Message.Kind.ANSWER)
    return answers.exists() or ticket.calls.filter(outcome=Call.Outcome.ANSWERED).exists()


def followed(ticket: Ticket) -> Ticket:
    """Where what was said on `ticket` is carried on: it itself, or the one that it was merged into."""
    while ticket.merged_into is not None:
        ticket = ticket.merged_into
    return ticket


def locked(ticket: Ticket) -> Ticket:
    """The ticket as it is now, locked: parents come before children, so whatever belongs to it is locked after."""
    return Ticket.objects.select_for_update(no_key=True, of=("self",)).get(pk=ticket.pk)


def lock_all(pks: Iterable[int]) -> dict[int, Ticket]:
    """Several tickets as they are now, locked in the order of their ids, as everybody locks them: two who want the same
    ones wait for each other, and not for ever."""
    rows = Ticket.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(pks))
    return {row.pk: row for row in rows.order_by("pk")}


def locked_where_it_goes_on(
    ticket: Ticket, goes_on: Callable[[Ticket], Ticket] = followed, *, also: Iterable[int] = ()
) -> Ticket:
    """As `locked`; of one that goes on elsewhere, also by somebody who was quicker than us, that other one. `goes_on`
    says where: if nothing is said, at the one that it was merged into. Tickets `also` (by id) are locked with it."""
    found = goes_on(ticket)
    while True:
        before = transaction.savepoint()
        found = lock_all([found.pk, *also])[found.pk]
        further = goes_on(found)
        if further.pk == found.pk:
            transaction.savepoint_commit(before)
            return found
        # Nothing is done with this one. Its lock is given back: of two held at once the lower id comes first.
        transaction.savepoint_rollback(before)
        found = further


def refuse_own_ticket(ticket: Ticket, by: User) -> None:
    """Raises SupportError "own_business": nobody of the desk handles what they asked themselves, or what those for whom
    they speak did. The pages do not show it to them either (`at_the_desk`)."""
    if ticket.asker_id == by.pk or (ticket.client is not None and belongs_to(ticket.client, by)):
        raise own_business()


def refuse_not_open(ticket: Ticket) -> None:
    """Raises SupportError("not_open")."""
    if not ticket.is_open:
        raise SupportError(
            "not_open",
            _("This ticket is %(state)s. Nothing was changed.") % {"state": ticket.get_state_display()},
        )


def refuse_unplaced(ticket: Ticket) -> None:
    """Raises SupportError("not_placed"): what the desk closes, it says where it belongs (S4). What ends without the
    desk, by its client or by a call, is placed after."""
    if ticket.is_unplaced:
        raise SupportError(
            "not_placed",
            _("Nobody has said yet where this belongs. Place it, then close it."),
            field="where",
        )


def awaits_decision(ticket: Ticket) -> bool:
    """Whether it is an appeal that nobody has decided. What is said after that is closed like anything else."""
    if ticket.kind != Kind.APPEAL or ticket.follows_id is not None:
        return False
    return not ticket.events.filter(kind=Happened.CLOSED).exists()


def refuse_appeal(ticket: Ticket) -> None:
    """Raises SupportError("appeal"): what an appeal asks for is decided, which closes it (G19)."""
    if awaits_decision(ticket):
        raise SupportError(
            "appeal", _("This is an appeal: it ends when it is decided, and cannot be closed before.")
        )


def move(
    ticket: Ticket,
    to: Ticket.State,
    kind: TicketEvent.Kind,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
    about: str = "",
) -> TicketEvent:
    """Moves a ticket that is locked, with its history row."""
    before = move_to(ticket, to)
    ticket.save(update_fields=["state", "closed_at", "merged_into"])
    return note(ticket, kind, by=by, now=now, reason=reason, about=about, before=before)


def note(
    ticket: Ticket,
    kind: TicketEvent.Kind,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
    about: str = "",
    before: str = "",
) -> TicketEvent:
    """Writes down what became of a ticket (X4)."""
    return TicketEvent.objects.create(
        ticket=ticket,
        kind=kind,
        actor=by,
        from_state=before or ("" if kind == Happened.OPENED else ticket.state),
        to_state=ticket.state,
        reason=reason,
        about=about[:200],
        at=now,
    )


def give(ticket: Ticket, to: User | None) -> None:
    """Whoever works on a ticket, which is locked, from now on; None: nobody."""
    ticket.consultant = to
    ticket.save(update_fields=["consultant"])

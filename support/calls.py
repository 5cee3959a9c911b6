"""Telephone calls: logged, returned, and what they make of tickets (S3).

Lock order: client → ticket → call; what stands on no ticket yet comes before the one that it is brought to.
"""

import uuid
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from profiles.models import User
from support import letters
from support.call_backs import calls_to_return, to_be_returned, to_return
from support.call_outcomes import about, ask, carry_out, say
from support.callers import Caller, read_number, speaks, who_calls
from support.clients import refuse_own
from support.errors import SupportError, form_used
from support.messages import news_since
from support.models import Agreement, Call, Client, Ticket, TicketEvent
from support.models.calls import CallQuerySet
from support.tickets import (
    agreed_then,
    locked_where_it_goes_on,
    move,
    note,
    open_ticket,
    refuse_own_ticket,
    reopen,
)
from support.waits import open_wait, resume_wait

Direction = Call.Direction
Outcome = Call.Outcome
State = Ticket.State
Happened = TicketEvent.Kind

# Longer than any call: what is more is a slip of the hand.
LONGEST_SECONDS = 24 * 60 * 60
# A call is written down when it takes place, or when somebody comes round to it.
TOLD_WITHIN = timedelta(days=31)


def log_call(
    *,
    direction: str,
    outcome: str,
    at: datetime,
    now: datetime,
    by: User,
    phone: str = "",
    client: Client | None = None,
    ticket: Ticket | None = None,
    name: str = "",
    subject: str = "",
    summary: str = "",
    seconds: int | None = None,
    waits: bool = False,
    public_id: uuid.UUID | None = None,
) -> Call:
    """A call that `by` writes down: of somebody to us, or of ours to somebody. `phone` is as it was said; the client is
    the one that has the number where `client` is not given (or whose `ticket` it is about).

    A missed call of a client is a call to return, due one working day after it came; several of one number are one. One
    that was answered ends the call-back of that number: they reached us. About a `ticket` it answers what was asked
    there; with `subject` it opens one. `waits` says that they asked something, told in `summary`, that we still have to
    answer: it waits from the moment of the call. One by us is a call back where that number waits for one.

    `public_id` is what makes two sendings of one form one call.

    Raises SupportError: "outcome", "future", "too_long_ago", "seconds", "other_client", "nothing_written", "no_client",
    "no_ticket", "own_business", "form_used", and as `call_back`.
    """
    _refuse_odd(direction, outcome, at, now, seconds)
    number, number_said = read_number(phone)
    caller = who_calls(number)
    if ticket is not None:
        refuse_own_ticket(ticket, by)
        if client is not None and ticket.client_id != client.pk:
            raise SupportError("other_client", _("This ticket is of another client."), field="ticket")
        client = ticket.client
    else:
        client = client or caller.client
        if client is not None:
            refuse_own(client, by)
    if waits or subject.strip():
        _refuse_no_question(summary, ticket, client)
    with transaction.atomic():
        if client is not None:
            _lock(client)
        said = Call(
            public_id=public_id or uuid.uuid4(),
            direction=direction,
            outcome=outcome,
            phone=number,
            number_said=number_said,
            name=(name.strip() or _name_of(caller, client))[:120],
            client=client,
            at=at,
            seconds=seconds,
            summary=summary.strip(),
            by=by,
            recorded_at=now,
        )
        if direction == Direction.OUT and ticket is None and client is not None and number:
            ticket = to_return(client, number)
        if outcome == Outcome.MAIL_SENT and ticket is None:
            raise SupportError(
                "no_ticket",
                _(
                    "A mail is written only about a ticket, or to whoever waits for a call. Choose the ticket."
                ),
                field="ticket",
            )
        call, new = _kept(said)
        if not new:
            return call
        if direction == Direction.OUT:
            if ticket is not None:
                _call_of_ours(locked_where_it_goes_on(ticket), call, waits=waits, now=now)
        elif outcome == Outcome.MISSED:
            if client is not None and is_client(client):
                to_be_returned(client, call, caller, by=by, now=now)
        else:
            _answered(call, ticket, subject=subject, waits=waits, now=now)
        return call


def call_back(
    *,
    ticket: Ticket,
    outcome: str,
    by: User,
    now: datetime,
    at: datetime | None = None,
    phone: str = "",
    summary: str = "",
    seconds: int | None = None,
    waits: bool = False,
    seen: int | None = None,
    seen_message: int | None = None,
    public_id: uuid.UUID | None = None,
) -> Call:
    """An attempt to reach whoever waits on a ticket, by `by`, at `at` (now, if nothing is said).

    On a call to return, reaching them, leaving a message, and writing a mail that we called end the wait; that mail is
    written here. Reaching nobody is recorded, and the wait goes on (S3). What was asked in writing, or is still to be
    answered, waits for more than a message on a machine: only reaching them ends that (S9). `waits` as in `log_call`.
    A call that is told of after its deadline has passed does not undo the breach. `seen` is the id of the last call on
    the ticket that its writer had in front of them, 0 where there was none, and `seen_message` that of the last
    message: of two who call or answer at once the second is told of the other first (S8).

    `public_id` is what makes two sendings of one form one attempt. Raises SupportError: "outcome", "future",
    "too_long_ago", "seconds", "no_ticket" (not confirmed, or expired), "news", "nobody_to_write_to", "nothing_written",
    "closed_long_ago", "form_used", "own_business".
    """
    at = at or now
    _refuse_odd(Direction.OUT, outcome, at, now, seconds)
    if waits and not summary.strip():
        raise SupportError("nothing_written", _("Write what was asked."), field="summary")
    number, number_said = read_number(phone) if phone.strip() else (str(ticket.phone), "")
    with transaction.atomic():
        ticket = locked_where_it_goes_on(ticket)
        refuse_own_ticket(ticket, by)
        said = Call(
            public_id=public_id or uuid.uuid4(),
            direction=Direction.OUT,
            outcome=outcome,
            phone=number,
            number_said=number_said,
            name=ticket.name,
            client=ticket.client,
            at=at,
            seconds=seconds,
            summary=summary.strip(),
            by=by,
            recorded_at=now,
        )
        if not Call.objects.filter(public_id=said.public_id).exists():
            if seen is not None:
                refuse_unseen_calls(ticket, seen, by, seen_message=seen_message)
            if seen_message is not None:
                _refuse_unseen_messages(ticket, seen_message, by)
        call, new = _kept(said)
        if new:
            _call_of_ours(ticket, call, waits=waits, now=now)
        return call


def refuse_unseen_calls(ticket: Ticket, seen: int, by: User, *, seen_message: int | None = None) -> None:
    """Raises SupportError "news" where others than `by` logged a call on the ticket, which is locked, after the call
    `seen`, or a merge brought one after the message `seen_message`: of two who call or answer at once the second looks
    first (S8)."""
    if calls_since(ticket, seen, by, seen_message).exists():
        raise SupportError(
            "news",
            _("Somebody called meanwhile. Look at what came of it, then go on as you wanted, or change it."),
        )


def _refuse_unseen_messages(ticket: Ticket, seen: int, by: User) -> None:
    """As `refuse_unseen_calls`, of what was written or brought by a merge after the message `seen`."""
    if news_since(ticket, seen, by).exists():
        raise SupportError(
            "news",
            _("Something was written meanwhile. Look at it, then go on as you wanted, or change it."),
        )


def calls_since(ticket: Ticket, seen: int, reader: User, seen_message: int | None = None) -> CallQuerySet:
    """The calls on a ticket after the call `seen`, or brought by a merge after the message `seen_message`, that others
    than `reader` logged: newest last."""
    news = Q(pk__gt=seen)
    if seen_message is not None:
        news |= Q(came_with__gt=seen_message)
    return Call.objects.filter(news, ticket=ticket).exclude(by=reader).order_by("at", "pk")


def link_call(*, call: Call, client: Client, by: User, now: datetime, with_others: bool = False) -> Call:
    """Says whose a call was that nobody knew: a missed one is then to be returned, as promised from the moment at which
    it came (S1). `with_others`: so were the other calls of that number of which nobody knows whose they are. Linked to
    that client already, nothing changes.

    Raises SupportError: "not_a_client", "linked_already" (to another), "own_business".
    """
    refuse_own(client, by)
    if not is_client(client):
        raise SupportError(
            "not_a_client",
            _("%(client)s has no agreement with us yet, so there is no promise to keep.")
            % {"client": client},
            field="client",
        )
    with transaction.atomic():
        _lock(client)
        calls = Call.objects.select_for_update(no_key=True, of=("self",))
        call = calls.get(pk=call.pk)
        if call.client_id == client.pk:
            return call
        if call.client_id is not None:
            raise SupportError(
                "linked_already",
                _("This call was linked to %(client)s already. Nothing was changed.")
                % {"client": call.client},
                field="client",
            )
        others = calls.none()
        if with_others and call.phone:
            others = calls.unclaimed().filter(phone=call.phone).exclude(pk=call.pk)
        linked = sorted([call, *others], key=lambda each: (each.at, each.pk))
        for each in linked:
            each.client = client
            each.save(update_fields=["client"])
        for each in linked:
            # Once all are the client's: of one that was missed, what came after it says whether they reached us since.
            if each.outcome == Outcome.MISSED:
                to_be_returned(client, each, who_calls(str(each.phone)), by=by, now=now)
        return next(each for each in linked if each.pk == call.pk)


def told_by_exchange(
    *, exchange_id: str, outcome: str, phone: str, at: datetime, seconds: int | None, now: datetime
) -> Call:
    """A call to us as the telephone exchange tells of it. Told again it is the same call; one of which it says that it
    was missed and that it was answered, in whatever order, was answered."""
    at = min(at, now)
    number, number_said = read_number(phone)
    caller = who_calls(number)
    with transaction.atomic():
        standing = Call.objects.filter(exchange_id=exchange_id).first()
        client = standing.client if standing is not None else caller.client
        if client is not None:
            _lock(client)
        # Two messages about one call at once: the second waits for the first, by the number that is unique.
        call, new = Call.objects.get_or_create(
            exchange_id=exchange_id,
            defaults={
                "direction": Direction.IN,
                "outcome": outcome,
                "phone": number,
                "number_said": number_said,
                "name": _name_of(caller, client)[:120],
                "client": client,
                "at": at,
                "seconds": seconds,
                "recorded_at": now,
            },
        )
        if not new:
            if call.ticket is not None:
                locked_where_it_goes_on(call.ticket)  # Whoever has it, as to merge it, may want the call.
            call = Call.objects.select_for_update(no_key=True, of=("self",)).get(pk=call.pk)
            if outcome == Outcome.ANSWERED and call.outcome == Outcome.MISSED:
                _was_answered(call, seconds, now)
        elif outcome == Outcome.ANSWERED:
            _answered(call, None, subject="", waits=False, now=now)
        elif client is not None:
            to_be_returned(client, call, caller, by=None, now=now)
        return call


def not_delivered(*, call: Call, now: datetime, about: str = "", reason: str = "") -> Call:
    """The mail that we called came back, so it kept no promise: the wait goes on, and the consultant is told (S9).
    `about` or `reason` is how we know: who returned it, or the error."""
    with transaction.atomic():
        assert call.ticket is not None
        ticket = locked_where_it_goes_on(call.ticket)
        call = Call.objects.select_related("wait").get(pk=call.pk)
        wait = call.wait
        if call.outcome != Outcome.MAIL_SENT or wait is None or wait.ended_at is None:
            return call
        call.wait = None
        call.save(update_fields=["wait"])
        wait.ticket = ticket
        wait.save(update_fields=["ticket"])
        resume_wait(wait=wait)
        if ticket.state == State.CLOSED:
            reopen(ticket, by=None, now=now)
        if ticket.state == State.ANSWERED:
            move(ticket, State.OPEN, Happened.RESUMED, by=None, now=now, about=about, reason=reason)
        else:
            note(ticket, Happened.RESUMED, by=None, now=now, about=about, reason=reason)
        letters.call_undelivered(ticket, call, now)
        return call


def is_client(client: Client) -> bool:
    """Whether it has the promise: by its agreements (S1)."""
    return Agreement.objects.filter(client=client).exists()


# A call to us


def _answered(call: Call, ticket: Ticket | None, *, subject: str, waits: bool, now: datetime) -> None:
    """Somebody spoke to whoever called us: that ends the call-back of their number, and answers what the call is
    about."""
    client = call.client if call.phone else None
    if ticket is not None:
        also = calls_to_return(client, str(call.phone)) if client else ()
        ticket = locked_where_it_goes_on(ticket, also=[each.pk for each in also])
    standing = to_return(client, str(call.phone)) if client else None
    if standing is not None and (ticket is None or standing.pk != ticket.pk):
        call.ticket = standing
        # What they wrote on it besides is not what they called about, as far as anybody said.
        carry_out(standing, call, spoke=True, answers_messages=False, now=now)
    if ticket is not None:
        call.ticket = ticket
        carry_out(ticket, call, spoke=True, answers_messages=not waits, now=now)
        if waits:
            ask(ticket, call, now)
    elif waits:
        call.ticket = _asked_by_telephone(call, subject, now)
    elif subject.strip():
        call.ticket = _answered_at_once(call, subject, now)
    call.save(update_fields=["ticket", "wait"])


def _asked_by_telephone(call: Call, subject: str, now: datetime) -> Ticket:
    """A ticket of what was asked on the telephone and still waits for an answer."""
    assert call.client is not None
    person = who_calls(str(call.phone)).person
    return open_ticket(
        subject=subject,
        text=call.summary,
        channel=Ticket.Channel.PHONE,
        asked_at=call.at,
        now=now,
        client=call.client,
        name=call.name,
        email=person.email if person and person.client_id == call.client.pk else "",
        phone=str(call.phone),
        language=speaks(call.client),
        by=call.by,
    )


def _answered_at_once(call: Call, subject: str, now: datetime) -> Ticket:
    """A ticket of what was asked and answered in one call: nobody waited, so no wait stands in the figures."""
    assert call.client is not None
    person = who_calls(str(call.phone)).person
    ticket = Ticket.objects.create(
        channel=Ticket.Channel.PHONE,
        subject=subject.strip()[:200],
        language=speaks(call.client),
        asked_at=call.at,
        client=call.client,
        name=call.name,
        email=person.email if person and person.client_id == call.client.pk else "",
        phone=str(call.phone),
        consultant=call.by,
        agreement_version=agreed_then(call.client, None, call.at),
    )
    note(ticket, Happened.OPENED, by=call.by, now=now)
    say(ticket, call, wait=None)
    move(ticket, State.ANSWERED, Happened.CALLED, by=call.by, now=now, about=about(call))
    return ticket


def _was_answered(call: Call, seconds: int | None, now: datetime) -> None:
    """A call, locked, that was told of as missed was answered after all: it is not to be returned."""
    wait = call.wait
    call.outcome, call.wait = Outcome.ANSWERED, None
    call.seconds = call.seconds if seconds is None else seconds
    call.save(update_fields=["outcome", "wait", "seconds"])
    if call.ticket is None:
        _answered(call, None, subject="", waits=False, now=now)
        return
    ticket = locked_where_it_goes_on(call.ticket)
    if wait is None or open_wait(ticket) != wait:
        return
    carry_out(ticket, call, spoke=True, answers_messages=False, now=now, not_missed=True)
    call.save(update_fields=["ticket", "wait"])


# A call of ours


def _call_of_ours(ticket: Ticket, call: Call, *, waits: bool, now: datetime) -> None:
    """What a call of ours does to the ticket, which is locked, that it is about."""
    if ticket.state in (State.UNCONFIRMED, State.EXPIRED):
        raise SupportError("no_ticket", _("Nobody has confirmed this yet. Log the call without it."))
    if call.outcome == Outcome.MAIL_SENT:
        if not letters.reaches_somebody(ticket):
            raise SupportError(
                "nobody_to_write_to",
                _("We know no address to write to. Leave a message, or try again later."),
                field="outcome",
            )
        letters.we_called(ticket, call, now)
    call.ticket = ticket
    if ticket.consultant is None and ticket.is_open:
        ticket.consultant = call.by
        ticket.save(update_fields=["consultant"])
        note(ticket, Happened.TAKEN, by=call.by, now=now)
    spoke = call.outcome == Outcome.ANSWERED
    carry_out(ticket, call, spoke=spoke, answers_messages=spoke and not waits, now=now)
    if waits:
        ask(ticket, call, now)
    call.save(update_fields=["ticket", "wait"])


# What is refused, and what is kept


def _refuse_odd(direction: str, outcome: str, at: datetime, now: datetime, seconds: int | None) -> None:
    fitting = {
        Direction.IN: (Outcome.ANSWERED, Outcome.MISSED),
        Direction.OUT: (Outcome.ANSWERED, Outcome.LEFT_MESSAGE, Outcome.MAIL_SENT, Outcome.NOBODY),
    }
    if outcome not in fitting.get(Direction(direction), ()):
        raise SupportError("outcome", _("Choose what came of the call."), field="outcome")
    if at > now:
        raise SupportError("future", _("That is still to come. Write when the call took place."), field="at")
    if at < now - TOLD_WITHIN:
        raise SupportError("too_long_ago", _("That is very long ago. Look at the date."), field="at")
    if seconds is not None and not 0 <= seconds <= LONGEST_SECONDS:
        raise SupportError("seconds", _("Look at how long it took."), field="seconds")


def _refuse_no_question(summary: str, ticket: Ticket | None, client: Client | None) -> None:
    """Of a call in which something was asked that is still to be answered."""
    if not summary.strip():
        raise SupportError("nothing_written", _("Write what was asked."), field="summary")
    if ticket is None and (client is None or not is_client(client)):
        raise SupportError(
            "no_client",
            _(
                "Only a client's call becomes a ticket. Choose the client, or point the caller to the library "
                "and log the call without one."
            ),
            field="client",
        )


def _kept(said: Call) -> tuple[Call, bool]:
    """The call as it was written down, and whether that was now; sent again, it is the one that stands."""
    standing = Call.objects.filter(public_id=said.public_id).first()
    if standing is None:
        try:
            with transaction.atomic():
                said.save(force_insert=True)
        except IntegrityError:  # The same form, sent twice at once, about nobody who could be locked.
            standing = Call.objects.get(public_id=said.public_id)
        else:
            return said, True
    same = ("direction", "outcome", "summary")
    if any(getattr(standing, each) != getattr(said, each) for each in same):
        raise form_used(str(standing))
    return standing, False


def _lock(client: Client) -> None:
    """One call of a client after the other: of two that are missed at once the second finds what the first made."""
    Client.objects.select_for_update(no_key=True, of=("self",)).get(pk=client.pk)


def _name_of(caller: Caller, client: Client | None) -> str:
    return caller.person.name if caller.person and caller.client == client else ""

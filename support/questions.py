"""Questions of people who are no clients: asked without a promise, confirmed by mail before anybody reads them, and
linked to a client where their asker turns out to speak for one (S1, S10)."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from base import limits
from base.jobs import for_each
from mail import outbox
from mail.models import IncomingMail
from profiles.addresses import address_key
from profiles.models import User
from support import letters
from support.attachments import NewFile
from support.clients import belongs_to, name_person
from support.errors import SupportError, own_business
from support.forgetting import erase_ticket
from support.models import Client, ClientPerson, Message, Ticket, TicketEvent, Wait
from support.models.tickets import TicketQuerySet
from support.tickets import (
    agreed_then,
    locked,
    move,
    note,
    open_ticket,
    refuse_not_open,
    refuse_own_ticket,
)
from support.waits import begin_wait

State = Ticket.State
Kind = Ticket.Kind
Happened = TicketEvent.Kind

# A question that nobody has confirmed ends by its date, and is erased soon after.
CONFIRM_WITHIN = timedelta(days=7)
# How many mails a day somebody gets who is named by whoever asks: from one network, and from all together.
MAILS_A_DAY = 5
MAILS_A_DAY_FROM_ALL = 15
_DAY = timedelta(days=1)
# Of those who say who speaks for a client, and so reads all of its pages.
NAMES_PEOPLE = "support.add_clientperson"


def ask_question(
    *,
    form_id: uuid.UUID,
    name: str,
    email: str,
    subject: str,
    text: str,
    language: str,
    network: str,
    now: datetime,
    asked_at: datetime | None = None,
    channel: Ticket.Channel = Ticket.Channel.WEB,
    mail: IncomingMail | None = None,
    quoted: str = "",
    files: Sequence[NewFile] = (),
) -> Ticket:
    """Takes in a question that its asker has still to confirm, and sends the link for it (S10).

    If that address was named too often today, it is taken in all the same and no mail goes out: nothing tells the two
    apart. The same form sent twice, also at once, is one question and one mail. Sent again with something put right
    before it was confirmed, it takes the place of what it said before, under a new link: the first mail may have gone
    to somebody else. Raises SupportError: "already_sent" (and confirmed), "nothing_written".
    """
    email = email.strip().lower()

    def take_in() -> Ticket:
        with transaction.atomic():
            standing = Message.objects.filter(public_id=form_id).select_related("ticket").first()
            if standing is not None:
                before = locked(standing.ticket)
                if _says_the_same(before, standing, name, email, subject, text):
                    return before
                if before.state != State.UNCONFIRMED:
                    raise SupportError(
                        "already_sent",
                        _(
                            "This form was sent before, and its question is with us. Is this another one? Send it."
                        ),
                    )
                _remove(before)
            ticket = open_ticket(
                subject=subject,
                text=text,
                channel=channel,
                asked_at=asked_at or now,
                now=now,
                client=None,
                kind=Kind.QUESTION,
                name=name,
                email=email,
                language=language,
                mail=mail,
                quoted=quoted,
                files=files,
                confirmed=False,
            )
            # The form is known by its message; the link, by the ticket.
            Message.objects.filter(ticket=ticket).update(public_id=form_id)
            if _may_write(email, network, now):
                letters.confirm_question(ticket, CONFIRM_WITHIN.days, now)
            return ticket

    try:
        return take_in()
    except IntegrityError:
        # Pressed twice at once, and the other press was quicker: what it wrote stands now.
        return take_in()


def ask_signed_in(
    *, form_id: uuid.UUID, by: User, subject: str, text: str, language: str, now: datetime
) -> Ticket:
    """A question of somebody who is signed in and no client: their address is proved, so nothing is to be confirmed.

    Raises SupportError: "nothing_written", "form_used".
    """
    with transaction.atomic():
        standing = Ticket.objects.filter(public_id=form_id).exists()
        ticket = open_ticket(
            public_id=form_id,
            subject=subject,
            text=text,
            channel=Ticket.Channel.WEB,
            asked_at=now,
            now=now,
            client=None,
            kind=Kind.QUESTION,
            asker=by,
            name=by.get_full_name(),
            email=by.email,
            language=language,
        )
        if not standing:
            letters.question_received(ticket, ticket.messages.earliest("pk"), now)
        return ticket


def _says_the_same(ticket: Ticket, message: Message, name: str, email: str, subject: str, text: str) -> bool:
    said = (name.strip()[:120], email, subject.strip()[:200], text.strip())
    return (ticket.name, ticket.email, ticket.subject, message.text) == said


def _may_write(email: str, network: str, now: datetime) -> bool:
    """Takes a turn of the address, by the person behind it however it is written."""
    who = address_key(email)
    return limits.take(
        "questions by mail and network", f"{who} {network}", most=MAILS_A_DAY, window=_DAY, now=now
    ) and limits.take("questions by mail", who, most=MAILS_A_DAY_FROM_ALL, window=_DAY, now=now)


def _remove(ticket: Ticket) -> None:
    """Of a question that nobody has read or confirmed nothing stays, and its link leads nowhere."""
    outbox.written_for({f"ticket:{ticket.public_id}"}, to=[ticket.email]).delete()
    ticket.events.all().delete()
    ticket.messages.all().delete()
    ticket.delete()


def is_too_late(ticket: Ticket, now: datetime) -> bool:
    """Whether a question that was not confirmed has ended, also where the job that erases it has not run."""
    return ticket.state == State.UNCONFIRMED and ticket.asked_at <= now - CONFIRM_WITHIN


def clients_of(ticket: Ticket) -> list[Client]:
    """The clients for whom its asker speaks, if the address is theirs: whoever confirms it has proved that."""
    clients = Client.objects.signed().of_address(ticket.email).select_related("customer")
    return list(clients.order_by("customer__name", "pk"))


def confirm_question(*, ticket: Ticket, now: datetime, client: Client | None = None) -> Ticket:
    """Its asker has pressed the button behind the link in their mail: it waits for an answer when there is time. Where
    that address speaks for a client, it is that client's, with the promise from when it was written (S1).

    Confirmed already, nothing changes. Raises SupportError: "too_late", "which_client" (they speak for several, and
    `client` is none of them).
    """
    with transaction.atomic():
        ticket = locked(ticket)
        if ticket.state == State.EXPIRED or is_too_late(ticket, now):
            raise SupportError(
                "too_late",
                _(
                    "This question was not confirmed within %(days)d days, so it has ended. Please ask it again."
                )
                % {"days": CONFIRM_WITHIN.days},
            )
        if ticket.state != State.UNCONFIRMED:
            return ticket
        clients = clients_of(ticket)
        if len(clients) == 1:
            client = clients[0]
        elif clients and client not in clients:
            raise SupportError("which_client", _("Choose for whom you ask."), field="client")
        elif not clients:
            client = None
        proved = EmailAddress.objects.filter(email__iexact=ticket.email, verified=True)
        ticket.asker = User.objects.filter(pk__in=proved.values("user")).first()
        ticket.save(update_fields=["asker"])
        Message.objects.filter(ticket=ticket).update(author=ticket.asker)
        move(ticket, State.OPEN, Happened.CONFIRMED, by=ticket.asker, now=now)
        message = ticket.messages.earliest("pk")
        if client is None:
            letters.question_received(ticket, message, now)
            return ticket
        wait, _event = _link(ticket, client, ticket.asker, now)
        assert wait is not None
        letters.ticket_received(ticket, message, wait, now)
        return ticket


def link_to_client(
    *, ticket: Ticket, client: Client, by: User, now: datetime, name_asker: bool = False
) -> Ticket:
    """A consultant says whose question it is. It is the client's from now on, with the promise from its oldest message
    that still awaits an answer: from when that was written for who was a client then, else from signing on (S1).

    With `name_asker` its asker asks and follows for the client from now on, which is for those to say who name its
    people in the office. Linked to it already, nothing changes. Raises SupportError: "no_client" (nothing was signed),
    "not_a_question", "not_open", "own_business", "names_nobody" (`by` names no people of clients).
    """
    if name_asker and not by.has_perm(NAMES_PEOPLE):
        raise SupportError(
            "names_nobody",
            _("Who speaks for a client is said by the desk lead. Link the question without it."),
            field="name_asker",
        )
    with transaction.atomic():
        # Parents before children, as signing does it.
        client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        ticket = locked(ticket)
        if ticket.client_id == client.pk:
            return ticket
        refuse_own_ticket(ticket, by)
        if ticket.kind != Kind.QUESTION:
            raise SupportError("not_a_question", _("This is no question of somebody who is no client."))
        refuse_not_open(ticket)
        if not client.agreements.exists():
            raise SupportError(
                "no_client",
                _("%(client)s has signed nothing yet, and so is no client.") % {"client": client},
                field="client",
            )
        if belongs_to(client, by):
            raise own_business("client")
        wait, event = _link(ticket, client, by, now)
        if name_asker and ticket.email:
            _name_asker(ticket, client, by)
        if wait is not None:
            letters.ticket_linked(ticket, wait, event, now)
        return ticket


def unlink_from_client(*, ticket: Ticket, why: str, by: User, now: datetime) -> Ticket:
    """Takes back a link to the wrong client: it is nobody's question again, and that client sees it no more. By when an
    answer was promised stands all the same (S2).

    Raises SupportError: "no_reason", "not_linked", "work_logged" (on that client's account), "others_wrote" (somebody
    else of that client, who is not to be shown to its asker), "own_business".
    """
    why = why.strip()
    if not why:
        raise SupportError("no_reason", _("Say why it is taken back."), field="why")
    with transaction.atomic():
        ticket = locked(ticket)
        if ticket.client_id is None:
            return ticket
        refuse_own_ticket(ticket, by)
        if not ticket.events.filter(kind=Happened.LINKED).exists():
            raise SupportError("not_linked", _("A client opened this ticket. It stays theirs."))
        if ticket.work.standing().exists():
            raise SupportError(
                "work_logged", _("Work was logged on it for that client. Take the work back first.")
            )
        asked = ticket.messages.filter(kind=Message.Kind.ASKED)
        theirs = Q(email=ticket.email) | (Q(author=ticket.asker) if ticket.asker_id else Q(pk=None))
        if asked.exclude(theirs).exists():
            raise SupportError(
                "others_wrote",
                _(
                    "Somebody of that client has written on it, which its asker is not to read. Close it instead."
                ),
            )
        about = str(ticket.client)
        ticket.kind, ticket.client, ticket.agreement_version = Kind.QUESTION, None, None
        ticket.placement, ticket.allowance = "", None
        ticket.save(update_fields=["kind", "client", "agreement_version", "placement", "allowance"])
        note(ticket, Happened.UNLINKED, by=by, now=now, reason=why, about=about)
        return ticket


def link_at_signing(*, client: Client, now: datetime) -> int:
    """A client has signed: what its people have asked before, and nobody has closed, is its from now on, with the
    promise from signing on (S1). Call it inside the transaction that signs; returns how many."""
    linked = 0
    for pk in _questions_of(client).order_by("pk").values_list("pk", flat=True):
        ticket = locked(Ticket(pk=pk))
        # By the lock it may have been closed, or linked.
        if ticket.kind != Kind.QUESTION or not ticket.is_open:
            continue
        wait, event = _link(ticket, client, None, now)
        if wait is not None:
            letters.ticket_linked(ticket, wait, event, now)
        linked += 1
    return linked


def _questions_of(client: Client) -> TicketQuerySet:
    """Open questions of those who speak for a client: by the addresses that they are named by or have proved."""
    named = set(ClientPerson.objects.speaking().filter(client=client).values_list("email", flat=True))
    # In lower case both, as `ClientPerson.email` is.
    users = set(
        EmailAddress.objects.alias(lower=Lower("email"))
        .filter(lower__in=named, verified=True)
        .values_list("user", flat=True)
    )
    business = client.customer.professional
    if business is not None:
        of_business = User.objects.filter(Q(pk=business.owner_id) | Q(businesses=business))
        users |= set(of_business.values_list("pk", flat=True))
    proved = EmailAddress.objects.filter(user__in=users, verified=True).values_list("email", flat=True)
    addresses = named | {email.lower() for email in proved}
    questions = Ticket.objects.open().filter(kind=Kind.QUESTION)
    return questions.filter(Q(email__in=addresses) | Q(asker__in=users))


def _link(ticket: Ticket, client: Client, by: User | None, now: datetime) -> tuple[Wait | None, TicketEvent]:
    """Makes a question, which is locked and open, a client's; with the wait that begins where something of it still
    awaits an answer."""
    ticket.kind, ticket.client = Kind.REQUEST, client
    ticket.agreement_version = agreed_then(client, None, ticket.asked_at)
    ticket.save(update_fields=["kind", "client", "agreement_version"])
    event = note(ticket, Happened.LINKED, by=by, now=now, about=str(client))
    unanswered = _unanswered(ticket)
    asked = [message.at for message in unanswered]
    wait = begin_wait(ticket=ticket, asked_at=asked[0], then=asked[1:]) if asked else None
    Message.objects.filter(pk__in=[message.pk for message in unanswered]).update(wait=wait)
    return wait, event


def _unanswered(ticket: Ticket) -> list[Message]:
    """What still awaits an answer."""
    return list(Message.objects.filter(ticket=ticket).unanswered()) if ticket.state == State.OPEN else []


def _name_asker(ticket: Ticket, client: Client, by: User) -> None:
    if ClientPerson.objects.speaking().filter(client=client, email=ticket.email).exists():
        return
    name_person(
        client=client,
        name=ticket.name or ticket.email,
        email=ticket.email,
        role=ClientPerson.Role.ASKS,
        by=by,
        phone=str(ticket.phone),
    )


def mail_to_confirm() -> Exists:
    """The condition that an incoming mail is of a question that nobody is to read, for its asker has not confirmed it:
    asked of each mail by the one message that it became."""
    return Exists(Message.objects.filter(mail=OuterRef("pk"), ticket__state__in=Ticket.UNREAD))


def never_confirmed(now: datetime) -> TicketQuerySet:
    """Questions whose days to be confirmed are over."""
    return Ticket.objects.filter(state=State.UNCONFIRMED, asked_at__lte=now - CONFIRM_WITHIN)


def expire_questions(*, now: datetime, batch: int = 200) -> int:
    """Ends questions that nobody confirmed, and erases who asked and what; returns how many. Runs again without
    harm."""

    def expire(pk: int) -> bool:
        # Looks again under the lock: the asker may be pressing the button, or another worker be at it.
        due = never_confirmed(now).select_for_update(no_key=True, of=("self",), skip_locked=True)
        ticket = due.filter(pk=pk).first()
        if ticket is None:
            return False
        move(ticket, State.EXPIRED, Happened.EXPIRED, by=None, now=now)
        erase_ticket(ticket, now=now)
        return True

    return for_each(never_confirmed(now), expire, what="end", batch=batch)

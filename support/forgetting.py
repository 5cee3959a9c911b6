"""Taking people out of tickets (X5): what was asked and said goes, that something was asked and when stays, and so does
what was booked for it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from base.erased import ERASED
from base.jobs import for_each
from mail import inbox, kept_files, outbox
from mail.models import IncomingMail, OutgoingMail
from profiles.models import User
from support.models import Attachment, Call, Message, Ticket, TicketEvent, Wait
from support.models.messages import MessageQuerySet
from support.models.tickets import TicketQuerySet, families
from support.tickets import lock_all, move, note
from support.waits import end_wait

State = Ticket.State


def lock_families(pks: Sequence[int]) -> list[Ticket]:
    """Tickets as they are now, in the order of their ids; all that was merged into them is locked with them."""
    found = lock_all(families(pks))
    return [found[pk] for pk in sorted(set(pks))]


def erase_ticket(ticket: Ticket, *, now: datetime) -> None:
    """Takes everything out of a question that says who asked, what, and what they were told: it was said to them alone.
    One that was going on is closed. Erased already, nothing changes. It is locked, with all that was merged into it
    (`lock_families`)."""
    if ticket.erased_at is not None:
        return
    # One that was linked to the wrong client still has the promise.
    _end(ticket, now)
    forget_mails(ticket)
    _erase_messages(Message.objects.filter(ticket=ticket), now)
    Call.objects.filter(ticket=ticket).update(phone="", number_said="", name="", summary="")
    ticket.events.update(reason="")
    _erase_row(ticket, now)
    ticket.looks.all().delete()
    note(ticket, TicketEvent.Kind.ERASED, by=None, now=now)
    for merged in Ticket.objects.filter(merged_into=ticket, erased_at=None).order_by("pk"):
        erase_ticket(merged, now=now)


def erase_asker(user: User, *, addresses: Iterable[str], now: datetime) -> None:
    """Takes somebody out of the desk: their questions whole (`erase_ticket`); of what they asked for a client their own
    words and files, for the answers and what was done are the client's. What still goes on of an appeal ends: nobody
    else is to hear of it (G19). Call it inside the transaction that erases."""
    addresses = {address.lower() for address in addresses}
    for ticket in lock_families(_ids(asked_by(user, addresses))):
        if ticket.client_id is None:
            if ticket.state == State.UNCONFIRMED:
                move(ticket, State.EXPIRED, TicketEvent.Kind.EXPIRED, by=None, now=now)
            erase_ticket(ticket, now=now)
        else:
            if ticket.kind == Ticket.Kind.APPEAL:
                _end(ticket, now)
            forget_mails(ticket)
            _erase_row(ticket, None)
    said = Message.objects.filter(Q(author=user) | Q(email__in=addresses), kind=Message.Kind.ASKED)
    _erase_messages(said, now)
    TicketEvent.objects.filter(actor=user).update(reason="")


def forget_address(*, email: str, now: datetime) -> int:
    """Somebody without an account, who has proved that the address is theirs, wants to be forgotten: erases all that
    they asked as nobody's client; returns how many questions. What is an account's goes with that."""
    with transaction.atomic():
        mine = Ticket.objects.filter(email=email.lower(), client=None, asker=None, erased_at=None)
        mine = mine.exclude(kind=Ticket.Kind.APPEAL)
        done = 0
        for ticket in lock_families(_ids(mine)):
            if ticket.erased_at is not None or ticket.client_id is not None:
                continue
            if ticket.state == State.UNCONFIRMED:
                move(ticket, State.EXPIRED, TicketEvent.Kind.EXPIRED, by=None, now=now)
            erase_ticket(ticket, now=now)
            done += 1
        return done


def asked_by(user: User, addresses: Iterable[str]) -> TicketQuerySet:
    """What somebody asked, by their account or by an address of theirs."""
    by_account = Ticket.objects.filter(asker=user)
    by_address = Ticket.objects.filter(email__in=addresses)
    # Each by its index.
    return Ticket.objects.filter(
        pk__in=by_account.order_by().values("pk").union(by_address.order_by().values("pk"))
    )


def _ids(tickets: TicketQuerySet) -> list[int]:
    return list(tickets.order_by("pk").values_list("pk", flat=True))


def to_forget(now: datetime) -> TicketQuerySet:
    """Questions that nobody has carried on for `DESK_QUESTIONS_KEPT_DAYS`: closed so long ago, or answered."""
    before = now - timedelta(days=settings.DESK_QUESTIONS_KEPT_DAYS)
    questions = Ticket.objects.filter(kind=Ticket.Kind.QUESTION, erased_at=None)
    said_since = Message.objects.filter(ticket=OuterRef("pk"), at__gt=before)
    closed = Q(state=State.CLOSED, closed_at__lte=before)
    answered = Q(state=State.ANSWERED, asked_at__lte=before) & ~Exists(said_since)
    return questions.filter(closed | answered)


def forget_questions(*, now: datetime, batch: int = 200) -> int:
    """Erases them; returns how many. Runs again without harm."""

    def forget(pk: int) -> bool:
        # What somebody has in hand is left to a later run.
        family = Ticket.objects.filter(pk__in=families([pk])).order_by("pk")
        free = set(family.select_for_update(no_key=True, of=("self",), skip_locked=True))
        ticket = to_forget(now).filter(pk=pk).first()
        if ticket is None or len(free) < family.count():
            return False
        erase_ticket(ticket, now=now)
        return True

    return for_each(to_forget(now), forget, what="forget", batch=batch)


def _end(ticket: Ticket, now: datetime) -> None:
    """Closes a ticket that was going on: nobody waits for it any more."""
    if ticket.is_open:
        end_wait(ticket=ticket, ending=Wait.Ending.CLIENT, now=now, by=None)
        ticket.closed_at = now
        move(ticket, State.CLOSED, TicketEvent.Kind.CLOSED, by=None, now=now)


def _erase_row(ticket: Ticket, erased_at: datetime | None) -> None:
    ticket.subject, ticket.name, ticket.email, ticket.phone = ERASED, "", "", ""
    ticket.asker, ticket.rating_text, ticket.erased_at = None, "", erased_at
    ticket.save(update_fields=["subject", "name", "email", "phone", "asker", "rating_text", "erased_at"])


def _erase_messages(messages: MessageQuerySet, now: datetime) -> None:
    """Takes words, names and files out of messages; what came by mail goes out of the inbox too."""
    pks = list(messages.values_list("pk", flat=True))
    files = Attachment.objects.filter(message__in=pks)
    names = list(files.values_list("file", flat=True))
    files.delete()
    transaction.on_commit(lambda: kept_files.delete(names))
    inbox.forget(IncomingMail.objects.filter(desk_message__in=pks), now=now)
    rows = Message.objects.filter(pk__in=pks)
    rows.update(text=ERASED, quoted="", email="")
    # Who of the desk answered stays (X4).
    rows.filter(kind=Message.Kind.ASKED).update(name="", author=None)
    rows.exclude(unneeded_why="").update(unneeded_why=ERASED)


def forget_mails(ticket: Ticket) -> None:
    """Takes the person out of what was written to them about a ticket, and their words out of what others were."""
    messages = Message.objects.filter(ticket=ticket).values_list("public_id", flat=True)
    causes = [f"message:{key}" for key in messages]
    causes += [f"ticket_event:{pk}" for pk in ticket.events.values_list("pk", flat=True)]
    # Each closing has a cause of its own, with its moment behind the ticket.
    of_ticket = Q(cause=f"ticket:{ticket.public_id}") | Q(cause__startswith=f"ticket:{ticket.public_id}:")
    about = OutgoingMail.objects.filter(of_ticket | Q(cause__in=causes))
    if ticket.email:
        outbox.forget_person(about.filter(recipient=ticket.email))
    outbox.forget_text(about)
    # Who returned a mail, and the words of their server.
    ticket.events.filter(kind=TicketEvent.Kind.RESUMED).update(about="", reason="")

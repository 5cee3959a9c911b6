"""The inbox (S10, X3): one path for every message, however it comes.

`receive` writes a message down and does nothing about it. `handle` does, after that is committed: the ordered setting
`MAIL_ROUTES` names who may take it, and the first that does has it. Between the two a process may die: what was
received is due until it is handled, and every few seconds beat asks for `handle_due`.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import getaddresses, parseaddr
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from base.days import marketplace_day
from base.erased import ERASED, NOWHERE
from mail import kept_files
from mail.bounces import note_bounce
from mail.errors import MailError
from mail.models import IncomingAttachment, IncomingMail, IncomingMailEvent
from mail.reading import ReadMail, read

logger = logging.getLogger(__name__)

State = IncomingMail.State
Reason = IncomingMail.Reason
# How long after the first, second, … attempt that came to no end the next is made. After the last of them: given up.
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440))

# How long a mail server goes on trying to hand a message over.
LATE_AT_MOST = timedelta(days=7)
# For how long what one sender sends is counted together (`INBOX_MAILS_A_DAY`).
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a route made of a message: `cause` names the row that it became part of ("claim:…"), `why` says in words
    what is to be known besides, and `keep` that message and text stay as long as that row needs them."""

    cause: str = ""
    why: str = ""
    keep: bool = False


@dataclass(frozen=True, slots=True)
class LeftToPerson:
    """A route's word that a message is its own and a person decides what becomes of it; `reason` says why."""

    reason: IncomingMail.Reason


# A route of MAIL_ROUTES: `take(mail, by=by, now=now)`, called in a transaction that is its own; `by` is who takes the
# mail in by hand, else None. It returns None where the mail is not its own, and may raise a Refusal to that person;
# what a person takes in it leaves to no other.
# Its attribute `ask_who_decides(mail, by=by)`, where it has one, raises a Refusal to who may not decide on a mail; its
# attribute `continues(mail)` says whether a mail goes on with what its sender alone was written to about.
Route = Callable[..., Taken | LeftToPerson | None]


def own_addresses() -> set[str]:
    """Every address at which we are: a mail from one of them is our own, come back."""
    known = (
        settings.DEFAULT_FROM_EMAIL,
        settings.CLAIMS_ADDRESS,
        settings.APPEALS_ADDRESS,
        settings.DESK_ADDRESS,
        *settings.OWN_ADDRESSES,
    )
    return {parseaddr(address)[1].lower() for address in known} - {""}


def without_tag(address: str) -> str:
    """ "claims@quince.example" of "claims+15@quince.example": the part behind + is for whoever gave it out."""
    local, _at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def receive(
    raw: bytes,
    *,
    recipient: str,
    received_at: datetime | None,
    by: IncomingMail.Way,
    now: datetime,
    mailbox_of: str = "",
    spam: bool = False,
    only_headers_of: int | None = None,
) -> list[IncomingMail]:
    """Writes a message down, in one transaction; returns a row for each address of ours that it was sent to, and of
    each the one there is if it came before.

    `recipient` says for whom it was delivered, in one address or several; the headers are read too, for some ways name
    one of several, or none (""). Where none is ours, there is one row: for the first recipient, else for `mailbox_of`,
    else for the first that the headers name.
    `received_at` is when it reached the mailbox; where the way does not say (None), what our server or the provider
    wrote on top of it does, within a week: a delivery that failed is tried again for days. `spam`: the provider says
    so. A message above `INBOX_MAX_BYTES`
    keeps its headers alone, which say who wrote on which day to which address; `only_headers_of` says how large one
    was that came without the rest.
    """
    size = len(raw) if only_headers_of is None else only_headers_of
    too_large = size > settings.INBOX_MAX_BYTES
    if too_large:
        raw = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0][:100_000] + b"\n\n"
    said = read(raw, ours=own_addresses(), authserv_id=settings.MAIL_AUTHSERV_ID)
    if too_large:
        said = replace(said, attachments=())
    about = {
        "way": by,
        "received_at": min(received_at or _arrived(said, now), now),
        "stored_at": now,
        "due_at": now,
        "sender": said.sender,
        "sender_name": said.sender_name,
        "subject": said.subject,
        "text": said.text,
        "whole_text": said.whole_text,
        "references": "\n".join(said.references),
        "automatic_sign": said.automatic_sign,
        "authentication": said.authentication,
        "size": size,
    }
    files: list[str] = []
    try:
        with transaction.atomic():
            mails = []
            for to in _for_whom(recipient, said.recipients, mailbox_of):
                # A file for each: it is cleared as soon as nothing keeps its row.
                files.append(kept_files.keep(raw))
                mail, created = IncomingMail.objects.get_or_create(
                    message_id=said.message_id,
                    recipient=to,
                    said_hash=hash_of_said(said),
                    defaults=about | {"raw": files[-1]},
                )
                if created:
                    _begin(mail, said, spam=spam, now=now)
                mails.append(mail)
    except BaseException:
        kept_files.delete(files)
        raise
    kept_files.delete(set(files) - {mail.raw.name for mail in mails})
    return mails


def _begin(mail: IncomingMail, said: ReadMail, *, spam: bool, now: datetime) -> None:
    IncomingAttachment.objects.bulk_create(
        IncomingAttachment(
            mail=mail,
            position=each.position,
            name=each.name,
            content_type=each.content_type,
            size=len(each.content),
        )
        for each in said.attachments
    )
    IncomingMailEvent.objects.create(mail=mail, to_state=State.RECEIVED, at=now)
    # What is known only now, and nobody can find out later.
    if spam:
        _move(mail, State.PARKED, now=now, reason=Reason.SPAM)


def hash_of_said(said: ReadMail) -> str:
    """What tells a message that comes again from another that bears its Message-ID: who says what, and whether somebody
    else may have said it. Neither what servers add on the way nor how they put its lines is part of it."""
    words = " ".join(said.whole_text.split())
    doubtful = said.authentication == IncomingMail.Authentication.FAILED
    return hashlib.sha256(f"{said.sender}\n{doubtful}\n{words}".encode()).hexdigest()


def _arrived(said: ReadMail, now: datetime) -> datetime:
    return said.arrived_at if said.arrived_at and now - LATE_AT_MOST <= said.arrived_at <= now else now


def _for_whom(recipient: str, in_headers: tuple[str, ...], mailbox_of: str) -> list[str]:
    """The addresses that a message is for, each once, whatever part behind a + it was written with."""
    recipient = recipient.replace("\0", "").strip()
    named = [address for _name, address in getaddresses([recipient]) if "@" in address] or [recipient]
    ours = own_addresses()
    found: dict[str, str] = {}
    for address in (each.lower() for each in (*named, *in_headers)):
        bare = without_tag(address)
        # One with a tag says more than one without: "reply to all" names both, and each copy of it is the same mail.
        if bare in ours and found.get(bare, bare) == bare:
            found[bare] = address
    others = (*named, mailbox_of, *in_headers, "")
    # In one order, so that two deliveries of it at once wait for each other and not crosswise.
    return sorted(each[:254] for each in found.values()) or [next(filter(None, others), "").lower()[:254]]


def due(now: datetime) -> QuerySet[IncomingMail]:
    """What waits to be handled, or handled again."""
    return IncomingMail.objects.filter(state=State.RECEIVED, due_at__lte=now).order_by("due_at", "id")


def handle_due(*, now: datetime, batch: int = 50) -> int:
    """Handles up to `batch` of the messages that are due; returns how many it tried. Two at once try each once."""
    ids = list(due(now).values_list("pk", flat=True)[:batch])
    return sum(handle(mail_id, now=now) for mail_id in ids)


def handle(mail_id: int, *, now: datetime) -> bool:
    """Handles one message that is due; False: it is not, or somebody else is at it. Not to be called inside a
    transaction.

    An attempt is counted, and the next one set, before it is made: one that kills its process is counted too.
    """
    with transaction.atomic(durable=True):
        mail = due(now).select_for_update(no_key=True, skip_locked=True).filter(pk=mail_id).first()
        if mail is None:
            return False
        if mail.attempts > len(RETRY_AFTER):
            _move(mail, State.FAILED, now=now, reason=Reason.GAVE_UP)
            return True
        mail.attempts += 1
        mail.due_at = now + RETRY_AFTER[min(mail.attempts, len(RETRY_AFTER)) - 1]
        mail.save(update_fields=["attempts", "due_at"])
    try:
        with transaction.atomic():
            _locked_route(mail, now)
    except Exception as error:
        logger.exception("Incoming mail %s could not be handled", mail.pk)
        with transaction.atomic():
            _mark_failed(mail, error, now)
    return True


def _locked_route(claimed: IncomingMail, now: datetime) -> None:
    mail = (
        IncomingMail.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(pk=claimed.pk, state=State.RECEIVED, attempts=claimed.attempts)
        .first()
    )
    if mail is None:  # It was handled since, or is just being handled.
        return
    doubtful = mail.authentication == IncomingMail.Authentication.FAILED
    if mail.automatic_sign:
        # Of whoever may not be the mail server that they say, nothing is believed of what did not arrive.
        returned = None if doubtful else note_bounce(mail)
        if returned is None:
            _move(mail, State.NOT_TAKEN, now=now, reason=Reason.AUTOMATIC)
        else:
            _move(mail, State.NOT_TAKEN, now=now, reason=Reason.BOUNCE, cause=f"outgoing_mail:{returned.pk}")
    elif doubtful:
        _move(mail, State.PARKED, now=now, reason=Reason.NOT_AUTHENTIC)
    elif mail.sender and _too_many(mail):
        # One waits at each address, so that whoever reads that sees it; what comes while it does is found by its sender
        # and buries nobody's.
        waiting = IncomingMail.objects.sent_to(without_tag(mail.recipient)).filter(
            sender=mail.sender, state=State.PARKED, reason=Reason.TOO_MANY
        )
        _move(mail, State.NOT_TAKEN if waiting.exists() else State.PARKED, now=now, reason=Reason.TOO_MANY)
    elif mail.sender and _take(mail, now=now):
        return
    elif without_tag(mail.recipient) in own_addresses():
        # Our mails invite replies: at an address that we give out, what no route takes is for somebody to read, and
        # what has no sender whom a route could know or answer.
        _move(mail, State.PARKED, now=now, reason=Reason.FOR_A_PERSON)
    else:
        too_large = mail.size > settings.INBOX_MAX_BYTES
        _move(mail, State.NOT_TAKEN, now=now, reason=Reason.TOO_LARGE if too_large else Reason.NO_ROUTE)


def _too_many(mail: IncomingMail) -> bool:
    """Whether its sender has had as many taken in within a day as one may: by a broken machine, or a hostile one, no
    other's work is put off. Whoever writes in somebody's name silences nobody: what goes on with what we wrote to them
    has as many again. Two that are handled at this moment do not see each other, and there may be one more."""
    most = settings.INBOX_MAILS_A_DAY
    that_day = IncomingMail.objects.order_by().filter(
        sender=mail.sender,
        received_at__gt=mail.received_at - A_DAY,
        received_at__lte=mail.received_at,
        state=State.TAKEN,
    )
    taken = that_day[: 2 * most].count()
    return taken >= most and (taken >= 2 * most or not _continues(mail))


def _continues(mail: IncomingMail) -> bool:
    asked = (getattr(import_string(name), "continues", None) for name in settings.MAIL_ROUTES)
    return any(ask(mail) for ask in asked if ask)


def _mark_failed(claimed: IncomingMail, error: Exception, now: datetime) -> None:
    mail = (
        IncomingMail.objects.select_for_update(no_key=True)
        .filter(pk=claimed.pk, state=State.RECEIVED, attempts=claimed.attempts)
        .first()
    )
    if mail is None:
        return
    # What an error quotes of a message is nobody's business who reads a list.
    mail.last_error = type(error).__name__[:250]
    mail.save(update_fields=["last_error"])
    if mail.attempts > len(RETRY_AFTER):
        _move(mail, State.FAILED, now=now, reason=Reason.GAVE_UP)


def _take(mail: IncomingMail, *, now: datetime, by: Any = None) -> bool:
    """Goes through the routes; whether one took it, or left it to a person."""
    for name in settings.MAIL_ROUTES:
        take: Route = import_string(name)
        taken = take(mail, by=by, now=now)
        if isinstance(taken, LeftToPerson):
            _move(mail, State.PARKED, now=now, reason=taken.reason)
            return True
        if taken is not None:
            _move(
                mail,
                State.TAKEN,
                now=now,
                by=by,
                note=taken.why,
                route=name,
                cause=taken.cause,
                keep=taken.keep,
            )
            return True
    return False


def _move(
    mail: IncomingMail,
    to: IncomingMail.State,
    *,
    now: datetime,
    reason: str = "",
    note: str = "",
    by: Any = None,
    route: str = "",
    cause: str = "",
    keep: bool = False,
) -> None:
    """Moves a message that is locked, with its history row. Raises ValueError for a move that is not in the table."""
    came_from = State(mail.state)
    if to not in IncomingMail.MOVES[came_from]:
        raise ValueError(f"A mail that is {came_from} cannot be {to}.")
    mail.state, mail.reason, mail.route, mail.cause = to, reason, route, cause
    mail.clear_on = (
        None if mail.waits or keep else marketplace_day(now) + timedelta(days=settings.INBOX_KEEP_DAYS)
    )
    mail.save(update_fields=["state", "reason", "route", "cause", "clear_on"])
    IncomingMailEvent.objects.create(
        mail=mail, actor=by, from_state=came_from, to_state=to, reason=note or reason, at=now
    )


def take_in(*, mail: IncomingMail, by: Any, now: datetime) -> IncomingMail:
    """Takes a message in that a person looked at, as if its sender were certain. What looks like a machine's is taken
    in too, and still not answered.

    Taken in already: returns it and does nothing. Raises MailError: own_mail, cleared, no_route, still_waiting; and
    whatever a route refuses.
    """
    with transaction.atomic():
        mail = IncomingMail.objects.select_for_update(no_key=True).get(pk=mail.pk)
        if mail.state == State.TAKEN:
            return mail
        _decided_by_another(mail, by)
        if mail.state == State.RECEIVED:
            raise MailError("still_waiting", _("This mail is about to be handled. Look again in a minute."))
        if mail.cleared_at:
            raise MailError("cleared", _("What this mail said is not kept, so it cannot be taken in."))
        if not _take(mail, now=now, by=by):
            raise MailError("no_route", _("No part of the product takes mail for this address."))
    return mail


def set_aside(*, mail: IncomingMail, reason: str, by: Any, now: datetime) -> IncomingMail:
    """Ends the waiting of a message that is not to be taken in, with the reason (X4).

    Set aside so by them already, as by a form that is sent twice: returns it and does nothing. Raises MailError:
    own_mail, reason_needed, not_waiting; and whatever a route says of who decides.
    """
    reason = reason.strip()
    with transaction.atomic():
        mail = IncomingMail.objects.select_for_update(no_key=True).get(pk=mail.pk)
        _decided_by_another(mail, by)
        if mail.reason == Reason.SET_ASIDE and reason and _said_last(mail) == (by.pk, reason[:2000]):
            return mail
        if not mail.waits:
            raise MailError("not_waiting", _("This mail waits for nobody, so there is nothing to set aside."))
        if not reason:
            raise MailError("reason_needed", _("Please write why."), field="reason")
        _move(mail, State.NOT_TAKEN, now=now, reason=Reason.SET_ASIDE, note=reason[:2000], by=by)
    return mail


def _said_last(mail: IncomingMail) -> tuple[int | None, str]:
    last = mail.events.latest("at", "pk")
    return last.actor_id, last.reason


def _decided_by_another(mail: IncomingMail, by: Any) -> None:
    if mail.sender and mail.sender == by.email.lower():
        raise MailError("own_mail", _("You sent this mail, so somebody else has to decide."))
    for name in settings.MAIL_ROUTES:
        if ask := getattr(import_string(name), "ask_who_decides", None):
            ask(mail, by=by)


def to_clear(now: datetime) -> QuerySet[IncomingMail]:
    """What was handled long enough ago, and is kept by nothing that it became part of."""
    return IncomingMail.objects.filter(cleared_at=None, clear_on__lte=marketplace_day(now))


def clear_old(*, now: datetime) -> int:
    """Clears messages and texts that nobody needs any more; returns how many. That they came, when and what became of
    them stays."""
    cleared = 0
    while batch := clear(to_clear(now).order_by("pk")[:200], now=now):
        cleared += batch
    return cleared


def clear(mails: QuerySet[IncomingMail], *, now: datetime) -> int:
    """Clears the messages, texts, subjects and attachments of `mails`; the files go once that is certain."""
    with transaction.atomic():
        found = list(mails.values_list("pk", "raw"))
        rows = IncomingMail.objects.filter(pk__in=[pk for pk, _name in found])
        IncomingAttachment.objects.filter(mail__in=rows).delete()
        rows.update(raw="", subject="", text="", whole_text="", sender_name="", references="", cleared_at=now)
        transaction.on_commit(lambda: kept_files.delete([name for _pk, name in found]))
    return len(found)


def forget_senders(addresses: set[str], *, now: datetime) -> int:
    """Takes whoever wrote from these addresses out of what they sent us (X5); returns how many mails. What was not
    handled yet never will be. Call inside the transaction that erases."""
    return forget(IncomingMail.objects.from_any(addresses), now=now)


def forget(mails: QuerySet[IncomingMail], *, now: datetime) -> int:
    """As `forget_senders`, of these mails alone."""
    for mail in mails.select_for_update(no_key=True).filter(
        state__in=(State.RECEIVED, State.PARKED, State.FAILED)
    ):
        _move(mail, State.NOT_TAKEN, now=now, reason=Reason.SET_ASIDE, note="erased")
    ids = list(mails.values_list("pk", flat=True))
    rows = IncomingMail.objects.filter(pk__in=ids)
    clear(rows, now=now)
    rows.update(
        # One address and one Message-ID for each, so that none of them is another's.
        sender=Concat(Value("erased-"), Cast("pk", CharField()), Value(f"@erased{NOWHERE}")),
        message_id=Concat(Value("erased-"), Cast("pk", CharField())),
        subject=ERASED,
        cleared_at=now,
    )
    return len(ids)

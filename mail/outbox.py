"""The outbox (X3): a mail is written in the transaction of its cause, and sent after.

`write` renders a mail in its reader's language and stores it; nothing is sent there, and no broker is needed. Every
few seconds beat asks for `send_due`, which claims what is due, commits the claim, sends outside any transaction, and
marks. A worker that dies between the two leaves rows that `send_due` releases by their age; those go out once more,
with the same Message-ID.
"""

import logging
import smtplib
import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Cast, Concat
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone, translation

from base.days import marketplace_zone
from base.erased import ERASED, NOWHERE
from mail.letters import BY_HAND, as_message, paragraphs
from mail.models import OutgoingMail

logger = logging.getLogger(__name__)

# How long after the first, second, … failed attempt the next is made. After the last of them: given up.
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440))
# A sender stops after this long and gives the rest of its batch back, so that a slow server cannot make
# a living sender's mails look stuck.
SEND_FOR = timedelta(minutes=5)
STUCK_AFTER = timedelta(minutes=15)
CLEAR_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Letter:
    """What `write` takes, for many at once."""

    kind: str
    cause: str
    to: str
    language: str
    context: Mapping[str, Any]
    reply_to: str = ""
    time_zone: str = ""
    unsubscribe_url: str = ""
    not_before: datetime | None = None
    in_reply_to: str = ""
    calendar: str = ""


def write(
    *,
    kind: str,
    cause: str,
    to: str,
    language: str,
    context: Mapping[str, Any],
    now: datetime,
    reply_to: str = "",
    time_zone: str = "",
    unsubscribe_url: str = "",
    not_before: datetime | None = None,
    in_reply_to: str = "",
    calendar: str = "",
) -> None:
    """Writes one mail; call it inside the transaction of its cause.

    `kind` "app/name" is the template templates/<app>/mail/<name>.txt: the subject, an empty line, paragraphs.
    Unique per (cause, kind, recipient): written again, it does nothing. To an address where nobody can be it is not
    written (`_reaches_nobody`): what caused it goes on without. An empty or unknown `language` is
    the site's; an empty `time_zone` is the marketplace's (X1). `unsubscribe_url` is for mails that one can do
    without: it takes a POST without a session, and stands in the headers and under the text.
    `not_before`: it is sent then, or as soon after as any; else as soon as possible. `in_reply_to` is the Message-ID
    of the mail that it answers: see `mail.answers`.
    `calendar` is the text of a file for calendars that goes with it (`mail.calendars`).
    Raises ValueError for an address of two lines.
    """
    letter = Letter(
        kind=kind,
        cause=cause,
        to=to,
        language=language,
        context=context,
        reply_to=reply_to,
        time_zone=time_zone,
        unsubscribe_url=unsubscribe_url,
        not_before=not_before,
        in_reply_to=in_reply_to,
        calendar=calendar,
    )
    write_many([letter], now=now)


def write_many(letters: Iterable[Letter], *, now: datetime) -> None:
    """As `write`, for a batch of letters, in one statement."""
    _store([_row(letter, _parted(_written(letter)), now) for letter in _deliverable(letters)])


def write_merged(letters: Iterable[Letter], *, now: datetime) -> None:
    """As `write_many`, where a job tells thousands the same: each template is rendered once per language.

    The context of these letters is texts alone, ready to be read; their template prints them and does nothing
    else with them (no filter, no condition). Where letters that follow each other share one context, they are
    the same text, made once.
    """
    forms: dict[tuple[str, str], str] = {}
    rows = []
    last: tuple[tuple[str, str], Mapping[str, Any], tuple[str, str]] | None = None
    for letter in _deliverable(letters):
        form = (letter.kind, _language(letter))
        if last is None or last[0] != form or last[1] is not letter.context:
            if form not in forms:
                slots = {name: f"\x01{name}\x01" for name in letter.context}
                forms[form] = _written(Letter(letter.kind, "", "", letter.language, slots))
            written = forms[form]
            for name, text in letter.context.items():
                written = written.replace(f"\x01{name}\x01", text)
            last = (form, letter.context, _parted(written))
        rows.append(_row(letter, last[2], now))
    _store(rows)


def _deliverable(letters: Iterable[Letter]) -> Iterator[Letter]:
    for letter in letters:
        if len(letter.to.splitlines()) > 1:
            raise ValueError("A mail address has one line.")
        if _reaches_nobody(letter.to):
            logger.warning(
                "Mail %s for %s was not written: its address is nobody's", letter.kind, letter.cause
            )
        else:
            yield letter


def _reaches_nobody(address: str) -> bool:
    """Empty, no address at all, or what stands in the place of one that was erased (X5)."""
    try:
        validate_email(address)
    except ValidationError:
        return True
    return address.endswith(NOWHERE)


def _store(rows: list[OutgoingMail]) -> None:
    if rows:
        OutgoingMail.objects.bulk_create(rows, ignore_conflicts=True)


def _language(letter: Letter) -> str:
    try:
        return translation.get_supported_language_variant(letter.language)
    except LookupError:
        return settings.LANGUAGE_CODE


def _written(letter: Letter) -> str:
    """The template with the letter's context, in its language and zone: the subject's line, then the text."""
    zone = ZoneInfo(letter.time_zone) if letter.time_zone else marketplace_zone()
    app, name = letter.kind.split("/")
    template = get_template(f"{app}/mail/{name}.txt")
    context = Context({"SITE_URL": settings.SITE_URL} | dict(letter.context), autoescape=False)
    with translation.override(_language(letter)), timezone.override(zone):
        return template.template.render(context)  # type: ignore[attr-defined]


def _parted(written: str) -> tuple[str, str]:
    """Subject and text of what was written."""
    subject, _, text = written.replace("\x00", "").strip().partition("\n")
    # One line, whatever a name in it holds: where a line ends, a header ends.
    return " ".join(subject.split())[:250], "\n\n".join(paragraphs(text))


def _row(letter: Letter, parted: tuple[str, str], now: datetime) -> OutgoingMail:
    for address in (letter.reply_to, letter.unsubscribe_url, letter.in_reply_to):
        if len(address.splitlines()) > 1:
            raise ValueError("A mail address has one line.")
    subject, text = parted
    return OutgoingMail(
        kind=letter.kind,
        cause=letter.cause,
        recipient=letter.to,
        reply_to=letter.reply_to,
        unsubscribe_url=letter.unsubscribe_url,
        in_reply_to=letter.in_reply_to,
        calendar=letter.calendar,
        language=_language(letter),
        subject=subject,
        text=text,
        message_id=f"<{uuid.uuid4().hex}@{_domain(settings.DEFAULT_FROM_EMAIL)}>",
        written_at=now,
        due_at=letter.not_before or now,
    )


@cache
def _domain(address: str) -> str:
    return parseaddr(address)[1].rpartition("@")[2]


def take_back(mails: QuerySet[OutgoingMail], *, why: str = "Taken back before it was sent.") -> int:
    """What of these mails was not sent yet is not sent any more, and loses its text; returns how many that were.

    Also what a sender has claimed and not begun to send; only what is being handed over at this moment goes out, and
    that is not tried again.
    """
    return unsent(mails).update(
        state=OutgoingMail.State.FAILED, claimed_at=None, last_error=why, text="", calendar=""
    )


def unsent(mails: QuerySet[OutgoingMail]) -> QuerySet[OutgoingMail]:
    """Those of these mails that wait to be sent, or that a sender has claimed."""
    return mails.filter(state__in=(OutgoingMail.State.QUEUED, OutgoingMail.State.SENDING))


def rewrite(mail: OutgoingMail, *, text: str) -> None:
    """`mail`, which was not sent yet and whose row is locked, is sent with this text. A sender that has claimed it
    holds the old one, so its claim ends."""
    OutgoingMail.objects.filter(pk=mail.pk).update(
        text=text, state=OutgoingMail.State.QUEUED, claimed_at=None
    )


def due(now: datetime) -> int:
    """How many mails are due to be sent."""
    return OutgoingMail.objects.filter(state=OutgoingMail.State.QUEUED, due_at__lte=now).count()


def send_due(*, now: datetime, batch: int = 50) -> int:
    """Sends up to `batch` of the mails that are due; returns how many were sent.

    A mail that fails is tried again after a minute, then ever later, and given up after seven attempts.
    Two senders at once send each mail once. Not to be called inside a transaction.
    """
    _release_stuck(now)
    claimed = _claim(now, batch)
    if not claimed:
        return 0
    stop_at = time.monotonic() + SEND_FOR.total_seconds()
    server = get_connection()
    sent = 0
    try:
        while claimed and time.monotonic() < stop_at:
            mail = claimed.pop(0)
            if not _still_ours(mail).exists():  # Taken back since it was claimed.
                continue
            try:
                _send(mail, server)
            except Exception as error:
                logger.warning("Mail %s was not sent: %s", mail.pk, type(error).__name__)
                _mark_failed(mail, error, now)
                with suppress(Exception):  # What is left of the connection is of no use to the next mail.
                    server.close()
                if _is_of_the_server(error):
                    break
            else:
                sent += 1
                _mark(mail, state=OutgoingMail.State.SENT, sent_at=now, claimed_at=None, last_error="")
    finally:
        with suppress(Exception):
            server.close()
        for mail in claimed:  # Not tried.
            _mark(mail, state=OutgoingMail.State.QUEUED, claimed_at=None, attempts=F("attempts") - 1)
    return sent


def _release_stuck(now: datetime) -> None:
    """Gives back what a dead sender had claimed; what has killed as many senders as it may is given up."""
    stuck = OutgoingMail.objects.filter(state=OutgoingMail.State.SENDING, claimed_at__lte=now - STUCK_AFTER)
    stuck.filter(attempts__gt=len(RETRY_AFTER)).update(
        state=OutgoingMail.State.FAILED, claimed_at=None, last_error="No attempt to send it came to an end."
    )
    stuck.update(state=OutgoingMail.State.QUEUED, claimed_at=None)


def _claim(now: datetime, batch: int) -> list[OutgoingMail]:
    """Takes what is due and commits that, so that no other sender takes it. Each claim counts as an attempt."""
    with transaction.atomic(durable=True):
        claimed = list(
            OutgoingMail.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(state=OutgoingMail.State.QUEUED, due_at__lte=now)
            .order_by("due_at", "id")[:batch]
        )
        for mail in claimed:
            mail.attempts += 1
            mail.claimed_at = now
        OutgoingMail.objects.filter(pk__in=[mail.pk for mail in claimed]).update(
            state=OutgoingMail.State.SENDING, claimed_at=now, attempts=F("attempts") + 1
        )
    return claimed


class NotTakenError(Exception):
    """The mail was handed over and not sent, without anybody saying why: so is one that has no recipient."""


def _send(mail: OutgoingMail, server: BaseEmailBackend) -> None:
    server.open()
    if not server.send_messages([as_message(mail)]):
        raise NotTakenError


def _is_of_the_server(error: Exception) -> bool:
    """Whether no other mail would fare better: the server cannot be reached, or refuses us altogether."""
    about_this_mail = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
    return isinstance(error, OSError) and not isinstance(error, about_this_mail)


def _mark_failed(mail: OutgoingMail, error: Exception, now: datetime) -> None:
    # The address is not repeated: an error is read by more people than may know it (M5).
    said = f"{type(error).__name__}: {error}".replace(mail.recipient or "\n", "…")[:250]
    if mail.attempts > len(RETRY_AFTER):
        _mark(mail, state=OutgoingMail.State.FAILED, claimed_at=None, last_error=said)
    else:
        _mark(
            mail,
            state=OutgoingMail.State.QUEUED,
            claimed_at=None,
            due_at=now + RETRY_AFTER[mail.attempts - 1],
            last_error=said,
        )


def _mark(mail: OutgoingMail, **changes: Any) -> None:
    """Changes the row if the claim on it is still ours: it was not released meanwhile."""
    _still_ours(mail).update(**changes)


def _still_ours(mail: OutgoingMail) -> QuerySet[OutgoingMail]:
    return OutgoingMail.objects.filter(
        pk=mail.pk, state=OutgoingMail.State.SENDING, claimed_at=mail.claimed_at
    )


# An address there is somebody's, or says where they get their mail.
_NOBODY_RETURNED_IT = Case(When(bounced_at__isnull=False, then=Value("")), default=F("last_error"))


def forget_person(mails: QuerySet[OutgoingMail]) -> int:
    """Takes the person out of mails that were written to them (X5); returns how many. The rows stay, and so does what
    they say of the product: that such a mail was written, when, and whether it was sent. What was not sent yet never
    will be. Call inside the transaction that erases."""
    take_back(mails, why="Whom it was for had their data erased.")
    return mails.update(
        # One address for each: a cause may have been written of to two people.
        recipient=Concat(Value("erased-"), Cast("pk", CharField()), Value(f"@erased{NOWHERE}")),
        reply_to="",
        in_reply_to="",
        subject=ERASED,
        text="",
        calendar="",
        last_error=_NOBODY_RETURNED_IT,
    )


def forget_text(mails: QuerySet[OutgoingMail]) -> int:
    """Takes what mails to others say of a person out of them (X5); returns how many. To whom and when they were sent
    stays; what was not sent yet never will be. Call inside the transaction that erases."""
    take_back(mails, why="Whom it was about had their data erased.")
    return mails.update(subject=ERASED, text="", calendar="", last_error=_NOBODY_RETURNED_IT)


def old(now: datetime) -> QuerySet[OutgoingMail]:
    """Mails that ended, sent or given up, 30 days ago or earlier, and still have their body."""
    before = now - CLEAR_AFTER
    ended = OutgoingMail.objects.filter(
        state__in=[OutgoingMail.State.SENT, OutgoingMail.State.FAILED], cleared_at=None
    )
    # What is not due cannot have been sent: the first filter is for the index, the second is the rule.
    return ended.filter(due_at__lte=before).exclude(sent_at__gt=before)


def clear_old(*, now: datetime) -> int:
    """Clears the bodies of old mails, the subjects of those that a person wrote, where answers went and what was
    answered (M5); returns how many."""
    subject = Case(When(kind__in=BY_HAND, then=Value("")), default=F("subject"))
    return old(now).update(
        text="",
        calendar="",
        subject=subject,
        reply_to="",
        in_reply_to="",
        unsubscribe_url="",
        cleared_at=now,
    )


def written_to(addresses: Collection[str]) -> QuerySet[OutgoingMail]:
    """Whatever was written to any of these addresses."""
    return OutgoingMail.objects.filter(recipient__in=addresses)


def written_for(rows: Collection[str], *, to: Collection[str]) -> QuerySet[OutgoingMail]:
    """What was written to any of these addresses for one of these rows ("lead:12"), however often it was sent anew.

    What stands behind the row in a cause ("lead:12:link:2") can be unknown by then: so the person's own mails, which
    are few and have an index, are read, and told apart here.
    """
    theirs = written_to(to).order_by().values_list("pk", "cause")
    about = [pk for pk, cause in theirs if ":".join(cause.split(":")[:2]) in rows]
    return OutgoingMail.objects.filter(pk__in=about)


def answered_to(addresses: Collection[str]) -> QuerySet[OutgoingMail]:
    """What others were sent whose answers go to any of these addresses, as long as that is kept."""
    # The index holds those alone that have one.
    return OutgoingMail.objects.filter(reply_to__in=addresses).exclude(reply_to="")


def forget_who_answers(addresses: Collection[str]) -> int:
    """Takes these addresses out of mails to others (X5); returns how many. Those stay their readers', and what was not
    sent yet goes out without a way to answer."""
    return answered_to(addresses).update(reply_to="")

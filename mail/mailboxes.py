"""Fetching what lies in a mailbox (IMAP). A message leaves it only after it is written down, so whatever happens in
between, the next time it is found there again and known by its Message-ID."""

import imaplib
import logging
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.db import DatabaseError, DataError, InterfaceError
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from mail.inbox import receive
from mail.models import IncomingMail

TIMEOUT = 30  # seconds, for every word of the server
FETCHED_AT_MOST = 200  # a time: the next time goes on
PORTS = {"imaps": 993, "imap+tls": 143, "imap": 143}

# What is no message's fault: the next time will do. All else that raises would raise again.
_LATER = (DatabaseError, InterfaceError, OSError, imaplib.IMAP4.error, ImapToolsError)

logger = logging.getLogger(__name__)


class MailboxError(Exception):
    """The mailbox could not be reached or did not do what it was asked; what was written down before is."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a mailbox is: imaps://user:password@host:993/INBOX?done=Quince (a % in a part is written %25)."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    folder: str
    # Where messages go that were written down, and those that cannot be.
    done: str
    failed: str
    # Whose mailbox it is: where a message is for that names no address of ours, as one sent in Bcc.
    recipient: str

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Raises ValueError for what is no address of a mailbox."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname or not parts.username or parts.password is None:
            raise ValueError("A mailbox is imaps://user:password@host/INBOX.")
        options = parse_qs(parts.query)
        done = options.get("done", ["Quince"])[0]
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            user=unquote(parts.username),
            password=unquote(parts.password),
            folder=unquote(parts.path.lstrip("/")) or "INBOX",
            done=done,
            failed=options.get("failed", [f"{done}-failed"])[0],
            recipient=options.get("recipient", [""])[0],
        )


@contextmanager
def opened(address: Address) -> Iterator[BaseMailBox]:
    """The mailbox, signed in, with its folder selected. Raises MailboxError."""
    try:
        mailbox = _connected(address)
        try:
            mailbox.login(address.user, address.password, initial_folder=address.folder)
            yield mailbox
        finally:
            try:
                mailbox.client.logout()
            except (OSError, imaplib.IMAP4.error):
                mailbox.client.shutdown()
    except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
        # What the server says may repeat what it was told.
        raise MailboxError(f"{type(error).__name__} at {address.host}:{address.port}") from None


def _connected(address: Address) -> BaseMailBox:
    if address.scheme == "imap":
        return MailBoxUnencrypted(address.host, port=address.port, timeout=TIMEOUT)
    kind = MailBox if address.scheme == "imaps" else MailBoxStartTls
    # Given by hand: on its own, imaplib takes any certificate and tells its bearer the password.
    verified = ssl.create_default_context()
    return kind(address.host, port=address.port, timeout=TIMEOUT, ssl_context=verified)


def poll(*, url: str, now: datetime) -> int:
    """Writes down what lies in the mailbox, each message on its own, and moves it away then; returns how many.

    One that cannot be written down is moved to another folder, for who wants to look: where it stays in the way, a few
    of them stop the mailbox. Raises MailboxError, ValueError.
    """
    address = Address.parse(url)
    done = 0
    with opened(address) as mailbox:
        for folder in (address.done, address.failed):
            if not mailbox.folder.exists(folder):
                mailbox.folder.create(folder)
        for uid in mailbox.uids()[:FETCHED_AT_MOST]:
            try:
                fetched = _store(mailbox, uid, address.recipient, now)
            except Exception as error:
                if isinstance(error, _LATER) and not isinstance(error, DataError):
                    raise
                logger.exception("Message %s of the mailbox could not be written down", uid)
                mailbox.move([uid], address.failed)
                continue
            if fetched:
                mailbox.move([uid], address.done)
                done += 1
    return done


def _store(mailbox: BaseMailBox, uid: str, mailbox_of: str, now: datetime) -> bool:
    """Fetches one message and commits it; False: it is not there any more."""
    about = _fetch(mailbox, uid, "(UID INTERNALDATE RFC822.SIZE)")
    if about is None:
        return False
    size = _number(about[0], b"RFC822.SIZE")
    too_large = size > settings.INBOX_MAX_BYTES
    found = _fetch(mailbox, uid, "(BODY.PEEK[HEADER])" if too_large else "(BODY.PEEK[])")
    if found is None:
        return False
    receive(
        found[1],
        recipient="",
        mailbox_of=mailbox_of,
        received_at=_internal_date(about[0]),
        by=IncomingMail.Way.MAILBOX,
        now=now,
        only_headers_of=size if too_large else None,
    )
    return True


def _fetch(mailbox: BaseMailBox, uid: str, what: str) -> tuple[bytes, bytes] | None:
    """What the server says of a message, and the literal in it, if it is there."""
    status, data = mailbox.client.uid("fetch", uid, what)
    if status != "OK":
        raise MailboxError(f"The server answered {status} when it was asked for a message.")
    said, literal = b"", b""
    for part in data:
        if isinstance(part, tuple):
            said += part[0]
            literal = part[1]
        elif part:
            said += part
    return (said, literal) if said else None


def _number(said: bytes, name: bytes) -> int:
    words = said.replace(b"(", b" ").replace(b")", b" ").split()
    return int(words[words.index(name) + 1]) if name in words else 0


def _internal_date(said: bytes) -> datetime | None:
    """When it reached the mailbox, as the server kept it."""
    local = imaplib.Internaldate2tuple(said)
    return datetime.fromtimestamp(time.mktime(local), tz=UTC) if local else None

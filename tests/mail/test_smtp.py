"""What the outbox sends, to a server that hangs or drops the line in the middle of a mail (X3). What a mail server
does besides is in test_exim, with a real one."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from mail import outbox
from mail.models import OutgoingMail
from tests.making import NOW

MINUTE = timedelta(minutes=1)
TIMEOUT = 0.5


class Mailbox:
    """An SMTP server's manners, changed while it runs by setting `manner`."""

    def __init__(self) -> None:
        self.manner = "takes"
        self.received: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.manner == "hangs":
            await asyncio.sleep(TIMEOUT * 3)
        assert isinstance(envelope.content, bytes)
        self.received.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.manner == "takes and drops":
            assert server.transport is not None
            server.transport.abort()
        return "250 Taken"


@pytest.fixture
def mailbox(settings) -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=_free_port())
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    settings.EMAIL_TIMEOUT = TIMEOUT
    controller.start()
    try:
        yield box
    finally:
        with contextlib.suppress(Exception):
            controller.stop()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def state_of(mail: OutgoingMail) -> tuple[str, int]:
    mail.refresh_from_db()
    return mail.state, mail.attempts


def test_a_server_that_hangs_gets_each_mail_once_when_it_comes_back(db, mailbox, write):
    first, second = write(), write(cause="pet:16")
    mailbox.manner = "hangs"

    assert outbox.send_due(now=NOW) == 0

    assert state_of(first) == ("queued", 1)
    assert state_of(second)[0] == "queued"
    assert mailbox.received == []
    mailbox.manner = "takes"
    assert outbox.send_due(now=NOW + MINUTE) == 2
    assert outbox.send_due(now=NOW + 2 * MINUTE) == 0
    received = sorted(message["Message-ID"] for message in mailbox.received)
    assert received == sorted([first.message_id, second.message_id])
    assert state_of(first)[0] == state_of(second)[0] == "sent"


def test_a_mail_that_was_taken_but_not_acknowledged_comes_again_as_the_same_message(db, mailbox, write):
    mail = write()
    mailbox.manner = "takes and drops"
    assert outbox.send_due(now=NOW) == 0
    mailbox.manner = "takes"

    assert outbox.send_due(now=NOW + MINUTE) == 1

    assert [message["Message-ID"] for message in mailbox.received] == [mail.message_id] * 2
    assert state_of(mail) == ("sent", 2)

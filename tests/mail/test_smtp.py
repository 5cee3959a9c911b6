"""What the outbox sends, received by a real SMTP server that refuses, hangs, drops and comes back (X3)."""

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

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.manner == "refuses everybody":
            return "421 Too busy"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.manner == "does not know Ana" and address == "ana@example.com":
            return "550 No such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.manner == "hangs":
            await asyncio.sleep(TIMEOUT * 3)
        if self.manner == "is full":
            return "452 No room left"
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


def test_a_real_server_receives_the_mail_whole_in_its_language_and_with_its_headers(db, mailbox, write):
    mail = write(
        language="es-mx",
        reply_to="luis@example.com",
        context={"pet": "Ñandú “azul” 🐦", "said": "Adiós.\n.\n.fin"},
    )

    assert outbox.send_due(now=NOW) == 1

    (received,) = mailbox.received
    assert (received["Message-ID"], received["To"], received["Reply-To"]) == (
        mail.message_id,
        "ana@example.com",
        "luis@example.com",
    )
    assert received["Subject"] == mail.subject
    assert "Ñandú “azul” 🐦" in mail.subject
    assert received["Content-Language"] == "es-mx"
    plain, html = received.iter_parts()
    assert plain.get_content().replace("\r\n", "\n").strip() == mail.text
    assert html.get_content_type() == "text/html"
    assert "Ñandú “azul” 🐦" in html.get_content()


@pytest.mark.parametrize("manner", ["refuses everybody", "is full", "hangs"])
def test_a_server_in_trouble_gets_each_mail_once_when_it_comes_back(db, mailbox, write, manner):
    first, second = write(), write(cause="pet:16")
    mailbox.manner = manner

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


def test_a_server_that_is_away_loses_nothing_and_is_not_asked_for_every_mail(db, mailbox, write, settings):
    mails = [write(cause=f"pet:{number}") for number in range(3)]
    port = settings.EMAIL_PORT
    settings.EMAIL_PORT = _free_port()  # Nobody listens there.

    assert outbox.send_due(now=NOW) == 0

    # The first attempt showed that there is no server: the others were not tried.
    assert sorted(state_of(mail)[1] for mail in mails) == [0, 0, 1]
    settings.EMAIL_PORT = port
    assert outbox.send_due(now=NOW + MINUTE) == 3
    assert {message["Message-ID"] for message in mailbox.received} == {mail.message_id for mail in mails}


def test_a_recipient_that_is_refused_holds_up_no_other(db, mailbox, write):
    ana, luis = write(), write(to="luis@example.com")
    mailbox.manner = "does not know Ana"

    assert outbox.send_due(now=NOW) == 1

    assert (state_of(ana), state_of(luis)) == (("queued", 1), ("sent", 1))
    assert [message["To"] for message in mailbox.received] == ["luis@example.com"]
    # Her address is not repeated where more people read it than may know it (M5).
    assert "ana@example.com" not in ana.last_error


def test_a_mail_that_was_taken_but_not_acknowledged_comes_again_as_the_same_message(db, mailbox, write):
    mail = write()
    mailbox.manner = "takes and drops"
    assert outbox.send_due(now=NOW) == 0
    mailbox.manner = "takes"

    assert outbox.send_due(now=NOW + MINUTE) == 1

    assert [message["Message-ID"] for message in mailbox.received] == [mail.message_id] * 2
    assert state_of(mail) == ("sent", 2)


def test_a_server_that_never_comes_back_ends_in_given_up_and_not_in_silence(db, mailbox, write):
    mail = write()
    mailbox.manner = "refuses everybody"
    now = NOW
    for wait in (timedelta(0), *outbox.RETRY_AFTER):
        now += wait
        outbox.send_due(now=now)

    assert state_of(mail) == ("failed", len(outbox.RETRY_AFTER) + 1)
    assert mail.last_error

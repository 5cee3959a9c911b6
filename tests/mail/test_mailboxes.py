"""Fetching from a real mailbox: what leaves it was written down before, whatever happened in between (S10, X3)."""

import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import DataError, OperationalError

from mail import mailboxes
from mail.inbox import handle_due
from mail.mailboxes import Address, MailboxError, poll
from mail.models import IncomingMail
from mail.tasks import poll_mailbox
from support.models import Ticket
from tests.mail.dovecot import running
from tests.mail.messages import lines, make_message
from tests.making import NOW


@pytest.fixture(scope="module")
def server():
    with running() as dovecot:
        yield dovecot


@pytest.fixture
def box(server, db):
    server.empty()
    return server


def found() -> set[str]:
    return set(IncomingMail.objects.values_list("message_id", flat=True))


def test_what_lies_in_the_mailbox_is_written_down_and_moved_away(box):
    box.deliver(make_message(message_id="<1@x>"), at="10-Jan-2026 10:00:00 -0600")
    box.deliver(make_message(message_id="<2@x>"), flags="\\Seen")
    assert poll(url=box.url, now=NOW) == 2
    mail = IncomingMail.objects.get(message_id="<1@x>")
    assert (mail.way, mail.state, mail.recipient) == ("mailbox", "received", "garantia@quince.example")
    assert mail.received_at == datetime(2026, 1, 10, 16, tzinfo=UTC)
    assert (found(), box.count(), box.count("Taken")) == ({"<1@x>", "<2@x>"}, 0, 2)
    assert poll(url=box.url, now=NOW) == 0


def test_a_message_to_the_desk_waits_since_it_reached_the_mailbox(box):
    """And not since we looked, days later (S2): it becomes a ticket, by its tag or as a new one."""
    box.deliver(make_message(to="soporte@quince.example"), at="10-Jan-2026 10:00:00 -0600")
    poll(url=box.url, now=NOW + timedelta(days=2))
    handle_due(now=NOW + timedelta(days=2))
    assert Ticket.objects.get().asked_at == datetime(2026, 1, 10, 16, tzinfo=UTC)


def test_when_it_reached_the_mailbox_is_neither_its_date_nor_when_we_looked(box):
    box.deliver(make_message(), at="09-Jan-2026 23:59:59 -0600")
    poll(url=box.url, now=NOW + timedelta(days=3))
    assert IncomingMail.objects.get().received_at == datetime(2026, 1, 10, 5, 59, 59, tzinfo=UTC)


def test_one_that_was_written_down_and_not_moved_is_known_again(box):
    """The process died, or the connection, between commit and move."""
    box.deliver(make_message())
    with mock.patch("imap_tools.BaseMailBox.move", side_effect=OSError("gone")), pytest.raises(MailboxError):
        poll(url=box.url, now=NOW)
    assert (IncomingMail.objects.count(), box.count()) == (1, 1)
    assert poll(url=box.url, now=NOW) == 1
    assert (IncomingMail.objects.count(), box.count()) == (1, 0)


@pytest.mark.parametrize("fault", [ValueError("cannot"), DataError("too long")])
def test_those_that_cannot_be_written_down_make_way_however_many_they_are(box, monkeypatch, fault):
    """Where they stayed, two hundred of them were all that was ever looked at again."""
    monkeypatch.setattr(mailboxes, "FETCHED_AT_MOST", 3)
    for number in range(4):
        box.deliver(make_message(message_id=f"<bad{number}@x>"))
    box.deliver(make_message(message_id="<good@x>"))
    store = mailboxes.receive

    def fail_for_bad(raw, **named):
        if b"<bad" in raw:
            raise fault
        return store(raw, **named)

    with mock.patch("mail.mailboxes.receive", fail_for_bad):
        assert [poll(url=box.url, now=NOW) for _ in range(2)] == [0, 1]
    assert (found(), box.count(), box.count("Taken-failed")) == ({"<good@x>"}, 0, 4)


def test_a_small_mail_that_breaks_a_library_is_fetched_like_any_other(box):
    box.deliver(lines("From: ana@example.com", f"Cc: {'(' * 500}", "Message-ID: <1@x>", "", "Hola"))
    assert poll(url=box.url, now=NOW) == 1
    assert (found(), box.count()) == ({"<1@x>"}, 0)


def test_without_a_database_everything_stays_where_it_is(box):
    box.deliver(make_message())
    with (
        mock.patch("mail.mailboxes.receive", side_effect=OperationalError),
        pytest.raises(OperationalError),
    ):
        poll(url=box.url, now=NOW)
    assert (box.count(), box.count("Taken-failed")) == (1, 0)


def test_what_names_no_address_of_ours_is_for_whose_mailbox_it_is(box):
    """In Bcc: it was for nobody, and was cleared unread."""
    box.deliver(make_message(to="Eva <eva@example.com>", message_id="<bcc@x>"))
    box.deliver(make_message(to="eva@example.com", Cc="hola@quince.example", message_id="<cc@x>"))
    poll(url=f"{box.url}&recipient=garantia@quince.example", now=NOW)
    assert dict(IncomingMail.objects.values_list("message_id", "recipient")) == {
        "<bcc@x>": "garantia@quince.example",
        "<cc@x>": "hola@quince.example",
    }


def test_strange_bytes_come_as_they_are(box):
    box.deliver(lines("From: ana@example.com", "Message-ID: <1@x>", "", "Se\xf1or =?".encode("latin-1")))
    poll(url=box.url, now=NOW)
    assert IncomingMail.objects.get().text == "Señor =?"


def test_of_too_large_a_message_the_headers_alone_are_fetched(box, settings):
    settings.INBOX_MAX_BYTES = 5_000
    box.deliver(make_message("x" * 10_000, subject="Grande"))
    poll(url=box.url, now=NOW)
    mail = IncomingMail.objects.get()
    assert (mail.state, mail.sender, mail.subject, mail.text) == ("received", "ana@example.com", "Grande", "")
    assert (mail.size > 10_000, box.count()) == (True, 0)


def test_a_wrong_password_is_told_without_repeating_it(box):
    with pytest.raises(MailboxError) as refused:
        poll(url=box.url.replace("pass%25", "wrong"), now=NOW)
    assert "wrong" not in str(refused.value)
    assert str(box.port) in str(refused.value)


@pytest.mark.django_db
def test_a_server_that_hangs_is_left_after_a_while(monkeypatch):
    monkeypatch.setattr(mailboxes, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        accepted: list[socket.socket] = []
        threading.Thread(target=lambda: accepted.append(silent.accept()[0]), daemon=True).start()
        started = time.monotonic()
        with pytest.raises(MailboxError):
            poll(url=f"imap://a:b@127.0.0.1:{silent.getsockname()[1]}/INBOX", now=NOW)
        assert time.monotonic() - started < 10
        for connection in accepted:
            connection.close()


def make_certificate(folder) -> str:
    """Of a server that nobody vouches for: certificate and key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(15)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(key.private_bytes(*plain) + certificate.public_bytes(Encoding.PEM))
    return str(file)


@pytest.mark.django_db
def test_the_password_is_told_to_no_server_that_nobody_vouches_for(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(make_certificate(tmp_path))
    heard: list[bytes | str] = []

    def listen(server: socket.socket) -> None:
        connection, _address = server.accept()
        connection.settimeout(10)
        try:
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.sendall(b"* OK ready\r\n")
                heard.append(secured.recv(1000))
        except OSError as error:
            heard.append(type(error).__name__)
        finally:
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=listen, args=(server,))
        thread.start()
        with pytest.raises(MailboxError, match="SSLCertVerificationError"):
            poll(url=f"imaps://ana:secret@localhost:{server.getsockname()[1]}/INBOX", now=NOW)
        thread.join(timeout=20)
    assert not [words for words in heard if isinstance(words, bytes) and words]


@pytest.mark.django_db
def test_a_server_that_is_not_there_is_told_by_the_command(settings):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.INBOX_URL = f"imap://a:b@127.0.0.1:{free.getsockname()[1]}/INBOX"
        with pytest.raises(CommandError, match="ConnectionRefusedError"):
            call_command("poll_mailbox")


def test_the_command_and_the_task_fetch_and_handle(box, settings, capsys):
    settings.INBOX_URL = box.url
    box.deliver(make_message())
    call_command("poll_mailbox")
    assert capsys.readouterr().out == "1 fetched, 1 handled.\n"
    box.deliver(make_message(message_id="<2@x>"))
    poll_mailbox()
    call_command("poll_mailbox", "--dry-run")
    assert capsys.readouterr().out == "1 to handle, 0 to clear.\n"


def test_an_address_is_read_with_all_its_parts():
    assert Address.parse("imaps://ana%40x.mx:p%2Fw@mail.x.mx/Bandeja%20uno?done=Hecho") == Address(
        "imaps", "mail.x.mx", 993, "ana@x.mx", "p/w", "Bandeja uno", "Hecho", "Hecho-failed", ""
    )
    assert Address.parse("imap+tls://a:b@mail.x.mx").port == 143
    address = Address.parse("imaps://a:b@x.mx/INBOX?failed=Malos&recipient=garantia@quince.example")
    assert (address.host, address.failed, address.recipient) == ("x.mx", "Malos", "garantia@quince.example")
    for wrong in ("https://a:b@x.mx/INBOX", "imaps://x.mx/INBOX", "imaps://a@x.mx", ""):
        with pytest.raises(ValueError, match="imaps://"):
            Address.parse(wrong)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", {"mail.W001"}),  # The pipe, of which no setting tells.
        ("imaps://a:b@mail.x.mx/INBOX", {"mail.W001"}),
        ("imap://a:b@mail.x.mx/INBOX", {"mail.W001", "mail.W002"}),
        ("imap://a:b@127.0.0.1:1143/INBOX", {"mail.W001"}),
        ("pop3://a:b@mail.x.mx", {"mail.W001", "mail.E002"}),
    ],
)
def test_a_setting_that_cannot_work_is_told_before_it_does_harm(settings, url, said):
    settings.INBOX_URL = url
    assert {each.id for each in run_checks() if str(each.id).startswith("mail.")} == said


@pytest.mark.parametrize("of", [{"MAIL_AUTHSERV_ID": "mx.quince.example"}, {"DEBUG": True}])
def test_where_somebody_vouches_for_senders_or_nobody_is_served_nothing_is_told(settings, of):
    for name, value in of.items():
        setattr(settings, name, value)
    assert "mail.W001" not in {each.id for each in run_checks()}

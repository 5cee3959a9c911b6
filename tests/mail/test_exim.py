"""Out and in through a real mail server, set up as docs/settings.md tells an operator to (X3, G12)."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.urls import reverse

from mail import outbox
from mail.models import IncomingMail, OutgoingMail
from support.clients import name_person
from support.messages import answer_ticket
from support.models import Client, Ticket
from support.undelivered import resume_undelivered
from tests import making
from tests.mail.exim import Exim, running
from tests.mail.messages import CLAIMS, make_message
from tests.making import NOW
from tests.support.mailing import DESK
from tests.support.making import NOW as DESK_NOW
from tests.support.making import opened, registrar

ROOT = Path(django_settings.BASE_DIR)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def server() -> Iterator[Exim]:
    with running() as exim:
        yield exim


@pytest.fixture
def exim(server, settings) -> Exim:
    server.empty()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_TIMEOUT = 10
    return server


def state_of(mail: OutgoingMail) -> tuple[str, int]:
    mail.refresh_from_db()
    return mail.state, mail.attempts


def ids(messages: list[EmailMessage]) -> list[str]:
    return sorted(str(message["Message-ID"]) for message in messages)


def test_a_mail_is_delivered_whole_in_its_language_and_with_its_headers(db, exim, write):
    mail = write(
        language="es-mx",
        reply_to="luis@example.com",
        unsubscribe_url="https://quince.example/stop/15/",
        in_reply_to="<15@example.com>",
        context={"pet": "Ñandú “azul” 🐦", "said": "Adiós.\n.\n.fin"},
    )

    assert outbox.send_due(now=NOW) == 1

    assert state_of(mail) == ("sent", 1)
    (received,) = exim.delivered()
    assert {
        name: received[name]
        for name in ("Return-path", "Envelope-to", "Message-ID", "Reply-To", "Subject", "Content-Language")
    } == {
        "Return-path": "<hola@quince.example>",
        "Envelope-to": "ana@example.com",
        "Message-ID": mail.message_id,
        "Reply-To": "luis@example.com",
        "Subject": mail.subject,
        "Content-Language": "es-mx",
    }
    assert (received["In-Reply-To"], received["References"]) == ("<15@example.com>",) * 2
    assert received["List-Unsubscribe"] == "<https://quince.example/stop/15/>"
    assert received["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Ñandú “azul” 🐦" in mail.subject
    plain, html = received.iter_parts()
    assert received.get_content_type() == "multipart/alternative"
    assert plain.get_content().startswith(mail.text)
    assert "\n.\n.fin" in mail.text
    assert html.get_content_type() == "text/html"
    assert "Ñandú “azul” 🐦" in html.get_content()


@pytest.mark.parametrize(
    ("address", "code"),
    [("nobody@example.com", "550"), ("grey@example.com", "451")],
    ids=["never", "not now"],
)
def test_a_recipient_that_is_refused_holds_up_no_other_and_is_given_up_in_the_end(
    db, exim, write, address, code
):
    refused, luis = write(to=address), write(to="luis@example.com")

    assert outbox.send_due(now=NOW) == 1

    assert (state_of(refused), state_of(luis)) == (("queued", 1), ("sent", 1))
    assert ids(exim.delivered()) == [luis.message_id]
    assert code in refused.last_error
    # Its address is not repeated where more people read it than may know it (M5).
    assert address not in refused.last_error
    now = NOW
    for wait in outbox.RETRY_AFTER:
        assert state_of(refused)[0] == "queued"
        now += wait
        outbox.send_due(now=now)
    assert state_of(refused) == ("failed", len(outbox.RETRY_AFTER) + 1)
    assert code in refused.last_error


@pytest.mark.parametrize("manner", ["busy", "full", "away"])
def test_a_server_in_trouble_gets_each_mail_once_when_it_comes_back(db, exim, write, manner):
    mails = [write(cause=f"pet:{number}") for number in range(3)]
    with exim.being(manner):
        assert outbox.send_due(now=NOW) == 0
        # One that talks to nobody is not asked for every mail.
        attempts = [1, 1, 1] if manner == "full" else [0, 0, 1]
        assert sorted(state_of(mail)[1] for mail in mails) == attempts

    assert outbox.send_due(now=NOW + MINUTE) == 3
    assert outbox.send_due(now=NOW + 2 * MINUTE) == 0

    assert ids(exim.delivered(3)) == sorted(mail.message_id for mail in mails)
    assert {state_of(mail)[0] for mail in mails} == {"sent"}


class Product:
    """The product as it is installed: commands that are processes, which share the tests' database and files."""

    def __init__(self, exim: Exim, folder: Path) -> None:
        self.exim = exim
        self.folder = folder
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DEBUG": "1",
            "PRIVATE_ROOT": str(folder / "private"),
            "EMAIL_URL": f"smtp://127.0.0.1:{exim.port}",
        }

    def run(self, *arguments: str, message: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        with self._database() as url:
            return subprocess.run(
                [sys.executable, str(ROOT / "manage.py"), *arguments],
                env=self.environment | {"DATABASE_URL": url},
                cwd="/",
                input=message,
                capture_output=True,
                check=False,
            )

    def take_in(self) -> subprocess.CompletedProcess[bytes]:
        """Does what the mail server asks for, word for word but for where the product is installed."""

        def run(command: list[str], message: bytes) -> subprocess.CompletedProcess[bytes]:
            assert command[:2] == ["/srv/quince/.venv/bin/python", "/srv/quince/manage.py"]
            return self.run(*command[2:], message=message)

        return self.exim.next_piped(run)

    @contextmanager
    def _database(self) -> Iterator[str]:
        """The address of the tests' database. Where it is SQLite it lies in memory: the process has a copy in a
        file, which then takes its place."""
        said = connection.settings_dict
        if connection.vendor == "postgresql":
            yield f"postgres://{said['USER']}:{said['PASSWORD']}@{said['HOST']}:{said['PORT']}/{said['NAME']}"
            return
        file = self.folder / "quince.sqlite3"
        connection.ensure_connection()
        with closing(sqlite3.connect(file)) as copy:
            connection.connection.backup(copy)
        yield f"sqlite:///{file}"
        with closing(sqlite3.connect(file)) as copy:
            copy.backup(connection.connection)


@pytest.fixture
def claimant(transactional_db, pro):
    """A business whose owner may claim; of its plan everything was told before."""
    making.contract(pro)
    OutgoingMail.objects.all().delete()
    return pro


@pytest.fixture
def product(transactional_db, exim, private_files) -> Product:
    return Product(exim, private_files.parent)


def test_a_mail_to_the_claims_address_opens_a_draft_and_is_answered(product, exim, claimant):
    exim.hand_over(
        make_message(sender="Reformas <pro@example.com>"),
        sender="pro@example.com",
        to="garantia+15@quince.example",
    )

    done = product.take_in()

    assert done.returncode == 0, done.stderr
    claim = claimant.claims.get()
    mail = IncomingMail.objects.get()
    assert (mail.way, mail.recipient, mail.sender) == (
        "pipe",
        "garantia+15@quince.example",
        "pro@example.com",
    )
    assert (mail.state, mail.cause, claim.state) == ("taken", f"claim:{claim.public_id}", "draft")
    exim.wait_until(lambda: not exim.waits())
    sent = product.run("send_mail")
    assert sent.stdout.startswith(b"1 sent"), sent.stderr
    (answer,) = exim.delivered()
    assert (answer["To"], answer["In-Reply-To"]) == ("pro@example.com", "<1@example.com>")
    assert answer["Auto-Submitted"] == "auto-replied"
    assert reverse("guarantees:claim") in answer.get_body().get_content()


def test_a_mail_to_the_desk_becomes_a_ticket_and_a_reply_to_its_address_continues_it(product, exim, claimant):
    """Also where no header names that address, as in a blind copy (S10)."""
    exim.hand_over(
        make_message("Help.", sender="pro@example.com", to=DESK), sender="pro@example.com", to=DESK
    )
    assert product.take_in().returncode == 0
    ticket = Ticket.objects.get()
    assert (ticket.client.customer.professional, ticket.waits.count()) == (claimant, 1)
    exim.wait_until(lambda: not exim.waits())
    assert product.run("send_mail").stdout.startswith(b"1 sent")
    (answer,) = exim.delivered()
    assert (answer["Reply-To"], answer["In-Reply-To"]) == (
        f"soporte+{ticket.tag}@quince.example",
        "<1@example.com>",
    )

    exim.hand_over(
        make_message(
            "More.", sender="pro@example.com", to="friend@example.com", message_id="<2@example.com>"
        ),
        sender="pro@example.com",
        to=f"soporte+{ticket.tag}@quince.example",
    )
    assert product.take_in().returncode == 0
    assert [message.text for message in ticket.messages.order_by("pk")] == ["Help.", "More."]


def test_an_answer_that_comes_back_leaves_its_client_waiting(product, exim, claimant):
    """Whoever asked is gone: the server takes our answer, and says so afterwards."""
    client = Client.objects.get(customer__professional=claimant)
    consultant = making.make_staff("consultant")
    name_person(client=client, name="Gone", email="gone@example.com", role="asks", by=registrar())
    ticket = opened(client, None, email="gone@example.com")
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=DESK_NOW)
    (answer,) = OutgoingMail.objects.filter(kind="support/ticket_answered")
    OutgoingMail.objects.exclude(pk=answer.pk).delete()
    assert outbox.send_due(now=DESK_NOW) == 1
    assert product.take_in().returncode == 0
    answer.refresh_from_db()
    assert (answer.state, answer.bounced_at is not None) == ("sent", True)
    assert resume_undelivered(now=DESK_NOW) == 1
    assert ticket.waits.get().ended_at is None


def test_what_cannot_be_stored_for_now_is_kept_and_comes_again(product, exim, claimant):
    """The disk, the database or the settings are in disorder: whoever wrote learns nothing of it, and loses no day."""
    in_order = product.environment
    product.environment = in_order | {"PRIVATE_ROOT": "/dev/null/private"}
    exim.hand_over(make_message(sender="pro@example.com"), sender="pro@example.com", to=CLAIMS)
    assert product.take_in().returncode == 75
    product.environment = in_order | {"DEBUG": "0", "SECRET_KEY": ""}
    assert product.take_in().returncode == 75
    assert (exim.waits(), IncomingMail.objects.count()) == (1, 0)

    product.environment = in_order
    assert product.take_in().returncode == 0

    exim.wait_until(lambda: not exim.waits())
    assert (claimant.claims.count(), exim.delivered(0)) == (1, [])


def test_of_what_is_too_large_the_headers_are_kept_and_nothing_is_sent_back(product, exim):
    product.environment |= {"INBOX_MAX_BYTES": "500"}
    exim.hand_over(make_message("x" * 600), to=CLAIMS)

    assert product.take_in().returncode == 0

    exim.wait_until(lambda: not exim.waits())
    assert exim.delivered(0) == []
    assert IncomingMail.objects.get().recipient == CLAIMS


def test_what_is_sent_back_to_us_opens_nothing_and_is_not_answered(product, exim, claimant, write):
    """Whoever is written to is gone by now, and is a claimant: exim says so to the address that the mail came from. So
    it does where somebody else's mail names the claims address as its sender."""
    claimant.owner.emailaddress_set.create(email="gone@example.com", verified=True)
    mail = write(to="gone@example.com")
    assert outbox.send_due(now=NOW) == 1
    assert product.take_in().returncode == 0
    exim.hand_over(make_message(sender=CLAIMS), sender=CLAIMS, to="gone@example.com")
    assert product.take_in().returncode == 0

    back = IncomingMail.objects.order_by("pk")
    assert [(each.recipient, each.state, each.reason) for each in back] == [
        ("hola@quince.example", "not_taken", "bounce"),
        (CLAIMS, "not_taken", "automatic"),
    ]
    assert back[0].references == mail.message_id
    mail.refresh_from_db()
    assert (back[0].cause, mail.bounced_at) == (f"outgoing_mail:{mail.pk}", back[0].received_at)
    exim.wait_until(lambda: not exim.waits())
    assert (claimant.claims.count(), OutgoingMail.objects.count(), exim.delivered(0)) == (0, 1, [])

"""Messages as they come: real bytes, made by hand where no library would write them so."""

from collections.abc import Sequence
from email.message import EmailMessage

from mail import inbox
from mail.models import IncomingMail
from tests.making import NOW

CLAIMS = "garantia@quince.example"
# Headers of one whose sender may be somebody else.
FALSE = {"Authentication_Results": "mx.quince.example; dmarc=fail header.from=example.com"}
# Whose mails `tests.mail.routes.takes_pets` takes.
PETS = "pets@quince.example"
TEXT = "Quiero reclamar la garantía: nadie me contrató."


def make_message(
    text: str = TEXT,
    *,
    sender: str = "Ana <ana@example.com>",
    to: str = CLAIMS,
    subject: str = "Garantía",
    message_id: str = "<1@example.com>",
    attachments: Sequence[tuple[str, str, bytes]] = (),
    **headers: str,
) -> bytes:
    """An ordinary message; `headers` by name, with _ for -."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = "Sat, 10 Jan 2026 11:00:00 -0600"
    if message_id:
        message["Message-ID"] = message_id
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    for name, kind, content in attachments:
        main, sub = kind.split("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


def to_pets(**changes) -> bytes:
    return make_message(to=PETS, **changes)


def lines(*parts: str | bytes) -> bytes:
    """A message written line by line, as no library would."""
    return b"\r\n".join(part if isinstance(part, bytes) else part.encode() for part in parts)


def receive(raw: bytes, *, now=NOW, recipient: str = "", received_at=None, **changes) -> IncomingMail:
    """Written down, and nothing done about it yet; the first row, where it is for several addresses."""
    return inbox.receive(
        raw,
        recipient=recipient,
        received_at=received_at or now,
        by=changes.pop("by", IncomingMail.Way.PIPE),
        now=now,
        **changes,
    )[0]


def take_in(raw: bytes, *, now=NOW, **changes) -> IncomingMail:
    """Written down, and handled."""
    mail = receive(raw, now=now, **changes)
    inbox.handle(mail.pk, now=now)
    mail.refresh_from_db()
    return mail

"""Mails to the desk, as real bytes, and what the desk answers."""

from mail.models import IncomingMail, OutgoingMail
from tests.mail.messages import make_message, take_in
from tests.support.making import NOW

DESK = "soporte@quince.example"
TEXT = "How do I publish?"


def write(
    sender: str = "Anna Bianchi <anna@example.com>",
    *,
    number: int = 1,
    text: str = TEXT,
    to: str = DESK,
    subject: str = "Publishing",
    now=NOW,
    received_at=None,
    **changes,
) -> IncomingMail:
    """One mail that came and was handled."""
    raw = make_message(
        text, sender=sender, to=to, subject=subject, message_id=f"<{number}@example.com>", **changes
    )
    return take_in(raw, now=now, received_at=received_at)


def sent(kind: str = "") -> list[OutgoingMail]:
    """What the desk wrote, of one kind or all."""
    found = OutgoingMail.objects.filter(kind__startswith=f"support/{kind}")
    return list(found.order_by("pk"))


def replying_to(mail: OutgoingMail) -> dict[str, str]:
    """The header of a reply to a mail of ours."""
    return {"In_Reply_To": mail.message_id, "References": mail.message_id}


def messages_of(ticket) -> list[str]:
    """What was said on it, in its order."""
    return list(ticket.messages.order_by("at", "pk").values_list("text", flat=True))

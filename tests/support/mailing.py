"""Mails to the desk, as real bytes, and what the desk answers."""

from mail.models import IncomingMail, OutgoingMail
from tests.mail.messages import FALSE, make_message, receive, take_in
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


def parked(
    to: str = DESK, number: int = 1, *, now=NOW, sender: str = "eva@example.com", **changes
) -> IncomingMail:
    """A mail with a file that waits for a person: its sender may be somebody else."""
    said = {"subject": f"To {to}", "attachments": [("foto.jpg", "image/jpeg", b"...")], **FALSE}
    return write(sender, number=number, to=to, text="Help.", now=now, **(said | changes))


def doors_of_mail(now) -> dict[str, list[int]]:
    """The arguments of the desk's addresses of one that waits, for the table of doors."""
    html = [("page.html", "text/html", b"<p>Hola</p>")]
    mail = receive(
        make_message(to=DESK, message_id="<waits@example.com>", attachments=html), now=now, spam=True
    )
    of_mail = [mail.pk]
    names = ("incoming", "incoming_html", "incoming_message", "take_in", "set_aside")
    return {f"support:desk_{name}": of_mail for name in names} | {"support:desk_incoming_file": [*of_mail, 1]}

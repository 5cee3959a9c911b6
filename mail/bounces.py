"""Mails of ours that came back: a mail server says that it could not deliver one after it had taken it.

Which one is told by its Message-ID alone, which nobody knows but whoever it was sent to.
"""

import re
from email.message import Message

from mail.models import IncomingMail, OutgoingMail
from mail.reading import parsed_mail
from mail.signs import headers_of

# How reports begin that are older than the standard (qmail).
_OLD_REPORT = re.compile(r"\AHi\. This is the ")
# As it stands in the headers of what is sent back, wherever those stand.
_NAMED = re.compile(r"^Message-ID:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\s]{1,118}>)", re.IGNORECASE | re.MULTILINE)
_NAMES_AT_MOST = 50


def note_bounce(mail: IncomingMail) -> OutgoingMail | None:
    """Writes down that a mail of ours came back, if that is what `mail`, which no person wrote, says; returns it.

    Call it inside the transaction that handles `mail`.
    """
    try:
        with mail.raw.open("rb") as file:
            names = returned(file.read())
    except (FileNotFoundError, ValueError):  # Cleared, or more than any mail program writes.
        return None
    known = {ours.message_id: ours for ours in OutgoingMail.objects.filter(message_id__in=names)}
    ours = next((known[name] for name in names if name in known), None)
    if ours is not None:
        # Who says so, in place of an error: a report can be forged by whoever has seen the mail, and a person judges.
        OutgoingMail.objects.filter(pk=ours.pk, bounced_at=None).update(
            bounced_at=mail.received_at, last_error=mail.sender[:250]
        )
    return ours


def returned(raw: bytes) -> tuple[str, ...]:
    """Message-IDs by which a message may name what could not be delivered, the surest first; none where it says nothing
    of the kind, as who is away, who has read something, or a server that goes on trying (RFC 3464). Raises
    ValueError."""
    report = parsed_mail(raw)
    texts = [raw.decode("latin-1")]
    failed = bool(headers_of(report, "X-Failed-Recipients"))
    for part in report.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            failed = failed or any(_says_failed(each) for each in part.get_payload())
        elif kind.startswith("text/"):
            content = part.get_payload(decode=True)
            text = content.decode("latin-1") if isinstance(content, bytes) else ""
            failed = failed or (kind == "text/plain" and bool(_OLD_REPORT.match(text.lstrip())))
            texts.append(text)
    if not failed:
        return ()
    found = [name for text in texts for name in _NAMED.findall(text)[:_NAMES_AT_MOST]]
    for header in ("References", "In-Reply-To"):
        for value in headers_of(report, header):
            # What it answers comes last; before that stands what the mail itself had answered.
            found += re.findall(r"<[^<>\s]{1,118}>", value)[: -_NAMES_AT_MOST - 1 : -1]
    return tuple(dict.fromkeys(found))


def _says_failed(status: object) -> bool:
    return isinstance(status, Message) and any(
        value.strip().lower().startswith("failed") for value in headers_of(status, "Action")
    )

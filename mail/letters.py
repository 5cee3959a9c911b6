"""A written mail as a message: the text as it is, and an HTML alternative made from its paragraphs."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from mail.models import OutgoingMail


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, as the HTML shows it: lines of text, items of a list, or a button."""

    lines: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    address: str = ""
    label: str = ""


def paragraphs(text: str) -> list[str]:
    """What empty lines part; white space around a paragraph is no part of it."""
    return [part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]


def blocks(text: str) -> list[Block]:
    """The paragraphs of a mail as they are shown.

    A paragraph that is one of our addresses, alone or under a line that says what is there, is a button.
    An address elsewhere stays text: what a stranger wrote never becomes a button of ours.
    """
    return [_block([line.strip() for line in paragraph.splitlines()]) for paragraph in paragraphs(text)]


def _block(lines: list[str]) -> Block:
    *above, last = lines
    if last.startswith(f"{settings.SITE_URL}/") and " " not in last and len(above) <= 1:
        return Block(address=last, label=above[0].rstrip(": ") if above else _("Open the page"))
    if all(line.startswith("- ") for line in lines):
        return Block(items=tuple(line[2:] for line in lines))
    return Block(lines=tuple(lines))


def as_message(mail: OutgoingMail) -> EmailMultiAlternatives:
    """The message for `mail`, with the same Message-ID however often it is made."""
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        to=[mail.recipient],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers={
            "Message-ID": mail.message_id,
            "Content-Language": mail.language,
            # Tells mailboxes, and machines that answer, that no person wrote this.
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    with translation.override(mail.language):
        html = render_to_string(
            "mail/layout.html",
            {
                "subject": mail.subject,
                "language": mail.language,
                "blocks": blocks(mail.text),
                "SITE_URL": settings.SITE_URL,
            },
        )
    message.attach_alternative(html, "text/html")
    return message

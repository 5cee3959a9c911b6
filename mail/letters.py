"""A written mail as a message: the text as it is, and an HTML alternative made from its paragraphs."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from mail.models import OutgoingMail

# Kinds of mail that a person wrote, word for word, and we only carry: an app that has one adds it. What machines that
# answer should know of a mail of ours, and what makes an address of ours a button, is not said of these.
BY_HAND: set[str] = set()


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


def blocks(text: str, *, buttons: bool = True) -> list[Block]:
    """The paragraphs of a mail as they are shown.

    A paragraph that is one of our addresses, alone or under a line that says what is there, is a button.
    An address elsewhere stays text: what a stranger wrote never becomes a button of ours.
    """
    return [
        _block([line.strip() for line in paragraph.splitlines()], buttons) for paragraph in paragraphs(text)
    ]


def _block(lines: list[str], buttons: bool) -> Block:
    *above, last = lines
    if buttons and last.startswith(f"{settings.SITE_URL}/") and " " not in last and len(above) <= 1:
        return Block(address=last, label=above[0].rstrip(": ") if above else _("Open the page"))
    if all(line.startswith("- ") for line in lines):
        return Block(items=tuple(line[2:] for line in lines))
    return Block(lines=tuple(lines))


def as_message(mail: OutgoingMail) -> EmailMultiAlternatives:
    """The message for `mail`, with the same Message-ID however often it is made.

    One that a person wrote says nothing of machines: an answer to it, also "I am away until Monday", is theirs to
    read (RFC 3834).
    """
    by_hand = mail.kind in BY_HAND
    # Tells mailboxes, and machines that answer, that no person wrote this.
    automatic = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        to=[mail.recipient],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers={
            "Message-ID": mail.message_id,
            "Content-Language": mail.language,
            **({} if by_hand else automatic),
        },
    )
    with translation.override(mail.language):
        html = render_to_string(
            "mail/layout.html",
            {
                "subject": mail.subject,
                "language": mail.language,
                "blocks": blocks(mail.text, buttons=not by_hand),
                "by_hand": by_hand,
                "SITE_URL": settings.SITE_URL,
            },
        )
    message.attach_alternative(html, "text/html")
    return message

"""A written mail as a message: the text as it is, and an HTML alternative made from its paragraphs."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from mail import calendars
from mail.models import OutgoingMail
from mail.reading import is_message_id

# Kinds of mail that a person wrote, word for word, and we only carry: an app that has one adds it. What machines that
# answer should know of a mail of ours, and what makes an address of ours a button, is not said of these.
BY_HAND: set[str] = set()


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, as the HTML shows it: lines of text, items of a list, a button, or one thing of several: its
    name as a link, and the line that belongs to it."""

    lines: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    address: str = ""
    label: str = ""


def paragraphs(text: str) -> list[str]:
    """What empty lines part; white space around a paragraph is no part of it."""
    return [part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]


def blocks(text: str, *, buttons: bool = True) -> list[Block]:
    """The paragraphs of a mail as they are shown.

    A paragraph that is one of our addresses, alone or under a line that says what is there, is a button; under two
    lines, it is where the first of them leads. An address elsewhere stays text: what a stranger wrote never becomes
    a button of ours.
    """
    return [
        _block([line.strip() for line in paragraph.splitlines()], buttons) for paragraph in paragraphs(text)
    ]


def _block(lines: list[str], buttons: bool) -> Block:
    *above, last = lines
    if buttons and last.startswith(f"{settings.SITE_URL}/") and " " not in last and len(above) <= 2:
        label = above[0].rstrip(": ") if above else _("Open the page")
        return Block(lines=tuple(above[1:]), address=last, label=label)
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
    automatic = {
        "Auto-Submitted": "auto-replied" if mail.in_reply_to else "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    # Of what it answers, a message without a Message-ID cannot be named.
    answers = (
        {"In-Reply-To": mail.in_reply_to, "References": mail.in_reply_to}
        if is_message_id(mail.in_reply_to)
        else {}
    )
    headers = {
        "Message-ID": mail.message_id,
        "Content-Language": mail.language,
        **({} if by_hand else automatic),
        **answers,
    }
    text = mail.text
    with translation.override(mail.language):
        if mail.unsubscribe_url:
            # One click in the mail program, without opening anything (RFC 8058); the same address for the eye.
            headers["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
            text += f"\n\n{_('Stop these mails')}:\n{mail.unsubscribe_url}"
        message = EmailMultiAlternatives(
            subject=mail.subject,
            body=text,
            to=[mail.recipient],
            reply_to=[mail.reply_to] if mail.reply_to else None,
            headers=headers,
        )
        html = render_to_string(
            "mail/layout.html",
            {
                "subject": mail.subject,
                "language": mail.language,
                "blocks": blocks(mail.text, buttons=not by_hand),
                "by_hand": by_hand,
                "unsubscribe_url": mail.unsubscribe_url,
                "SITE_URL": settings.SITE_URL,
            },
        )
    message.attach_alternative(html, "text/html")
    if mail.calendar:
        message.attach(calendars.FILE_NAME, mail.calendar, calendars.MIME_TYPE)
    return message

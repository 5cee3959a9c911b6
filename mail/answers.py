"""Answers that the product gives by itself: never to a machine, never to an address that nobody reads, and never more
than a few to one sender, so that two machines cannot go on answering each other (RFC 3834)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q

from base.locks import Of, one_after_the_other
from mail import outbox
from mail.inbox import without_tag
from mail.letters import BY_HAND
from mail.models import IncomingMail, OutgoingMail
from mail.signs import is_no_reply

AT_MOST = 3
WITHIN = timedelta(hours=6)


def answer(
    mail: IncomingMail,
    *,
    kind: str,
    language: str,
    context: Mapping[str, Any],
    now: datetime,
    cause: str = "",
) -> bool:
    """Writes an answer to whoever sent `mail`; call it inside the transaction that handles it. False: not answered.
    `cause` is the row that it is written for, where that is another than `mail`.

    It goes to the address in From alone: an answer that goes where a message asks for it makes us somebody's relay.
    """
    if not has_a_turn(mail, now):
        return False
    outbox.write(
        kind=kind,
        cause=cause or f"incoming_mail:{mail.pk}",
        to=mail.sender,
        language=language,
        context=context,
        in_reply_to=mail.message_id,
        now=now,
    )
    return True


def has_a_turn(mail: IncomingMail, now: datetime) -> bool:
    """Whether `mail` may be answered now; what is written then names it (`in_reply_to`), and so counts as an answer."""
    return may_be_answered(mail) and _has_a_turn(mail.sender, now)


def may_be_answered(mail: IncomingMail) -> bool:
    """Whether somebody reads what is sent to the sender of `mail`."""
    try:
        validate_email(mail.sender)
    except ValidationError:
        return False
    return not mail.automatic_sign and not is_no_reply(mail.sender)


def _has_a_turn(sender: str, now: datetime) -> bool:
    """Whatever they put behind a + in their address, it is one sender's."""
    bare = without_tag(sender)
    local, _at, domain = bare.rpartition("@")
    # Two mails of one sender at once are answered one after the other, so that each sees the other's answer.
    one_after_the_other(Of.ANSWERED_SENDER, bare)
    answered = OutgoingMail.objects.filter(
        Q(recipient=bare) | Q(recipient__startswith=f"{local}+", recipient__endswith=f"@{domain}"),
        written_at__gt=now - WITHIN,
    ).exclude(in_reply_to="")
    # What a person answered is nobody's loop.
    answered = answered.exclude(kind__in=BY_HAND)
    return answered.count() < AT_MOST

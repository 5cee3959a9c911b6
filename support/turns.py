"""How much may be sent to the desk: enough for whoever has much to ask, too little to bury it or to pester anybody."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Sum
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from base import limits
from profiles.models import User
from profiles.networks import take_turn
from support.attachments import NewFile
from support.errors import SupportError
from support.models import Attachment, Message, Ticket

# From one network, questions sent in an hour: whole offices share one. The same, those with something wrong in them.
QUESTIONS_AN_HOUR = 30
TRIES_AN_HOUR = 90
# By one account in a day. Each keeps files, and begins a promise.
TICKETS_A_DAY = 60
MESSAGES_A_DAY = 300
# By a link, without an account, to one question.
REPLIES_A_DAY = 30
_DAY = timedelta(days=1)


def sent_before(form_id: uuid.UUID) -> bool:
    """Whether a form has made its ticket or its message already: sent again it makes nothing and keeps no file, so
    nothing of it is counted."""
    return (
        Ticket.objects.filter(public_id=form_id).exists()
        or Message.objects.filter(public_id=form_id).exists()
    )


def refuse_too_many_tries_from(network: str, now: datetime) -> None:
    """Counts whatever is sent to the form of questions from a network, before it is read. Raises
    SupportError("too_many")."""
    _of_network(network, "question tries", TRIES_AN_HOUR, now)


def refuse_too_many_from(network: str, now: datetime) -> None:
    """Counts a question that a person sent from a network. Raises SupportError("too_many")."""
    _of_network(network, "questions", QUESTIONS_AN_HOUR, now)


def refuse_too_many_tickets(user: User, now: datetime) -> None:
    """Counts what somebody opens. Raises SupportError("too_many")."""
    _today("tickets", str(user.pk), TICKETS_A_DAY, now)


def refuse_too_many_messages(user: User, now: datetime) -> None:
    """Counts what somebody adds. Raises SupportError("too_many")."""
    _today("ticket messages", str(user.pk), MESSAGES_A_DAY, now)


def refuse_too_many_replies(ticket: Ticket, now: datetime) -> None:
    """Counts what is written by the link to a question. Raises SupportError("too_many")."""
    _today("question replies", str(ticket.public_id), REPLIES_A_DAY, now)


def refuse_too_much(user: User, files: Sequence[NewFile], now: datetime) -> None:
    """Looks at what somebody has sent here in the last 24 hours, in bytes, and would send with these files. What came
    by mail is not counted: that way stays open. Raises SupportError("too_much_today")."""
    new = sum(len(file.content) for file in files)
    sent = Attachment.objects.filter(
        message__author=user, message__channel=Ticket.Channel.WEB, message__at__gt=now - _DAY
    )
    most = settings.DESK_FILES_A_DAY_MAX_BYTES
    if new and new + (sent.aggregate(bytes=Sum("size"))["bytes"] or 0) > most:
        raise SupportError(
            "too_much_today",
            _(
                "Files of at most %(most)s can be sent here within a day, and with these it would be more. Send them "
                "tomorrow, or by mail to %(address)s. What you write without files is taken in, and you can call us."
            )
            % {"most": filesizeformat(most), "address": settings.DESK_ADDRESS},
            field="files",
        )


def _of_network(network: str, what: str, most: int, now: datetime) -> None:
    if not take_turn(network, what, most=most, window=timedelta(hours=1), now=now):
        raise SupportError(
            "too_many",
            _("Too many questions have come from your connection within an hour. Try again in an hour."),
        )


def _today(what: str, who: str, most: int, now: datetime) -> None:
    if not limits.take(what, who, most=most, window=_DAY, now=now):
        raise SupportError(
            "too_many",
            _(
                "You have sent %(number)d of these today, and no more are taken in. Go on tomorrow, or call us."
            )
            % {"number": most},
        )

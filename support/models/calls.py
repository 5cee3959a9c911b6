"""Telephone calls of the desk (S3)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from phonenumber_field.modelfields import PhoneNumberField

from base.erased import ERASED
from support.models.clients import Client
from support.models.tickets import Ticket
from support.models.waits import Wait


class CallQuerySet(models.QuerySet["Call"]):
    def visible_to(self, user: Any) -> CallQuerySet:
        """Those of the clients for whom `user` speaks; what was said of an appeal is its maker's alone."""
        calls = self.filter(client__in=Client.objects.visible_to(user))
        return calls.exclude(Q(ticket__kind=Ticket.Kind.APPEAL) & ~Q(ticket__asker=user))

    def at_the_desk(self, user: Any) -> CallQuerySet:
        """Those that a consultant reads: not of a client for whom they speak themselves, nor about an appeal that they
        do not hear."""
        calls = self.filter(
            Q(ticket=None)
            | ~Q(ticket__kind=Ticket.Kind.APPEAL)
            | Q(ticket__in=Ticket.objects.at_the_desk(user))
        )
        own = list(Client.objects.visible_to(user).values_list("pk", flat=True))
        # Calls of nobody stay: a comparison with nothing is not true.
        return calls.filter(Q(client=None) | ~Q(client__in=own)) if own else calls

    def missed(self) -> CallQuerySet:
        return self.filter(outcome=Call.Outcome.MISSED)

    def unclaimed(self) -> CallQuerySet:
        """To us, of whom nobody knows whether they are a client (S1)."""
        return self.filter(direction=Call.Direction.IN, client=None)

    def not_returned(self) -> CallQuerySet:
        """Missed ones of nobody known, with a number that nobody of us has called or spoken to since."""
        since = Call.objects.filter(phone=OuterRef("phone"), at__gte=OuterRef("at"))
        reached = since.filter(Q(direction=Call.Direction.OUT) | Q(outcome=Call.Outcome.ANSWERED))
        return self.unclaimed().missed().exclude(phone="").filter(~Exists(reached))


class Call(models.Model):
    """One call: of somebody to the desk, or of the desk to somebody."""

    class Direction(models.TextChoices):
        IN = "in", _("to us")
        OUT = "out", _("by us")

    class Outcome(models.TextChoices):
        ANSWERED = "answered", pgettext_lazy("call", "answered")
        # To us: it makes a call-back (S3).
        MISSED = "missed", _("missed")
        # By us, reaching nobody: a message left keeps the promise, and so does a mail that says we called.
        LEFT_MESSAGE = "left_message", _("message left")
        MAIL_SENT = "mail_sent", _("nobody reached, mail sent")
        NOBODY = "nobody", _("nobody reached")

    # What carries out a promised call back (S3).
    CALLS_BACK: ClassVar = (Outcome.ANSWERED, Outcome.LEFT_MESSAGE, Outcome.MAIL_SENT)

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    # Empty: the number was withheld.
    phone = PhoneNumberField(_("telephone"), blank=True)
    # As the exchange says it, where it is no number that anybody could call.
    number_said = models.CharField(_("number as it was said"), max_length=40, blank=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    client = models.ForeignKey(
        Client,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="calls",
        db_index=False,  # `call_of_client` begins with it.
        verbose_name=_("client"),
    )
    ticket = models.ForeignKey(
        Ticket,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="calls",
        db_index=False,  # `call_of_ticket` begins with it.
        verbose_name=_("ticket"),
    )
    # Of a missed one: the wait that it began or joined. Of one by us: the wait that it ended.
    wait = models.ForeignKey(
        Wait, null=True, blank=True, on_delete=models.PROTECT, related_name="calls", verbose_name=_("wait")
    )
    # Of one on another ticket, which was merged into this one: the desk's note of that, since which it stands here.
    came_with = models.ForeignKey(
        "Message",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("came with"),
    )
    at = models.DateTimeField(_("at"))
    seconds = models.PositiveIntegerField(_("seconds"), null=True, blank=True)
    summary = models.TextField(_("what was said"), blank=True)
    # Who was at the telephone, or wrote it down; nobody: the exchange told us.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )
    # By which an exchange that tells us twice of one call tells us of one.
    exchange_id = models.CharField(
        _("id at the exchange"), max_length=100, null=True, blank=True, unique=True
    )
    recorded_at = models.DateTimeField(_("recorded"))

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(direction="in", outcome__in=["answered", "missed"])
                | Q(direction="out", outcome__in=["answered", "left_message", "mail_sent", "nobody"]),
                name="call_outcome_of_its_direction",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["client", "-at"], name="call_of_client"),
            models.Index(fields=["ticket", "-at"], name="call_of_ticket"),
            models.Index(fields=["phone", "-at"], name="call_of_number"),
            # The desk's list, newest first, and of it those of whom nobody knows who they are.
            models.Index(fields=["-at", "-id"], name="call_newest"),
            models.Index(
                fields=["-at", "-id"], name="call_unclaimed", condition=Q(direction="in", client=None)
            ),
            # The database asks it of a message that is taken out: what came by merges is little.
            models.Index(fields=["came_with"], name="call_came_with", condition=Q(came_with__isnull=False)),
            # Of whom nobody has asked for so long that they are forgotten.
            models.Index(fields=["at"], name="call_to_forget", condition=Q(client=None) & ~Q(name=ERASED)),
        ]

    @property
    def minutes(self) -> int | None:
        """Whole minutes that it took, as they are read: one that was begun counts."""
        return None if self.seconds is None else -(-self.seconds // 60)

    def __str__(self) -> str:
        return f"{self.phone or self.number_said or _('unknown number')} · {self.at:%Y-%m-%d %H:%M}"


class ExchangeEventQuerySet(models.QuerySet["ExchangeEvent"]):
    def waiting(self) -> ExchangeEventQuerySet:
        """Those that were stored and not carried out."""
        return self.filter(done_at=None)


class ExchangeEvent(models.Model):
    """What the telephone exchange told us of a call, as it was signed: stored before anything is done, and once."""

    class Word(models.TextChoices):
        ANSWERED = "answered", pgettext_lazy("call", "answered")
        MISSED = "missed", _("missed")

    exchange_id = models.CharField(_("id at the exchange"), max_length=100)
    word = models.CharField(_("what it says"), max_length=10, choices=Word)
    # Cleared once it is done: then the call has it.
    number_said = models.CharField(_("number as it was said"), max_length=40, blank=True)
    at = models.DateTimeField(_("at"))
    seconds = models.PositiveIntegerField(_("seconds"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"))
    deliveries = models.PositiveIntegerField(_("times delivered"), default=1)
    done_at = models.DateTimeField(_("carried out"), null=True, blank=True)

    objects = ExchangeEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("message of the telephone exchange")
        verbose_name_plural = _("messages of the telephone exchange")
        ordering: ClassVar = ["-received_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["exchange_id", "word"], name="exchange_says_a_thing_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["received_at"], name="exchange_waiting", condition=Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.exchange_id} · {self.word}"


class InSessionQuerySet(models.QuerySet["InSession"]):
    def at(self, now: datetime) -> InSessionQuerySet:
        """Those that go on: by their end, never by a job having run."""
        return self.filter(ended_at=None, began_at__lte=now, until__gt=now)


class InSession(models.Model):
    """A consultant is with a client and their telephone is off, until a time that they said, or ended before (S3)."""

    consultant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("consultant"),
    )
    began_at = models.DateTimeField(_("began"))
    until = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = InSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("time in session")
        verbose_name_plural = _("times in session")
        ordering: ClassVar = ["-began_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until__gt=F("began_at")), name="in_session_ends_after_it_begins"
            ),
        ]
        indexes: ClassVar = [
            # Who is in session now?
            models.Index(fields=["until"], name="in_session_now", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.consultant} · {self.until:%Y-%m-%d %H:%M}"

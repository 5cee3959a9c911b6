"""Payments at a gateway: what was asked for, and every word that the gateway said of it (M10)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.models import StateEvent
from profiles.models import Professional

DESCRIPTION_AT_MOST = 200  # characters


class GatewayPaymentQuerySet(models.QuerySet["GatewayPayment"]):
    def visible_to(self, user: Any) -> GatewayPaymentQuerySet:
        return self.filter(professional__in=Professional.objects.visible_to(user))


class GatewayPayment(models.Model):
    """Money that a professional, or another customer, set out to pay on a gateway's page. Nothing is booked before the
    gateway says so."""

    class Purpose(models.TextChoices):
        TOP_UP = "top_up", _("top-up of the balance")
        INVOICE = "invoice", _("payment of an invoice")
        # Of what is invoiced once it is paid (S6).
        PREPAID = "prepaid", _("payment in advance")

    class State(models.TextChoices):
        STARTED = "started", _("started")
        # The payer is done, the bank is not: money that arrives hours or days later.
        PENDING = "pending", _("waiting for the bank")
        PAID = "paid", _("paid")
        FAILED = "failed", _("failed")
        EXPIRED = "expired", _("not paid in time")
        REVERSED = "reversed", _("taken back by the bank")

    MOVES: ClassVar = {
        State.STARTED: {State.PENDING, State.PAID, State.FAILED, State.EXPIRED},
        State.PENDING: {State.PAID, State.FAILED},
        # Events come late and out of order: money that has come is booked, whatever was said before.
        State.FAILED: {State.PAID},
        State.EXPIRED: {State.PENDING, State.PAID},
        # In part or whole; paid again once no reversal of it stands.
        State.PAID: {State.REVERSED},
        State.REVERSED: {State.PAID},
    }

    # The money came, whatever became of it since.
    CAME: ClassVar = (State.PAID, State.REVERSED)

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    # Nobody's: of a customer of the desk that is no business of the marketplace.
    professional = models.ForeignKey(
        Professional,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="gateway_payments",
        verbose_name=_("business"),
    )
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose)
    invoice = models.ForeignKey(
        "billing.Invoice",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="gateway_payments",
        verbose_name=_("invoice"),
    )
    prepayment = models.ForeignKey(
        "billing.Prepayment",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="gateway_payments",
        verbose_name=_("prepayment"),
    )
    amount_cents = models.BigIntegerField(_("amount (cents)"))
    currency = models.CharField(_("currency"), max_length=3)
    # As the payer reads it. Written once: a gateway that is asked again for its page under the same name must be asked
    # the same, whatever the business is called by then and whoever asks.
    description = models.CharField(_("what is paid, as the payer reads it"), max_length=DESCRIPTION_AT_MOST)
    gateway = models.CharField(_("gateway"), max_length=20)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.STARTED)
    # The gateway's page, while it can be paid there, and its names for the page and for the money that came.
    page = models.URLField(_("page of the gateway"), max_length=2000, blank=True)
    page_until = models.DateTimeField(_("page open until"), null=True, blank=True)
    session = models.CharField(_("reference of the page"), max_length=120, blank=True)
    charge = models.CharField(_("reference of the money"), max_length=120, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("started by")
    )
    created_at = models.DateTimeField(_("started"))
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)

    objects = GatewayPaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment at the gateway")
        verbose_name_plural = _("payments at the gateway")
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="gateway_payment_positive"),
            models.CheckConstraint(
                condition=Q(purpose="invoice", invoice__isnull=False, prepayment=None)
                | Q(purpose="top_up", invoice=None, prepayment=None)
                | Q(purpose="prepaid", invoice=None, prepayment__isnull=False),
                name="gateway_payment_of_what_it_says",
            ),
            models.CheckConstraint(
                condition=Q(professional__isnull=False) | Q(purpose="prepaid"),
                name="gateway_payment_of_a_business_or_prepaid",
            ),
            # One amount of money is one payment: reversals are found by it.
            models.UniqueConstraint(
                fields=["gateway", "charge"], condition=~Q(charge=""), name="one_payment_per_charge"
            ),
        ]
        indexes: ClassVar = [
            # What nobody finished, or the bank never decided, and the gateway never closed.
            models.Index(
                fields=["created_at"],
                name="gateway_payment_undecided",
                condition=Q(state__in=["started", "pending"]),
            ),
        ]

    @property
    def payer(self) -> str:
        """Whose money it is, by name."""
        return str(self.professional or (self.prepayment.customer if self.prepayment else "–"))

    def can_be_paid(self, now: datetime) -> bool:
        """Whether its page at the gateway is still open."""
        return bool(
            self.state == self.State.STARTED and self.page and self.page_until and self.page_until > now
        )

    def __str__(self) -> str:
        return str(self.public_id)


class GatewayPaymentEvent(StateEvent):
    """One step of a payment, and which word of the gateway moved it."""

    payment = models.ForeignKey(
        GatewayPayment, on_delete=models.CASCADE, related_name="events", verbose_name=_("payment")
    )

    class Meta(StateEvent.Meta):
        verbose_name = _("step of a payment")
        verbose_name_plural = _("steps of payments")


class GatewayEvent(models.Model):
    """What a gateway told us, signed, once per event: kept before anything is done about it (X3).

    Of the body only these few words are kept: no name, no card, no address.
    """

    class Word(models.TextChoices):
        """What it means to us, whatever the gateway calls it."""

        PAID = "paid", _("paid")
        PENDING = "pending", _("the bank is at work")
        FAILED = "failed", _("failed")
        EXPIRED = "expired", _("not paid in time")
        REVERSED = "reversed", _("money taken back")
        REVERSAL_UNDONE = "reversal_undone", _("money given back")
        NOTED = "noted", _("noted, nothing to book")
        # Money of the gateway's sandbox where real money is taken, or the other way round: whatever it says.
        OTHER_MODE = "other_mode", _("of the gateway's other mode, test or live")

    class State(models.TextChoices):
        # For its turn, or for another event that must come first.
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        IGNORED = "ignored", _("nothing to do")
        NEEDS_PERSON = "needs_person", _("needs a person")
        SETTLED = "settled", _("settled by a person")

    MOVES: ClassVar = {
        State.WAITING: {State.DONE, State.IGNORED, State.NEEDS_PERSON},
        State.NEEDS_PERSON: {State.SETTLED},
        State.DONE: set(),
        State.IGNORED: set(),
        State.SETTLED: set(),
    }

    gateway = models.CharField(_("gateway"), max_length=20)
    event_id = models.CharField(_("event"), max_length=120)
    kind = models.CharField(_("called"), max_length=80)
    word = models.CharField(_("meaning"), max_length=20, choices=Word)
    # What it is about, as it says: our own id, the gateway's reference of the money, that of the reversal.
    said_payment = models.CharField(_("our payment, as told"), max_length=60, blank=True)
    charge = models.CharField(_("reference of the money"), max_length=120, blank=True)
    reversal = models.CharField(_("reference of the reversal"), max_length=120, blank=True)
    amount_cents = models.BigIntegerField(_("amount (cents)"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=10, blank=True)
    happened_at = models.DateTimeField(_("happened"))
    received_at = models.DateTimeField(_("received"))
    deliveries = models.PositiveIntegerField(_("times received"), default=1)
    # What was done about it, and why.
    payment = models.ForeignKey(
        GatewayPayment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="told",
        verbose_name=_("payment"),
    )
    state = models.CharField(_("state"), max_length=15, choices=State, default=State.WAITING)
    why = models.CharField(_("why"), max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("to be looked at from"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("settled by"),
    )
    note = models.TextField(_("what was done about it"), blank=True)

    class Meta:
        verbose_name = _("message of the gateway")
        verbose_name_plural = _("messages of the gateway")
        permissions: ClassVar = [("settle_gatewayevent", "Can settle what needs a person")]
        ordering: ClassVar = ["-received_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gateway", "event_id"], name="one_row_per_event"),
            models.CheckConstraint(
                condition=Q(state="settled", settled_by__isnull=False)
                | (Q(settled_by=None) & ~Q(state="settled")),
                name="event_settled_by_somebody",
            ),
        ]
        indexes: ClassVar = [
            # What the job looks at.
            models.Index(fields=["due_at"], name="event_waiting", condition=Q(state="waiting")),
            # Whatever waits for the payment of this money.
            models.Index(fields=["gateway", "charge"], name="event_of_charge", condition=~Q(charge="")),
        ]

    def __str__(self) -> str:
        return self.event_id


class RefusedWebhook(models.Model):
    """Calls of the webhook's address that no gateway signed: counted by day and reason, and only so many of them
    (`gateway_inbox.count_refused`), so that whoever knocks a million times writes one row, some hundred times."""

    class Reason(models.TextChoices):
        UNSIGNED = "unsigned", _("no signature")
        FORGED = "forged", _("the signature does not match")
        OLD = "old", _("signed too long ago")
        UNREADABLE = "unreadable", _("signed, but not understood")
        TOO_LARGE = "too_large", _("too large")

    gateway = models.CharField(_("gateway"), max_length=20)
    day = models.DateField(_("day"))
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    times = models.PositiveIntegerField(_("times, at least"), default=0)
    last_at = models.DateTimeField(_("last"))

    class Meta:
        verbose_name = _("refused call of the webhook")
        verbose_name_plural = _("refused calls of the webhook")
        ordering: ClassVar = ["-day", "gateway", "reason"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gateway", "day", "reason"], name="one_row_of_refusals"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.times} × {self.get_reason_display()}"

"""The ledger of balances, and what finance puts onto them (M8)."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.append_only import append_only
from base.money import money
from billing.models.payments import GatewayPayment
from billing.models.transfers import BankTransfer
from profiles.models import Professional


class Wallet(models.Model):
    """A professional's balance: spent on contacts only, never expires, never paid out (M8)."""

    professional = models.OneToOneField(
        Professional, on_delete=models.PROTECT, related_name="wallet", verbose_name=_("business")
    )
    balance_cents = models.BigIntegerField(_("balance (cents)"), default=0)

    class Meta:
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(balance_cents__gte=0), name="balance_never_below_zero"),
        ]

    def __str__(self) -> str:
        return str(self.professional)


@append_only
class WalletEntry(models.Model):
    """One change of a balance, never altered or deleted. It holds no personal text (M8)."""

    class Kind(models.TextChoices):
        TOP_UP = "top_up", _("top-up")
        PURCHASE = "purchase", _("contact bought")
        RETURN = "return", _("contact returned")
        REFUND = "refund", _("guarantee refund")
        CORRECTION = "correction", _("correction")
        REVERSAL = "reversal", _("payment taken back by the bank")
        REVERSAL_UNDONE = "reversal_undone", _("payment given back by the bank")
        CREDIT_NOTE = "credit_note", _("credit note")
        LATER_JOB = "later_job", _("job that came after the refund")

    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="entries", verbose_name=_("balance")
    )
    amount_cents = models.BigIntegerField(_("amount (cents)"))
    balance_after_cents = models.BigIntegerField(_("balance after (cents)"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    # The row it was written for, as "contact:<its public id>"; that row points back at this one.
    cause = models.CharField(_("cause"), max_length=80)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("balance entry")
        verbose_name_plural = _("balance entries")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "cause"], name="one_entry_per_cause"),
            models.CheckConstraint(condition=~Q(amount_cents=0), name="entry_changes_something"),
            models.CheckConstraint(
                condition=Q(balance_after_cents__gte=0), name="entry_leaves_nothing_below_zero"
            ),
        ]
        # A statement reads one wallet from the newest entry down.
        indexes: ClassVar = [models.Index(fields=["wallet", "-id"], name="entry_of_wallet")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {money(self.amount_cents)}"


class TopUp(models.Model):
    """Money put onto a balance: by bank transfer, recorded by staff, or by a payment at the gateway (M10)."""

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="top_ups", verbose_name=_("balance")
    )
    amount_cents = models.BigIntegerField(_("amount (cents)"))
    received_on = models.DateField(_("received on"))
    # The bank's reference, once: the same transfer recorded twice is refused. Of a gateway: its own reference.
    reference = models.CharField(_("bank reference"), max_length=120, unique=True)
    # Who recorded the transfer; nobody recorded what came through the gateway.
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(_("recorded"))
    gateway_payment = models.OneToOneField(
        GatewayPayment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="top_up",
        verbose_name=_("payment at the gateway"),
    )
    transfer = models.OneToOneField(
        BankTransfer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="top_up",
        verbose_name=_("bank transfer"),
    )
    entry = models.OneToOneField(
        WalletEntry, on_delete=models.PROTECT, related_name="top_up", verbose_name=_("balance entry")
    )

    class Meta:
        verbose_name = _("top-up")
        verbose_name_plural = _("top-ups")
        ordering: ClassVar = ["-recorded_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="top_up_positive"),
            models.CheckConstraint(
                condition=Q(recorded_by__isnull=False, transfer__isnull=False, gateway_payment=None)
                | Q(recorded_by=None, transfer=None, gateway_payment__isnull=False),
                name="top_up_by_transfer_or_gateway",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class BalanceCorrection(models.Model):
    """A change of a balance made by finance, with its reason."""

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="corrections", verbose_name=_("balance")
    )
    amount_cents = models.BigIntegerField(_("amount (cents)"))
    reason = models.TextField(_("reason"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded"))
    entry = models.OneToOneField(
        WalletEntry, on_delete=models.PROTECT, related_name="correction", verbose_name=_("balance entry")
    )

    class Meta:
        verbose_name = _("correction of a balance")
        verbose_name_plural = _("corrections of balances")
        ordering: ClassVar = ["-recorded_at", "-id"]

    def __str__(self) -> str:
        return f"{self.wallet}: {money(self.amount_cents)}"

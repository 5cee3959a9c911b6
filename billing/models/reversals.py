"""Payments that the bank took back, and what that did (M10)."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.balances import WalletEntry
from billing.models.invoices import Invoice, InvoicePayment
from billing.models.payments import GatewayPayment


class Reversal(models.Model):
    """Money of a payment, whole or in part, that the bank took back. Its columns say what that did, so that
    exactly this can be undone."""

    class State(models.TextChoices):
        STANDING = "standing", _("stands")
        UNDONE = "undone", _("given back by the bank")

    MOVES: ClassVar = {State.STANDING: {State.UNDONE}, State.UNDONE: set()}

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    payment = models.ForeignKey(
        GatewayPayment, on_delete=models.PROTECT, related_name="reversals", verbose_name=_("payment")
    )
    # The gateway's own name for the dispute or refund: the same one told twice is one reversal.
    reference = models.CharField(_("reference of the reversal"), max_length=120)
    amount_cents = models.BigIntegerField(_("amount (cents)"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.STANDING)
    reversed_at = models.DateTimeField(_("taken back"))
    undone_at = models.DateTimeField(_("given back"), null=True, blank=True)
    # How much of it had been put onto the balance, and so was taken from there first: what of that was no longer there
    # is in the invoice over the rest.
    of_balance_cents = models.BigIntegerField(_("of the balance (cents)"), default=0, db_default=0)
    # What was taken from the balance, the invoice over the rest, and the payment of an invoice that was reopened. They
    # add up to the amount.
    entry = models.OneToOneField(
        WalletEntry,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reversal",
        verbose_name=_("balance entry"),
    )
    rest_invoice = models.OneToOneField(
        Invoice,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reversal",
        verbose_name=_("invoice over the rest"),
    )
    reopened = models.ForeignKey(
        InvoicePayment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reversals",
        verbose_name=_("payment of the reopened invoice"),
    )
    # How much the reopened invoice took of the payment then; it may take less when that is undone.
    reopened_cents = models.BigIntegerField(_("of the invoice (cents)"), default=0, db_default=0)
    # What came onto the balance when it was undone.
    undone_entry = models.OneToOneField(
        WalletEntry,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="undone_reversal",
        verbose_name=_("balance entry of the undoing"),
    )

    class Meta:
        verbose_name = _("reversal")
        verbose_name_plural = _("reversals")
        ordering: ClassVar = ["-reversed_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["payment", "reference"], name="one_reversal_per_reference"),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="reversal_positive"),
            models.CheckConstraint(
                condition=Q(of_balance_cents__gte=0, of_balance_cents__lte=F("amount_cents")),
                name="reversal_of_the_balance_at_most",
            ),
            models.CheckConstraint(
                condition=Q(entry__isnull=False) | Q(rest_invoice__isnull=False) | Q(reopened__isnull=False),
                name="reversal_does_something",
            ),
            models.CheckConstraint(
                condition=Q(reopened=None, reopened_cents=0)
                | Q(reopened__isnull=False, reopened_cents__gt=0),
                name="reversal_reopens_an_amount",
            ),
            models.CheckConstraint(
                condition=Q(state="standing", undone_at=None, undone_entry=None)
                | Q(state="undone", undone_at__isnull=False),
                name="reversal_undone_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

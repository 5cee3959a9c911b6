"""Invoices, their numbers without gaps, and what pays them (M10, M14)."""

from __future__ import annotations

import re
import uuid
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.customers import Customer
from billing.models.payments import GatewayPayment
from profiles.models import Professional


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def visible_to(self, user: Any) -> InvoiceQuerySet:
        return self.filter(customer__professional__in=Professional.objects.visible_to(user))

    def past_due(self, today: date) -> InvoiceQuerySet:
        """Unpaid from the day after the due date (M9)."""
        return self.filter(paid_on=None, due_on__lt=today)

    def numbered(self, number: str) -> Invoice | None:
        """The invoice with this number as printed (`Q-2026-000015`), if there is one."""
        found = re.fullmatch(r"Q-([0-9]{4})-([0-9]{1,9})", number.strip().upper())
        return self.filter(year=found[1], sequence=found[2]).first() if found else None


class Invoice(models.Model):
    """A request for payment, with a number without gaps per year. Never edited once issued."""

    class Origin(models.TextChoices):
        CONTRACT = "contract", _("something contracted")
        # Money that the bank took back and that the balance no longer held (M10).
        REVERSAL = "reversal", _("payment taken back by the bank")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    year = models.PositiveSmallIntegerField(editable=False)
    sequence = models.PositiveIntegerField(editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="invoices")
    # Buyer as printed: what the customer is called later does not change an invoice.
    buyer_name = models.CharField(_("buyer"), max_length=150)
    buyer_tax_id = models.CharField(_("buyer's tax id"), max_length=20, blank=True)
    buyer_address = models.TextField(_("buyer's address"), blank=True)
    description = models.CharField(_("for"), max_length=200)
    origin = models.CharField(_("origin"), max_length=20, choices=Origin, default=Origin.CONTRACT)
    issued_on = models.DateField(_("issued on"))
    due_on = models.DateField(_("due on"))
    total_cents = models.BigIntegerField(_("total (cents)"))
    tax_cents = models.BigIntegerField(_("of which tax (cents)"))
    tax_rate_basis_points = models.PositiveIntegerField(_("tax rate (hundredths of a per cent)"))
    paid_on = models.DateField(_("paid on"), null=True, blank=True)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering: ClassVar = ["-year", "-sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "sequence"], name="invoice_number_once"),
            models.CheckConstraint(
                condition=Q(total_cents__gte=0, tax_cents__gte=0, tax_cents__lte=F("total_cents")),
                name="invoice_adds_up",
            ),
            # What the bank took back is owed already: such an invoice is past due when it is issued (M10).
            models.CheckConstraint(
                condition=Q(due_on__gte=F("issued_on")) | Q(origin="reversal"),
                name="invoice_due_after_issue",
            ),
        ]
        indexes: ClassVar = [
            # What is past due, of one customer and of all.
            models.Index(fields=["customer", "due_on"], name="invoice_unpaid", condition=Q(paid_on=None)),
        ]

    @property
    def number(self) -> str:
        """As printed: Q-2026-000015."""
        return f"Q-{self.year}-{self.sequence:06d}"

    @property
    def net_cents(self) -> int:
        return self.total_cents - self.tax_cents

    @property
    def payment(self) -> InvoicePayment | None:
        """The payment that stands, if it is paid."""
        return self.payments.filter(state=InvoicePayment.State.STANDING).first()

    def __str__(self) -> str:
        return self.number


class InvoiceNumber(models.Model):
    """The last number given in a year; its row lock keeps numbers gapless when two are issued at once (M14)."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class InvoicePayment(models.Model):
    """Money received for an invoice, whole: by bank transfer, recorded by staff, or by a payment at the gateway."""

    class State(models.TextChoices):
        STANDING = "standing", _("stands")
        REVERSED = "reversed", _("taken back by the bank")

    MOVES: ClassVar = {
        State.STANDING: {State.REVERSED},
        # The bank gave it back, and nothing else had paid the invoice meanwhile.
        State.REVERSED: {State.STANDING},
    }

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    amount_cents = models.BigIntegerField(_("amount (cents)"))
    received_on = models.DateField(_("received on"))
    reference = models.CharField(_("bank reference"), max_length=120, unique=True)
    # Who recorded the transfer; nobody recorded what came through the gateway.
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(_("recorded"))
    gateway_payment = models.OneToOneField(
        GatewayPayment, null=True, blank=True, on_delete=models.PROTECT, related_name="invoice_payment"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.STANDING)

    class Meta:
        verbose_name = _("invoice payment")
        verbose_name_plural = _("invoice payments")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(state="standing"), name="one_standing_payment_per_invoice"
            ),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="invoice_payment_positive"),
            models.CheckConstraint(
                condition=Q(recorded_by__isnull=False, gateway_payment=None)
                | Q(recorded_by=None, gateway_payment__isnull=False),
                name="invoice_payment_by_transfer_or_gateway",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

"""What is invoiced only once it is paid."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.customers import Customer
from billing.models.invoices import Invoice


class Prepayment(models.Model):
    """Something that a floor above has sold, and that may be paid: until it is, nobody owes anything and there is no
    invoice; when it is, its invoice is issued as paid (S6). So nothing here is ever past due (G9).

    Whoever opens one keeps the reference to it, and learns of the payment by `billing.signals.invoice_paid`.
    """

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="prepayments", verbose_name=_("customer")
    )
    # As its payer writes it on a transfer, and finance looks for it: O-2026-000015.
    number = models.CharField(_("number"), max_length=20, unique=True)
    # As its payer reads it, and as it is printed on the invoice: written once, in their language.
    description = models.CharField(_("for"), max_length=200)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    total_cents = models.BigIntegerField(_("total (cents)"))
    # The page of this site on which its payer sees how it stands.
    path = models.CharField(_("page"), max_length=200)
    opened_at = models.DateTimeField(_("opened"))
    # It is to be paid no more.
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    invoice = models.OneToOneField(
        Invoice,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="prepayment",
        verbose_name=_("invoice"),
    )

    class Meta:
        verbose_name = _("prepayment")
        verbose_name_plural = _("prepayments")
        ordering: ClassVar = ["-opened_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(total_cents__gt=0), name="prepayment_positive"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(invoice=None), name="prepayment_paid_or_ended"
            ),
        ]

    @property
    def can_be_paid(self) -> bool:
        return self.ended_at is None and self.invoice_id is None

    def __str__(self) -> str:
        return self.number

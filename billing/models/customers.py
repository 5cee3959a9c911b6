"""Whoever is invoiced."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from profiles.models import Professional


class Customer(models.Model):
    """Whoever is invoiced: name and tax data."""

    professional = models.OneToOneField(
        Professional,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="customer",
        verbose_name=_("business"),
    )
    name = models.CharField(_("name on the invoice"), max_length=150)
    tax_id = models.CharField(_("tax id"), max_length=20, blank=True)
    address = models.TextField(_("address"), max_length=500, blank=True)
    email = models.EmailField(_("e-mail for invoices"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        # Who else is invoiced under this tax id, or to this e-mail? Shown to staff (G10).
        indexes: ClassVar = [
            models.Index(fields=["tax_id"], name="customer_tax_id", condition=~Q(tax_id="")),
            models.Index(Upper("email"), name="customer_email"),
        ]

    def __str__(self) -> str:
        return self.name

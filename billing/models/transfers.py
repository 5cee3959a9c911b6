"""Bank transfers that staff record, each once, whatever it is for (M10)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class BankTransfer(models.Model):
    """Money that came by bank transfer, under the bank's reference: it paid an invoice, topped a balance up, or both,
    where it was more than the invoice needed. The reference is there once, whoever records it for whatever."""

    reference = models.CharField(_("bank reference"), max_length=120, unique=True)
    # What its payment and its top-up add up to.
    amount_cents = models.BigIntegerField(_("amount (cents)"))

    class Meta:
        verbose_name = _("bank transfer")
        verbose_name_plural = _("bank transfers")

    def __str__(self) -> str:
        return self.reference

"""Which reminders of an unpaid invoice its buyer was sent (M9)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice


class InvoiceReminder(models.Model):
    """One reminder of one invoice: each step is sent once, and once more each time that the bank took back what had
    paid the invoice."""

    class Step(models.TextChoices):
        DUE_SOON = "due_soon", _("due soon")
        PAST_DUE = "past_due", _("past due")
        STILL_PAST_DUE = "still_past_due", _("still past due")
        LAST = "last", _("last reminder")

    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="reminders", verbose_name=_("invoice")
    )
    step = models.CharField(_("step"), max_length=20, choices=Step)
    # `Invoice.unpaid_from` as it was: of a debt that was reopened each step is due anew.
    counted_from = models.DateField(_("counted from"))
    sent_at = models.DateTimeField(_("sent"))

    class Meta:
        verbose_name = _("reminder of an invoice")
        verbose_name_plural = _("reminders of invoices")
        ordering: ClassVar = ["sent_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice", "step", "counted_from"], name="each_reminder_once"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice}: {self.get_step_display()}"

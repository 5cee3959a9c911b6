"""What the product itself puts into a contact's diary: calls and messages begun from its page, summaries it sent."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.models.contacts import Contact, DiaryEntry


class Attempt(models.Model):
    """A call or a message begun from the contact's page. That a button was pressed is all that is known of it, so it
    is no diary entry, and reaches nobody (G21), until somebody says what became of it."""

    class Way(models.TextChoices):
        CALL = "call", _("call")
        WHATSAPP = "whatsapp", _("WhatsApp")
        MAIL = "mail", _("e-mail")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="attempts")
    way = models.CharField(_("how"), max_length=10, choices=Way)
    begun_at = models.DateTimeField(_("begun"))
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("by")
    )
    settled_at = models.DateTimeField(_("said what became of it"), null=True, blank=True)
    # What became of it; empty on one that is settled: it never came about.
    entry = models.OneToOneField(
        DiaryEntry, null=True, blank=True, on_delete=models.CASCADE, related_name="attempt"
    )

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering: ClassVar = ["begun_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(entry=None) | Q(settled_at__isnull=False), name="attempt_with_entry_is_settled"
            ),
        ]
        indexes: ClassVar = [
            # Those that the pages ask about.
            models.Index(fields=["contact"], name="attempt_open", condition=Q(settled_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.get_way_display()} · {self.begun_at:%Y-%m-%d %H:%M}"


class SummaryMail(models.Model):
    """A summary of what was agreed that we sent to the homeowner for the professional (G22). Its text is the diary
    entry's, so that it stands in one place and is erased in one."""

    # Made with the form, so that the same form sent twice sends one mail.
    public_id = models.UUIDField(unique=True, editable=False)
    entry = models.OneToOneField(DiaryEntry, on_delete=models.CASCADE, related_name="summary")

    class Meta:
        verbose_name = _("summary")
        verbose_name_plural = _("summaries")

    def __str__(self) -> str:
        return f"{self.entry}"

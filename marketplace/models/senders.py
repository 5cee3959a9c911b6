"""People whose requests a moderator looks at twice."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField


class BlockedSenderQuerySet(models.QuerySet["BlockedSender"]):
    def standing(self) -> BlockedSenderQuerySet:
        """Those that have not been lifted."""
        return self.filter(lifted_at=None)


class BlockedSender(models.Model):
    """A mail address or a telephone whose requests are flagged, never refused silently (M2). A row is its own
    history: it is lifted, not changed or deleted (X4)."""

    # The address as `profiles.addresses.address_key` writes it; one of the two is empty.
    email_key = models.CharField(_("mail address"), max_length=254, blank=True)
    phone = PhoneNumberField(_("telephone"), blank=True)
    reason = models.TextField(_("reason"))
    blocked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("blocked by"), on_delete=models.PROTECT, related_name="+"
    )
    blocked_at = models.DateTimeField(_("blocked"))
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("lifted by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lift_reason = models.TextField(_("why it was lifted"), blank=True)

    objects = BlockedSenderQuerySet.as_manager()

    class Meta:
        verbose_name = _("blocked sender")
        verbose_name_plural = _("blocked senders")
        ordering: ClassVar = ["-blocked_at", "-id"]
        permissions: ClassVar = [("block_sender", _("Can block senders and lift blocks"))]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(~Q(email_key="") & Q(phone="")) | (Q(email_key="") & ~Q(phone="")),
                name="blocked_by_mail_or_phone",
            ),
            models.UniqueConstraint(
                fields=["email_key"],
                condition=~Q(email_key="") & Q(lifted_at=None),
                name="one_block_per_mail",
            ),
            models.UniqueConstraint(
                fields=["phone"], condition=~Q(phone="") & Q(lifted_at=None), name="one_block_per_phone"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="lifting_a_block_has_a_person",
            ),
        ]

    @property
    def sender(self) -> Any:
        return self.email_key or self.phone

    def __str__(self) -> str:
        return str(self.sender)

"""People whose requests a moderator looks at twice."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from base.models import Liftable, LiftableQuerySet


class BlockedSender(Liftable):
    """A mail address or a telephone whose requests are flagged, never refused silently (M2)."""

    # The address as `profiles.addresses.address_key` writes it; one of the two is empty.
    email_key = models.CharField(_("mail address"), max_length=254, blank=True)
    phone = PhoneNumberField(_("telephone"), blank=True)
    blocked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("blocked by"), on_delete=models.PROTECT, related_name="+"
    )
    blocked_at = models.DateTimeField(_("blocked"))

    objects = LiftableQuerySet.as_manager()

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
                condition=Liftable.LIFTED_BY_SOMEBODY,
                name="lifting_a_block_has_a_person",
            ),
        ]

    @property
    def sender(self) -> Any:
        return self.email_key or self.phone

    def __str__(self) -> str:
        return str(self.sender)

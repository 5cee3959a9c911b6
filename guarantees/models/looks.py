"""Who has a claim open in front of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from guarantees.models.claims import Claim


class ClaimLookQuerySet(models.QuerySet["ClaimLook"]):
    def of_now(self, now: datetime) -> ClaimLookQuerySet:
        """Those that are so recent that somebody is likely to be still looking."""
        return self.filter(at__gt=now - ClaimLook.LASTS)


class ClaimLook(models.Model):
    """Somebody of the staff has opened a claim: told to others who open it, so that two do not do the same work. It
    keeps nobody out, and it goes when they no longer look: who read what, and when, is nobody's business later."""

    LASTS: ClassVar = timedelta(minutes=10)

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="looks")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("who")
    )
    at = models.DateTimeField(_("at"))

    objects = ClaimLookQuerySet.as_manager()

    class Meta:
        verbose_name = _("look at a claim")
        verbose_name_plural = _("looks at claims")
        ordering: ClassVar = ["-at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["claim", "user"], name="one_look_a_claim_and_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user}"

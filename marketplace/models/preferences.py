"""What a professional wants to hear of, and how much they want to spend (M11)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.models.leads import Category, Province
from profiles.models import Professional


class Interest(models.Model):
    """A category in a province that a professional works in: a row for each pair, so that whoever is to hear of a new
    lead, and whoever stands in a page of the directory, is found by one index (M11, M13)."""

    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="interests")
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="interests")
    province = models.ForeignKey(Province, on_delete=models.CASCADE, related_name="interests")

    class Meta:
        verbose_name = _("interest")
        verbose_name_plural = _("interests")
        constraints: ClassVar = [
            # Led by what is asked for: this is also the index that finds them.
            models.UniqueConstraint(
                fields=["category", "province", "professional"], name="one_interest_per_pair"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.professional} · {self.category} · {self.province}"


class LeadPreferences(models.Model):
    """How new leads reach a professional, and what they spend in a local month at most."""

    class Mails(models.TextChoices):
        AT_ONCE = "at_once", _("at once")
        DAILY = "daily", _("once a day")
        NEVER = "never", _("never")

    professional = models.OneToOneField(
        Professional, on_delete=models.CASCADE, related_name="lead_preferences"
    )
    mails = models.CharField(_("mails about new jobs"), max_length=10, choices=Mails, default=Mails.AT_ONCE)
    # In all provinces, also those that are added later: each has its interests then, by which all are found.
    everywhere = models.BooleanField(_("in all provinces"), default=False, db_default=False)
    # Empty: no limit. No purchase passes it.
    monthly_limit_cents = models.BigIntegerField(_("monthly limit (cents)"), null=True, blank=True)
    # Of whoever is written to once a day: the marketplace's date of the last time, and the moment up to which what
    # was published has been told.
    digest_on = models.DateField(_("day of the last daily mail"), null=True, blank=True, editable=False)
    digest_until = models.DateTimeField(_("told up to"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("lead preferences")
        verbose_name_plural = _("lead preferences")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(monthly_limit_cents=None) | Q(monthly_limit_cents__gte=0),
                name="monthly_limit_not_negative",
            ),
            models.CheckConstraint(
                condition=~Q(mails="daily") | Q(digest_on__isnull=False, digest_until__isnull=False),
                name="daily_mails_go_on_from_a_day",
            ),
        ]
        indexes: ClassVar = [
            # Who has not had today's mail yet.
            models.Index(
                fields=["digest_on", "id"], name="preferences_to_digest", condition=Q(mails="daily")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.professional}"

"""The figures of the guarantee, as they were counted day by day (M15)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class CountedDay(models.Model):
    """A day on which the figures of the guarantee were counted: once, and whole or not at all."""

    day = models.DateField(_("day"), unique=True)
    counted_at = models.DateTimeField(_("counted"))

    class Meta:
        verbose_name = _("figures of the guarantee")
        verbose_name_plural = _("figures of the guarantee")
        ordering: ClassVar = ["-day"]
        default_permissions = ()
        permissions: ClassVar = [("view_figures", _("Can see the figures of the guarantee"))]

    def __str__(self) -> str:
        return f"{self.day}"


class DailyFigure(models.Model):
    """One figure of one day. `guarantees.counting` says who is counted in each kind, and what `key` then is; what is a
    share of something holds the part in `amount` and the whole in `count`."""

    class Kind(models.TextChoices):
        # Cents, and professionals; by the month (2026-04) in which it can be claimed last, and by what is missing.
        AT_STAKE = "at_stake"
        AT_STAKE_BY_MONTH = "at_stake_by_month"
        AT_STAKE_BY_MISSING = "at_stake_by_missing"
        # Cents, and claims, by state.
        CLAIMS = "claims"
        # Minutes, and decisions; the key is the percentile.
        DECIDED_AFTER = "decided_after"
        # Shares: of the homeowners asked by mail who had time to answer, who did; of the contacts in claims of which a
        # homeowner said something, those on which that contradicts.
        ANSWERS = "answers"
        CONTRADICTIONS = "contradictions"
        # Shares: of the new professionals, who won a job; by the row numbers of category, province, and "3:9" for both.
        WINNERS = "winners"
        WINNERS_BY_CATEGORY = "winners_by_category"
        WINNERS_BY_PROVINCE = "winners_by_province"
        WINNERS_BY_BOTH = "winners_by_both"

    counted = models.ForeignKey(CountedDay, on_delete=models.CASCADE, related_name="figures")
    kind = models.CharField(max_length=25, choices=Kind)
    key = models.CharField(max_length=50, blank=True)
    amount = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["kind", "key"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["counted", "kind", "key"], name="a_figure_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

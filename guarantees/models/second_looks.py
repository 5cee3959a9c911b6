"""Decisions on claims that somebody else looks at again."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guarantees.models.claims import Claim, ClaimEvent


class SecondLookQuerySet(models.QuerySet["SecondLook"]):
    def waiting(self) -> SecondLookQuerySet:
        """Those that nobody has looked at yet."""
        return self.filter(result="")

    def whole(self) -> SecondLookQuerySet:
        """With the decision, its claim and who had to do with it, as lists and pages show them."""
        return self.select_related("decision__claim__professional", "decision__actor", "by").defer(
            "decision__stood_on",
            "decision__claim__submission_snapshot",
            "decision__claim__decision_snapshot",
        )


class SecondLook(models.Model):
    """A decision that another reviewer looks at again, and what they find; it changes no decision by itself (G25).

    One at most for each decision: one that follows an appeal is another decision. The result is recorded once.
    """

    class Why(models.TextChoices):
        DRAWN = "drawn", _("drawn at random")
        DISAGREE = "disagree", _("signals and decision disagree")

    class Result(models.TextChoices):
        AGREES = "agrees", _("agrees with the decision")
        DISAGREES = "disagrees", _("disagrees with the decision")
        CANNOT_TELL = "cannot_tell", _("cannot tell")

    decision = models.OneToOneField(
        ClaimEvent, verbose_name=_("decision"), on_delete=models.PROTECT, related_name="second_look"
    )
    why = models.CharField(_("why"), max_length=10, choices=Why)
    asked_at = models.DateTimeField(_("asked for"))
    result = models.CharField(_("result"), max_length=15, choices=Result, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    at = models.DateTimeField(_("looked at"), null=True, blank=True)

    objects = SecondLookQuerySet.as_manager()

    class Meta:
        verbose_name = _("second look")
        verbose_name_plural = _("second looks")
        ordering: ClassVar = ["asked_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(result="", note="", by=None, at=None)
                | (~Q(result="") & Q(by__isnull=False, at__isnull=False)),
                name="a_look_has_a_person",
            ),
            models.CheckConstraint(
                condition=Q(result__in=["", "agrees"]) | ~Q(note=""),
                name="a_look_that_does_not_agree_says_why",
            ),
        ]
        # The queue, oldest first.
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], name="second_look_waiting", condition=Q(result=""))
        ]

    @property
    def claim(self) -> Claim:
        return self.decision.claim

    @property
    def decided(self) -> str:
        """The decision in words: the state that it led to."""
        return str(Claim.State(self.decision.to_state).label)

    def __str__(self) -> str:
        return f"{self.decision_id}"

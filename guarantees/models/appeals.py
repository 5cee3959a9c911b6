"""Appeals: what the owner of a business wrote against a decision, and how it was answered."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guarantees.models.claims import Claim
from profiles.models import Professional, Suspension
from support.models import Ticket


class AppealQuerySet(models.QuerySet["Appeal"]):
    def waiting(self) -> AppealQuerySet:
        return self.filter(state=Appeal.State.WAITING)

    def against(self, decided: Claim | Suspension) -> AppealQuerySet:
        """Those against the decision that stands: a claim may have been rejected before, and stood again (G19)."""
        if isinstance(decided, Suspension):
            return self.filter(suspension=decided)
        return self.filter(claim=decided, decided_at=decided.decided_at)

    def against_suspensions_of(self, professional: Professional) -> AppealQuerySet:
        """Those that would lift what suspends the business now: against its suspension, or against the claim that it
        came with (G19)."""
        alone = Q(suspension__professional=professional, suspension__lifted_at=None)
        with_claim = Q(
            claim__professional=professional,
            claim__suspension__lifted_at=None,
            claim__suspension__suspended_at__gte=F("claim__decided_at"),
            decided_at=F("claim__decided_at"),
        )
        return self.filter(alone | with_claim)


class Appeal(models.Model):
    """What the owner wrote against a rejected claim, or against a suspension that came with none; its answer (G19).

    One that came by mail or letter needs no row: staff uphold or refuse all the same.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        UPHELD = "upheld", _("upheld")
        REFUSED = "refused", pgettext_lazy("appeal", "refused")
        # Whoever made it closed their account: nobody is left to hear, or to read the answer (X5).
        WITHDRAWN = "withdrawn", pgettext_lazy("appeal", "withdrawn")

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.WAITING: {State.UPHELD, State.REFUSED, State.WITHDRAWN},
        State.UPHELD: set(),
        State.REFUSED: set(),
        State.WITHDRAWN: set(),
    }

    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="appeals")
    claim = models.ForeignKey(Claim, null=True, blank=True, on_delete=models.PROTECT, related_name="appeals")
    suspension = models.ForeignKey(
        Suspension, null=True, blank=True, on_delete=models.PROTECT, related_name="appeals"
    )
    # Of the decision that it is against, which the claim itself loses when the appeal is upheld.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"))
    text = models.TextField(_("why this is wrong"), max_length=5000)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    # Where it is heard; one that was made before there was a desk has none.
    ticket = models.OneToOneField(
        Ticket,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="appeal",
        verbose_name=_("ticket"),
    )

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        ordering: ClassVar = ["made_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(claim=None, suspension__isnull=False) | Q(claim__isnull=False, suspension=None),
                name="appeal_against_one_thing",
            ),
            # Once against each decision.
            models.UniqueConstraint(
                fields=["claim", "decided_at"], condition=Q(suspension=None), name="one_appeal_a_decision"
            ),
            models.UniqueConstraint(
                fields=["suspension"], condition=Q(claim=None), name="one_appeal_a_suspension"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "withdrawn"], answered_by=None, answered_at=None)
                | Q(state__in=["upheld", "refused"], answered_by__isnull=False, answered_at__isnull=False),
                name="answered_appeal_has_a_person",
            ),
            models.CheckConstraint(
                condition=Q(answered_by=None) | ~Q(answered_by=F("decided_by")),
                name="appeal_answered_by_another",
            ),
        ]
        # The queue of appeals, oldest first.
        indexes: ClassVar = [
            models.Index(fields=["made_at"], name="appeal_waiting", condition=Q(state="waiting"))
        ]

    @property
    def against(self) -> Any:
        """The claim or the suspension."""
        return self.claim or self.suspension

    def __str__(self) -> str:
        return f"{self.professional} · {self.made_at:%Y-%m-%d}"

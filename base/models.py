"""The shapes that rows of several apps share: a move of state, its history, and what stands until somebody lifts it."""

from typing import Any, ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

_Row = TypeVar("_Row", bound=models.Model)


def move_to(row: Any, to: str) -> str:
    """Moves a row that is locked to the state `to`, if its table `MOVES` has that; returns whence. The caller saves it.

    Raises ValueError otherwise, which is a fault of ours: what a person may not do is refused with a sentence before.
    """
    before: str = row.state
    if to not in row.MOVES[before]:
        raise ValueError(f"{type(row).__name__} that is {before} cannot be {to}.")
    row.state = to
    return before


class StateEvent(models.Model):
    """Who (or the system, where empty) moved something from one state to another, when and why (X4): the shape of every
    history, whose row is written in the transaction of its change."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    from_state = models.CharField(_("from"), max_length=30, blank=True)
    to_state = models.CharField(_("to"), max_length=30, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        abstract = True
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.from_state or '·'} → {self.to_state or '·'}"


class LiftableQuerySet(models.QuerySet[_Row]):
    def standing(self) -> Self:
        """Those that have not been lifted."""
        return self.filter(lifted_at=None)


class Liftable(models.Model):
    """What staff decided against somebody, with a reason, and what stands until another reason lifts it.

    A row is its own history: it is lifted, never changed or deleted (X4). Who decided it and when, each model names.
    """

    LIFTED_BY_SOMEBODY: ClassVar = Q(lifted_at=None, lifted_by=None) | Q(
        lifted_at__isnull=False, lifted_by__isnull=False
    )

    reason = models.TextField(_("reason"))
    lifted_by: models.ForeignKey[Any, Any] = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("lifted by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lift_reason = models.TextField(_("why it was lifted"), blank=True)

    class Meta:
        abstract = True

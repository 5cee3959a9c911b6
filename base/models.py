"""States: which move to which, and the shape of every history, whose row is written in the same transaction."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


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
    """Who (or the system, where empty) moved something from one state to another, when and why (X4)."""

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

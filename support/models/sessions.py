"""Sessions that an agreement plans: training, meetings to follow up (S4)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.models import StateEvent
from support.models.agreements import Agreement
from support.models.clients import Client


class PlannedSessionQuerySet(models.QuerySet["PlannedSession"]):
    def visible_to(self, user: Any) -> PlannedSessionQuerySet:
        return self.filter(agreement__client__in=Client.objects.visible_to(user))

    def at_the_desk(self, user: Any) -> PlannedSessionQuerySet:
        """Those that `user` may look at as one of the desk: nobody those of a client for whom they speak."""
        if not user.has_perm("support.view_plannedsession"):
            return self.none()
        own = Client.objects.ids_visible_to(user)
        return self.exclude(agreement__client__in=own) if own else self

    def planned(self) -> PlannedSessionQuerySet:
        """What nobody has held or cancelled, by when it begins: of what has passed it is still to be said which."""
        return self.filter(state=PlannedSession.State.PLANNED).order_by("starts_at", "pk")


class PlannedSession(models.Model):
    """A meeting of client and consultant at a set time. Both are reminded of it."""

    class Kind(models.TextChoices):
        TRAINING = "training", _("training")
        FOLLOW_UP = "follow_up", _("follow-up meeting")

    class State(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("session", "planned")
        HELD = "held", pgettext_lazy("session", "held")
        CANCELLED = "cancelled", pgettext_lazy("session", "cancelled")

    MOVES: ClassVar = {
        State.PLANNED: {State.HELD, State.CANCELLED},
        State.HELD: set(),
        State.CANCELLED: set(),
    }

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    agreement = models.ForeignKey(
        Agreement, on_delete=models.PROTECT, related_name="sessions", verbose_name=_("agreement")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    about = models.CharField(_("about"), max_length=150)
    starts_at = models.DateTimeField(_("starts"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), validators=[MinValueValidator(5)])
    where = models.CharField(
        _("where"), max_length=250, blank=True, help_text=_("A place, a telephone number, or a link.")
    )
    consultant = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("consultant")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED)
    # Both sides were reminded of the start that stands; planned anew, they are reminded again.
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)

    objects = PlannedSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("planned session")
        verbose_name_plural = _("planned sessions")
        ordering: ClassVar = ["starts_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(minutes__gte=5), name="planned_session_has_a_length"),
        ]
        indexes: ClassVar = [
            # Of what is there to remind both sides?
            models.Index(
                fields=["starts_at"],
                name="planned_session_to_remind_of",
                condition=Q(state="planned", reminded_at=None),
            ),
            # What does a consultant hold next? Asked by the desk's first screen.
            models.Index(
                fields=["consultant", "starts_at", "id"],
                name="planned_session_of_consultant",
                condition=Q(state="planned"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.about} · {self.starts_at:%Y-%m-%d}"

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


class PlannedSessionEvent(StateEvent):
    """One move of a planned session: planned, planned anew (with the time before), held, cancelled."""

    session = models.ForeignKey(
        PlannedSession, on_delete=models.CASCADE, related_name="events", verbose_name=_("planned session")
    )

    class Meta(StateEvent.Meta):
        verbose_name = _("planned session event")
        verbose_name_plural = _("planned session events")

"""Clients who wait for an answer, and by when they were promised one (S2, S9)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from support.models.tickets import Ticket


class WaitQuerySet(models.QuerySet["Wait"]):
    def open(self) -> WaitQuerySet:
        """Those that nobody has answered."""
        return self.filter(ended_at=None)

    def breached(self, now: datetime) -> WaitQuerySet:
        """Open ones whose time has passed: by the clock, whoever has looked (S9). At the very deadline is in time."""
        return self.open().filter(due_at__lt=now)

    def breach_to_tell(self, now: datetime) -> WaitQuerySet:
        """Those whose time passed before they were answered and whose breach nobody was told of: open ones by the
        clock, ended ones by what was recorded with their end. The conditions of an index, word for word."""
        return self.filter(
            Q(ended_at=None) | Q(breached_at__isnull=False), breach_told_at=None, due_at__lt=now
        ).order_by("due_at", "id")

    def to_warn(self, now: datetime) -> WaitQuerySet:
        """Open ones of whose time three quarters are over and nobody was warned, while there is time: where it has
        passed, the breach alone is told. The conditions of an index, word for word."""
        return self.filter(
            ended_at=None, warned_at=None, breached_at=None, warn_at__lte=now, due_at__gte=now
        ).order_by("warn_at", "id")


class Promised(models.Model):
    """By when an answer was promised and why then, worked out once (S2), and what was told of it."""

    asked_at = models.DateTimeField(_("asked"))
    began_at = models.DateTimeField(_("clock began"))
    minutes = models.PositiveIntegerField(_("working time promised (minutes)"))
    warn_at = models.DateTimeField(_("to be warned of"))
    due_at = models.DateTimeField(_("due"))
    # Dates that were skipped, each with its kind and name, of a holiday in each language (`Deadline.days_off`): shown,
    # never searched.
    days_off = models.JSONField(_("days off"), default=list, blank=True)
    # Told to consultant and desk lead, once each (S9). A breach is recorded when it is found, by the check or by the
    # answer that comes too late, and told of by the check.
    warned_at = models.DateTimeField(_("warned of"), null=True, blank=True)
    breached_at = models.DateTimeField(_("breach recorded"), null=True, blank=True)
    breach_told_at = models.DateTimeField(_("breach told of"), null=True, blank=True)

    class Meta:
        abstract = True


class Wait(Promised):
    """A stretch in which a client waits, from their oldest unanswered message until a person answers. What was promised
    is stored with its reasons, and no later edit moves it (S2)."""

    class Ending(models.TextChoices):
        ANSWER = "answer", pgettext_lazy("ticket", "answered")
        CALL_BACK = "call_back", _("called back")
        # Counted apart where the time had not passed: neither kept nor broken.
        NO_ANSWER = "no_answer", _("needed no answer")
        CLIENT = "client", _("closed by the client")
        # The oldest wait of two that are merged goes on.
        MERGED = "merged", _("merged")

    # The endings that carry out the promise.
    KEPT_BY: ClassVar = (Ending.ANSWER, Ending.CALL_BACK)
    # Those that were late when they ended, and so are for good (S9). That a client closed it by then, or that the desk
    # says that it needs no answer, comes too late to undo a breach. The promise of one that is merged goes on.
    LATE: ClassVar = Q(ended_at__gt=F("due_at")) & ~Q(ending=Ending.MERGED)

    ticket = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, related_name="waits", verbose_name=_("ticket")
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ending = models.CharField(_("how it ended"), max_length=10, choices=Ending, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("ended by"),
    )
    # How much working time it took, by the calendar of the day on which it ended.
    took_seconds = models.PositiveIntegerField(_("working time taken (seconds)"), null=True, blank=True)

    objects = WaitQuerySet.as_manager()

    class Meta:
        verbose_name = _("wait for an answer")
        verbose_name_plural = _("waits for answers")
        ordering: ClassVar = ["asked_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(ended_at=None), name="one_open_wait_per_ticket"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="", took_seconds=None)
                | (Q(ended_at__isnull=False, took_seconds__isnull=False) & ~Q(ending="")),
                name="wait_ended_somehow",
            ),
            models.CheckConstraint(
                condition=Q(asked_at__lte=F("warn_at"), warn_at__lte=F("due_at")),
                name="wait_is_due_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(breach_told_at=None) | Q(breached_at__isnull=False),
                name="wait_told_of_a_breach_it_has",
            ),
        ]
        indexes: ClassVar = [
            # The desk's first screen: what is due soonest, breached before the rest.
            models.Index(fields=["due_at", "ticket"], name="wait_open", condition=Q(ended_at=None)),
            # The check, whatever its size (S9): what is to be warned of, and whose breach is to be recorded or told.
            models.Index(
                fields=["warn_at", "id"],
                name="wait_to_warn",
                condition=Q(ended_at=None, warned_at=None, breached_at=None),
            ),
            models.Index(
                fields=["due_at", "id"],
                name="wait_to_breach",
                condition=(Q(ended_at=None) | Q(breached_at__isnull=False)) & Q(breach_told_at=None),
            ),
            # Figures, by month.
            models.Index(fields=["asked_at"], name="wait_by_month"),
        ]

    @property
    def kept(self) -> bool | None:
        """Whether the promise was kept; it is broken where it was late when it ended, whatever ended it (`LATE`). None
        where it is still open or goes on elsewhere, and where the client closed it or it needed no answer in time."""
        if self.ended_at is None or self.ending == self.Ending.MERGED:
            return None
        if self.ended_at > self.due_at:
            return False
        return True if self.ending in self.KEPT_BY else None

    def __str__(self) -> str:
        return f"{self.ticket_id} · {self.due_at:%Y-%m-%d %H:%M}"


class LaterPromise(Promised):
    """What was promised for something that was asked while the wait for something older went on. Where the older needs
    no answer any more, or had one, the rest goes on with this, whatever became of the calendar meanwhile (S2). What was
    told of it was told while it was a wait by itself, before that was merged with the older one."""

    wait = models.ForeignKey(Wait, on_delete=models.CASCADE, related_name="later", verbose_name=_("wait"))

    class Meta:
        verbose_name = _("later promise")
        verbose_name_plural = _("later promises")
        ordering: ClassVar = ["asked_at", "id"]

    def __str__(self) -> str:
        return f"{self.wait_id} · {self.due_at:%Y-%m-%d %H:%M}"

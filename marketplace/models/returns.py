"""Contacts given back (M7)."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.models import StateEvent
from base.private_files import not_public
from marketplace.models.contacts import Contact


class ReturnRequest(models.Model):
    """A professional's request to give a contact back, and its decision (M7)."""

    class Reason(models.TextChoices):
        WRONG_DETAILS = "wrong_details", _("the contact details are wrong")
        DUPLICATE = "duplicate", _("it is a duplicate of another request")
        NOT_REAL = "not_real", _("it is not a real request")
        WRONG_PLACE = "wrong_place", _("wrong category or area")
        NEVER_ASKED = "never_asked", _("the homeowner never asked for it")
        WITHDREW = "withdrew", _("the homeowner withdrew the request")
        STAFF = "staff", _("another reason, found by staff")

    class State(models.TextChoices):
        ASKED = "asked", _("waiting for a decision")
        WITHDRAWN = "withdrawn", _("withdrawn")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.ASKED: {State.WITHDRAWN, State.ACCEPTED, State.REFUSED},
        State.WITHDRAWN: set(),
        State.ACCEPTED: set(),
        State.REFUSED: set(),
    }

    contact = models.ForeignKey(
        Contact, verbose_name=_("contact"), on_delete=models.PROTECT, related_name="returns"
    )
    reason = models.CharField(_("reason"), max_length=15, choices=Reason)
    explanation = models.TextField(_("explanation"), max_length=2000)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(_("asked"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering: ClassVar = ["asked_at", "id"]
        permissions: ClassVar = [("decide_return", _("Can decide returns"))]
        constraints: ClassVar = [
            # Neither two at once, nor another once one was accepted.
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(state__in=["asked", "accepted"]),
                name="one_return_per_contact",
            ),
        ]
        # The moderator's queue.
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], name="return_waiting", condition=Q(state="asked"))
        ]

    @property
    def by_staff(self) -> bool:
        """Whether staff took the contact back unasked: then its history begins with the decision."""
        first = next(iter(self.events.all()), None)
        return first is not None and first.to_state == self.State.ACCEPTED

    def __str__(self) -> str:
        return f"{self.contact}"


class ReturnEvidence(models.Model):
    """A picture that shows why a contact is given back. It may hold the homeowner's details, so only the business
    and whoever decides see it, by a page that asks who they are (M5)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    return_request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="evidence")
    image = models.ImageField(_("image"), storage=not_public)
    content_hash = models.CharField(_("content hash"), max_length=64, editable=False)
    uploaded_at = models.DateTimeField(_("uploaded"))

    class Meta:
        verbose_name = _("evidence of a return")
        verbose_name_plural = _("evidence of returns")
        ordering: ClassVar = ["uploaded_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["return_request", "content_hash"], name="return_evidence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.return_request}"


class ReturnEvent(StateEvent):
    return_request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="events")

    class Meta(StateEvent.Meta):
        verbose_name = _("return event")
        verbose_name_plural = _("return events")

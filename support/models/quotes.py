"""Quotes: what is proposed to somebody before it is agreed (S4)."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.models import StateEvent
from base.numbers import YearlyNumber
from base.private_files import not_public
from support.models.agreements import Agreement, SoldLine
from support.models.clients import Client


class QuoteNumber(YearlyNumber):
    """Of quotes."""


class QuoteQuerySet(models.QuerySet["Quote"]):
    def visible_to(self, user: Any) -> QuoteQuerySet:
        """What was sent to those for whom `user` speaks; a draft is nobody's but the desk's."""
        return self.filter(client__in=Client.objects.visible_to(user)).exclude(sent_at=None)

    def at_the_desk(self, user: Any) -> QuoteQuerySet:
        """Those that `user` may look at as one of the desk: nobody those of a client for whom they speak."""
        if not user.has_perm("support.view_quote"):
            return self.none()
        own = Client.objects.ids_visible_to(user)
        return self.exclude(client__in=own) if own else self


class Quote(models.Model):
    """What the desk proposes: services and tools, the support included with each, and a price. Once sent it is edited
    no more; accepted, it becomes an agreement."""

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("quote", "draft")
        SENT = "sent", pgettext_lazy("quote", "sent")
        ACCEPTED = "accepted", pgettext_lazy("quote", "accepted")
        DECLINED = "declined", pgettext_lazy("quote", "declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("quote", "withdrawn")

    MOVES: ClassVar = {
        State.DRAFT: {State.SENT, State.WITHDRAWN},
        State.SENT: {State.ACCEPTED, State.DECLINED, State.WITHDRAWN},
        State.ACCEPTED: set(),
        State.DECLINED: set(),
        State.WITHDRAWN: set(),
    }

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="quotes", verbose_name=_("client")
    )
    year = models.PositiveSmallIntegerField(_("year"), editable=False)
    sequence = models.PositiveIntegerField(_("number in the year"), editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    title = models.CharField(_("title"), max_length=150)
    text = models.TextField(_("text"), blank=True)
    document = models.FileField(_("document"), upload_to="quotes/", storage=not_public, blank=True)
    price_cents = models.BigIntegerField(_("price, tax included (cents)"))
    # It can be accepted until the end of this local date.
    valid_until = models.DateField(_("valid until"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("made by"),
        editable=False,
    )
    made_at = models.DateTimeField(_("made"), editable=False)
    # How often the draft was saved: of two who edit it at once the second is told.
    edition = models.PositiveIntegerField(_("edition"), default=1, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, editable=False)
    agreement = models.OneToOneField(
        Agreement,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="quote",
        verbose_name=_("agreement"),
        editable=False,
    )

    objects = QuoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        ordering: ClassVar = ["-made_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "sequence"], name="quote_number_once"),
            models.CheckConstraint(condition=Q(price_cents__gte=0), name="quote_price_not_negative"),
            models.CheckConstraint(
                condition=Q(state="accepted", agreement__isnull=False)
                | (~Q(state="accepted") & Q(agreement=None)),
                name="quote_accepted_is_an_agreement",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(sent_at__isnull=False),
                name="quote_answered_was_sent",
            ),
        ]

    @property
    def number(self) -> str:
        """As printed: P-2026-000015."""
        return f"P-{self.year}-{self.sequence:06d}"

    def can_be_accepted(self, today: date) -> bool:
        """Worked out from its date, never by a job having run."""
        return self.state == self.State.SENT and today <= self.valid_until

    def __str__(self) -> str:
        return f"{self.number} · {self.title}"


class QuoteLine(SoldLine):
    """A service or tool that is proposed."""

    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="lines", verbose_name=_("quote"))

    class Meta(SoldLine.Meta):
        abstract = False
        verbose_name = _("line of a quote")
        verbose_name_plural = _("lines of quotes")
        ordering: ClassVar = ["quote", "position", "id"]


class QuoteEvent(StateEvent):
    """One move of a quote, and who made it."""

    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="events", verbose_name=_("quote"))

    class Meta(StateEvent.Meta):
        verbose_name = _("quote event")
        verbose_name_plural = _("quote events")

"""Offers of more support: accepted and paid, they become allowances (S6)."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.models import StateEvent
from base.numbers import YearlyNumber
from billing.models import Prepayment
from support.models.allowances import Allowance, Unit
from support.models.clients import Client
from support.models.tickets import Ticket


class OfferNumber(YearlyNumber):
    """Of offers."""


class OfferQuerySet(models.QuerySet["Offer"]):
    def visible_to(self, user: Any) -> OfferQuerySet:
        """What was sent to those for whom `user` speaks; a draft is nobody's but the desk's."""
        return self.filter(client__in=Client.objects.visible_to(user)).exclude(sent_at=None)

    def at_the_desk(self, user: Any) -> OfferQuerySet:
        """Those that `user` may look at as one of the desk: nobody those of a client for whom they speak."""
        if not user.has_perm("support.view_offer"):
            return self.none()
        own = Client.objects.ids_visible_to(user)
        return self.exclude(client__in=own) if own else self

    def waiting(self, today: date) -> OfferQuerySet:
        """Those that can be accepted, or paid, on `today`."""
        can_be_used = Q(expires_on=None) | Q(expires_on__gte=today)
        return self.filter(
            Q(state=Offer.State.SENT, valid_until__gte=today) | Q(can_be_used, state=Offer.State.ACCEPTED)
        )


class Offer(models.Model):
    """More hours or interventions for a price, to a client of whom nothing is left or who needs something outside.
    Until it is paid it is an offer and nothing else: nobody owes anything. Once sent it is edited no more."""

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("offer", "draft")
        SENT = "sent", pgettext_lazy("offer", "sent")
        # By whoever signs for the client; it can be paid now.
        ACCEPTED = "accepted", pgettext_lazy("offer", "accepted")
        # It is an allowance.
        PAID = "paid", pgettext_lazy("offer", "paid")
        DECLINED = "declined", pgettext_lazy("offer", "declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("offer", "withdrawn")

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.DRAFT: {State.SENT, State.WITHDRAWN},
        State.SENT: {State.ACCEPTED, State.DECLINED, State.WITHDRAWN},
        State.ACCEPTED: {State.PAID, State.DECLINED, State.WITHDRAWN},
        State.PAID: set(),
        State.DECLINED: set(),
        State.WITHDRAWN: set(),
    }

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="offers", verbose_name=_("client")
    )
    # What it was made for, if for one: sending it answers that ticket.
    ticket = models.ForeignKey(
        Ticket,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="offers",
        verbose_name=_("ticket"),
    )
    year = models.PositiveSmallIntegerField(_("year"), editable=False)
    sequence = models.PositiveIntegerField(_("number in the year"), editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    what = models.CharField(_("for"), max_length=150)
    unit = models.CharField(_("unit"), max_length=15, choices=Unit)
    amount = models.PositiveIntegerField(
        pgettext_lazy("support", "amount"), validators=[MinValueValidator(1)]
    )
    price_cents = models.BigIntegerField(_("price, tax included (cents)"))
    text = models.TextField(_("text"), blank=True)
    # It can be accepted until the end of this local date.
    valid_until = models.DateField(_("valid until"))
    # The last local date on which the support can be used; none: without end.
    expires_on = models.DateField(_("support to be used by"), null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("made by"),
        editable=False,
    )
    made_at = models.DateTimeField(_("made"), editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, editable=False)
    # What can be paid since it was accepted, and the allowance that it became.
    prepayment = models.OneToOneField(
        Prepayment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="offer",
        verbose_name=_("prepayment"),
        editable=False,
    )
    allowance = models.OneToOneField(
        Allowance,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="offer",
        verbose_name=_("allowance"),
        editable=False,
    )

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering: ClassVar = ["-made_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "sequence"], name="offer_number_once"),
            models.CheckConstraint(condition=Q(price_cents__gt=0, amount__gte=1), name="offer_of_something"),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(expires_on__gte=F("valid_until")),
                name="offer_can_be_used_while_it_can_be_accepted",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(sent_at__isnull=False),
                name="offer_answered_was_sent",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "paid"]) | Q(prepayment__isnull=False),
                name="offer_accepted_can_be_paid",
            ),
            models.CheckConstraint(
                condition=Q(state="paid", allowance__isnull=False) | (~Q(state="paid") & Q(allowance=None)),
                name="offer_paid_is_an_allowance",
            ),
        ]

    @property
    def number(self) -> str:
        """As printed, and as its payer writes it on a transfer: O-2026-000015."""
        return f"O-{self.year}-{self.sequence:06d}"

    def can_be_accepted(self, today: date) -> bool:
        """Worked out from its date, never by a job having run."""
        return self.state == self.State.SENT and today <= self.valid_until

    def can_be_paid(self, today: date) -> bool:
        """Accepted, and what it would become can still be used."""
        return self.state == self.State.ACCEPTED and (self.expires_on is None or today <= self.expires_on)

    def __str__(self) -> str:
        return f"{self.number} · {self.what}"


class OfferEvent(StateEvent):
    """One move of an offer, and who made it."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="events", verbose_name=_("offer"))

    class Meta(StateEvent.Meta):
        verbose_name = _("offer event")
        verbose_name_plural = _("offer events")

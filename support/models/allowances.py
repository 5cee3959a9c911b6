"""Support that was promised, and the ledger of what was used of it (S7)."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from base.append_only import append_only
from billing.models import Invoice, Period
from support.allowance_rules import Days
from support.models.clients import Client


class Unit(models.TextChoices):
    """What support is counted in. Minutes do not reduce interventions (S7)."""

    MINUTES = "minutes", _("minutes")
    INTERVENTIONS = "interventions", _("interventions")


class AllowanceQuerySet(models.QuerySet["Allowance"]):
    def visible_to(self, user: Any) -> AllowanceQuerySet:
        return self.filter(client__in=Client.objects.visible_to(user))

    def with_last_day(self) -> AllowanceQuerySet:
        """Each with `last_day`, the local date until which it can be used; None: without end."""
        return self.annotate(last_day=Coalesce("period__ends_on", "expires_on"))

    def paid_for(self) -> AllowanceQuerySet:
        """Without those that were bought with money that is no longer here: whose invoice, or a part of it that the
        bank took back, is to be paid again, or whose invoice was taken back whole by credit note (S6)."""
        invoice = "offer__prepayment__invoice__"
        stands = Q(
            **{f"{invoice}paid_on__isnull": False, f"{invoice}credited_cents__lt": F(f"{invoice}total_cents")}
        )
        rests = Invoice.objects.owed().filter(rest_of=OuterRef(f"{invoice}pk"))
        return self.filter(Q(offer=None) | stands & ~Exists(rests))

    def usable(self, days: Days) -> AllowanceQuerySet:
        """Those that are `State.USABLE` on `days`, what ends first before the rest: what a form proposes (S7).

        One of a plan is usable as long as its plan is in force: not while it has lapsed.
        """
        of_plan = Q(
            period__in=Period.objects.in_force(days.marketplace).values("pk"),
            period__ends_on__gte=days.marketplace,
            starts_on__lte=days.marketplace,
        )
        other = Q(period=None, starts_on__lte=days.desk) & (Q(expires_on=None) | Q(expires_on__gte=days.desk))
        return (
            self.with_last_day()
            .paid_for()
            .filter(of_plan | other, left__gt=0)
            .order_by(F("last_day").asc(nulls_last=True), "pk")
        )


class Allowance(models.Model):
    """Hours or interventions of support for one service, one tool, one plan's period, or what was bought besides.

    `left` is the sum of its entries, kept beside them so that the database itself refuses to overdraw it; `given` is
    the sum of what was promised, less what credit notes took back, of which 80 % and 100 % are told.
    """

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="allowances", verbose_name=_("client")
    )
    what = models.CharField(_("for"), max_length=150)
    unit = models.CharField(_("unit"), max_length=15, choices=Unit)
    given = models.PositiveIntegerField(_("included"), default=0)
    left = models.PositiveIntegerField(_("left"), default=0)
    starts_on = models.DateField(_("from"))
    expires_on = models.DateField(_("until"), null=True, blank=True)
    # Of a plan: it ends with the last day of this period, wherever that is moved (S13).
    period = models.OneToOneField(
        Period,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="allowance",
        verbose_name=_("plan period"),
    )
    # Told once each (S7).
    told_almost_used_at = models.DateTimeField(_("told that four fifths are used"), null=True, blank=True)
    told_used_up_at = models.DateTimeField(_("told that it is used up"), null=True, blank=True)

    objects = AllowanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("allowance")
        verbose_name_plural = _("allowances")
        ordering: ClassVar = ["starts_on", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(left__lte=F("given")), name="allowance_left_within_given"),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(period=None), name="allowance_of_a_plan_ends_with_its_period"
            ),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(expires_on__gte=F("starts_on")),
                name="allowance_ends_after_it_starts",
            ),
        ]

    @property
    def used(self) -> int:
        """In whole units."""
        return self.given - self.left

    @property
    def ends_on(self) -> date | None:
        """The last local date on which it can be used."""
        return self.period.ends_on if self.period else self.expires_on

    def __str__(self) -> str:
        return self.what


@append_only
class AllowanceEntry(models.Model):
    """One change of an allowance, in whole units, never altered or deleted: what was wrong is reversed by another. It
    holds no personal text; what was done stands in the row that caused it."""

    class Kind(models.TextChoices):
        AGREED = "agreed", _("agreed")
        BOUGHT = "bought", _("bought")
        USED = "used", _("used")
        REVERSED = "reversed", _("use taken back")
        # What was bought with money that a credit note gave back.
        CREDITED = "credited", _("taken back by credit note")

    allowance = models.ForeignKey(
        Allowance,
        on_delete=models.PROTECT,
        related_name="entries",
        db_index=False,  # `entry_of_allowance` begins with it.
        verbose_name=_("allowance"),
    )
    amount = models.IntegerField(_("change"))
    left_after = models.PositiveIntegerField(_("left after"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # The row it was written for, as "period:<its id>"; unique with the kind, so that nothing is booked twice.
    cause = models.CharField(_("cause"), max_length=80)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("entry of an allowance")
        verbose_name_plural = _("entries of allowances")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "cause"], name="one_allowance_entry_per_cause"),
            models.CheckConstraint(
                condition=Q(kind__in=["used", "credited"], amount__lt=0)
                | (~Q(kind__in=["used", "credited"]) & Q(amount__gt=0)),
                name="allowance_entry_has_its_sign",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["allowance", "-id"], name="entry_of_allowance")]

    @property
    def size(self) -> int:
        """How many whole units it changes, without its sign."""
        return abs(self.amount)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"


@append_only
class AllowanceExtension(models.Model):
    """That an allowance can be used for longer than was agreed: who allowed it, when, why, and from which last day to
    which (X4). The line of its agreement says what was agreed, and stays; no end is ever made earlier."""

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    allowance = models.ForeignKey(
        Allowance, on_delete=models.PROTECT, related_name="extensions", verbose_name=_("allowance")
    )
    before = models.DateField(_("until, before"))
    after = models.DateField(_("until, after"))
    reason = models.TextField(_("why"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("extension of an allowance")
        verbose_name_plural = _("extensions of allowances")
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(after__gt=F("before")), name="allowance_is_only_extended"),
            models.CheckConstraint(condition=~Q(reason=""), name="allowance_extended_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.allowance} · {self.before} → {self.after}"

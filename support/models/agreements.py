"""What was sold, and what support was promised with it (S4)."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.append_only import append_only
from base.numbers import YearlyNumber
from base.private_files import not_public
from billing.models import Subscription
from support.models.allowances import Allowance, Unit
from support.models.clients import Client


class AgreementNumber(YearlyNumber):
    """Of agreements."""


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, user: Any) -> AgreementQuerySet:
        return self.filter(client__in=Client.objects.visible_to(user))

    def of_allowance(self, allowance: Allowance) -> AgreementQuerySet:
        """The one that promises an allowance: by a line of any of its versions, or as a plan, in one of its periods."""
        by_line = Q(versions__lines__allowance=allowance)
        of_plan = Q(subscription__periods__allowance=allowance)
        return self.filter(pk__in=self.model.objects.filter(by_line | of_plan).order_by().values("pk"))


class Agreement(models.Model):
    """A signed document that says what was sold and what support is included. What it says stands in its versions."""

    class Signed(models.TextChoices):
        ONLINE = "online", _("online")
        PAPER = "paper", _("on paper")
        # By contracting a plan (S13).
        PLAN = "plan", _("with a plan")

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="agreements", verbose_name=_("client")
    )
    year = models.PositiveSmallIntegerField(_("year"), editable=False)
    sequence = models.PositiveIntegerField(_("number in the year"), editable=False)
    title = models.CharField(_("title"), max_length=150)
    signed = models.CharField(_("signed"), max_length=10, choices=Signed)
    signed_on = models.DateField(_("signed on"))
    # Who signed for the client, as they gave their name; who recorded the paper.
    signed_by = models.CharField(_("signed by"), max_length=120, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(_("recorded"))
    subscription = models.OneToOneField(
        Subscription,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="agreement",
        verbose_name=_("plan"),
    )

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering: ClassVar = ["-signed_on", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "sequence"], name="agreement_number_once"),
            models.CheckConstraint(
                condition=Q(signed="plan", subscription__isnull=False)
                | (~Q(signed="plan") & Q(subscription=None)),
                name="agreement_of_a_plan_names_it",
            ),
            models.CheckConstraint(
                condition=~Q(signed="paper") | Q(recorded_by__isnull=False),
                name="agreement_on_paper_was_recorded_by_somebody",
            ),
        ]

    @property
    def number(self) -> str:
        """As printed: A-2026-000015."""
        return f"A-{self.year}-{self.sequence:06d}"

    @property
    def current(self) -> AgreementVersion:
        """What it says today."""
        return self.versions.latest("number")

    def __str__(self) -> str:
        return f"{self.number} · {self.title}"


@append_only
class AgreementVersion(models.Model):
    """What an agreement says, in full. A change of it is another version: what was agreed when a ticket was opened
    stays with the ticket (S4)."""

    agreement = models.ForeignKey(
        Agreement, on_delete=models.PROTECT, related_name="versions", verbose_name=_("agreement")
    )
    number = models.PositiveSmallIntegerField(_("version"))
    text = models.TextField(_("text"), blank=True)
    document = models.FileField(_("document"), upload_to="agreements/", storage=not_public, blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("written by"),
    )
    written_at = models.DateTimeField(_("written"))
    why = models.TextField(_("why it was changed"), blank=True)

    class Meta:
        verbose_name = _("version of an agreement")
        verbose_name_plural = _("versions of agreements")
        ordering: ClassVar = ["agreement", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agreement", "number"], name="one_agreement_version_per_number"),
            models.CheckConstraint(
                condition=Q(number=1, why="") | (Q(number__gt=1) & ~Q(why="")),
                name="agreement_changed_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement.number} ({self.number})"


class SoldLine(models.Model):
    """One service or tool that is sold, and the support that comes with it: hours or interventions, maybe until a day.
    A tool comes with support in its use unless a reason is written (S4)."""

    class Kind(models.TextChoices):
        SERVICE = "service", _("service")
        TOOL = "tool", _("tool")

    position = models.PositiveSmallIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    what = models.CharField(_("what is sold"), max_length=150)
    unit = models.CharField(_("support included in"), max_length=15, choices=Unit, blank=True)
    amount = models.PositiveIntegerField(
        _("support included"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    expires_on = models.DateField(_("support to be used by"), null=True, blank=True)
    no_support_reason = models.CharField(_("why no support is included"), max_length=250, blank=True)

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(unit="", amount=None, expires_on=None) | (~Q(unit="") & Q(amount__gte=1)),
                name="%(class)s_support_has_an_amount",
            ),
            models.CheckConstraint(
                condition=~Q(kind="tool", unit="", no_support_reason=""),
                name="%(class)s_tool_comes_with_support",
            ),
        ]

    def __str__(self) -> str:
        return self.what


@append_only
class AgreementLine(SoldLine):
    """A line of a version. Its allowance is the same through all versions that keep the line."""

    version = models.ForeignKey(
        AgreementVersion, on_delete=models.PROTECT, related_name="lines", verbose_name=_("version")
    )
    allowance = models.ForeignKey(
        Allowance,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="lines",
        verbose_name=_("allowance"),
    )

    class Meta(SoldLine.Meta):
        abstract = False
        verbose_name = _("line of an agreement")
        verbose_name_plural = _("lines of agreements")
        ordering: ClassVar = ["version", "position", "id"]

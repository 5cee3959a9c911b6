"""The support that comes with a plan (S13)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from billing.models import Plan
from support.models.allowances import Unit


class PlanSupport(models.Model):
    """How much support each period of a plan brings; nothing is 0, and a plan of which nothing is said has the default.
    What it says is copied when a period begins: a later change changes nothing that was promised."""

    plan = models.OneToOneField(
        Plan, on_delete=models.CASCADE, related_name="support", verbose_name=_("plan")
    )
    unit = models.CharField(_("in"), max_length=15, choices=Unit, default=Unit.MINUTES)
    amount = models.PositiveIntegerField(_("support in each period"), default=60)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("support of a plan")
        verbose_name_plural = _("support of plans")

    def __str__(self) -> str:
        return str(self.plan)

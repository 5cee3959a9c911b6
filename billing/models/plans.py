"""Plans, who has contracted them, and the stretches for which they are invoiced (M9)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Cast, TruncDate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from base.days import marketplace_zone
from base.models import StateEvent
from base.translated import Translated
from billing.models.invoices import Invoice, owed, unpaid_before
from profiles.models import Professional, Suspension

# An invoice unpaid this long, counted from `Invoice.unpaid_from`, lapses the plan that it is for (M9).
LAPSE_AFTER = timedelta(days=14)


def unpaid_too_long(day: Any, through: str = "") -> Q:
    """The invoice was, at the end of `day` (a date, or an expression for one), owed and unpaid for more than 14 days.
    `through` as for `owed`."""
    before = day - LAPSE_AFTER
    if not isinstance(day, date):
        before = Cast(before, models.DateField())
    return owed(through, after=day) & unpaid_before(before, through)


class PlanQuerySet(models.QuerySet["Plan"]):
    def offered(self) -> PlanQuerySet:
        """Those that can be contracted today."""
        return self.filter(offered=Plan.Offered.TO_EVERYBODY)


class Plan(models.Model):
    """What can be contracted. Its price is copied onto each invoice, so that a new price changes nothing past."""

    class Offered(models.TextChoices):
        TO_EVERYBODY = "to_everybody", _("to everybody")
        # Who has it keeps it, and it renews.
        NO_LONGER = "no_longer", _("no longer")

    code = models.SlugField(_("code"), unique=True)
    name = Translated()
    name_en = models.CharField(_("name in English"), max_length=80)
    name_es = models.CharField(_("name in Spanish"), max_length=80, blank=True)
    name_it = models.CharField(_("name in Italian"), max_length=80, blank=True)
    summary = Translated()
    summary_en = models.CharField(_("summary in English"), max_length=250, blank=True)
    summary_es = models.CharField(_("summary in Spanish"), max_length=250, blank=True)
    summary_it = models.CharField(_("summary in Italian"), max_length=250, blank=True)
    price_cents = models.BigIntegerField(_("price of a period, tax included (cents)"))
    months = models.PositiveSmallIntegerField(_("months in a period"), default=1)
    offered = models.CharField(_("offered"), max_length=20, choices=Offered, default=Offered.TO_EVERYBODY)

    history = HistoricalRecords()
    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering: ClassVar = ["price_cents"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(price_cents__gte=0), name="plan_price_not_negative"),
            models.CheckConstraint(condition=Q(months__gte=1), name="plan_lasts_a_month_at_least"),
        ]

    def __str__(self) -> str:
        return str(self.name)


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def renewing(self, today: date) -> SubscriptionQuerySet:
        """Those that go on after their last day (`renewing_once_paid`) and are not lapsed today."""
        lapsed = Period.objects.filter(subscription=OuterRef("pk")).lapsed(today)
        return self.renewing_once_paid().filter(~Exists(lapsed))

    def renewing_once_paid(self) -> SubscriptionQuerySet:
        """Those that go on after their last day, if nothing is owed for them: not cancelled, and not lapsed on the day
        they ended (paying later settles the debt and revives nothing). Of a business that is suspended none goes on,
        and none that ended meanwhile does when the suspension is lifted: nobody could announce it (G19). What was
        announced has gone on with its last day: a suspension that begins after it stops the next renewal."""
        over_the_last_day = Suspension.objects.alias(
            begun_on=TruncDate("suspended_at", tzinfo=marketplace_zone()),
            lifted_on=TruncDate("lifted_at", tzinfo=marketplace_zone()),
        ).filter(
            Q(lifted_at=None) | Q(lifted_on__gt=OuterRef("runs_until")),
            professional=OuterRef("professional"),
        )
        return self.filter(
            ~_lapsed_at_the_end(),
            ~Exists(over_the_last_day.filter(begun_on__lte=OuterRef("runs_until"))),
            _announced() | ~Exists(over_the_last_day),
            cancelled_on=None,
        )

    def lapsed_at_the_end(self) -> SubscriptionQuerySet:
        """Those that were lapsed on their last day, or will be if nothing is paid by then."""
        return self.filter(_lapsed_at_the_end())

    def going_on(self, today: date) -> SubscriptionQuerySet:
        """Those whose last day has passed and that go on, whether or not the job has looked at them."""
        return self.renewing(today).filter(runs_until__lt=today)

    def due_for_renewal(self, today: date) -> SubscriptionQuerySet:
        """Of those that go on, the announced ones: what the job renews, found by looking (X3). Announcing has seen
        to it that the last day leaves the whole notice."""
        return self.going_on(today).filter(_announced())


def _announced() -> Exists:
    last = Period.objects.filter(subscription=OuterRef("pk"), ends_on=OuterRef("runs_until"))
    return Exists(last.filter(renewal_announced_at__isnull=False))


def _lapsed_at_the_end() -> Exists:
    return Exists(Period.objects.filter(subscription=OuterRef("pk")).lapsed("subscription__runs_until"))


class Subscription(models.Model):
    """One professional's contracting of a plan. What is in force is worked out from its periods and their invoices."""

    professional = models.ForeignKey(
        Professional, on_delete=models.PROTECT, related_name="subscriptions", verbose_name=_("business")
    )
    plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, related_name="subscriptions", verbose_name=_("plan")
    )
    contracted_on = models.DateField(_("contracted on"))
    # Cancelled: no period is added any more; the current one runs to its end.
    cancelled_on = models.DateField(_("cancelled on"), null=True, blank=True)
    # The last day of its last period, written with each period.
    runs_until = models.DateField(_("runs until"))
    # The first day of a period, from which the months of the later ones are counted: the day of contracting, until
    # a late announcement moves a last day.
    counted_from = models.DateField(_("months counted from"))

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        permissions: ClassVar = [("cancel_subscription", "Can cancel a plan for a business")]
        ordering: ClassVar = ["-contracted_on", "-id"]
        constraints: ClassVar = [
            # Contracting twice at once leaves one; what lapsed is closed when a plan is contracted again.
            models.UniqueConstraint(
                fields=["professional"], condition=Q(cancelled_on=None), name="one_open_subscription"
            ),
        ]
        indexes: ClassVar = [
            # What is to be renewed, and what is to be announced before it is.
            models.Index(fields=["runs_until"], name="subscription_to_renew", condition=Q(cancelled_on=None)),
        ]

    def __str__(self) -> str:
        return f"{self.professional} · {self.plan}"


class SubscriptionEvent(StateEvent):
    """One step of a subscription. No rule reads these rows: what is in force is worked out from dates."""

    class Step(models.TextChoices):
        CONTRACTED = "contracted", _("contracted")
        RENEWED = "renewed", _("renewed")
        CANCELLED = "cancelled", _("cancelled")
        KEPT = "kept", _("kept after all")
        LAPSED = "lapsed", _("lapsed")
        RESTORED = "restored", _("in force again")
        CLOSED = "closed", pgettext_lazy("plan", "closed")

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="events", verbose_name=_("subscription")
    )

    class Meta(StateEvent.Meta):
        verbose_name = _("subscription event")
        verbose_name_plural = _("subscription events")


class PeriodQuerySet(models.QuerySet["Period"]):
    def of_invoice(self, invoice: Invoice) -> PeriodQuerySet:
        """The period that an invoice is for, as its own or as the rest of its own."""
        return self.filter(invoice=invoice.rest_of_id or invoice.pk)

    def lapsed(self, day: date | str) -> PeriodQuerySet:
        """Periods whose invoice, or the rest of it, was at the end of `day` owed and unpaid for more than 14 days (M9).

        `day` is a date, or the name of the column that holds it.
        """
        own, of_rest = (F(day), OuterRef(day)) if isinstance(day, str) else (day, day)
        rest = Invoice.objects.filter(unpaid_too_long(of_rest), rest_of=OuterRef("invoice"))
        return self.filter(unpaid_too_long(own, "invoice__") | Exists(rest))

    def in_force(self, today: date) -> PeriodQuerySet:
        """Periods by which a plan is in force on `today` (M9), worked out from dates and never by a job having run.

        From the first local day to the last, inclusive, also when cancelled. Past its last day, a subscription
        that goes on (`SubscriptionQuerySet.renewing`) holds until the job has added its next period, or moved its
        last day, however late that is. Nothing holds while an invoice of the same subscription is unpaid for more
        than 14 days: due on the 1st, in force to the 15th, lapsed from the 16th, and in force again from the day it
        is paid. Reopened after it was due, it is unpaid from that day (`Invoice.unpaid_from`).
        """
        late = Q(ends_on=F("subscription__runs_until")) & Exists(
            Subscription.objects.going_on(today).filter(pk=OuterRef("subscription"))
        )
        lapsed = Period.objects.lapsed(today).filter(subscription=OuterRef("subscription"))
        return self.filter(Q(ends_on__gte=today) | late, ~Exists(lapsed), starts_on__lte=today)


class Period(models.Model):
    """One invoiced stretch of a subscription, first and last day inclusive."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="periods", verbose_name=_("subscription")
    )
    # Beside the subscription, so that two subscriptions of one professional cannot overlap unseen, and for the index.
    professional = models.ForeignKey(
        Professional, on_delete=models.PROTECT, related_name="periods", verbose_name=_("business")
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    invoice = models.OneToOneField(
        Invoice, on_delete=models.PROTECT, related_name="period", verbose_name=_("invoice")
    )
    # What its reader was told, so that each is told once.
    renewal_announced_at = models.DateTimeField(_("renewal announced"), null=True, blank=True)
    # For how much: the next period is invoiced for that, whatever the plan costs by then.
    announced_price_cents = models.BigIntegerField(_("announced price (cents)"), null=True, blank=True)
    lapse_noted_at = models.DateTimeField(_("told that it lapsed"), null=True, blank=True)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan period")
        verbose_name_plural = _("plan periods")
        ordering: ClassVar = ["-starts_on", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "starts_on"], name="one_period_per_start"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="period_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(renewal_announced_at=None, announced_price_cents=None)
                | Q(
                    renewal_announced_at__isnull=False,
                    announced_price_cents__isnull=False,
                    announced_price_cents__gte=0,
                ),
                name="period_announced_with_its_price",
            ),
        ]
        indexes: ClassVar = [
            # Is a plan in force today? Asked at every purchase and by every judgement.
            models.Index(fields=["professional", "ends_on", "starts_on"], name="period_in_force"),
        ]

    @property
    def next_price_cents(self) -> int:
        """For how much the next period is invoiced: as announced, or what the plan costs while that was not told."""
        if self.announced_price_cents is not None:
            return self.announced_price_cents
        return self.subscription.plan.price_cents

    def lapses_by(self, invoice: Invoice) -> date | None:
        """The first day on which the plan is lapsed, if `invoice`, which is for this period (`of_invoice`), is not paid
        before. None of one that, cancelled, has ended by then: only the debt is left."""
        last = invoice.unpaid_from + LAPSE_AFTER
        if self.subscription.cancelled_on is not None and self.subscription.runs_until <= last:
            return None
        return last + timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.ends_on}"

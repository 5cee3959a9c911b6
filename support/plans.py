"""A plan is an agreement (S13): what contracting and renewing one brings at the desk."""

from datetime import datetime, timedelta
from typing import Any

from django.db.migrations.recorder import MigrationRecorder
from django.db.models import QuerySet
from django.dispatch import receiver
from django.template.loader import render_to_string
from django.utils import translation

from base.days import marketplace_day
from base.jobs import for_each
from billing.customers import customer_of, language_of
from billing.models import Period, Plan, Subscription
from billing.signals import plan_contracted, plan_renewed
from profiles.models import Professional
from support.agreements import Line, sign_agreement
from support.allowances import open_allowance
from support.clients import client_of
from support.courtesy import COURTESY_MINUTES
from support.desk_calendar import desk_day
from support.models import Agreement, Allowance, PlanSupport
from support.models.agreements import SoldLine

# The job comes once an hour, and has one to work in.
SIGNED_AFTER = timedelta(hours=2)


@receiver(plan_contracted, sender=Subscription)
def sign_with_plan(subscription: Subscription, now: datetime, **kwargs: Any) -> None:
    """Contracting a plan signs an agreement, in the same transaction, with the plan's support for its first period."""
    sign_plan(subscription, now)


@receiver(plan_renewed, sender=Subscription)
def include_support_again(subscription: Subscription, period: Period, now: datetime, **kwargs: Any) -> None:
    """Each renewal adds the allowance of its period; the one before ends with its own last day."""
    include_support(period, now)


def sign_plan(subscription: Subscription, now: datetime) -> Agreement:
    """The agreement that a plan is, with the support of those of its periods that have not ended. Asked again, it
    returns the one there is. Call it inside a transaction."""
    standing = Agreement.objects.filter(subscription=subscription).first()
    if standing:
        return standing
    today = marketplace_day(now)
    allowances = [
        include_support(period, now)
        for period in subscription.periods.filter(ends_on__gte=today).order_by("starts_on")
    ]
    allowance = next((each for each in allowances if each), None)
    customer = customer_of(subscription.professional)
    with translation.override(language_of(customer)):
        plan = str(subscription.plan.name)
        return sign_agreement(
            client=client_of(customer, now),
            title=plan,
            text=_text_of(subscription.plan),
            lines=[
                Line(
                    kind=SoldLine.Kind.SERVICE,
                    what=plan,
                    unit=allowance.unit if allowance else "",
                    amount=allowance.given if allowance else None,
                    allowance=allowance,
                )
            ],
            signed=Agreement.Signed.PLAN,
            signed_on=min(subscription.contracted_on, desk_day(now)),
            now=now,
            subscription=subscription,
        )


def _text_of(plan: Plan) -> str:
    said = {"plan": plan, "courtesy_minutes": COURTESY_MINUTES}
    return render_to_string("support/plan_agreement.txt", said).strip()


def unsigned() -> QuerySet[Subscription]:
    """Plans that were contracted before the desk was there, and so without an agreement."""
    return Subscription.objects.filter(agreement=None)


def overdue_unsigned(now: datetime) -> QuerySet[Subscription]:
    """Those that should have one by now: what is contracted at the desk's time is signed in its transaction, and older
    plans wait for the job, which looks once an hour. So in the first hours of the desk there is none, and later all."""
    new_desk = MigrationRecorder.Migration.objects.filter(
        app="support", name="0001_initial", applied__gt=now - SIGNED_AFTER
    )
    return unsigned().none() if new_desk.exists() else unsigned()


def sign_earlier_plans(*, now: datetime) -> int:
    """Signs the agreements of plans that have none; returns how many. Runs again without harm."""

    def sign(pk: int) -> bool:
        # The business, which stands for all its plans, is locked before their agreements are looked for: of two runs at
        # once, or of a run and a renewal, one makes them.
        subscription = Subscription.objects.get(pk=pk)
        Professional.objects.select_for_update(no_key=True).get(pk=subscription.professional_id)
        signed = unsigned().filter(pk=pk).exists()
        sign_plan(subscription, now)
        return signed

    return for_each(unsigned(), sign, what="sign the agreement of")


def include_support(period: Period, now: datetime) -> Allowance | None:
    """The allowance of a plan's period, by what the plan includes today; None where it includes nothing. Asked again,
    it returns the one there is."""
    standing = Allowance.objects.filter(period=period).first()
    plan = period.subscription.plan
    included = PlanSupport.objects.filter(plan=plan).first() or PlanSupport(plan=plan)
    if standing or not included.amount:
        return standing
    customer = customer_of(period.professional)
    with translation.override(language_of(customer)):
        what = str(plan.name)
    return open_allowance(
        client=client_of(customer, now),
        what=what,
        unit=included.unit,
        amount=included.amount,
        starts_on=period.starts_on,
        period=period,
        cause=f"period:{period.pk}",
        now=now,
    )

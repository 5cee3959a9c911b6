"""Plans contracted, renewed, cancelled and lapsed (M9).

What is in force is worked out from dates (`PeriodQuerySet.in_force`); the jobs here add what follows from the
dates and tell people about it, and may run late, twice or on two workers at once.

Nothing is invoiced unannounced: a period is added only to one whose renewal was announced three days before its
last day. Where the announcement comes later than that (the worker was down, a suspension was lifted on the last
day), it moves the last day, at no cost, so that those days of notice are left, and the months are counted from
there. So of any day a date says whether the plan is in force and until when it can be cancelled.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, auto
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import formats, translation
from django.utils.translation import gettext as _

from base.days import marketplace_day
from base.jobs import for_each
from base.money import money
from base.prepared import Prepared
from billing import letters
from billing.customers import customer_of, language_of
from billing.errors import BillingError
from billing.invoices import issue_invoice
from billing.models import (
    Customer,
    Invoice,
    Period,
    Plan,
    Subscription,
    SubscriptionEvent,
)
from billing.models.invoices import owed
from billing.plan_dates import NOTICE_BEFORE, begun_and_until, first_and_last_day, next_stretch
from billing.plan_endings import close_plan
from billing.signals import plan_contracted, plan_renewed
from billing.transfers import refuse_own_business
from billing.wallet import open_wallet
from profiles.businesses import mark_first_contracted
from profiles.models import Professional, User
from profiles.plain_text import fit
from profiles.suspensions import is_suspended

Step = SubscriptionEvent.Step


class Cancelled(Enum):
    """What cancelling a plan came to."""

    TOLD = auto()
    # And the period that had begun was invoiced with it.
    INVOICED = auto()
    # It had ended: there was nothing to tell.
    ENDED = auto()
    # It was cancelled already: nothing was changed.
    BEFORE = auto()


# Contracting and cancelling


def contract_plan(
    *, professional: Professional, plan: Plan, price_seen_cents: int | None, now: datetime
) -> Subscription:
    """Contracts a plan from today on: first period, first invoice, event, mail, signal; the first time ever, S.

    The professional's row is locked. The same plan sent again on the same day returns what was contracted; of two
    plans at once one is refused. What had ended without being cancelled is closed, so that nothing revives it.
    `price_seen_cents` is what the page showed; None: it showed none.
    Raises BillingError: "suspended", "plan_in_force", "plan_unpaid" (an earlier plan is past due: contracting anew is
    no way around paying), "plan_not_offered", "price_changed".
    """
    today = marketplace_day(now)
    with transaction.atomic():
        professional = Professional.objects.select_for_update(no_key=True).get(pk=professional.pk)
        plan = Plan.objects.get(pk=plan.pk)
        if is_suspended(professional):
            raise BillingError(
                "suspended",
                _(
                    "Your business is suspended, so it cannot contract a plan. You can appeal on the page “Your "
                    "business is suspended”, or write to %(address)s."
                )
                % {"address": settings.APPEALS_ADDRESS},
            )
        standing = Subscription.objects.filter(
            professional=professional, plan=plan, contracted_on=today, cancelled_on=None
        ).first()
        if standing:
            return standing
        if plan_in_force(professional, today):
            raise BillingError(
                "plan_in_force", _("You have a plan in force already. Nothing was contracted or invoiced.")
            )
        debt = unpaid_of(professional, today)
        if debt:
            raise BillingError(
                "plan_unpaid",
                _(
                    "Invoice %(number)s of an earlier plan was due on %(due)s, and %(open)s of it are not paid. Pay "
                    "it, then contract a plan. Nothing was contracted or invoiced."
                )
                % {
                    "number": debt.number,
                    "due": formats.date_format(debt.due_on, "DATE_FORMAT"),
                    "open": money(debt.open_cents),
                },
            )
        if plan.offered != Plan.Offered.TO_EVERYBODY:
            raise BillingError(
                "plan_not_offered",
                _("This plan is no longer offered. Choose another; nothing was contracted."),
            )
        if plan.price_cents != price_seen_cents:
            raise BillingError(
                "price_changed",
                _(
                    "The price of this plan is %(price)s, not what you were shown. Look at it again and decide."
                )
                % {"price": money(plan.price_cents)},
            )
        for ended in Subscription.objects.filter(professional=professional, cancelled_on=None):
            close_plan(ended, now)
        customer = customer_of(professional)
        open_wallet(professional=professional)
        if professional.first_contracted_on is None:
            mark_first_contracted(professional=professional, on=today)
        start, end = first_and_last_day(today, today, plan.months)
        subscription = Subscription.objects.create(
            professional=professional, plan=plan, contracted_on=today, runs_until=end, counted_from=start
        )
        period = _add_period(subscription, customer, start, end, plan.price_cents, today)
        _note(subscription, "", Step.CONTRACTED, now, reason=period.invoice.number)
        plan_contracted.send(sender=Subscription, subscription=subscription, period=period, now=now)
        letters.plan_contracted(period, now)
        return subscription


def cancel_plan(
    *, subscription: Subscription, by: User, now: datetime, staff_reason: str | None = None
) -> Cancelled:
    """No period is added any more; the current one runs to its end (M9). Returns what that came to.

    The business cancels by itself; where staff do it for them, `staff_reason` says why: it is kept with who and when,
    and told to the business (X4). Raises BillingError: "no_reason", "own_business"; ProfileError "too_long".
    A plan that went on past its last day without the job having run is settled first: the period that has begun
    is invoiced, if it was announced, and runs to its end. Of one that had ended nothing is told, and of one that is
    lapsed, because of which invoice.
    """
    today = marketplace_day(now)
    reason = fit(staff_reason or "", field="reason", most=2000, lines=True)
    if staff_reason is not None and not reason:
        raise BillingError("no_reason", _("Write why the plan is cancelled."), field="reason")
    with transaction.atomic():
        subscription = _locked(subscription.pk)
        if staff_reason is not None:
            refuse_own_business(subscription.professional, by)
        if subscription.cancelled_on is not None:
            return Cancelled.BEFORE
        invoiced = False
        if Subscription.objects.going_on(today).filter(pk=subscription.pk).exists():
            last = subscription.periods.latest("ends_on")
            invoiced = last.renewal_announced_at is not None
            if invoiced:
                _add_next(subscription, last, today, now)
            else:
                _leave_notice(subscription, last, today)
        subscription.cancelled_on = today
        subscription.save(update_fields=["cancelled_on"])
        event = _note(subscription, "", Step.CANCELLED, now, by=by, reason=reason)
        if subscription.runs_until < today:
            return Cancelled.ENDED
        in_force = subscription.periods.in_force(today).exists()
        unpaid = None if in_force else unpaid_of(subscription.professional, today, subscription=subscription)
        letters.plan_cancelled(subscription, event.pk, reason, unpaid, now)
        return Cancelled.INVOICED if invoiced else Cancelled.TOLD


def keep_plan(*, subscription: Subscription, by: User, now: datetime) -> None:
    """Takes a cancellation back while the plan still runs. Not cancelled: nothing happens.

    In its last three days that tells of the renewal too, and the last day stays: who keeps a plan has asked for it.
    Raises BillingError("plan_has_ended").
    """
    with transaction.atomic():
        subscription = _locked(subscription.pk)
        if subscription.cancelled_on is None:
            return
        today = marketplace_day(now)
        if subscription.runs_until < today:
            raise BillingError(
                "plan_has_ended", _("This plan has already ended. You can contract a plan again.")
            )
        subscription.cancelled_on = None
        subscription.save(update_fields=["cancelled_on"])
        _note(subscription, Step.CANCELLED, Step.KEPT, now, by=by)
        last = renewals_to_announce(today).filter(subscription=subscription).first()
        if last:
            _tell_of_renewal(subscription, last, now)


def _locked(subscription_id: int) -> Subscription:
    """The subscription, with its professional's row locked, which stands for all of its plans."""
    professional_id = Subscription.objects.values_list("professional_id", flat=True).get(pk=subscription_id)
    Professional.objects.select_for_update(no_key=True).get(pk=professional_id)
    return Subscription.objects.select_related("plan", "professional__owner").get(pk=subscription_id)


def _add_period(
    subscription: Subscription, customer: Customer, start: date, end: date, price_cents: int, today: date
) -> Period:
    plan = subscription.plan
    # An invoice is written once, in its buyer's language.
    with translation.override(language_of(customer)):
        description = _("Plan %(plan)s, from %(start)s to %(end)s") % {
            "plan": plan.name,
            "start": formats.date_format(start, "DATE_FORMAT"),
            "end": formats.date_format(end, "DATE_FORMAT"),
        }
    invoice = issue_invoice(
        customer=customer,
        description=description,
        total_cents=price_cents,
        issued_on=today,
        due_on=today + timedelta(days=settings.INVOICE_DUE_DAYS),
    )
    return Period.objects.create(
        subscription=subscription,
        professional=subscription.professional,
        starts_on=start,
        ends_on=end,
        invoice=invoice,
    )


def _note(
    subscription: Subscription,
    from_state: str,
    to_state: str,
    now: datetime,
    *,
    by: User | None = None,
    reason: str = "",
) -> SubscriptionEvent:
    return SubscriptionEvent.objects.create(
        subscription=subscription, actor=by, from_state=from_state, to_state=to_state, reason=reason, at=now
    )


# The jobs


def renew_plans(*, now: datetime, batch: int = 200) -> int:
    """Adds the next period, with its invoice, to every subscription that was announced and whose last day has
    passed. Returns how many.

    Until midnight of the last day a plan can be cancelled without an invoice, so nothing is renewed before; and
    nothing is missed by renewing late, for what goes on stays in force meanwhile. Each is renewed in a
    transaction of its own, looked at again under its lock: two workers renew it once.
    """
    today = marketplace_day(now)
    due = Subscription.objects.due_for_renewal(today)
    return for_each(due, lambda pk: _renew(pk, today, now), batch=batch, what="renew")


def announce_renewals(*, now: datetime, batch: int = 200) -> int:
    """Tells of every renewal three days before the last day, once, while it can still be cancelled. Later than that,
    the last day is moved until three days are left."""
    today = marketplace_day(now)
    return for_each(
        renewals_to_announce(today),
        lambda pk: _announce(pk, today, now),
        batch=batch,
        what="announce the renewal of",
    )


def note_lapses(*, now: datetime, batch: int = 200) -> int:
    """Writes down, once, that a plan has lapsed, and tells the professional. No rule reads what it writes."""
    today = marketplace_day(now)
    return for_each(
        lapses_to_note(today), lambda pk: _note_lapse(pk, today, now), batch=batch, what="note the lapse of"
    )


def renewals_to_announce(today: date) -> QuerySet[Period]:
    """Last periods that end within three days, or ended, and will be renewed, of which nobody was told."""
    return Period.objects.filter(
        renewal_announced_at=None,
        ends_on=F("subscription__runs_until"),
        subscription__in=Subscription.objects.renewing(today).filter(runs_until__lte=today + NOTICE_BEFORE),
    )


def lapses_to_note(today: date) -> QuerySet[Period]:
    """Lapsed periods of which nobody was told."""
    of_what_is_owed = Invoice.objects.past_due(today).values(of=Coalesce("rest_of", "pk"))
    return Period.objects.lapsed(today).filter(invoice__in=of_what_is_owed, lapse_noted_at=None)


def _renew(subscription_id: int, today: date, now: datetime) -> bool:
    subscription = _locked(subscription_id)
    if not Subscription.objects.due_for_renewal(today).filter(pk=subscription_id).exists():
        return False
    _add_next(subscription, subscription.periods.latest("ends_on"), today, now)
    return True


def _add_next(subscription: Subscription, last: Period, today: date, now: datetime) -> None:
    """The period that follows the last one, for the price that was announced, with its invoice, event and mail. Its
    professional's row is locked."""
    start, end = next_stretch(
        subscription.counted_from, subscription.runs_until, subscription.plan.months, today
    )
    customer = customer_of(subscription.professional)
    period = _add_period(subscription, customer, start, end, last.next_price_cents, today)
    subscription.runs_until = end
    subscription.save(update_fields=["runs_until"])
    _note(subscription, "", Step.RENEWED, now, reason=period.invoice.number)
    plan_renewed.send(sender=Subscription, subscription=subscription, period=period, now=now)
    letters.plan_renewed(period, now)


def _announce(period_id: int, today: date, now: datetime) -> bool:
    subscription = _locked(Period.objects.values_list("subscription_id", flat=True).get(pk=period_id))
    period = renewals_to_announce(today).filter(pk=period_id).first()
    if period is None:
        return False
    _leave_notice(subscription, period, today)
    _tell_of_renewal(subscription, period, now)
    return True


def _leave_notice(subscription: Subscription, last: Period, today: date) -> None:
    """Moves the last day, at no cost, where fewer than three days of notice are left."""
    ends_on = today + NOTICE_BEFORE
    if last.ends_on >= ends_on:
        return
    last.ends_on = subscription.runs_until = ends_on
    last.save(update_fields=["ends_on"])
    subscription.counted_from = ends_on + timedelta(days=1)
    subscription.save(update_fields=["runs_until", "counted_from"])


def _tell_of_renewal(subscription: Subscription, last: Period, now: datetime) -> None:
    price_cents = subscription.plan.price_cents
    last.renewal_announced_at, last.announced_price_cents = now, price_cents
    last.save(update_fields=["renewal_announced_at", "announced_price_cents"])
    letters.renewal_announced(last, price_cents, last.ends_on + timedelta(days=1), now)


def _note_lapse(period_id: int, today: date, now: datetime) -> bool:
    subscription = _locked(Period.objects.values_list("subscription_id", flat=True).get(pk=period_id))
    period = lapses_to_note(today).filter(pk=period_id).first()
    if period is None:
        return False
    period.lapse_noted_at = now
    period.save(update_fields=["lapse_noted_at"])
    unpaid = unpaid_of(subscription.professional, today, pk=period.pk)
    # A plan that had ended before its invoice was that late did not lapse.
    if unpaid is None or period.lapses_by(unpaid) is None:
        return False
    event = _note(subscription, "", Step.LAPSED, now, reason=unpaid.number)
    until = _until_once_paid(subscription.periods.latest("ends_on"), today)
    letters.plan_lapsed(subscription, unpaid, until, event.pk, now)
    return True


def _until_once_paid(last: Period, today: date) -> date | None:
    """The last day of a plan, whose last period is `last`, once what it is lapsed by is paid: also of one that went on
    before it lapsed, and whose periods the jobs have not written yet. None: its days have passed."""
    goes_on = Subscription.objects.renewing_once_paid().filter(pk=last.subscription_id)
    return begun_and_until(last, today)[1] if last.ends_on >= today or goes_on.exists() else None


# Questions


def plan_in_force(professional: Professional, today: date) -> bool:
    """Whether a plan is in force on `today` (M9, G9)."""
    return _IN_FORCE.first(professional=professional.pk, today=today) is not None


def _in_force(*, professional: int, today: date) -> QuerySet[Period, tuple[Any, ...]]:
    return Period.objects.in_force(today).filter(professional=professional).order_by().values_list("pk")[:1]


# Asked by every page of jobs.
_IN_FORCE = Prepared(_in_force)


def unpaid_of(professional: Professional, today: date, **period: Any) -> Invoice | None:
    """The first to lapse a plan among their invoices past due for periods of plans, or the rest of one (`rest_of`);
    `period` narrows down which periods."""
    periods = Period.objects.filter(professional=professional, **period)
    found = Invoice.objects.past_due(today).filter(
        Q(period__in=periods) | Q(rest_of__period__in=periods), customer__professional=professional
    )
    return min(found, key=lambda invoice: (invoice.unpaid_from, invoice.pk), default=None)


def has_settled_a_plan(professional: Professional) -> bool:
    """Whether a period of any plan of theirs was paid for, or is owed no more: contracting alone costs nothing."""
    return Period.objects.filter(~owed("invoice__"), professional=professional).exists()


@dataclass(frozen=True, slots=True)
class PlanState:
    """How a professional's plan stands: none, in_force, cancelled (in force to its end), lapsed, suspended (it
    ended and is not renewed while the business is suspended), or ended."""

    status: str
    subscription: Subscription | None = None
    # The last day as the dates say, also where the job has not run yet.
    until: date | None = None
    # The day on which the next period begins and is invoiced, where the plan goes on.
    renews_on: date | None = None
    # For how much (`Period.next_price_cents`); so is the one that has begun.
    price_cents: int | None = None
    # The first day of a period that has begun, was announced, and whose invoice is still to be written.
    begun_on: date | None = None
    # The invoice because of which the plan lapsed, or will first.
    invoice: Invoice | None = None
    # The first day on which the plan is lapsed, if that invoice is not paid before.
    lapses_on: date | None = None


def plan_state(professional: Professional, today: date) -> PlanState:
    """How the plan of this professional stands on `today`: what the page shows."""
    last = (
        Period.objects.filter(professional=professional)
        .select_related("subscription__plan")
        .order_by("-subscription", "-ends_on")
        .first()
    )
    if last is None:
        return PlanState("none")
    subscription, until = last.subscription, last.ends_on
    unpaid = unpaid_of(professional, today, subscription=subscription)
    lapses_on = last.lapses_by(unpaid) if unpaid else None
    cancelled = subscription.cancelled_on is not None
    suspended = is_suspended(professional)
    if plan_in_force(professional, today):
        begun_on, until = begun_and_until(last, today)
        return PlanState(
            "cancelled" if cancelled else "in_force",
            subscription,
            until,
            renews_on=None if cancelled or suspended else until + timedelta(days=1),
            price_cents=last.next_price_cents,
            begun_on=begun_on,
            invoice=unpaid,
            lapses_on=lapses_on,
        )
    until = _until_once_paid(last, today) or until
    if lapses_on and lapses_on <= min(today, until):
        return PlanState("lapsed", subscription, until, invoice=unpaid, lapses_on=lapses_on)
    return PlanState(
        "suspended" if suspended and not cancelled else "ended", subscription, until, invoice=unpaid
    )

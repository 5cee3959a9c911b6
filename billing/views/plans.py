"""Plans: the catalogue, contracting, cancelling and keeping one."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from base.days import marketplace_day
from billing.customers import customer_to_be
from billing.errors import BillingError
from billing.forms import ContractForm
from billing.models import Plan, Subscription
from billing.plan_dates import NOTICE_BEFORE, first_and_last_day
from billing.subscriptions import Cancelled, cancel_plan, contract_plan, keep_plan, plan_state, unpaid_of
from profiles.current import BusinessRequest, business_required, own_business_of
from profiles.models import Professional
from profiles.suspensions import is_suspended


@require_safe
@business_required
def plans(request: BusinessRequest) -> HttpResponse:
    """The catalogue."""
    today = marketplace_day(timezone.now())
    return render(
        request,
        "billing/plans.html",
        {
            "plans": Plan.objects.offered(),
            "state": plan_state(request.business, today),
            "is_owner": request.business.owner_id == request.user.pk,
            "is_suspended": is_suspended(request.business),
        },
    )


@business_required
def contract(request: BusinessRequest, code: str) -> HttpResponse:
    """Says what contracting means, and contracts when it is confirmed; only the owner may."""
    business = own_business_of(request)
    plan = get_object_or_404(Plan.objects.offered(), code=code)
    now = timezone.now()
    refusal = None
    if request.method == "POST":
        form = ContractForm(request.POST)
        price_seen_cents = form.cleaned_data["price_seen_cents"] if form.is_valid() else None
        try:
            subscription = contract_plan(
                professional=business, plan=plan, price_seen_cents=price_seen_cents, now=now
            )
        except BillingError as error:
            refusal = error
        else:
            messages.success(
                request, _("You have contracted the plan %(plan)s. Welcome!") % {"plan": subscription.plan}
            )
            return redirect("billing:overview")
    today = marketplace_day(now)
    first_day, last_day = first_and_last_day(today, today, plan.months)
    return render(
        request,
        "billing/contract.html",
        {
            "business": business,
            "plan": plan,
            "first_day": first_day,
            "last_day": last_day,
            # The invoice is issued with the contract, and is never edited after (M14).
            "customer": customer_to_be(business),
            "notice_days": NOTICE_BEFORE.days,
            "due_days": settings.INVOICE_DUE_DAYS,
            "state": plan_state(business, today),
            "debt": unpaid_of(business, today),
            "today": today,
            "form": ContractForm(initial={"price_seen_cents": plan.price_cents}),
            "refusal": refusal,
        },
        status=409 if refusal else 200,
    )


def _subscription_of(business: Professional) -> Subscription:
    return get_object_or_404(
        Subscription.objects.filter(professional=business).order_by("-id").select_related("plan")[:1]
    )


@business_required
def cancel(request: BusinessRequest) -> HttpResponse:
    """Says until when the plan runs, and cancels it when that is confirmed; only the owner may."""
    business = own_business_of(request)
    subscription = _subscription_of(business)
    now = timezone.now()
    if request.method == "POST":
        level, said = {
            Cancelled.TOLD: (messages.SUCCESS, _("Your plan is cancelled. Nothing more will be invoiced.")),
            Cancelled.INVOICED: (
                messages.SUCCESS,
                _(
                    "Your plan is cancelled. The period that had already begun is invoiced. After it, nothing more "
                    "will be."
                ),
            ),
            Cancelled.ENDED: (
                messages.SUCCESS,
                _("Your plan had ended, and is cancelled now. Nothing more will be invoiced."),
            ),
            Cancelled.BEFORE: (
                messages.WARNING,
                _("Your plan was cancelled before. Nothing was changed."),
            ),
        }[cancel_plan(subscription=subscription, by=request.user, now=now)]
        messages.add_message(request, level, said)
        return redirect("billing:overview")
    state = plan_state(business, marketplace_day(now))
    if subscription.cancelled_on is not None:
        return redirect("billing:overview")
    return render(request, "billing/cancel.html", {"subscription": subscription, "state": state})


@require_POST
@business_required
def keep(request: BusinessRequest) -> HttpResponse:
    """Takes a cancellation back; only the owner may."""
    business = own_business_of(request)
    try:
        keep_plan(subscription=_subscription_of(business), by=request.user, now=timezone.now())
    except BillingError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Your plan goes on as before."))
    return redirect("billing:overview")

"""A professional's balance, plan and invoices."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from base.access import get_visible
from base.days import marketplace_day
from billing.errors import BillingError
from billing.forms import CustomerForm
from billing.invoices import save_customer
from billing.models import Customer, Invoice, Plan, Subscription, Wallet, WalletEntry
from billing.subscriptions import (
    cancel_plan,
    contract_plan,
    first_and_last_day,
    keep_plan,
    plan_state,
)
from billing.transfers import transfer_reference
from profiles.current import BusinessRequest, business_required, own_business_of
from profiles.models import Professional

PER_PAGE = 25


def bank(professional: Professional) -> dict[str, str]:
    """Where a transfer goes, and what to write on it."""
    return {
        "seller": settings.SELLER_NAME,
        "name": settings.BANK_NAME,
        "account": settings.BANK_ACCOUNT,
        "reference": transfer_reference(professional),
    }


@require_safe
@business_required
def overview(request: BusinessRequest) -> HttpResponse:
    """Balance, plan, what is past due, and the statement of every entry."""
    today = marketplace_day(timezone.now())
    wallet = Wallet.objects.filter(professional=request.business).first()
    entries = WalletEntry.objects.filter(wallet=wallet) if wallet else WalletEntry.objects.none()
    return render(
        request,
        "billing/overview.html",
        {
            "today": today,
            "wallet": wallet,
            "state": plan_state(request.business, today),
            "unpaid": list(
                Invoice.objects.filter(customer__professional=request.business, paid_on=None).order_by(
                    "due_on", "id"
                )
            ),
            "page": Paginator(entries.order_by("-id"), PER_PAGE).get_page(request.GET.get("page")),
            "bank": bank(request.business),
            "is_owner": request.business.owner_id == request.user.pk,
        },
    )


@require_safe
@business_required
def plans(request: BusinessRequest) -> HttpResponse:
    """The catalogue."""
    today = marketplace_day(timezone.now())
    return render(
        request,
        "billing/plans.html",
        {"plans": Plan.objects.filter(offered="yes"), "state": plan_state(request.business, today)},
    )


@business_required
def contract(request: BusinessRequest, code: str) -> HttpResponse:
    """Says what contracting means, and contracts when it is confirmed; only the owner may."""
    business = own_business_of(request)
    plan = get_object_or_404(Plan, code=code, offered="yes")
    now = timezone.now()
    refusal = None
    if request.method == "POST":
        try:
            subscription = contract_plan(professional=business, plan=plan, now=now)
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
            "due_days": settings.INVOICE_DUE_DAYS,
            "state": plan_state(business, today),
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
        cancel_plan(subscription=subscription, by=request.user, now=now)
        messages.success(request, _("Your plan is cancelled. Nothing more will be invoiced."))
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


@require_safe
@business_required
def invoices(request: BusinessRequest) -> HttpResponse:
    """Every invoice, newest first."""
    found = Invoice.objects.filter(customer__professional=request.business)
    return render(
        request,
        "billing/invoices.html",
        {
            "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
            "has_details": request.business.owner_id == request.user.pk
            and Customer.objects.filter(professional=request.business).exists(),
            "today": marketplace_day(timezone.now()),
        },
    )


@require_safe
@business_required
def invoice(request: BusinessRequest, public_id: str) -> HttpResponse:
    """One invoice, fit for printing. Somebody else's is not there."""
    found = get_visible(Invoice.objects.select_related("payment"), request, public_id=public_id)
    return render(
        request,
        "billing/invoice.html",
        {
            "invoice": found,
            "today": marketplace_day(timezone.now()),
            "rate_percent": found.tax_rate_basis_points / 100,
            "seller": {
                "name": settings.SELLER_NAME,
                "tax_id": settings.SELLER_TAX_ID,
                "address": settings.SELLER_ADDRESS,
            },
            "bank": bank(request.business),
        },
    )


@business_required
def details(request: BusinessRequest) -> HttpResponse:
    """Who is invoiced from now on; only the owner may change it."""
    customer = get_object_or_404(Customer, professional=own_business_of(request))
    form = CustomerForm(request.POST or None, instance=customer)
    if request.method == "POST" and form.is_valid():
        save_customer(customer=customer, values={name: form.cleaned_data[name] for name in form.changed_data})
        messages.success(request, _("Saved. Your next invoices will carry these details."))
        return redirect("billing:invoices")
    return render(request, "billing/details.html", {"form": form})

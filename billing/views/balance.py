"""A professional's balance: what it holds, and every entry of it."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from base.days import marketplace_day
from billing.models import Invoice, Wallet, WalletEntry
from billing.payments import taken_back_and_owed
from billing.statements import origins_of
from billing.subscriptions import plan_state
from billing.transfers import transfer_reference
from profiles.current import BusinessRequest, business_required
from profiles.models import Professional

PER_PAGE = 25


def bank(professional: Professional | None = None) -> dict[str, str]:
    """Where a transfer goes, and what a business of the marketplace is to write on it."""
    where = {
        "seller": settings.SELLER_NAME,
        "name": settings.BANK_NAME,
        "account": settings.BANK_ACCOUNT,
    }
    return where if professional is None else where | {"reference": transfer_reference(professional)}


@require_safe
@business_required
def overview(request: BusinessRequest) -> HttpResponse:
    """Balance, plan, what is past due, and the statement of every entry."""
    today = marketplace_day(timezone.now())
    wallet = Wallet.objects.filter(professional=request.business).first()
    entries = WalletEntry.objects.filter(wallet=wallet) if wallet else WalletEntry.objects.none()
    page = Paginator(entries.order_by("-id"), PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    found = origins_of(shown)
    return render(
        request,
        "billing/overview.html",
        {
            "today": today,
            "wallet": wallet,
            "state": plan_state(request.business, today),
            "unpaid": list(
                Invoice.objects.owed()
                .filter(customer__professional=request.business)
                .order_by("due_on", "id")
            ),
            "page": page,
            "moved": [(entry, found[entry.pk]) for entry in shown],
            "taken_back": taken_back_and_owed(request.business),
            "bank": bank(request.business),
            "is_owner": request.business.owner_id == request.user.pk,
        },
    )

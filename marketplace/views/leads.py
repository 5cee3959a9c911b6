"""What can be bought: the feed, a request before it is bought, and the purchase."""

import uuid

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from base.access import get_visible
from base.days import marketplace_day
from base.errors import Refusal
from billing.models import Wallet
from billing.subscriptions import plan_in_force
from marketplace import contacts
from marketplace.forms.leads import FeedFilter, PurchaseForm
from marketplace.models import Contact, Lead
from marketplace.views.paging import newest_first
from profiles.current import BusinessRequest, business_required
from profiles.models import Suspension

FEED_SIZE = 20
# Not even read for a page that must not show them (M5).
HOMEOWNER = ("homeowner_name", "homeowner_email", "homeowner_phone")


@business_required
@require_GET
def feed(request: BusinessRequest) -> HttpResponse:
    """Live requests with a place left that this business has not bought, newest first."""
    now = timezone.now()
    business = request.business
    suspension = Suspension.objects.filter(professional=business, lifted_at=None).first()
    form = FeedFilter(request.GET)
    leads = (
        Lead.objects.none()
        if suspension
        else Lead.objects.buyable(now)
        .filter(~Exists(Contact.objects.filter(lead=OuterRef("pk"), professional=business)))
        .select_related("category", "province")
        .defer(*HOMEOWNER)
    )
    if form.is_valid():
        chosen = {name: value for name, value in form.cleaned_data.items() if value}
        leads = leads.filter(**chosen)
    return render(
        request,
        "marketplace/feed.html",
        {
            "suspension": suspension,
            "has_plan": plan_in_force(business, marketplace_day(now)),
            "filter": form,
            "page": newest_first(
                leads, request, by="published_at", size=FEED_SIZE, among=Lead.objects.live(now)
            ),
        },
    )


def _lead(request: BusinessRequest, public_id: uuid.UUID) -> Lead:
    leads = Lead.objects.select_related("category", "province")
    return get_visible(leads, request, public_id=public_id)


@business_required
@require_GET
def lead_page(request: BusinessRequest, public_id: uuid.UUID) -> HttpResponse:
    """What is known before buying. Whoever has bought it is shown the contact instead."""
    now = timezone.now()
    lead = _lead(request, public_id)
    bought = Contact.objects.filter(professional=request.business, lead=lead).only("public_id").first()
    if bought is not None:
        return redirect("marketplace:contact", public_id=bought.public_id)
    return render(
        request,
        "marketplace/lead.html",
        {
            "lead": lead,
            "obstacle": contacts.obstacle(professional=request.business, lead=lead, now=now),
            "form": PurchaseForm(initial={"price_seen_cents": lead.price_cents}),
            "balance_cents": Wallet.objects.filter(professional=request.business)
            .values_list("balance_cents", flat=True)
            .first()
            or 0,
        },
    )


@business_required
@require_POST
def buy(request: BusinessRequest, public_id: uuid.UUID) -> HttpResponse:
    """Buys, or says on the request's page, shown anew, why not (M4)."""
    lead = _lead(request, public_id)
    form = PurchaseForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The price you were shown was missing. Look at it again and decide."))
        return redirect("marketplace:lead", public_id=lead.public_id)
    try:
        contact = contacts.buy_contact(
            professional=request.business,
            lead=lead,
            price_seen_cents=form.cleaned_data["price_seen_cents"],
            now=timezone.now(),
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("marketplace:lead", public_id=lead.public_id)
    messages.success(request, _("The contact is yours. Call now: the first 24 hours have begun."))
    return redirect("marketplace:contact", public_id=contact.public_id)

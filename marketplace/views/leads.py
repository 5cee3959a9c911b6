"""What can be bought: the feed, a request before it is bought, and the purchase."""

import uuid

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from base.days import marketplace_day
from base.errors import Refusal
from base.paging import in_order
from billing.models import Wallet
from billing.subscriptions import plan_in_force
from marketplace import contacts
from marketplace.forms.feed import ORDERS, FeedFilter, Sort
from marketplace.forms.leads import PurchaseForm
from marketplace.models import Contact, Interest, Lead, LeadPhoto
from marketplace.preferences import limit_of
from marketplace.return_days import ASKED_WITHIN
from profiles.current import BusinessRequest, business_required
from profiles.models import Suspension

FEED_SIZE = 20
# What the reader can put right: what the purchase would mean for the guarantee is told all the same (G6).
MAY_STILL_BUY = ("no_plan", "balance_too_low", "over_monthly_limit")
_PHOTOS = (
    LeadPhoto.objects.filter(lead=OuterRef("pk"))
    .order_by()
    .values("lead")
    .annotate(number=Count("pk"))
    .values("number")
)


@business_required
@require_GET
def feed(request: BusinessRequest) -> HttpResponse:
    """Live requests with a place left that this business has not bought.

    Whoever has chosen trades and places (M11) begins with those, and reaches all of them by one press.
    """
    now = timezone.now()
    business = request.business
    suspension = Suspension.objects.standing().filter(professional=business).first()
    mine = Interest.objects.filter(professional=business)
    has_chosen = mine.exists()
    shows_mine = has_chosen and request.GET.get("show") != "all"
    form = FeedFilter(request.GET)
    leads = form.narrow(
        Lead.objects.buyable(now)
        .filter(~Exists(Contact.objects.filter(lead=OuterRef("pk"), professional=business)))
        .select_related("category", "province")
        .defer(*Lead.HOMEOWNER)
        .annotate(photo_count=Coalesce(Subquery(_PHOTOS), 0))
    )
    if shows_mine:
        leads = leads.filter(
            Exists(mine.filter(category=OuterRef("category"), province=OuterRef("province")))
        )
    page = in_order(
        Lead.objects.none() if suspension else leads,
        request,
        order=ORDERS[form.sorted_by],
        size=FEED_SIZE,
        # The row that the address names may have ended while its page was read.
        among=Lead.objects.filter(published_at__isnull=False),
        moving=form.sorted_by == Sort.FEWEST_BUYERS,
    )
    return render(
        request,
        "marketplace/feed.html",
        {
            "suspension": suspension,
            "has_plan": plan_in_force(business, marketplace_day(now)),
            "filter": form,
            "has_chosen": has_chosen,
            "shows_mine": shows_mine,
            "page": page,
        },
    )


def _lead(request: BusinessRequest, public_id: uuid.UUID) -> Lead:
    """A request that this business sees, or could have seen. Raises Http404."""
    leads = Lead.objects.select_related("category", "province").shown_once_to(request.user)
    return get_object_or_404(leads, public_id=public_id)


@business_required
@require_GET
def lead_page(request: BusinessRequest, public_id: uuid.UUID) -> HttpResponse:
    """What is known before buying. Whoever has bought it is shown the contact instead; of a request that was withdrawn
    nothing is told any more but that it is over (M1)."""
    now = timezone.now()
    lead = _lead(request, public_id)
    bought = Contact.objects.filter(professional=request.business, lead=lead).only("public_id").first()
    if bought is not None:
        return redirect("marketplace:contact", public_id=bought.public_id)
    if not lead.is_shown:
        return render(request, "marketplace/lead_gone.html", status=410)
    obstacle = contacts.obstacle(professional=request.business, lead=lead, now=now)
    return render(
        request,
        "marketplace/lead.html",
        {
            "lead": lead,
            "asked_within_days": ASKED_WITHIN.days,
            "obstacle": obstacle,
            "may_mean": obstacle is None or obstacle.code in MAY_STILL_BUY,
            "limit": limit_of(request.business, marketplace_day(now)),
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

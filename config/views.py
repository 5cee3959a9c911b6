"""The home page, and the choice of language."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views import i18n

from base.days import marketplace_day
from billing.models import Invoice, Wallet
from billing.subscriptions import plan_state
from guarantees.models import GuaranteeTerms
from marketplace.first_contact import clock_of
from marketplace.models import Contact
from profiles.current import find_business
from profiles.models import Professional

# More than these are on the page of contacts.
TO_CALL_SHOWN = 4


def home(request: HttpRequest) -> HttpResponse:
    """What Quince is, for a stranger; what to do now, for a professional; the way to the office, for staff."""
    if not request.user.is_authenticated:
        terms = GuaranteeTerms.objects.binding(None, marketplace_day(timezone.now()))
        return render(request, "home.html", {"terms": terms})
    business = find_business(request.user)
    if business is None:
        return render(request, "home_without_business.html")
    request.business = business  # type: ignore[attr-defined]
    return _dashboard(request, business)


def _dashboard(request: HttpRequest, business: Professional) -> HttpResponse:
    """Where the business stands and what comes first: calls that are due, the guarantee, money, the profile."""
    now = timezone.now()
    today = marketplace_day(now)
    waiting = (
        Contact.objects.filter(professional=business)
        .first_contact_open()
        .select_related("lead")
        .order_by("bought_at", "id")
    )
    to_call = [
        {"contact": contact, "lead": contact.lead, "clock": clock_of(contact, now)}
        for contact in waiting[: TO_CALL_SHOWN + 1]
    ]
    wallet = Wallet.objects.filter(professional=business).first()
    return render(
        request,
        "dashboard.html",
        {
            "business": business,
            "is_owner": business.owner_id == request.user.pk,
            "to_call": to_call[:TO_CALL_SHOWN],
            "more_to_call": len(to_call) > TO_CALL_SHOWN,
            "balance_cents": wallet.balance_cents if wallet else 0,
            "state": plan_state(business, today),
            "past_due": Invoice.objects.past_due(today).filter(customer__professional=business),
            "today": today,
        },
    )


def set_language(request: HttpRequest) -> HttpResponseBase:
    """Django's own choice of language, kept on the profile of whoever is signed in, for their mails too (X2).

    What is none of the site's languages changes nothing.
    """
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        request.user.language = language
        request.user.save(update_fields=["language"])
    return i18n.set_language(request)

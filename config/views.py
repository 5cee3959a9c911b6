"""The home page, and the choice of language."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views import i18n
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_safe

from base.days import marketplace_day
from base.links import absolute
from base.public_pages import KEPT_SECONDS
from billing.models import Invoice, Wallet
from billing.subscriptions import plan_state
from guarantees.models import GuaranteeTerms
from marketplace import day
from marketplace.models import Interest
from profiles.current import find_business
from profiles.models import Professional

# More than these are on the page of contacts.
TO_CALL_SHOWN = 4


def home(request: HttpRequest) -> HttpResponse:
    """What Quince is, for a stranger; what to do now, for a professional; the way to the office, for staff."""
    if not request.user.is_authenticated:
        terms = GuaranteeTerms.objects.binding(None, marketplace_day(timezone.now()))
        return render(request, "home.html", {"terms": terms, "places": settings.LEAD_PLACES})
    business = find_business(request.user)
    if business is None:
        return render(request, "home_without_business.html")
    request.business = business  # type: ignore[attr-defined]
    return _dashboard(request, business)


def _dashboard(request: HttpRequest, business: Professional) -> HttpResponse:
    """Where the business stands and what comes first: calls and answers, the guarantee, money, the profile."""
    now = timezone.now()
    today = marketplace_day(now)
    mine = day.contacts_of(business)
    # One more than is shown, to know whether there are more.
    shown = slice(TO_CALL_SHOWN + 1)
    first = [*day.overdue(mine, now)[shown], *day.due_today(mine, now)[shown]][shown]
    wallet = Wallet.objects.filter(professional=business).first()
    return render(
        request,
        "dashboard.html",
        {
            "business": business,
            "is_owner": business.owner_id == request.user.pk,
            "to_call": [day.line_of(contact, now) for contact in first[:TO_CALL_SHOWN]],
            "more_to_call": len(first) > TO_CALL_SHOWN,
            "balance_cents": wallet.balance_cents if wallet else 0,
            "state": plan_state(business, today),
            "past_due": Invoice.objects.past_due(today).filter(customer__professional=business),
            "today": today,
            "has_chosen_jobs": Interest.objects.filter(professional=business).exists(),
        },
    )


@csrf_exempt
def set_language(request: HttpRequest) -> HttpResponseBase:
    """Django's own choice of language, kept on the profile of whoever is signed in, for their mails too (X2).

    What is none of the site's languages changes nothing. A stranger's form is on pages that many share, so it holds
    no token; all that another site could do with it is to change the language that a stranger reads.
    """
    if request.user.is_authenticated:
        return _set_own_language(request)
    return i18n.set_language(request)


@csrf_protect
def _set_own_language(request: HttpRequest) -> HttpResponseBase:
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        request.user.language = language
        request.user.save(update_fields=["language"])
    return i18n.set_language(request)


@require_safe
@cache_control(public=True, max_age=KEPT_SECONDS)
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines may read. What is behind a link is not named here: they are told on the page itself."""
    return render(
        request,
        "robots.txt",
        {"sitemap": absolute("marketplace:sitemap")},
        content_type="text/plain; charset=utf-8",
    )

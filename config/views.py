"""The home page, the choice of language, and what is kept about whoever is signed in."""

from datetime import timedelta
from itertools import islice

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import i18n
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from base import limits, registry
from base.days import marketplace_day
from base.errors import Refusal
from base.links import absolute
from base.public_pages import KEPT_SECONDS
from billing.models import Invoice, Wallet
from billing.subscriptions import plan_state
from guarantees.models import GuaranteeTerms
from marketplace import day
from marketplace.models import Interest
from profiles.closing import close_account
from profiles.current import find_business
from profiles.models import Professional, User
from support.models import Client

# More than these are on the page of contacts.
TO_CALL_SHOWN = 4


def home(request: HttpRequest) -> HttpResponse:
    """What Quince is, for a stranger; what to do now, for a professional; the way to the office, for staff."""
    if not request.user.is_authenticated:
        terms = GuaranteeTerms.objects.binding(None, marketplace_day(timezone.now()))
        return render(request, "home.html", {"terms": terms, "places": settings.LEAD_PLACES})
    business = find_business(request.user)
    if business is None:
        speaks_for_client = Client.objects.visible_to(request.user).exists()
        return render(request, "home_without_business.html", {"speaks_for_client": speaks_for_client})
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


# Of each part, on the page; the copy holds all. A busy business has thousands of contacts and mails.
SHOWN_AT_MOST = 100
# How often a day one account has all of it put together.
COPIES_A_DAY = 10


def _kept_about(user: User, most: int | None = None) -> list[tuple[str, list[tuple[str, str]]]]:
    """What each app keeps, with its title; of each no more than `most`."""
    parts = [
        (str(each.title), list(islice((row for row in each.shown(user) if row[1]), most)))
        for each in registry.personal_data
    ]
    return [part for part in parts if part[1]]


@never_cache
@require_safe
@login_required
def own_data(request: HttpRequest) -> HttpResponse:
    """Everything, app by app, to be read: the beginning of each where there is much of it."""
    parts = _kept_about(request.user, SHOWN_AT_MOST + 1)  # type: ignore[arg-type]
    return render(
        request,
        "personal_data.html",
        {
            "parts": [(title, rows[:SHOWN_AT_MOST], len(rows) > SHOWN_AT_MOST) for title, rows in parts],
            "most": SHOWN_AT_MOST,
        },
    )


@never_cache
@require_safe
@login_required
def own_data_copy(request: HttpRequest) -> HttpResponse:
    """All of it as a file that programs can read."""
    day = timedelta(days=1)
    if not limits.take(
        "copies of data", str(request.user.pk), most=COPIES_A_DAY, window=day, now=timezone.now()
    ):
        messages.error(
            request,
            _("You have made %(number)d copies today, and the newest holds everything. Go on tomorrow.")
            % {"number": COPIES_A_DAY},
        )
        return redirect("personal_data")
    kept = [
        {"part": title, "data": [{"what": what, "value": value} for what, value in rows]}
        for title, rows in _kept_about(request.user)  # type: ignore[arg-type]
    ]
    return JsonResponse(
        {"account": str(request.user), "kept": kept},
        headers={"Content-Disposition": 'attachment; filename="quince-data.json"'},
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@reauthentication_required
def close_own_account(request: HttpRequest) -> HttpResponse:
    """Says what closing the account means, and closes it when that is confirmed; asks first who it is."""
    now = timezone.now()
    refusal = None
    if request.method == "POST":
        try:
            close_account(user=request.user, now=now)  # type: ignore[arg-type]
        except Refusal as error:
            refusal = error
        else:
            logout(request)
            return render(request, "account_closed.html")
    warnings = [line for each in registry.personal_data for line in each.warnings(request.user, now)]
    return render(
        request,
        "close_account.html",
        {"warnings": warnings, "refusal": refusal},
        status=409 if refusal else 200,
    )

"""What every page behind a homeowner's link has in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache

from base.errors import Refusal
from marketplace import homeowners
from marketplace.models import Lead
from profiles.browsers import professional_of_browser
from profiles.current import find_business


def homeowner_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For views with `token` in their address: they are given the request behind it, as `lead`, besides.

    In the homeowner's language, unless they chose another here. Not kept by caches, not indexed, and its address
    is told to no other site that a reader goes on to. A link that leads nowhere shows why.
    """

    @wraps(view)
    @never_cache
    def behind_link(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            lead = homeowners.lead_of(token)
        except Refusal as refusal:
            return kept_private(link_ended(request, refusal))
        return for_homeowner(request, lead, lambda: view(request, *args, lead=lead, token=token, **kwargs))

    return behind_link


def for_homeowner(request: HttpRequest, lead: Lead, show: Callable[[], HttpResponse]) -> HttpResponse:
    """What `show` makes, in the language of whoever made the request; a buyer of it is turned away instead."""
    with translation.override(language_of_reader(request, lead.language)):
        if is_by_a_buyer(request, lead):
            response = render(request, "marketplace/homeowner_not_yours.html", status=403)
        else:
            response = show()
    return kept_private(response)


def kept_private(response: HttpResponse) -> HttpResponse:
    """Not indexed, and its address is told to no other site that a reader goes on to."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def is_by_a_buyer(request: HttpRequest, lead: Lead) -> bool:
    """Whether a business that bought the request has come by its homeowner's link, which forwarded mails can hold: by
    account or by browser, as its own hand is known in reviews (G8). It would speak in the homeowner's name (G2)."""
    businesses = {professional_of_browser(request)}
    business = find_business(request.user)
    if business is not None:
        businesses.add(business.pk)
    businesses.discard(None)
    return bool(businesses) and lead.contacts.filter(professional__in=businesses).exists()


def link_ended(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The page of a link that leads nowhere (any more), with the way to ask for it anew."""
    status = 404 if refusal.code == "link_unknown" else 410
    return render(request, "marketplace/homeowner_link_ended.html", {"refusal": refusal}, status=status)


def language_of_reader(request: HttpRequest, of_mail: str) -> str:
    """That of the mail which the reader comes from, unless they have chosen another here."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else of_mail

"""Pages that every stranger sees alike: kept for a little by whatever stands in between, and never for whoever is
signed in (M13)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag
from django.views.decorators.http import require_safe
from django.views.defaults import page_not_found

# How long a copy may be shown that nobody asks us about: a suspension hides a page here at once, and everywhere
# after this long at the latest (G19).
KEPT_SECONDS = 300
_FOR_EVERYBODY = f"public, max-age={KEPT_SECONDS}"
_FOR_ONE_READER = "private, no-store"
# Who has one of these may be told something that is theirs alone.
_MESSAGES_COOKIE = "messages"


def public_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorator: the page may be kept by shared caches where it was made for a stranger, and holds nothing of one
    reader's then. A page that is not there is never kept, for it may be there in a minute.

    Whoever says no language, as search engines do, reads the site's own (`PUBLIC_LANGUAGE`): an address has one
    page, in the language of its reader.
    """

    @require_safe
    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with translation.override(_language(request)):
            request.LANGUAGE_CODE = translation.get_language()
            try:
                response = view(request, *args, **kwargs)
            except Http404 as error:
                response = page_not_found(request, error)
            response.headers["Content-Language"] = request.LANGUAGE_CODE
        patch_vary_headers(response, ("Cookie", "Accept-Language"))
        if not _is_for_everybody(request, response):
            response.headers["Cache-Control"] = _FOR_ONE_READER
            return response
        response.headers["Cache-Control"] = _FOR_EVERYBODY
        set_response_etag(response)
        kept = get_conditional_response(request, etag=response.headers.get("ETag"), response=response)
        return kept if isinstance(kept, HttpResponse) else response

    return shown


def says_language(request: HttpRequest) -> bool:
    """Whether the reader says which language they read, by a choice, an account or their browser."""
    return (
        settings.LANGUAGE_COOKIE_NAME in request.COOKIES
        or bool(request.headers.get("Accept-Language"))
        or request.user.is_authenticated
    )


def _language(request: HttpRequest) -> str:
    if says_language(request):
        return translation.get_language() or settings.LANGUAGE_CODE
    return settings.PUBLIC_LANGUAGE


def _is_for_everybody(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether nothing in `response` is one reader's. Moved for good is kept no longer than a page: a name can be
    changed back, and two pages that send to each other would never be left."""
    return (
        response.status_code in (200, 301)
        and not request.user.is_authenticated
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and _MESSAGES_COOKIE not in request.COOKIES
        and not request.session.modified
        and not request.META.get("CSRF_COOKIE_NEEDS_UPDATE")
        and not response.cookies
    )

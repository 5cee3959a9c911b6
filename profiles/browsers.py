"""Which browser belongs to a professional: a review written in it is written by their own hand (G8).

A signed cookie says it, for a year from the last visit. Signing out does not take it away: whoever signs out to
write a review of themselves is the case that it is for.
"""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "quince_browser"
_SALT = "quince.browser"
_KEPT = timedelta(days=365)


def remember_browser(response: HttpResponse, professional_id: int) -> None:
    """Marks the browser that gets `response` as the professional's."""
    response.set_signed_cookie(
        COOKIE,
        str(professional_id),
        salt=_SALT,
        max_age=_KEPT,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def professional_of_browser(request: HttpRequest) -> int | None:
    """The row number of the professional whose browser this is, or None. A forged or old mark is no mark."""
    value = request.get_signed_cookie(COOKIE, default=None, salt=_SALT, max_age=_KEPT)
    return int(value) if value else None

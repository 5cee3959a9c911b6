"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from django.utils.functional import SimpleLazyObject

from profiles.current import business_of
from support.models import Client


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "DEMO": settings.DEMO,
        "APPEALS_ADDRESS": settings.APPEALS_ADDRESS,
        "CLAIMS_ADDRESS": settings.CLAIMS_ADDRESS,
        "only_client": SimpleLazyObject(lambda: _only_client(request)),
    }


def _only_client(request: HttpRequest) -> bool:
    """Whether the reader speaks for a client of the desk and has no business here: what they can go to is the desk's,
    and the marketplace's rooms are none of theirs."""
    try:
        business_of(request)
    except Http404:
        return Client.objects.visible_to(request.user).exists()
    return False

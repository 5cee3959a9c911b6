"""One clock for every page of support, whoever reads it (X1)."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from support.desk_calendar import desk_zone


class DeskClockMiddleware:
    """Pages of support, the office's too, show the desk's time to a reader who chose no zone: it works by that clock.
    All other pages keep the marketplace's. Stands after the middleware that activates the zone that a reader chose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> None:
        chosen = request.user.is_authenticated and request.user.time_zone
        if _of_support(request) and not chosen:
            timezone.activate(desk_zone())


def _of_support(request: HttpRequest) -> bool:
    found = request.resolver_match
    if found is None:
        return False
    # The office's pages are all named after the application and the model that they are of.
    return found.app_name == "support" or (
        found.app_name == "admin" and (found.url_name or "").startswith("support_")
    )

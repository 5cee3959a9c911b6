"""How fast the feed is at full size, beside a signed-in page with one SELECT in the same frame."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client
from django.test.utils import override_settings
from django.urls import include, path
from django.utils import timezone

from base.measure import Measurement, in_turn
from base.registry import measured
from marketplace.models import Interest, Lead

BARE = """{% extends "base.html" %}{% block content %}<ul>{% for title in titles %}<li>{{ title }}</li>{% endfor %}</ul>
{% endblock %}"""
# As deep as somebody would have to press for an hour to come.
DEEP = 0.9


def bare(request: HttpRequest) -> HttpResponse:
    """What a page costs that is signed in and does next to nothing."""
    assert request.user.is_authenticated
    titles = Lead.objects.order_by("-pk").values_list("title", flat=True)[:20]
    return HttpResponse(engines["django"].from_string(BARE).render({"titles": titles}, request))


urlpatterns = [path("bench/bare/", bare), path("", include(settings.ROOT_URLCONF))]


@measured
def feed(repeats: int) -> list[Measurement]:
    """Page one, a page far down, narrowed, and in its other orders; of somebody who has chosen their trades."""
    now = timezone.now()
    buyable = Lead.objects.buyable(now)
    number = buyable.count()
    deep = buyable.order_by("-published_at", "-pk").values_list("public_id", flat=True)[int(number * DEEP)]
    somebody = Interest.objects.select_related("professional__owner").order_by("pk")[0].professional
    browser = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0])
    pages: list[tuple[str, dict[str, Any]]] = [
        ("page 1, all", {"show": "all"}),
        ("a page far down", {"show": "all", "older": deep}),
        ("page 1, one's own trades", {}),
        ("narrowed by five things", {
            "show": "all", "category": "category-3", "size": "medium", "timing": "month", "price_up_to": "500",
            "places": "",
        }),
        ("cheapest first", {"show": "all", "sort": "cheapest"}),
        ("fewest buyers first", {"show": "all", "sort": "fewest_buyers"}),
        ("ending soonest first", {"show": "all", "sort": "ending_soonest"}),
    ]  # fmt: skip
    with override_settings(ROOT_URLCONF=__name__):
        browser.force_login(somebody.owner, settings.AUTHENTICATION_BACKENDS[0])

        def get(address: str, query: dict[str, Any]) -> None:
            response = browser.get(address, query, secure=True)
            if response.status_code != 200:
                raise RuntimeError(f"{address} answered {response.status_code}")

        get("/jobs/", {})  # The first page of a browser remembers the network.
        return [
            in_turn(
                f"feed of {number:,}: {name}",
                ours=lambda query=query: get("/jobs/", query),  # type: ignore[misc]
                by_hand=lambda: get("/bench/bare/", {}),
                repeats=repeats * 4,
                goal="ratio ≤ 3, constant queries",
            )
            for name, query in pages
        ]

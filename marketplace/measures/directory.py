"""How fast the public pages are, beside a signed-in page that asks nothing but who is signed in."""

from collections.abc import Callable
from dataclasses import replace
from http.cookies import SimpleCookie

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Count
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.days import marketplace_day
from base.measure import Measurement, in_turn
from base.registry import measured
from marketplace.directory import public
from marketplace.models import Category, Interest, Province
from marketplace.public_profile import page_address
from marketplace.site_map import entries_of, sections
from profiles.models import User


@measured
def directory_pages(repeats: int) -> list[Measurement]:
    """The page of a pair, of a trade and of a professional, as a stranger asks for them; and a file of the map."""
    today = marketplace_day(timezone.now())
    somebody = public(today).filter(interests__isnull=False, reviews__isnull=False).order_by("pk")[0]
    # The pair in which most of them stand.
    pair = Interest.objects.values("category", "province").annotate(n=Count("pk")).order_by("-n")[0]
    category, province = (
        Category.objects.get(pk=pair["category"]),
        Province.objects.get(pk=pair["province"]),
    )
    trade = reverse("marketplace:directory_of_category", args=[category.slug])
    signed_in = _page(reverse("profiles:settings"), _signed_in(somebody.owner))

    last_file = sections(today)[-1]

    def beside(operation: str, ours: Callable[[], object], goal: str, note: str = "") -> Measurement:
        measurement = in_turn(operation, ours=ours, by_hand=signed_in, repeats=repeats * 10, goal=goal)
        return replace(measurement, note=note or "by hand: a signed-in page that asks who is signed in")

    return [
        beside(
            f"directory: a trade in a province with {pair['n']:,} professionals",
            _page(f"{trade}{province.slug}/", Client()),
            "≤ 8 queries",
        ),
        beside(
            f"directory: the provinces of a trade, {Interest.objects.count():,} interests in all",
            _page(trade, Client()),
            "≤ 4 queries",
        ),
        beside("a professional's page", _page(page_address(somebody), Client()), "≤ 10 queries"),
        beside(
            "a file of the site's map, up to 5,000 professionals",
            lambda: entries_of(last_file, today),
            "≤ 3 queries",
        ),
    ]


def _page(address: str, browser: Client) -> Callable[[], object]:
    """Asks for a page, the whole way through the product."""
    host = settings.ALLOWED_HOSTS[0]

    def ask() -> object:
        response = browser.get(address, headers={"host": host, "accept-language": "es"}, secure=True)
        if response.status_code != 200:
            raise RuntimeError(f"{address} answered {response.status_code}.")
        return response

    return ask


def _signed_in(user: User) -> Client:
    """A browser with a session of `user`: the sessions of people made in bulk, who have no password."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    browser = Client()
    browser.cookies = SimpleCookie({settings.SESSION_COOKIE_NAME: session.session_key or ""})
    return browser

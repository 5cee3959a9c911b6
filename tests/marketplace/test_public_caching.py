"""Public pages are kept for strangers, for five minutes, and never for whoever is signed in (M13)."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from profiles.suspensions import suspend
from tests import making
from tests.making import NOW, at
from tests.marketplace.public_making import PAIR, make_listed, page_of

pytestmark = pytest.mark.django_db
WHEN = at("2026-02-20 12:00")
PUBLIC = "public, max-age=300"
PRIVATE = "private, no-store"


@pytest.fixture
def listed(db):
    return make_listed("Reformas Hidalgo")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(WHEN, tick=False) as moved:
        yield moved


@pytest.fixture(params=["trades", "provinces", "listing", "profile"])
def address(request, listed):
    return {
        "trades": "/professionals/",
        "provinces": "/professionals/bathrooms/",
        "listing": PAIR,
        "profile": page_of(listed),
    }[request.param]


def test_a_strangers_page_may_be_kept_and_holds_nothing_of_theirs(address):
    browser = Client(enforce_csrf_checks=True)
    response = browser.get(address, headers={"accept-language": "es"})
    page = response.content.decode()
    assert response.headers["Cache-Control"] == PUBLIC
    assert {name.strip() for name in response.headers["Vary"].split(",")} == {"Cookie", "Accept-Language"}
    assert response.headers["ETag"] and not response.cookies
    assert "csrfmiddlewaretoken" not in page and 'class="messages"' not in page
    assert "nonce" not in page + response.headers["Content-Security-Policy"]


def test_a_page_that_has_not_changed_is_not_sent_again(address):
    first = Client().get(address)
    again = Client().get(address, headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for header in ("Cache-Control", "ETag", "Vary"):
        assert again.headers[header] == first.headers[header]
    other = Client().get(address, headers={"if-none-match": first.headers["ETag"], "accept-language": "en"})
    assert other.status_code == 200


def test_whoever_is_signed_in_gets_a_page_of_their_own(address, client_of, listed, stranger):
    for who in (listed, stranger, making.make_staff("moderator")):
        response = client_of(who).get(address)
        assert response.headers["Cache-Control"] == PRIVATE and "ETag" not in response.headers
        assert "Cookie" in response.headers["Vary"]


@pytest.mark.parametrize("cookie", ["sessionid", "messages"])
def test_who_has_a_session_or_is_to_be_told_something_gets_a_page_of_their_own(address, cookie):
    browser = Client()
    browser.cookies = SimpleCookie({cookie: "anything"})
    assert browser.get(address).headers["Cache-Control"] == PRIVATE


def test_other_cookies_do_not_keep_a_stranger_from_the_shared_page(address):
    browser = Client()
    browser.cookies = SimpleCookie({"django_language": "en", "csrftoken": "t" * 32})
    response = browser.get(address)
    assert response.headers["Cache-Control"] == PUBLIC and '<html lang="en">' in response.content.decode()


def test_what_is_not_there_is_never_kept():
    assert Client().get("/professional/nadie-000000000000/").headers["Cache-Control"] == PRIVATE
    assert Client().get(PAIR, {"page": "9"}).headers["Cache-Control"] == PRIVATE


# The choice of language on a page that many share


def choose(browser, language, **fields):
    return browser.post(reverse("set_language"), {"language": language, **fields}, headers={"referer": "/"})


def test_a_stranger_chooses_a_language_on_a_shared_page(listed):
    browser = Client(enforce_csrf_checks=True)
    page = browser.get(page_of(listed)).content.decode()
    assert f'action="{reverse("set_language")}"' in page and '<html lang="es-mx">' in page
    assert choose(browser, "en").status_code == 302
    assert '<html lang="en">' in browser.get(page_of(listed)).content.decode()


def test_the_language_of_somebody_signed_in_is_not_set_by_another_site(client_of, listed):
    """X2: it is kept on their profile, and their mails follow it."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(listed.owner, "allauth.account.auth_backends.AuthenticationBackend")
    assert choose(browser, "en").status_code == 403
    listed.owner.refresh_from_db()
    assert listed.owner.language == ""
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', browser.get("/").content.decode())
    assert token and choose(browser, "en", csrfmiddlewaretoken=token[1]).status_code == 302
    listed.owner.refresh_from_db()
    assert listed.owner.language == "en"


# Behind a cache that many share


@dataclass
class Cache:
    """A shared cache that obeys the headers, and nothing else: RFC 9111 as far as these pages use it."""

    now: object
    kept: dict = field(default_factory=dict)
    varies: dict = field(default_factory=dict)
    asked: int = 0
    blind_to_cookies: bool = False

    def _key(self, address, headers):
        return address, tuple(headers.get(name, "") for name in self.varies.get(address, ()))

    def get(self, address, *, cookies=None, language="es"):
        headers = {
            "accept-language": language,
            "cookie": "; ".join(f"{k}={v}" for k, v in (cookies or {}).items()),
        }
        found = self.kept.get(self._key(address, headers))
        if found and self.now() < found[1]:
            return found[0]
        browser = Client()
        browser.cookies = SimpleCookie(cookies or {})
        self.asked += 1
        response = browser.get(address, headers={"accept-language": language})
        said = response.headers.get("Cache-Control", "")
        age = re.search(r"max-age=(\d+)", said)
        if "public" in said and age and (self.blind_to_cookies or not response.cookies):
            names = [name.strip().lower() for name in response.headers["Vary"].split(",")]
            self.varies[address] = [
                name for name in names if not (self.blind_to_cookies and name == "cookie")
            ]
            until = self.now() + timedelta(seconds=int(age[1]))
            self.kept[self._key(address, headers)] = response.content.decode(), until
        return response.content.decode()


def cookies_of(client) -> dict[str, str]:
    return {name: morsel.value for name, morsel in client.cookies.items()}


def test_two_people_and_two_strangers_in_turn_behind_a_cache_each_get_their_own(
    clock, client_of, listed, other_pro
):
    """Whoever comes first: nobody gets what was made for somebody signed in, and strangers share."""
    cache, at_page = Cache(timezone.now), page_of(listed)
    own, rival = cookies_of(client_of(listed)), cookies_of(client_of(other_pro))
    for _turn in range(2):
        mine = cache.get(at_page, cookies=own)
        assert listed.owner.email in mine
        assert other_pro.owner.email not in mine
        first, second = cache.get(at_page), cache.get(at_page)
        theirs = cache.get(at_page, cookies=rival)
        assert other_pro.owner.email in theirs and listed.owner.email not in theirs
        english = cache.get(at_page, language="en")
        assert first == second == cache.get(at_page)
        for page in (first, english):
            assert listed.owner.email not in page and other_pro.owner.email not in page
            assert "csrfmiddlewaretoken" not in page
        assert '<html lang="es-mx">' in first and '<html lang="en">' in english
    # Each of the two signed in was asked for twice, and the page of strangers once in each language.
    assert cache.asked == 2 + 2 + 1 + 1


def test_a_suspension_hides_at_once_here_and_within_five_minutes_everywhere(clock, listed):
    """G19."""
    cache, at_page = Cache(timezone.now), page_of(listed)
    assert "Reformas Hidalgo" in cache.get(at_page) and "Reformas Hidalgo" in cache.get(PAIR)
    suspend(professional=listed, reason="No era verdad.", decided_by=making.make_user(), now=NOW)
    assert Client().get(at_page).status_code == 404
    assert "Reformas Hidalgo" not in Client().get(PAIR).content.decode()
    assert "Reformas Hidalgo" not in Client().get("/sitemap-professionals-1.xml").content.decode()
    clock.shift(timedelta(seconds=299))
    assert "Reformas Hidalgo" in cache.get(at_page)
    clock.shift(timedelta(seconds=1))
    assert "Reformas Hidalgo" not in cache.get(at_page) and "Reformas Hidalgo" not in cache.get(PAIR)


def test_the_cache_of_these_tests_tells_when_a_page_is_wrongly_kept(listed, client_of, monkeypatch):
    """The negative control: with headers that let everything be kept, a stranger is given somebody's own page. A
    cache that knows no cookies is saved by `no-store` alone."""
    at_page, cookies = page_of(listed), cookies_of(client_of(listed))
    careless = Cache(timezone.now, blind_to_cookies=True)
    careless.get(at_page, cookies=cookies)
    assert listed.owner.email not in careless.get(at_page)
    monkeypatch.setattr("base.public_pages._is_for_everybody", lambda request, response: True)
    careless = Cache(timezone.now, blind_to_cookies=True)
    careless.get(at_page, cookies=cookies)
    assert listed.owner.email in careless.get(at_page)

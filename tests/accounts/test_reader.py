"""The reader's language and zone (X1, X2), and the browsers of a professional's people (G8)."""

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from profiles.browsers import COOKIE, professional_of_browser, remember_browser
from tests.making import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _language():
    with translation.override("en"):
        yield


def language_of(response: HttpResponse) -> str:
    return response.headers["Content-Language"]


def test_a_page_is_in_the_language_that_the_reader_chose_whatever_the_browser_says(client_of):
    browser = client_of(make_user(language="es-mx"))

    response = browser.get("/", headers={"accept-language": "en"})

    assert language_of(response) == "es-mx"
    assert '<html lang="es-mx">' in response.content.decode()


def test_who_has_chosen_none_reads_the_language_of_the_browser(client_of, stranger):
    browser = client_of(stranger)

    assert language_of(browser.get("/", headers={"accept-language": "es-MX,es;q=0.9"})) == "es-mx"
    assert language_of(browser.get("/", headers={"accept-language": "de"})) == "en"


def test_the_language_switch_is_kept_on_the_profile(client_of, stranger):
    browser = client_of(stranger)

    browser.post(reverse("set_language"), {"language": "es-mx"})

    stranger.refresh_from_db()
    assert stranger.language == "es-mx"
    assert language_of(browser.get("/")) == "es-mx"


@pytest.mark.parametrize("language", ["xx", "fr", "zh-hans", "es", "es-mx-abcdef", "en-us-abcdefgh"])
def test_a_language_that_there_is_not_changes_nothing(client_of, stranger, language):
    client_of(stranger).post(reverse("set_language"), {"language": language})

    stranger.refresh_from_db()
    assert stranger.language == ""


def test_the_switch_works_for_a_stranger_and_does_nothing_by_being_followed(client):
    client.get(reverse("set_language"), {"language": "es-mx"})
    assert language_of(client.get("/")) == "en"

    client.post(reverse("set_language"), {"language": "es-mx"})
    assert language_of(client.get("/")) == "es-mx"


def test_the_next_reader_on_the_same_thread_does_not_inherit_the_language(client_of, client):
    client_of(make_user(language="es-mx")).get("/")

    assert language_of(client.get("/", headers={"accept-language": "en"})) == "en"


def remembered(browser: Client) -> int | None:
    request = RequestFactory().get("/")
    request.COOKIES = {name: morsel.value for name, morsel in browser.cookies.items()}
    return professional_of_browser(request)


def test_signing_in_marks_the_browser_as_the_professionals(client, pro):
    client.post(reverse("account_login"), {"login": pro.owner.email, "password": PASSWORD})

    assert remembered(client) == pro.pk
    cookie = client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 365 * 24 * 3600)


def test_signing_out_does_not_take_the_mark_away(client, pro):
    client.post(reverse("account_login"), {"login": pro.owner.email, "password": PASSWORD})
    client.post(reverse("account_logout"))

    assert remembered(client) == pro.pk


def test_a_member_marks_it_too_and_who_has_no_business_marks_nothing(pro, stranger):
    member = make_user()
    pro.members.add(member)
    browsers = {}
    for user in (member, stranger):
        browsers[user] = Client()
        browsers[user].post(reverse("account_login"), {"login": user.email, "password": PASSWORD})

    assert remembered(browsers[member]) == pro.pk
    assert remembered(browsers[stranger]) is None


def test_who_opens_the_business_after_signing_in_marks_the_browser_then(client_of, pro):
    browser = client_of(pro)

    browser.get("/")

    assert remembered(browser) == pro.pk


def test_a_forged_mark_is_none():
    request = RequestFactory().get("/")
    response = HttpResponse()
    remember_browser(response, 7)
    good = response.cookies[COOKIE].value

    request.COOKIES = {COOKIE: good}
    assert professional_of_browser(request) == 7
    request.COOKIES = {COOKIE: "8" + good[1:]}
    assert professional_of_browser(request) is None

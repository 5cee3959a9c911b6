"""A refusal says what happened and what to do, in the reader's language, and is no server error (X6)."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client
from django.urls import path
from django.utils.translation import gettext_lazy

from base.errors import Refusal
from config import urls as site


class PetRefusal(Refusal):
    """What an app's own error class is."""


def refuse(request):
    raise PetRefusal("no_dogs", gettext_lazy("Dogs & <b>cats</b> stay outside. Come alone."), field="pet")


def fail(request):
    raise ZeroDivisionError("secret figures")


def hide(request):
    raise Http404


def forbid(request):
    raise PermissionDenied


urlpatterns = [
    path("refuse/", refuse),
    path("fail/", fail),
    path("hide/", hide),
    path("forbid/", forbid),
    *site.urlpatterns,
]


def test_a_refusal_has_a_code_for_programs_a_sentence_for_the_reader_and_a_field():
    refusal = PetRefusal("no_dogs", gettext_lazy("No dogs."), field="pet")
    assert (refusal.code, str(refusal), refusal.field) == ("no_dogs", "No dogs.", "pet")
    assert PetRefusal("no_dogs", "No dogs.").field is None


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("language", ["en", "es-mx", "it"])
def test_a_refusal_that_no_view_caught_is_a_page_with_its_sentence(client, db, language):
    response = client.get("/refuse/", headers={"accept-language": language})
    assert response.status_code == 409
    page = response.content.decode()
    assert "Dogs &amp; &lt;b&gt;cats&lt;/b&gt; stay outside. Come alone." in page
    assert f'<html lang="{language}"' in page


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("address", "status"), [("/hide/", 404), ("/nowhere/", 404), ("/forbid/", 403)])
def test_what_is_not_there_or_not_for_the_reader_has_a_page_of_ours(
    client, client_of, stranger, address, status
):
    for browser in (client, client_of(stranger)):
        response = browser.get(address)
        assert response.status_code == status
        assert "quince.css" in response.content.decode()


@pytest.mark.urls(__name__)
def test_a_server_error_has_a_page_of_ours_that_says_nothing_of_its_cause(db):
    response = Client(raise_request_exception=False).get("/fail/")
    assert response.status_code == 500
    page = response.content.decode()
    assert '<a href="/">Quince</a>' in page
    assert "ZeroDivisionError" not in page
    assert "secret figures" not in page


def test_a_form_sent_without_its_token_is_answered_with_a_page_of_ours(db):
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a@example.com"})
    assert response.status_code == 403
    assert "quince.css" in response.content.decode()

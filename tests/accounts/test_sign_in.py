"""Signing in, being throttled, and getting a new password."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from mail.models import OutgoingMail
from tests.making import PASSWORD

pytestmark = pytest.mark.django_db


def sign_in(browser: Client, email: str, password: str = PASSWORD, page: str = ""):
    return browser.post(page or reverse("account_login"), {"login": email, "password": password})


def is_signed_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


def test_somebody_signs_in_with_their_address_in_any_case(client, stranger):
    response = sign_in(client, stranger.email.upper())

    assert response.url == reverse("home")
    assert is_signed_in(client)


def test_the_sixth_attempt_is_refused_even_with_the_right_password(client, stranger):
    for _ in range(5):
        sign_in(client, stranger.email, "wrong")

    response = sign_in(client, stranger.email)

    assert not is_signed_in(client)
    assert "Too many failed login attempts" in response.content.decode()


def test_the_admin_has_no_sign_in_of_its_own_that_could_be_tried_without_end(client, reviewer):
    response = client.get("/admin/")
    assert response.url == "/admin/login/?next=/admin/"
    response = client.get(response.url)
    assert response.url == "/accounts/login/?next=%2Fadmin%2F"

    posted = client.post("/admin/login/", {"username": reviewer.email, "password": PASSWORD})

    assert posted.status_code == 302
    assert not is_signed_in(client)
    for _ in range(5):
        sign_in(client, reviewer.email, "wrong", page=response.url)
    sign_in(client, reviewer.email, page=response.url)
    assert not is_signed_in(client)


def test_staff_sign_in_and_come_to_the_office(client, reviewer):
    response = client.post(
        "/accounts/login/?next=/admin/",
        {"login": reviewer.email, "password": PASSWORD, "next": "/admin/"},
        follow=True,
    )

    assert response.status_code == 200
    assert response.request["PATH_INFO"] == "/admin/"


def test_the_office_is_closed_to_who_is_not_staff(client_of, stranger):
    assert client_of(stranger).get("/admin/login/").status_code == 403


def test_asking_for_a_new_password_does_not_tell_whether_there_is_an_account(stranger):
    def answer(email: str) -> tuple[int, str, str]:
        response = Client().post(reverse("account_reset_password"), {"email": email}, follow=True)
        return response.status_code, response.request["PATH_INFO"], response.content.decode()

    def without_token(page: str) -> str:
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)

    known, unknown = answer(stranger.email), answer("nobody@example.com")

    assert known[:2] == unknown[:2]
    assert without_token(known[2]) == without_token(unknown[2])
    kinds = dict(OutgoingMail.objects.values_list("recipient", "kind"))
    assert kinds == {
        stranger.email: "account/password_reset_key",
        "nobody@example.com": "account/unknown_account",
    }


def test_the_link_of_the_mail_sets_a_new_password_once(client, stranger):
    client.post(reverse("account_reset_password"), {"email": stranger.email})
    link = re.search(r"http://\S+?(/accounts/\S+)", OutgoingMail.objects.get().text)[1]

    form = client.get(link).url
    client.post(form, {"password1": "otra clave larga", "password2": "otra clave larga"})

    stranger.refresh_from_db()
    assert stranger.check_password("otra clave larga")
    assert "no longer works" in Client().get(link, follow=True).content.decode()
    told = OutgoingMail.objects.get(kind="account/password_reset")
    assert told.recipient == stranger.email


def test_a_mail_is_in_the_language_of_its_reader_not_of_who_asked(stranger):
    stranger.language = "es-mx"
    stranger.save()
    english = Client(headers={"accept-language": "en"})

    english.post(reverse("account_reset_password"), {"email": stranger.email})

    assert OutgoingMail.objects.get().language == "es-mx"


def test_an_address_is_added_only_after_saying_once_more_who_it_is(client_of, stranger):
    response = client_of(stranger).post(
        reverse("account_email"), {"action_add": "", "email": "new@example.com"}
    )

    assert response.url.startswith(reverse("account_reauthenticate"))
    assert not OutgoingMail.objects.exists()

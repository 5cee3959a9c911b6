"""From a stranger to somebody signed in: by a code that only the mail holds."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from mail.models import OutgoingMail
from profiles.models import User
from tests.making import PASSWORD

pytestmark = pytest.mark.django_db

ANA = {"first_name": "Ana", "last_name": "Ruiz", "email": "Ana@Example.com", "password1": PASSWORD}


def sign_up(browser: Client, **changed):
    return browser.post(reverse("account_signup"), ANA | changed)


def code_in(mail: OutgoingMail) -> str:
    return re.search(r"(?:page|página)[^:]*: (\S+)", mail.text)[1]


def test_a_stranger_signs_up_with_the_code_from_the_mail_and_is_signed_in(client):
    response = sign_up(client)

    assert response.url == reverse("account_email_verification_sent")
    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.recipient) == ("account/email_confirmation_signup", "ana@example.com")
    assert not EmailAddress.objects.filter(verified=True).exists()

    response = client.post(response.url, {"code": code_in(mail)}, follow=True)

    assert response.redirect_chain[-1][0] == reverse("home")
    user = response.context["user"]
    assert (user.email, user.get_full_name()) == ("ana@example.com", "Ana Ruiz")
    assert EmailAddress.objects.get(user=user).verified


@pytest.mark.parametrize("name", ["Entra a evil.example", "www.evil", "ana@example.com"])
def test_a_name_is_no_advertisement(client, name):
    for field in ("first_name", "last_name"):
        response = sign_up(client, **{field: name})
        assert list(response.context["form"].errors) == [field]
    assert not User.objects.exists()


def test_the_code_is_not_in_the_subject_which_staff_can_see(client):
    sign_up(client)

    mail = OutgoingMail.objects.get()
    assert code_in(mail) not in mail.subject


def test_a_wrong_code_signs_nobody_in(client):
    response = sign_up(client)

    response = client.post(response.url, {"code": "NOPE99"})

    assert response.status_code == 200
    assert response.context["verify_form"].errors["code"]
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_a_second_code_is_a_second_mail(client):
    page = sign_up(client).url
    cache.clear()  # Codes are sent ten seconds apart.

    client.post(page, {"action": "resend"})

    first, second = OutgoingMail.objects.order_by("id")
    assert first.kind == second.kind
    assert code_in(first) != code_in(second)


def test_signing_up_with_a_taken_address_looks_the_same_and_only_its_owner_is_told(client, stranger):
    taken = sign_up(client, email=stranger.email)
    free = sign_up(Client())

    assert (taken.status_code, taken.url) == (free.status_code, free.url)
    told = OutgoingMail.objects.get(recipient=stranger.email)
    assert told.kind == "account/account_already_exists"
    assert User.objects.filter(email=stranger.email).count() == 1


def test_who_signs_up_on_a_spanish_page_is_written_to_in_spanish_from_then_on():
    browser = Client(headers={"accept-language": "es-MX"})

    sign_up(browser)

    assert User.objects.get(email="ana@example.com").language == "es-mx"
    assert OutgoingMail.objects.get().language == "es-mx"


@pytest.mark.parametrize(
    ("field", "value"), [("email", "no address"), ("password1", "12345678"), ("first_name", "")]
)
def test_a_mistake_is_shown_beside_its_field_and_makes_nobody(client, field, value):
    response = sign_up(client, **{field: value})

    assert response.status_code == 200
    bound = response.context["form"][field]
    page = response.content.decode()
    assert f'id="{bound.auto_id}_error"' in page
    assert re.search(rf'<input[^>]*name="{field}"[^>]*aria-invalid="true"', page)
    assert not User.objects.exists()

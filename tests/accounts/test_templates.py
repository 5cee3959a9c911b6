"""Every page and mail of an account renders, in every language of the site."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation

from mail import outbox
from mail.models import OutgoingMail
from profiles.models import User
from tests.making import NOW, PASSWORD, make_user

pytestmark = pytest.mark.django_db

LANGUAGES = [code for code, _ in settings.LANGUAGES]
MAILS = sorted(path.stem for path in Path(settings.BASE_DIR, "templates/account/mail").glob("*.txt"))
PAGES = (
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_inactive",
)
OWN_PAGES = (
    "account_email",
    "account_change_password",
    "account_logout",
    "account_reauthenticate",
    "mfa_index",
    "mfa_activate_totp",
)


def browser_of(user: User) -> Client:
    """Where `user` has signed in, and has just said once more who it is."""
    browser = Client()
    browser.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return browser


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_on_the_way_in_renders(client, page, language):
    response = client.get(reverse(page), headers={"accept-language": language})

    assert response.status_code == 200
    content = response.content.decode()
    assert f'<html lang="{language}">' in content
    assert content.count("<h1") == 1
    assert " style=" not in content
    assert "<script" not in content


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", OWN_PAGES)
def test_a_page_of_ones_own_account_renders(page, language):
    user = make_user(language=language)
    browser = browser_of(user)

    response = browser.get(reverse(page))

    assert response.status_code == 200
    content = response.content.decode()
    assert f'<html lang="{language}">' in content
    assert content.count("<h1") == 1
    assert " style=" not in content


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_step_sign_in_is_turned_on_used_and_turned_off(language, django_capture_on_commit_callbacks):
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    def digits(secret: str) -> str:
        return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))

    user = make_user(language=language)
    browser = browser_of(user)
    secret = browser.get(reverse("mfa_activate_totp")).context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(reverse("mfa_activate_totp"), {"code": digits(secret)})

    for page in (
        "mfa_index",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_deactivate_totp",
    ):
        assert browser.get(reverse(page)).status_code == 200
    codes = browser.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]

    second = Client(headers={"accept-language": language})
    response = second.post(reverse("account_login"), {"login": user.email, "password": PASSWORD}, follow=True)
    assert response.request["PATH_INFO"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in second.session
    second.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert "_auth_user_id" in second.session

    browser.post(reverse("mfa_deactivate_totp"))
    kinds = set(OutgoingMail.objects.values_list("kind", flat=True))
    assert kinds >= {"account/totp_activated", "account/totp_deactivated"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", MAILS)
def test_an_account_mail_renders_with_a_subject_and_what_it_is_about(name, language):
    context = {
        "code": "Q7XPLM",
        "email": "ana@example.com",
        "password_reset_url": "http://127.0.0.1:8000/accounts/password/reset/key/1-abc/",
        "signup_url": "http://127.0.0.1:8000/accounts/signup/",
        "from_email": "old@example.com",
        "to_email": "new@example.com",
        "deleted_email": "old@example.com",
        "ip": "203.0.113.9",
        "user_agent": "A browser",
        "timestamp": NOW,
    }

    outbox.write(
        kind=f"account/{name}",
        cause="account:1",
        to="ana@example.com",
        language=language,
        context=context,
        now=NOW,
    )

    mail = OutgoingMail.objects.get()
    assert mail.subject
    assert any(str(value) in mail.text for value in ("Q7XPLM", "http://127.0.0.1:8000/accounts/"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "template", ["404.html", "403.html", "403_csrf.html", "429.html", "500.html", "refused.html"]
)
def test_an_error_page_renders(rf, template, language):
    from django.contrib.auth.models import AnonymousUser

    request = rf.get("/")
    request.user = AnonymousUser()
    with translation.override(language):
        page = render_to_string(template, {"user": request.user, "refusal": "Sold out."}, request)

    assert page.count("<h1") >= 1


def test_too_many_attempts_get_our_page_with_429():
    browser = Client()
    for _ in range(20):
        browser.post(reverse("account_reset_password"), {"email": "somebody@example.com"})

    response = browser.post(reverse("account_reset_password"), {"email": "somebody@example.com"})

    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()

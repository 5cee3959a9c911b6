"""People made by commands, and people in the admin."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse

from profiles.models import User
from profiles.people import make_user
from tests import making

pytestmark = pytest.mark.django_db


def test_a_person_made_by_a_command_can_sign_in(client):
    make_user(email="Eva@Quince.example", password="una clave larga", is_staff=True, groups=["reviewer"])

    client.post(reverse("account_login"), {"login": "eva@quince.example", "password": "una clave larga"})

    user = User.objects.get(pk=client.session["_auth_user_id"])
    assert (user.email, user.language, user.is_staff) == ("eva@quince.example", "es-mx", True)
    assert [group.name for group in user.groups.all()] == ["reviewer"]


def test_making_the_same_person_again_changes_nothing():
    user = make_user(email="eva@example.com", password="una clave larga", language="en")

    again = make_user(email="EVA@example.com", password="otra", language="es-mx")

    assert again == user
    again.refresh_from_db()
    assert again.check_password("una clave larga")
    assert again.language == "en"
    assert EmailAddress.objects.filter(user=user, verified=True, primary=True).count() == 1


def test_a_role_that_there_is_not_is_an_error_and_makes_nobody():
    with pytest.raises(Group.DoesNotExist):
        make_user(email="eva@example.com", password="una clave larga", groups=["dictator"])

    assert not User.objects.exists()


@pytest.fixture
def office(client_of):
    return client_of(making.make_user("root@example.com", is_staff=True, is_superuser=True))


def test_the_page_of_a_person_shows_no_password_and_takes_none(office, stranger):
    page = office.get(reverse("admin:profiles_user_change", args=[stranger.pk]))

    assert page.status_code == 200
    assert stranger.password not in page.content.decode()
    assert 'name="password"' not in page.content.decode()


def test_people_are_found_by_address_at_one_query_count_however_many(
    office, stranger, django_assert_max_num_queries, django_assert_num_queries
):
    address = reverse("admin:profiles_user_changelist")
    assert "1 result" in office.get(address, {"q": "stranger@"}).content.decode()
    with django_assert_max_num_queries(15) as few:
        office.get(address)
    for _ in range(30):
        making.make_user().groups.add(Group.objects.get(name="reviewer"))
    with django_assert_num_queries(len(few.captured_queries)):
        office.get(address)


def test_a_colleague_added_in_the_admin_has_no_password_but_can_ask_for_one(office, client):
    office.post(
        reverse("admin:profiles_user_add"),
        {"email": "New@Quince.example", "is_active": "on", "is_staff": "on"},
    )

    user = User.objects.get(email="new@quince.example")
    assert not user.has_usable_password()
    assert EmailAddress.objects.get(user=user).verified


def test_secrets_of_the_second_step_have_no_page(office):
    assert not admin.site.is_registered(Authenticator)
    assert office.get("/admin/mfa/authenticator/").status_code == 404

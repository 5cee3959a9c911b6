"""People made by commands, and people in the admin."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
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


@pytest.mark.parametrize("email", ["Stranger@Example.com", "second@example.com", "OLD@example.com"])
def test_an_address_that_somebody_has_already_is_told_on_the_form(office, stranger, email):
    EmailAddress.objects.create(user=stranger, email="second@example.com")
    User.objects.create(email="Old@example.com")
    before = User.objects.count()

    page = office.post(reverse("admin:profiles_user_add"), {"email": email, "is_active": "on"})

    assert page.status_code == 200
    assert "Somebody has an account with this address." in page.content.decode()
    assert User.objects.count() == before


def test_no_address_stands_in_a_colleagues_name(office):
    page = office.post(
        reverse("admin:profiles_user_add"), {"email": "new@quince.example", "first_name": "evil.example"}
    )
    assert page.status_code == 200
    assert "without a web or e-mail address" in page.content.decode()


@pytest.fixture
def people_keeper():
    keeper = making.make_user("keeper@quince.example", is_staff=True)
    keeper.user_permissions.set(
        Permission.objects.filter(content_type__app_label="profiles", codename__endswith="_user")
    )
    return keeper


def test_only_a_superuser_gives_powers(people_keeper, client_of, office, stranger):
    powers = {"is_active": "on", "is_staff": "on", "is_superuser": "on", "groups": "1", "first_name": "Ana"}
    emails = {"emailaddress_set-TOTAL_FORMS": "0", "emailaddress_set-INITIAL_FORMS": "0"}
    for person in (people_keeper, stranger):
        address = reverse("admin:profiles_user_change", args=[person.pk])
        assert client_of(people_keeper).post(address, powers | emails).status_code == 302
        staff = person.is_staff
        person.refresh_from_db()
        assert (person.first_name, person.is_superuser, person.is_staff) == ("Ana", False, staff)
        assert not person.groups.exists()
    office.post(address, powers | emails)
    stranger.refresh_from_db()
    assert stranger.is_superuser


def test_who_is_no_superuser_changes_and_deletes_none(people_keeper, client_of, admin_user):
    browser = client_of(people_keeper)
    change = reverse("admin:profiles_user_change", args=[admin_user.pk])
    assert browser.post(change, {"first_name": "Out"}).status_code == 403
    assert browser.post(reverse("admin:profiles_user_delete", args=[admin_user.pk])).status_code == 403


def test_secrets_of_the_second_step_have_no_page(office):
    assert not admin.site.is_registered(Authenticator)
    assert office.get("/admin/mfa/authenticator/").status_code == 404

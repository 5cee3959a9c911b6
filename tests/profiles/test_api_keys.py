"""Keys of programs: made, shown once, revoked, and what each opens."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from base.days import marketplace_day
from profiles.api_keys import AT_MOST, create_key, forget_repeated, key_of, note_use, revoke_key
from profiles.errors import ProfileError
from profiles.models import ApiKey, RepeatedRequest
from profiles.personal import erase, shown
from tests.making import NOW, make_user
from tests.programs import Program, make_key, program_of

pytestmark = pytest.mark.django_db

PAGE = "profiles:integrations"
PASSWORD = "correct horse battery"


@pytest.fixture
def just_signed_in(client_of):
    """A browser in which somebody has said a moment ago, by their password, who they are."""

    def sign_in(user):
        user.set_password(PASSWORD)
        user.save()
        browser = client_of(user)
        browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        assert browser.get(reverse(PAGE)).status_code == 200
        return browser

    return sign_in


def test_the_whole_key_finds_its_row_and_nothing_else_does(pro):
    key, whole = make_key(pro.owner)
    now = timezone.now()
    assert key_of(whole, now=now) == key
    _begins, prefix, secret = whole.split("_", 2)
    for wrong in (
        "", "quince", "quince_", f"quince_{prefix}_", f"quince_{prefix}_{secret[:-1]}", f"other_{prefix}_{secret}",
        f"quince_{prefix[:-1]}x_{secret}", f"quince_{prefix}_{secret}é", whole.upper(), f"{whole} ",
    ):  # fmt: skip
        assert key_of(wrong, now=now) is None, wrong


def test_neither_the_key_nor_its_secret_is_kept(pro):
    key, whole = make_key(pro.owner)
    secret = whole.split("_", 2)[2]
    kept = ApiKey.objects.filter(pk=key.pk).values().get()
    assert not any(secret in str(value) for value in kept.values())


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"name": " "}, "no_name"),
        ({"expires_at": timezone.datetime(2020, 1, 1, tzinfo=timezone.get_fixed_timezone(0))}, "expired"),
    ],
    ids=["no name", "over already"],
)
def test_what_is_missing_is_said(pro, said, code):
    with pytest.raises(ProfileError) as refused:
        make_key(pro.owner, **said)
    assert refused.value.code == code
    assert not ApiKey.objects.exists()


def test_a_key_that_may_nothing_or_something_unknown_is_not_made(pro):
    said = {
        "user": pro.owner,
        "name": "CRM",
        "expires_at": None,
        "form_id": uuid.uuid4(),
        "now": timezone.now(),
    }
    for scopes, code in ((), "no_scope"), (("everything",), "unknown_scope"):
        with pytest.raises(ProfileError) as refused:
            create_key(scopes=scopes, **said)
        assert refused.value.code == code


def test_one_person_has_so_many_and_revoking_one_makes_room(pro):
    keys = [make_key(pro.owner)[0] for _ in range(AT_MOST)]
    with pytest.raises(ProfileError) as refused:
        make_key(pro.owner)
    assert refused.value.code == "too_many_keys"
    revoke_key(key=keys[0], now=timezone.now())
    make_key(pro.owner)


def test_a_revoked_an_expired_and_an_inactive_ones_key_opens_nothing(pro, other_pro, stranger):
    now = timezone.now()
    revoked, expired, closed = (make_key(who) for who in (pro.owner, other_pro.owner, stranger))
    revoke_key(key=revoked[0], now=now)
    ApiKey.objects.filter(pk=expired[0].pk).update(expires_at=now)
    stranger.is_active = False
    stranger.save()
    for _key, whole in (revoked, expired, closed):
        assert key_of(whole, now=now) is None
        answer = Program(whole).get("contacts/")
        assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_revoked_twice_it_ended_the_first_time(pro):
    key, _whole = make_key(pro.owner)
    now = timezone.now()
    first = revoke_key(key=key, now=now).revoked_at
    assert revoke_key(key=key, now=now + timedelta(hours=1)).revoked_at == first == now


def test_the_page_makes_one_and_shows_it_once(just_signed_in, pro):
    browser = just_signed_in(pro.owner)
    sent = {"form_id": uuid.uuid4(), "name": "CRM", "scopes": ["leads:read", "contacts:read"], "lasts": "30"}
    page = browser.post(reverse(PAGE), sent)
    assert page.status_code == 200
    key = ApiKey.objects.get()
    assert (key.user, key.name, key.scopes) == (pro.owner, "CRM", "leads:read contacts:read")
    assert key.expires_at - key.created_at == timedelta(days=30)
    whole = page.context["shown"]
    assert whole in page.text and "no-store" in page["Cache-Control"]
    assert key_of(whole, now=timezone.now()) == key
    assert whole not in browser.get(reverse(PAGE)).text
    again = browser.post(reverse(PAGE), sent)
    assert again.status_code == 422 and "was made already" in again.text
    assert ApiKey.objects.count() == 1


def test_the_page_keeps_what_was_typed_beside_what_is_wrong(just_signed_in, pro):
    page = just_signed_in(pro.owner).post(
        reverse(PAGE), {"form_id": uuid.uuid4(), "name": "My CRM", "lasts": "30"}
    )
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["scopes"]
    assert 'value="My CRM"' in page.text


def test_of_anothers_keys_nothing_is_seen_or_revoked(just_signed_in, pro, other_pro):
    member = make_user("member@example.com")
    pro.members.add(member)
    key, _whole = make_key(pro.owner, name="Secret CRM")
    for who in (other_pro.owner, member):
        browser = just_signed_in(who)
        assert "Secret CRM" not in browser.get(reverse(PAGE)).text
        assert browser.post(reverse("profiles:revoke_key", args=[key.public_id])).status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


def test_its_owner_revokes_it_by_one_press(client_of, pro):
    key, whole = make_key(pro.owner)
    answer = client_of(pro).post(reverse("profiles:revoke_key", args=[key.public_id]))
    assert answer.status_code == 302
    assert Program(whole).get("contacts/").status_code == 401


def test_who_signed_in_long_ago_says_first_who_they_are(client_of, pro):
    """A session that somebody left open makes no key that outlives it."""
    answer = client_of(pro).get(reverse(PAGE))
    assert answer.status_code == 302 and "reauthenticate" in answer["Location"]


def test_the_day_of_its_last_use_is_written_once_a_day(pro):
    key, whole = make_key(pro.owner)
    now = timezone.now()
    note_use(key_of(whole, now=now), now=now)
    key.refresh_from_db()
    assert key.last_used_on == marketplace_day(now)
    with CaptureQueriesContext(connection) as queries:
        note_use(key, now=now)
    assert not queries


def test_keys_are_told_with_ones_data_and_go_with_the_account(pro):
    make_key(pro.owner, name="My CRM")
    assert any("My CRM" in text for _what, text in shown(pro.owner))
    erase(pro.owner, timezone.now())
    assert not ApiKey.objects.exists()


def test_each_scope_opens_its_own_and_nothing_else(pro):
    answer = program_of(pro, "leads:read").get("contacts/")
    assert answer.status_code == 403
    assert answer.json() == {
        "code": "permission_denied",
        "message": "This key may not do that: it needs the scope “contacts:read”.",
        "fields": {},
    }


@time_machine.travel(NOW, tick=False)
def test_who_shows_no_key_that_opens_is_counted_too(settings):
    settings.API_REQUESTS_A_MINUTE = 2
    assert [Program("quince_a_b").get("leads/").status_code for _ in range(3)] == [401, 401, 429]


@time_machine.travel(NOW, tick=False)
def test_so_many_requests_a_minute_and_it_says_when_to_come_back(pro, settings):
    settings.API_REQUESTS_A_MINUTE = 3
    program = program_of(pro)
    assert [program.get("leads/").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = program.get("leads/")
    assert refused.json()["code"] == "throttled"
    assert 1 <= int(refused["Retry-After"]) <= 60
    # Another key is not held up by it.
    assert program_of(pro).get("leads/").status_code == 200


def test_remembered_requests_are_forgotten_after_a_week(pro):
    key, _whole = make_key(pro.owner)
    now = timezone.now()
    for age in (timedelta(days=6), timedelta(days=8)):
        RepeatedRequest.objects.create(
            key=key, idempotency_key=str(age), fingerprint="", made=uuid.uuid4(), at=now - age
        )
    assert forget_repeated(now=now) == 1
    assert RepeatedRequest.objects.get().idempotency_key == str(timedelta(days=6))

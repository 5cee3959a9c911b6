"""Who is shown the pictures of a request, and as what (M1, M5)."""

import importlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace import lead_photos
from marketplace.contacts import buy_contact
from marketplace.homeowners import renew_link, token_of
from marketplace.models import Lead, LeadPhoto
from marketplace.withdrawal import withdraw_lead
from tests import making
from tests.making import NOW, picture

pytestmark = pytest.mark.django_db
State = Lead.State


@pytest.fixture(autouse=True)
def _clock(private_files, settings, tmp_path, time_machine):
    settings.MEDIA_ROOT = tmp_path / "media"
    time_machine.move_to(NOW, tick=False)


def with_photo(**said) -> tuple[Lead, LeadPhoto]:
    lead = making.make_lead(**said)
    lead_photos.attach(lead, [lead_photos.keep_photo(picture(1), network="192.0.2.1", now=NOW)], NOW)
    return lead, lead.photos.get()


def address(photo: LeadPhoto, part: str = "image") -> str:
    return reverse("marketplace:lead_photo", args=[photo.public_id, part])


def behind(token: str, photo: LeadPhoto, part: str = "image") -> str:
    return reverse("marketplace:homeowner_photo", args=[token, photo.public_id, part])


def test_businesses_are_shown_the_pictures_of_what_they_see_and_moderators_all(
    client_of, pro, other_pro, stranger, moderator, reviewer, finance
):
    making.contract(pro)
    making.fund(pro)
    lead, photo = with_photo()
    buy_contact(professional=pro, lead=lead, price_seen_cents=20_000, now=NOW)
    everybody = {"buyer": pro, "other": other_pro, "stranger": stranger, "moderator": moderator,
                 "reviewer": reviewer, "finance": finance}  # fmt: skip

    def told(state: str) -> dict[str, int]:
        Lead.objects.update(state=state, withdrawn_at=NOW if state == State.WITHDRAWN else None)
        return {who: client_of(user).get(address(photo)).status_code for who, user in everybody.items()}

    shown = {"buyer": 200, "other": 200, "stranger": 404, "moderator": 200, "reviewer": 200, "finance": 404}
    hidden = shown | {"buyer": 404, "other": 404}
    assert {state: told(state) for state in State.values} == {
        State.UNCONFIRMED: hidden,
        State.WAITING: hidden,
        State.PUBLISHED: shown,
        State.REJECTED: hidden,
        State.EXPIRED: shown,
        State.CLOSED: shown,
        State.WITHDRAWN: hidden,
    }
    nobody = Client().get(address(photo))
    assert (nobody.status_code, reverse("account_login") in nobody["Location"]) == (302, True)


def test_no_public_address_leads_to_them(client):
    _lead, photo = with_photo()
    for name in (photo.image.name, photo.thumbnail.name):
        assert not default_storage.exists(name)
        assert client.get(f"/media/{name}").status_code == 404


@pytest.mark.parametrize("part", ["image", "thumbnail"])
def test_each_is_handed_out_as_the_picture_that_it_is_and_kept_by_no_cache(client_of, pro, part):
    lead, photo = with_photo()
    for response in (
        client_of(pro).get(address(photo, part)),
        Client().get(behind(token_of(lead), photo, part)),
    ):
        assert response.content == Path(getattr(photo, part).path).read_bytes()
        assert response["Content-Type"] == "image/webp"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Disposition"] == f'inline; filename="{photo.public_id}-{part}.webp"'
        assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
    assert client_of(pro).get(address(photo, "content_hash")).status_code == 404


def test_the_homeowner_sees_them_by_their_link_alone_and_as_long_as_it_is_good(client):
    lead, photo = with_photo(published=False)
    other, others = with_photo()
    token = token_of(lead)

    assert client.get(behind(token, photo)).status_code == 200
    assert (
        behind(token, photo, "thumbnail") in client.get(reverse("marketplace:homeowner", args=[token])).text
    )
    assert client.get(behind(token, others)).status_code == 404
    assert client.get(behind(token_of(other) + "x", others)).status_code == 404
    renew_link(lead=lead, now=NOW)
    assert client.get(behind(token, photo)).status_code == 410


def test_after_the_withdrawal_nobody_is_shown_them(client, client_of, pro, moderator):
    lead, photo = with_photo()
    withdraw_lead(lead=lead, now=NOW)

    told = [client_of(who).get(address(photo)).status_code for who in (pro, moderator)]
    assert [*told, client.get(behind(token_of(lead), photo)).status_code] == [404, 404, 404]


def test_a_picture_whose_file_is_missing_is_not_found(client_of, pro):
    _lead, photo = with_photo()
    photo.image.storage.delete(photo.image.name)
    assert client_of(pro).get(address(photo)).status_code == 404


def test_a_kept_picture_is_shown_to_whoever_has_the_form_and_for_some_hours(client, time_machine):
    kept = lead_photos.keep_photo(picture(1), network="192.0.2.1", now=NOW)
    token = kept.image_token
    shown = reverse("marketplace:kept_photo", args=[token])

    assert client.get(shown).status_code == 200
    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), kept.content_hash, "x"):
        assert client.get(reverse("marketplace:kept_photo", args=[forged])).status_code == 404
    time_machine.move_to(timezone.now() + lead_photos.KEPT_FOR + timedelta(seconds=1), tick=False)
    assert client.get(shown).status_code == 404


# Those from before


MIGRATION = importlib.import_module("marketplace.migrations.0013_photos_of_requests_not_public")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.django_db(transaction=True)
def test_pictures_from_before_are_moved_out_of_the_publics_reach_and_back(settings, private_files):
    _lead, photo = with_photo()
    names = {photo.image.name, photo.thumbnail.name}
    with_photo()[1].image.storage.delete(LeadPhoto.objects.latest("pk").image.name)  # One that is missing.
    stored = files(private_files)
    public = Path(settings.MEDIA_ROOT)
    for direction, emptied, filled in (
        (MIGRATION.to_public, private_files, public),
        (MIGRATION.to_private, public, private_files),
        (MIGRATION.to_private, public, private_files),
    ):
        with connection.schema_editor() as editor:
            direction(apps, editor)
        assert (files(emptied), files(filled)) == (set(), stored)
    assert names < stored
    assert Path(photo.image.path).exists()

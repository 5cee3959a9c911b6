"""Pictures of a request: encoded anew, kept while a form is put right, and gone with what they belong to (M1, X5)."""

import os
import time
import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from PIL import Image

from base.private_files import not_public
from marketplace import asking, lead_photos
from marketplace.errors import MarketplaceError
from marketplace.models import LeadPhoto
from profiles.errors import ProfileError
from profiles.picture_files import sweep_files
from tests import making
from tests.making import NOW, picture
from tests.profiles.pictures import encoded, exif, noise, upload

pytestmark = pytest.mark.django_db
FORM_ID = uuid.uuid4()


@pytest.fixture(autouse=True)
def kept_in(private_files, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return private_files


def stored(folder) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def keep(seed: int = 1, **changes):
    return lead_photos.keep_photo(**({"upload": picture(seed), "network": "192.0.2.1", "now": NOW} | changes))


def names_of(photos) -> set[str]:
    return {str(name) for photo in photos for name in (photo.image, photo.thumbnail)}


def test_a_kept_picture_becomes_the_requests_own(kept_in):
    kept = [keep(1), keep(2)]
    lead = making.ask(photos=kept)

    photos = list(lead.photos.all())
    assert [(photo.width, photo.height, photo.uploaded_at) for photo in photos] == [(320, 240, NOW)] * 2
    assert names_of(photos) == names_of(kept) == stored(kept_in)


def test_where_a_photo_was_taken_is_in_no_stored_file(kept_in):
    lead = making.ask(photos=[keep(upload=upload(encoded(noise(), exif=exif(6))))])

    for name in stored(kept_in):
        data = (kept_in / name).read_bytes()
        assert b"SecretPhoneMaker" not in data
        with Image.open(kept_in / name) as image:
            assert not image.getexif()
    # Turned upright, as the metadata said before it was thrown away.
    assert (lead.photos.get().width, lead.photos.get().height) == (160, 240)


def test_a_request_holds_so_many_photos_each_once():
    kept = [keep(seed) for seed in (1, 1, 2, 3, 4, 5, 6, 7)]
    lead = making.ask(photos=kept)

    assert [photo.content_hash for photo in lead.photos.all()] == [
        kept[n].content_hash for n in (0, 2, 3, 4, 5, 6)
    ]


def test_the_form_carries_what_was_kept_and_cannot_be_made_to_carry_more():
    kept = [keep(1), keep(2)]
    sealed = lead_photos.seal(kept, FORM_ID)

    assert lead_photos.unseal(sealed, FORM_ID) == kept
    assert lead_photos.unseal(sealed, uuid.uuid4()) == []
    for forged in ("", sealed[:-1], "x" + sealed, "\x00", "é"):
        assert lead_photos.unseal(forged, FORM_ID) == []


def test_what_was_kept_is_gone_for_the_form_well_before_it_is_swept(kept_in):
    kept = keep()
    assert not kept.is_gone(NOW + lead_photos.KEPT_FOR - timedelta(seconds=1))
    assert kept.is_gone(NOW + lead_photos.KEPT_FOR)

    assert lead_photos.KEPT_FOR < lead_photos.SWEEP_AFTER


def test_the_sweep_takes_what_came_to_nothing_and_leaves_what_a_request_has(kept_in):
    kept, left = keep(1), keep(2)
    making.ask(photos=[kept])
    now = NOW + timedelta(days=2)
    for name in stored(kept_in):
        os.utime(kept_in / name, (NOW.timestamp(), NOW.timestamp()))

    assert sweep_files(now=now) == 2
    assert stored(kept_in) == names_of([kept])
    assert not not_public().exists(left.image)


def test_photos_go_with_their_files_once_that_is_certain(kept_in, django_capture_on_commit_callbacks):
    lead = making.ask(photos=[keep(1), keep(2)])
    other = making.ask(photos=[keep(3)])

    with django_capture_on_commit_callbacks() as callbacks:
        lead_photos.remove_photos(lead)
    assert len(stored(kept_in)) == 6
    for callback in callbacks:
        callback()
    assert stored(kept_in) == names_of(other.photos.all())
    lead_photos.remove_photos(lead)


@pytest.mark.django_db(transaction=True)
def test_photos_whose_removal_fails_keep_their_files(kept_in):
    lead = making.ask(photos=[keep()])
    with pytest.raises(RuntimeError), transaction.atomic():
        lead_photos.remove_photos(lead)
        raise RuntimeError("the rest of withdrawing failed")

    assert (len(stored(kept_in)), LeadPhoto.objects.count()) == (2, 1)


def test_a_request_that_nobody_confirmed_goes_with_its_photos(kept_in, django_capture_on_commit_callbacks):
    making.ask(photos=[keep()], now=NOW - timedelta(days=8))
    with django_capture_on_commit_callbacks(execute=True):
        asking.remove_unconfirmed(now=NOW)
    assert (stored(kept_in), LeadPhoto.objects.count()) == (set(), 0)


def test_a_form_put_right_keeps_the_photos_that_it_still_has(kept_in, django_capture_on_commit_callbacks):
    kept = [keep(1), keep(2)]
    making.ask(form_id=FORM_ID, photos=kept)
    with django_capture_on_commit_callbacks(execute=True):
        lead = making.ask(form_id=FORM_ID, photos=kept[1:], title="Otro título")

    assert [photo.content_hash for photo in lead.photos.all()] == [kept[1].content_hash]
    assert stored(kept_in) == names_of(kept[1:])


def test_the_same_form_with_the_same_pictures_uploaded_again_is_the_same_request():
    said = {"title": "Uno", "homeowner_email": "a@example.com", "homeowner_phone": "+525555212345"}
    first = making.ask(form_id=FORM_ID, photos=[keep(1)], **said)
    again = making.ask(form_id=FORM_ID, photos=[keep(1)], **said)
    assert first == again


def test_so_many_pictures_come_from_one_network_an_hour_refused_ones_too(monkeypatch):
    monkeypatch.setattr(lead_photos, "PHOTOS_AN_HOUR", 3)
    keep(1)
    for _ in range(2):
        with pytest.raises(ProfileError):
            keep(upload=upload(b"no picture"))

    with pytest.raises(MarketplaceError) as refused:
        keep(2)
    assert (refused.value.code, refused.value.field) == ("too_many_uploads", "photos")
    keep(2, network="192.0.2.2")
    keep(2, now=NOW + timedelta(hours=1))


def test_a_request_that_cannot_be_saved_leaves_its_pictures_to_the_sweep(kept_in, monkeypatch):
    kept = keep()
    monkeypatch.setattr("marketplace.asking.outbox.write", lambda **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        making.ask(photos=[kept])

    assert (LeadPhoto.objects.count(), stored(kept_in)) == (0, names_of([kept]))
    assert sweep_files(now=NOW.fromtimestamp(time.time() + 2 * 86400, tz=NOW.tzinfo)) == 2

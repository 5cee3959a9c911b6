"""Photos that come with a request, on the page where a homeowner asks (M1)."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.utils import timezone

from marketplace import lead_photos
from marketplace.models import LeadPhoto
from tests import making
from tests.making import NOW, picture
from tests.marketplace.test_asking_pages import SAID, errors, hidden, send
from tests.profiles.pictures import encoded, noise, png_that_lies

pytestmark = pytest.mark.django_db


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def world(private_files, time_machine):
    """A category and a province to choose, an empty folder for pictures, and a clock that stands still."""
    making.make_category(), making.make_province()
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def clock(world):
    """Moves the clock on: `clock(seconds=30)` after the form was shown."""

    def move(**after):
        world.move_to(timezone.now() + timedelta(**after), tick=False)

    return move


# Pictures.


def test_photos_are_kept_when_something_else_is_wrong_and_can_be_left_out(client, clock):
    response = send(client, clock, title="", photos=[picture(1), picture(2), picture(3)])
    kept = response.context["kept"]
    shown = re.findall(
        r'<a href="(/ask/photos/[^"]+)"><img src="(/ask/photos/[^"]+)"', response.content.decode()
    )
    assert len(shown) == 3
    for address in (address for pair in shown for address in pair):
        picture_shown = client.get(address)
        assert (picture_shown.status_code, picture_shown["Content-Type"]) == (200, "image/webp")
        assert picture_shown["X-Content-Type-Options"] == "nosniff"
        assert "private" in picture_shown["Cache-Control"] and "no-store" in picture_shown["Cache-Control"]

    response = send(client, clock, hidden(response), town="", drop=[kept[0].content_hash])
    assert response.context["kept"] == kept[1:]
    assert send(client, clock, hidden(response), photos=[picture(4)]).status_code == 302

    hashes = list(LeadPhoto.objects.values_list("content_hash", flat=True))
    assert hashes[:2] == [photo.content_hash for photo in kept[1:]]
    assert len(hashes) == 3


def test_photos_that_waited_too_long_are_asked_for_again(client, clock):
    response = send(client, clock, title="", photos=[picture(1)])
    clock(hours=12)
    again = send(client, clock, hidden(response))
    again = send(client, clock, hidden(response) | {"form": hidden(again)["form"]})
    assert "choose them again" in errors(again)["photos"][0]
    assert send(client, clock, hidden(again)).status_code == 302
    assert LeadPhoto.objects.count() == 0


BAD_FILES = {
    "svg": (SVG, "image/svg+xml"),
    "html": (b"<html><script>alert(1)</script></html>", "image/jpeg"),
    "nothing": (b"", "image/jpeg"),
    "huge pixels": (png_that_lies(60_000, 60_000), "image/png"),
    "moving": (
        encoded(noise(1), "WEBP", save_all=True, append_images=[noise(2)], duration=100),
        "image/webp",
    ),
    "40 MB": (b"\xff\xd8\xff" + b"x" * (40 * 1024 * 1024), "image/jpeg"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_named_and_costs_neither_the_good_ones_nor_what_was_typed(
    client, clock, tmp_path, kind
):
    data, mime = BAD_FILES[kind]
    bad = SimpleUploadedFile(f"{kind}.jpg", data, mime)
    response = send(client, clock, photos=[picture(1), bad, picture(2)])

    assert (response.status_code, list(errors(response))) == (422, ["photos"])
    [sentence] = errors(response)["photos"]
    assert sentence.startswith(f"{kind}.jpg: ")
    assert len(response.context["kept"]) == 2
    assert SAID["description"] in response.content.decode()
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 4
    assert send(client, clock, hidden(response)).status_code == 302
    assert LeadPhoto.objects.count() == 2


def test_of_50_photos_at_once_the_first_six_are_kept_and_the_others_spoken_of(client, clock, monkeypatch):
    decoded = []
    read = lead_photos.read_picture
    monkeypatch.setattr(lead_photos, "read_picture", lambda *a, **k: decoded.append(1) or read(*a, **k))
    response = send(client, clock, photos=[picture(seed) for seed in range(1, 51)])

    assert (response.status_code, len(response.context["kept"]), len(decoded)) == (422, 6, 6)
    assert errors(response)["photos"] == ["A request holds up to 6 photos, so 44 more were left out."]
    assert send(client, clock, hidden(response)).status_code == 302
    assert LeadPhoto.objects.count() == 6


def test_what_is_too_heavy_never_reaches_the_disk_whole(client, clock, settings, monkeypatch):
    settings.PHOTO_MAX_BYTES = 200_000
    written = []
    original = TemporaryFileUploadHandler.receive_data_chunk

    def receive(self, data, start):
        written.append(len(data))
        return original(self, data, start)

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", receive)
    heavy = SimpleUploadedFile("heavy.jpg", b"x" * 5_000_000, "image/jpeg")
    response = send(client, clock, photos=[heavy])
    assert "too heavy" in errors(response)["photos"][0]
    assert sum(written) <= 200_000


def test_programs_get_nothing_decoded(client, clock, monkeypatch):
    monkeypatch.setattr(lead_photos, "read_picture", lambda *a, **k: pytest.fail("decoded"))
    for changes in ({"leave_empty": "x"}, {"form": "forged"}):
        response = send(client, clock, photos=[picture(1)], **changes)
        assert errors(response)["photos"] == ["Please choose your photos again."]

"""More than the form of a request can take: refused politely, most of it before it is read (M1)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from marketplace import asking
from marketplace.homeowners import token_of
from marketplace.models import Lead
from profiles.uploads import MOST_FILES
from tests import making
from tests.making import NOW, picture
from tests.marketplace.test_asking_pages import ASK, errors, hidden, send

pytestmark = pytest.mark.django_db


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


# Far too much.


def test_5_mb_of_text_are_refused_politely_and_not_sent_back(client, clock):
    response = send(client, clock, description="x" * (4 * 1024 * 1024))
    assert (response.status_code, list(errors(response))) == (422, ["description"])
    assert len(response.content) < 100_000

    response = send(client, clock, description="x" * (5 * 1024 * 1024 + 1))
    assert response.status_code == 413
    assert "more than we can take in" in response.content.decode()
    assert hidden(response)["form"]
    assert Lead.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        {"photos": [SimpleUploadedFile(f"{n}.jpg", b"x") for n in range(120)]},
        {f"field{n}": "x" for n in range(1200)},
    ],
    ids=["120 files", "1200 fields"],
)
def test_hundreds_of_files_or_fields_are_refused_politely(client, body):
    response = client.post(ASK, body)
    assert response.status_code == 413
    assert "more than we can take in" in response.content.decode()


def test_a_body_that_is_no_form_is_refused_politely(client):
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/plain"):
        response = client.generic("POST", ASK, b"--x\r\n\xff\x00", content_type=kind)
        assert response.status_code in (413, 422), kind
        assert Lead.objects.count() == 0


# More than a form can be.


def claiming(length: object) -> dict:
    """A form that says it is so long, and of which nobody may read a byte."""
    headers = {"content-type": "multipart/form-data; boundary=x", "content-length": str(length)}
    return {"headers": headers, "wsgi.input": Unread()}


class Unread:
    def read(self, *args):
        raise AssertionError("read")

    readline = read


def test_more_bytes_than_the_form_can_need_are_refused_before_any_is_read(client, settings):
    most = 12 * settings.PHOTO_MAX_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    refused = client.generic("POST", ASK, **claiming(most + 1))
    assert refused.status_code == 413
    assert "more than we can take in" in refused.text
    assert hidden(refused)["form"]
    with pytest.raises(AssertionError, match="read"):
        client.generic("POST", ASK, **claiming(most))


@pytest.mark.parametrize("name", ["link_anew", "homeowner_withdraw", "homeowner_ask", "review_by_link"])
def test_no_other_form_of_people_without_an_account_takes_files(client, settings, name):
    lead = making.make_lead(language="en")
    args = {"link_anew": [], "homeowner_ask": [token_of(lead), lead.public_id]}.get(name, [token_of(lead)])
    address = reverse(f"marketplace:{name}", args=args)
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    refused = client.generic("POST", address, **claiming(most + 1))
    assert (refused.status_code, Lead.objects.get().state) == (413, "published")
    assert "That was more than we can take in" in refused.text
    assert client.post(address, {"text": "¿Cuándo?"}).status_code != 413


def test_who_is_signed_in_sends_photos_as_before(client_of, pro, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    sent = client_of(pro).post(reverse("profiles:photos"), {"photos": [picture(1)]})
    assert sent.status_code != 413


@pytest.mark.parametrize("address", ["profiles:photos", "profiles:open"])
def test_who_is_signed_in_sends_no_more_than_one_form_of_photos_to_any_address(
    client_of, pro, settings, address
):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.PHOTO_MAX_BYTES = 1000, 300
    client, most = client_of(pro), 1000 + MOST_FILES * 300
    assert client.generic("POST", reverse(address), **claiming(most + 1)).status_code == 413
    with pytest.raises(AssertionError, match="read"):
        client.generic("POST", reverse("profiles:photos"), **claiming(most))


def test_a_length_that_is_no_number_is_none(client):
    assert client.generic("POST", ASK, **claiming("many")).status_code in (413, 422)


def test_whatever_is_sent_counts_and_one_too_many_is_refused_before_it_is_read(client, clock, monkeypatch):
    """Wrong in every way that there is: none of it is a request, and all of it is work for us."""
    monkeypatch.setattr(asking, "TRIES_AN_HOUR", 5)
    assert send(client, clock, title="").status_code == 422
    assert send(client, clock, leave_empty="x").status_code == 422
    assert send(client, clock, {"form": "forged"}).status_code == 422
    assert client.generic("POST", ASK, b"no form", content_type="multipart/form-data").status_code == 413
    assert client.generic("POST", ASK, **claiming(10**12)).status_code == 413

    refused = client.generic("POST", ASK, **claiming(1000))
    assert refused.status_code == 429
    assert "Too many requests have come from your connection" in refused.text
    assert send(client, clock).status_code == 429
    assert client.get(ASK).status_code == 200
    clock(hours=1)
    assert send(client, clock).status_code == 302


def test_more_may_be_tried_than_sent():
    assert asking.FORMS_AN_HOUR < asking.TRIES_AN_HOUR

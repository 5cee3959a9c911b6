"""The public form on which a homeowner asks for a job, and the way from it to the moderator (M1, M5, X5, X6)."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mail.models import OutgoingMail
from marketplace import asking, lead_photos
from marketplace.homeowners import token_of
from marketplace.models import Lead, LeadPhoto
from tests import making
from tests.making import NOW, picture
from tests.profiles.pictures import encoded, noise, png_that_lies

pytestmark = pytest.mark.django_db
ASK = "/ask/"
SCRIPT = "<script>alert(1)</script>"
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


SAID = {
    "category": "bathrooms",
    "province": "cdmx",
    "town": "Coyoacán",
    "title": "Cambiar la regadera",
    "description": "Gotea desde hace un mes.",
    "size": "small",
    "timing": "month",
    "budget_cents": "$4,000",
    "homeowner_name": "Lucía Fernández",
    "homeowner_email": "Lucia@Example.com",
    "homeowner_phone": "55 5512 3456",
    "leave_empty": "",
}


def hidden(response) -> dict[str, str]:
    """What the form carries unseen, as a browser would send it back."""
    page = response.content.decode()
    return dict(re.findall(r'<input type="hidden" name="(form|kept)" value="([^"]*)">', page))


def show(client) -> dict[str, str]:
    return hidden(client.get(ASK))


def send(client, clock, carried=None, *, wait=30, **changes):
    """Fills in the form that is shown, or the one that `carried` says, and sends it some seconds later."""
    carried = carried if carried is not None else show(client)
    clock(seconds=wait)
    return client.post(ASK, {**SAID, **carried, **changes})


def errors(response) -> dict[str, list[str]]:
    return {field: list(sentences) for field, sentences in response.context["form"].errors.items()}


def link_in_the_mail() -> str:
    [mail] = OutgoingMail.objects.filter(kind="marketplace/confirm_request")
    [link] = [line for line in mail.text.splitlines() if line.startswith("http")]
    return link.removeprefix("http://127.0.0.1:8000")


def shows(page: str, photo: LeadPhoto) -> bool:
    image, thumbnail = (
        reverse("marketplace:lead_photo", args=[photo.public_id, part]) for part in ("image", "thumbnail")
    )
    return f'href="{image}"' in page and f'src="{thumbnail}"' in page


def test_a_stranger_asks_confirms_from_the_mail_and_the_moderator_publishes(
    client, clock, client_of, moderator
):
    home = client.get("/").content.decode()
    assert f'href="{ASK}"' in home
    sent = send(client, clock, photos=[picture(1), picture(2)])
    assert (sent.status_code, sent.headers["Location"]) == (302, reverse("marketplace:asked"))
    told = client.get(sent.headers["Location"]).content.decode()
    assert "lucia@example.com" in told

    page = link_in_the_mail()
    office, lead = client_of(moderator), Lead.objects.get()
    queue = reverse("admin:marketplace_lead_changelist")
    assert lead.title not in office.get(queue).content.decode()
    shown = client.get(page, follow=True)
    lead.refresh_from_db()
    assert (lead.state, shown.status_code) == (Lead.State.UNCONFIRMED, 200)

    press = re.search(r'<form method="post" action="(/request/[^"]+)"', shown.content.decode())[1]
    confirmed = client.post(press, follow=True)
    assert lead.title in confirmed.content.decode()
    assert lead.title in office.get(queue).content.decode()
    reviewed = office.get(reverse("admin:marketplace_lead_change", args=[lead.pk])).content.decode()
    assert "asked by the homeowner" in reviewed
    for photo in lead.photos.all():
        assert shows(reviewed, photo)

    from marketplace.models import PriceRule

    PriceRule.objects.create(price_cents=9_000)
    office.post(reverse("admin:marketplace_lead_decide", args=[lead.pk]), {"decision": "published"})
    lead.refresh_from_db()
    assert (lead.state, lead.email_verified_at) == (Lead.State.PUBLISHED, NOW + timedelta(seconds=30))
    assert lead.places == 4


def test_what_was_typed_is_kept_as_people_write_it(client, clock):
    client.cookies["django_language"] = "es-mx"
    send(client, clock)

    lead = Lead.objects.get()
    assert (lead.budget_cents, str(lead.homeowner_phone), lead.homeowner_email, lead.language) == (
        400_000,
        "+525555123456",
        "lucia@example.com",
        "es-mx",
    )


@pytest.mark.parametrize(
    "phone", ["+52 1 55 5512 3456", "044 55 5512 3456", "(55) 5512-3456", "0052 55 5512 3456"]
)
def test_a_telephone_is_read_as_people_write_it(client, clock, phone):
    send(client, clock, homeowner_phone=phone)
    assert str(Lead.objects.get().homeowner_phone) == "+525555123456"


def test_the_form_can_be_filled_in_by_the_address_that_leads_to_it(client):
    making.make_category("kitchens")
    page = client.get(ASK, {"category": "kitchens", "province": "cdmx"}).content.decode()
    assert '<option value="kitchens" selected>' in page
    assert '<option value="cdmx" selected>' in page
    for nonsense in ("nothing", "\x00", SCRIPT, "1" * 5000):
        response = client.get(ASK, {"category": nonsense, "province": nonsense})
        assert response.status_code == 200
        assert SCRIPT not in response.content.decode()


@pytest.mark.parametrize("field", [name for name in SAID if name not in ("budget_cents", "leave_empty")])
def test_what_is_missing_is_said_beside_its_field_and_the_rest_is_kept(client, clock, field):
    response = send(client, clock, **{field: ""})

    assert (response.status_code, list(errors(response))) == (422, [field])
    page = response.content.decode()
    assert f'id="id_{field}_error"' in page
    for name in ("town", "title", "description", "homeowner_name"):
        assert name == field or SAID[name] in page
    assert Lead.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("homeowner_phone", "+1 512 555 0123"),
        ("homeowner_phone", "123"),
        ("homeowner_phone", "x" * 500),
        ("homeowner_email", "lucia@example.com\nBcc: all@example.com"),
        ("homeowner_email", "lucia"),
        ("homeowner_email", "a@b@c.com"),
        ("title", "a\x00b"),
        ("title", "x" * 121),
        ("description", "x" * 4001),
        ("description", "\u202e\u2066"),
        ("category", "\x00"),
        ("province", "nowhere"),
        ("size", "huge"),
        ("timing", "yesterday"),
        ("budget_cents", "0"),
        ("budget_cents", "-5"),
        ("budget_cents", "mucho"),
        ("budget_cents", "9" * 29),
        ("budget_cents", "٣٠٠"),
    ],
)
def test_bad_input_is_refused_beside_its_field(client, clock, field, value):
    response = send(client, clock, **{field: value})
    assert (response.status_code, list(errors(response))) == (422, [field])
    assert (Lead.objects.count(), OutgoingMail.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("", None),
        ("15000", 1_500_000),
        ("15,000", 1_500_000),
        ("15.000", 1_500_000),
        ("$15 000", 1_500_000),
        ("15,000.50", 1_500_050),
        ("15.000,5", 1_500_050),
        ("1,234,567", 123_456_700),
        ("99.99", 9_999),
        ("15000 pesos", 1_500_000),
        ("MXN 15,000.00", 1_500_000),
        ("15000 m.n.", 1_500_000),
        ("€ 1.500", 150_000),
    ],
)
def test_a_budget_is_read_as_people_write_it(client, clock, written, cents):
    assert send(client, clock, budget_cents=written).status_code == 302
    assert Lead.objects.get().budget_cents == cents


def test_a_line_end_in_a_name_makes_no_header(client, clock):
    send(client, clock, homeowner_name="Lucía\r\nBcc: all@example.com")
    assert Lead.objects.get().homeowner_name == "Lucía Bcc: all@example.com"
    mail = OutgoingMail.objects.get()
    assert "Bcc" not in mail.subject + mail.text


def test_a_foreign_telephone_is_told_why(client, clock):
    response = send(client, clock, homeowner_phone="+1 512 472 1234")
    assert "another country" in errors(response)["homeowner_phone"][0]


# Programs.


def test_a_filled_honeypot_is_refused_emptied_and_the_second_press_is_taken(client, clock):
    response = send(client, clock, leave_empty="https://buy.example")
    assert (response.status_code, Lead.objects.count()) == (422, 0)
    assert "buy.example" not in response.content.decode()
    assert SAID["description"] in response.content.decode()

    assert send(client, clock, hidden(response)).status_code == 302


def test_a_form_sent_too_fast_is_shown_again_and_taken_a_moment_later(client, clock):
    response = send(client, clock, wait=2)
    assert (response.status_code, Lead.objects.count()) == (422, 0)
    assert "very quick" in response.content.decode()
    assert SAID["description"] in response.content.decode()

    assert send(client, clock, hidden(response), wait=1).status_code == 302


def test_a_form_that_was_open_for_very_long_is_shown_again_and_then_taken(client, clock):
    carried = show(client)
    clock(hours=12)
    response = send(client, clock, carried, wait=1)
    assert (response.status_code, Lead.objects.count()) == (422, 0)
    assert SAID["title"] in response.content.decode()

    assert send(client, clock, hidden(response), wait=3).status_code == 302


@pytest.mark.parametrize("token", ["", "x", "\x00", "a:b:c", "é" * 9000])
def test_a_form_that_is_none_of_ours_is_shown_again(client, clock, token):
    response = send(client, clock, {"form": token})
    assert (response.status_code, Lead.objects.count()) == (422, 0)
    assert hidden(response)["form"] != token


def test_an_old_form_replayed_makes_no_second_request(client, clock):
    carried = show(client)
    assert send(client, clock, carried).status_code == 302
    for _ in range(3):
        assert send(client, clock, carried).status_code == 302
    clock(days=3)
    again = send(client, clock, carried)
    assert again.status_code == 422
    assert send(client, clock, hidden(again)).status_code == 302
    assert (Lead.objects.count(), OutgoingMail.objects.count()) == (1, 1)


def test_a_form_sent_with_another_job_in_it_after_it_was_confirmed_is_asked_about_and_then_taken(
    client, clock
):
    carried = show(client)
    send(client, clock, carried, photos=[picture(1)])
    asking.confirm_lead(Lead.objects.get(), timezone.now())
    response = send(client, clock, carried, title="Otra cosa")
    assert "sent before" in response.content.decode()
    assert send(client, clock, hidden(response), title="Otra cosa").status_code == 302
    assert set(Lead.objects.values_list("title", flat=True)) == {SAID["title"], "Otra cosa"}


def test_too_many_forms_from_one_network_are_told_when_to_go_on(client, clock, monkeypatch):
    monkeypatch.setattr(asking, "FORMS_AN_HOUR", 3)
    carried = show(client)
    clock(seconds=10)
    for _ in range(3):
        client.post(ASK, {**SAID, **carried, "title": ""})
    response = client.post(ASK, {**SAID, **carried})
    assert (response.status_code, Lead.objects.count()) == (429, 0)
    assert "in an hour" in response.content.decode()
    assert SAID["description"] in response.content.decode()
    assert Client(REMOTE_ADDR="192.0.2.7").post(ASK, {**SAID, **carried}).status_code == 302


def test_behind_a_proxy_visitors_are_told_apart_and_a_forged_address_gains_nothing(
    client, clock, settings, monkeypatch
):
    monkeypatch.setattr(asking, "FORMS_AN_HOUR", 3)
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    carried = show(client)
    clock(seconds=10)

    def post(forwarded):
        said = {**SAID, **carried, "title": ""}
        return client.post(ASK, said, headers={"x-forwarded-for": forwarded}).status_code

    assert [post(f"10.0.0.{turn}, 203.0.113.5") for turn in range(4)] == [422, 422, 422, 429]
    assert post("10.0.0.1, 203.0.113.6") == 422
    # A network of the new kind of addresses is one visitor.
    assert [post(f"2001:db8:0:1::{turn:x}") for turn in range(4)] == [422, 422, 422, 429]


def test_a_form_of_another_site_is_refused(clock):
    browser = Client(enforce_csrf_checks=True)
    carried = show(browser)
    clock(seconds=30)
    assert browser.post(ASK, {**SAID, **carried}).status_code == 403
    token = browser.cookies["csrftoken"].value
    assert browser.post(ASK, {**SAID, **carried, "csrfmiddlewaretoken": token}).status_code == 302


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


# What strangers write is shown as they wrote it, and does nothing.


def test_script_in_every_field_is_shown_harmlessly_wherever_a_request_is_shown(
    client, clock, client_of, moderator
):
    changes = dict.fromkeys(("town", "title", "description", "homeowner_name"), SCRIPT)
    assert send(client, clock, **changes).status_code == 302
    again = send(
        client, clock, **changes, homeowner_email=SCRIPT, homeowner_phone=SCRIPT, budget_cents=SCRIPT
    )
    pages = [again, client.get(link_in_the_mail(), follow=True)]
    lead = asking.confirm_lead(Lead.objects.get(), timezone.now())
    office = client_of(moderator)
    pages += [
        client.get(link_in_the_mail(), follow=True),
        office.get(reverse("admin:marketplace_lead_changelist")),
        office.get(reverse("admin:marketplace_lead_change", args=[lead.pk])),
    ]
    pro, rich = making.make_pro(), making.make_pro()
    making.contract(rich, now=timezone.now())
    making.fund(rich, now=timezone.now())
    from marketplace.contacts import buy_contact
    from marketplace.leads import publish_lead
    from marketplace.models import PriceRule

    PriceRule.objects.create(price_cents=9_000)
    publish_lead(lead=lead, by=moderator, now=timezone.now())
    contact = buy_contact(professional=rich, lead=lead, price_seen_cents=9_000, now=timezone.now())
    pages += [
        client_of(pro).get(reverse("marketplace:feed")),
        client_of(pro).get(reverse("marketplace:lead", args=[lead.public_id])),
        client_of(rich).get(reverse("marketplace:contact", args=[contact.public_id])),
    ]
    for response in pages:
        page = response.content.decode()
        assert response.status_code in (200, 422)
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page


def test_photos_stand_on_the_page_before_buying_and_on_the_contacts(client_of, pro, moderator):
    from marketplace.contacts import buy_contact
    from marketplace.leads import publish_lead
    from marketplace.models import PriceRule

    kept = [lead_photos.keep_photo(picture(seed), network="192.0.2.1", now=NOW) for seed in (1, 2)]
    lead = asking.confirm_lead(making.ask(photos=kept), NOW)
    PriceRule.objects.create(price_cents=9_000)
    lead = publish_lead(lead=lead, by=moderator, now=NOW)
    making.contract(pro)
    making.fund(pro)
    before = client_of(pro).get(reverse("marketplace:lead", args=[lead.public_id])).content.decode()
    contact = buy_contact(professional=pro, lead=lead, price_seen_cents=9_000, now=NOW)
    after = client_of(pro).get(reverse("marketplace:contact", args=[contact.public_id])).content.decode()

    for page in (before, after):
        for photo in lead.photos.all():
            assert shows(page, photo)


# Pages around it.


def test_where_the_mail_went_is_known_in_the_askers_browser_alone(client, clock):
    send(client, clock)
    cookie = client.cookies["quince_asked"]
    assert (
        cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == reverse("marketplace:asked")
    )
    assert "lucia@example.com" not in Client().get(reverse("marketplace:asked")).content.decode()
    client.cookies["quince_asked"] = "forged@example.com"
    response = client.get(reverse("marketplace:asked"))
    assert "forged" not in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]


def test_the_office_tells_requests_apart_by_where_they_came_from(client_of, moderator):
    asked = asking.confirm_lead(making.ask(title="Del formulario"), NOW)
    entered = making.make_lead(published=False, title="De la oficina")
    office, queue = client_of(moderator), reverse("admin:marketplace_lead_changelist")

    def listed(**query):
        return set(office.get(queue, query).context["cl"].queryset)

    assert listed() == {asked, entered}
    assert listed(origin="form") == {asked}
    assert listed(origin="staff") == {entered}


def test_unconfirmed_requests_are_not_in_the_moderators_queue_but_can_be_looked_at(client_of, moderator):
    lead = making.ask()
    office, queue = client_of(moderator), reverse("admin:marketplace_lead_changelist")
    assert not office.get(queue).context["cl"].queryset.exists()
    assert office.get(queue, {"state": "unconfirmed"}).context["cl"].queryset.get() == lead
    page = office.get(reverse("admin:marketplace_lead_change", args=[lead.pk])).content.decode()
    assert 'name="decision"' not in page


def test_both_doors_are_on_the_home_page_and_the_promise_stays(client):
    page = client.get("/").content.decode()
    assert page.count(f'href="{ASK}"') >= 2
    assert f'href="{reverse("account_signup")}"' in page
    assert 'id="promise"' in page


def test_the_form_costs_the_same_with_1_category_and_with_30(client, django_assert_num_queries):
    client.get(ASK)
    with django_assert_num_queries(2):
        client.get(ASK)
    for number in range(29):
        making.make_category(f"trade{number}"), making.make_province(f"province{number}")
    with django_assert_num_queries(2):
        response = client.get(ASK)
    assert response.content.decode().count("<option") == 62


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


def test_a_telephone_of_another_country_is_said_with_whatever_else_is_wrong(client, clock):
    """It was said only once all the rest was right: a second round of corrections for whoever is on a telephone."""
    form = show(client)
    clock(seconds=30)
    page = client.post(ASK, SAID | form | {"homeowner_phone": "+39 333 123 4567", "budget_cents": "-5"})
    assert page.status_code == 422
    assert "This is a number of another country." in page.text and "Write an amount" in page.text

"""The public form on which a homeowner asks for a job, and the way from it to the moderator (M1, M5, X5, X6)."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mail.models import OutgoingMail
from marketplace import asking, lead_photos
from marketplace.models import Lead, LeadPhoto
from tests import making
from tests.making import NOW, picture

pytestmark = pytest.mark.django_db
ASK = "/ask/"
SCRIPT = "<script>alert(1)</script>"


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


def test_a_telephone_of_another_country_is_said_with_whatever_else_is_wrong(client, clock):
    """It was said only once all the rest was right: a second round of corrections for whoever is on a telephone."""
    form = show(client)
    clock(seconds=30)
    page = client.post(ASK, SAID | form | {"homeowner_phone": "+39 333 123 4567", "budget_cents": "-5"})
    assert page.status_code == 422
    assert "This is a number of another country." in page.text and "Write an amount" in page.text

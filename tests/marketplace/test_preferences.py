"""M11: what a professional chooses to hear of, the page, and the link that stops the mails."""

import re

import pytest
from django.core import mail as django_mail
from django.test import Client
from django.urls import reverse

from base import links
from mail import outbox
from mail.models import OutgoingMail
from marketplace import preferences
from marketplace.errors import MarketplaceError
from marketplace.invariants import everywhere_is_everywhere
from marketplace.matching import announce_leads
from marketplace.models import Interest, LeadPreferences, Province
from marketplace.preferences import LINK_PURPOSE, save_preferences, stop_links, stop_mails
from tests.making import (
    NOW,
    at,
    contract,
    make_category,
    make_lead,
    make_province,
    make_user,
)

pytestmark = pytest.mark.django_db
PAGE = "/jobs/preferences/"


def choose(pro, categories=(), provinces=(), **changes) -> LeadPreferences:
    chosen = {
        "categories": [make_category(slug) for slug in categories],
        "provinces": None if provinces is None else [make_province(slug) for slug in provinces],
        "mails": "at_once",
        "monthly_limit_cents": None,
        "now": NOW,
    }
    return save_preferences(professional=pro, **(chosen | changes))


def pairs(pro) -> set[tuple[str, str]]:
    return set(pro.interests.values_list("category__slug", "province__slug"))


# Choosing


def test_every_trade_in_every_place_is_chosen(pro, other_pro):
    choose(pro, ["bathrooms", "gardens"], ["cdmx", "jalisco"])
    choose(other_pro, ["roofs"], ["cdmx"])
    assert pairs(pro) == {
        ("bathrooms", "cdmx"),
        ("bathrooms", "jalisco"),
        ("gardens", "cdmx"),
        ("gardens", "jalisco"),
    }
    assert pairs(other_pro) == {("roofs", "cdmx")}


def test_what_is_chosen_anew_takes_the_place_of_what_was(pro):
    choose(pro, ["bathrooms", "gardens"], ["cdmx", "jalisco"], monthly_limit_cents=500)
    kept = pro.interests.get(category__slug="gardens", province__slug="jalisco")
    choose(pro, ["gardens", "roofs"], ["jalisco"])
    assert pairs(pro) == {("gardens", "jalisco"), ("roofs", "jalisco")}
    assert pro.interests.filter(pk=kept.pk).exists()
    assert LeadPreferences.objects.get().monthly_limit_cents is None
    choose(pro)
    assert not Interest.objects.exists()


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"provinces": []}, "incomplete", "provinces"),
        ({"categories": []}, "incomplete", "categories"),
        ({"mails": "hourly"}, "unknown_mails", "mails"),
        ({"mails": ""}, "unknown_mails", "mails"),
        ({"monthly_limit_cents": -1}, "bad_limit", "monthly_limit_cents"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(pro, changes, code, field):
    choose(pro, ["bathrooms"], ["cdmx"])
    with pytest.raises(MarketplaceError) as caught:
        choose(pro, **({"categories": ["gardens"], "provinces": ["jalisco"]} | changes))
    assert (caught.value.code, caught.value.field) == (code, field)
    assert pairs(pro) == {("bathrooms", "cdmx")}


def test_the_daily_mail_begins_on_the_day_after_it_was_chosen(pro):
    evening = at("2026-01-10 23:30")  # The eleventh in UTC.
    preferences = choose(pro, mails="daily", now=evening)
    assert (str(preferences.digest_on), preferences.digest_until) == ("2026-01-10", evening)
    later = at("2026-01-12 08:00")
    again = choose(pro, ["bathrooms"], ["cdmx"], mails="daily", now=later)
    assert again.digest_until == evening  # Saved again, it goes on from where it was.
    choose(pro, mails="never", now=later)
    assert choose(pro, mails="daily", now=later).digest_until == later


# The page


def test_the_page_says_what_is_chosen_and_saves_it(client_of, pro):
    browser = client_of(pro)
    gardens, cdmx, jalisco = make_category("gardens"), make_province("cdmx"), make_province("jalisco")
    assert "You have not chosen anything yet" in browser.get(PAGE).content.decode()
    sent = {"categories": [gardens.pk], "provinces": [jalisco.pk], "mails": "daily"}
    assert browser.post(PAGE, sent | {"monthly_limit_cents": "1500.50"}).url == PAGE
    assert pairs(pro) == {("gardens", "jalisco")}
    assert (pro.lead_preferences.mails, pro.lead_preferences.monthly_limit_cents) == ("daily", 150_050)
    response = browser.get(PAGE)
    shown = response.content.decode()
    assert 'value="1500.50"' in shown and "Spent this month: MX$0.00 of MX$1,500.50" in shown
    assert response.context["form"].initial["provinces"] == {jalisco.pk}
    assert browser.post(PAGE, sent | {"provinces": [], "all_provinces": "on"}).status_code == 302
    assert pairs(pro) == {("gardens", "jalisco"), ("gardens", "cdmx")}
    form = browser.get(PAGE).context["form"]
    assert (form.initial["all_provinces"], form.initial["provinces"]) == (True, set())
    assert cdmx.interests.count() == 1


def test_all_provinces_are_those_too_that_are_added_later(client_of, pro, other_pro):
    office = make_user("root@quince.example", is_staff=True, is_superuser=True)
    make_category("gardens"), make_province("cdmx"), make_province("jalisco")
    choose(pro, ["gardens", "bathrooms"], None)
    choose(other_pro, ["gardens"], ["cdmx", "jalisco"])
    added = {"slug": "oaxaca", "name": "Oaxaca"}
    for _ in range(2):  # Changed by staff afterwards, it is added to nobody again.
        address = reverse("admin:marketplace_province_add")
        if province := Province.objects.filter(slug="oaxaca").first():
            address = reverse("admin:marketplace_province_change", args=[province.pk])
        assert client_of(office).post(address, added).status_code == 302
        assert pairs(pro) == {
            (category, province)
            for category in ("gardens", "bathrooms")
            for province in ("cdmx", "jalisco", "oaxaca")
        }
        assert pairs(other_pro) == {("gardens", "cdmx"), ("gardens", "jalisco")}
    form = client_of(pro).get(PAGE).context["form"]
    assert (form.initial["all_provinces"], form.initial["provinces"]) == (True, set())


def test_whoever_ticks_each_province_has_not_chosen_all_of_them(client_of, pro):
    choose(pro, ["bathrooms"], ["cdmx"])
    form = client_of(pro).get(PAGE).context["form"]
    assert (form.initial["all_provinces"], form.initial["provinces"]) == (False, {make_province("cdmx").pk})


def test_the_books_say_where_somebody_who_works_everywhere_does_not(pro, other_pro):
    make_province("cdmx")
    choose(pro, ["bathrooms"], None)
    choose(other_pro, ["bathrooms"], ["cdmx"])
    assert list(everywhere_is_everywhere()) == []
    make_province("jalisco")
    category = make_category("bathrooms").pk
    assert list(everywhere_is_everywhere()) == [
        f"professional {pro.pk}: category {category} in 1 of 2 provinces"
    ]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "mails"),
        ({"mails": "daily", "categories": ["1; DROP"]}, "categories"),
        ({"mails": "daily", "categories": ["\x00"]}, "categories"),
        ({"mails": "at_once", "monthly_limit_cents": "-1"}, "monthly_limit_cents"),
        ({"mails": "at_once", "monthly_limit_cents": "1e90"}, "monthly_limit_cents"),
        ({"mails": "at_once", "monthly_limit_cents": "NaN"}, "monthly_limit_cents"),
        ({"mails": "at_once", "monthly_limit_cents": "0.001"}, "monthly_limit_cents"),
        ({"mails": "at_once", "monthly_limit_cents": "99999999999999"}, "monthly_limit_cents"),
        ({"mails": "at_once", "all_provinces": "on"}, "categories"),
        ({"mails": "at_once", "categories": ["bathrooms"]}, "provinces"),
        ({"mails": "at_once", "all_provinces": "on", "provinces": ["cdmx"]}, "all_provinces"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(client_of, pro, sent, field):
    ids = {"bathrooms": make_category().pk, "cdmx": make_province().pk}
    sent = {
        name: [ids.get(each, each) for each in value] if isinstance(value, list) else value
        for name, value in sent.items()
    }
    response = client_of(pro).post(PAGE, sent)
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert not LeadPreferences.objects.exists()


def test_a_member_sees_it_and_only_the_owner_changes_it(client_of, pro):
    member = make_user()
    pro.members.add(member)
    browser = client_of(member)
    shown = browser.get(PAGE)
    assert "Only the owner of the business changes this" in shown.content.decode()
    assert all(field.disabled for field in shown.context["form"].fields.values())
    assert browser.post(PAGE, {"mails": "never"}).status_code == 403
    assert not LeadPreferences.objects.exists()


def test_the_page_costs_the_same_with_one_and_with_many_choices(client_of, pro, django_assert_num_queries):
    browser = client_of(pro)
    choose(pro, ["bathrooms"], ["cdmx"])
    browser.get(PAGE)  # The first page of a browser remembers the network.
    with django_assert_num_queries(8) as one:
        browser.get(PAGE)
    choose(pro, [f"trade-{n}" for n in range(20)], [f"place-{n}" for n in range(32)])
    with django_assert_num_queries(len(one.captured_queries)):
        browser.get(PAGE)


# The link that stops the mails (RFC 8058)


@pytest.fixture
def told(pro):
    """A business that has just been written to about a new job, and the mail."""
    contract(pro)
    choose(pro, ["bathrooms"], ["cdmx"])
    make_lead()
    announce_leads(now=NOW)
    return OutgoingMail.objects.get(kind="marketplace/new_lead")


def test_the_mail_can_be_stopped_by_the_mail_program_and_by_the_eye(told, mailoutbox, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    OutgoingMail.objects.exclude(pk=told.pk).delete()
    assert outbox.send_due(now=NOW) == 1
    (sent,) = django_mail.outbox
    message = sent.message()
    address = told.unsubscribe_url
    assert address.startswith(f"{settings.SITE_URL}/jobs/mails/stop/")
    assert message["List-Unsubscribe"] == f"<{address}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    # As it goes over the wire: the address is in one piece.
    assert f"<{address}>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n".encode() in message.as_bytes()
    assert address in sent.body and f'href="{address}"' in sent.alternatives[0].content


def path_of(mail: OutgoingMail, settings) -> str:
    return mail.unsubscribe_url.removeprefix(settings.SITE_URL)


def test_one_click_stops_the_mails_without_session_or_token(told, pro, settings):
    """As a mail program sends it: no cookie, no CSRF token, from anywhere."""
    program = Client(enforce_csrf_checks=True)
    for _ in range(2):  # Pressed twice, it is stopped once.
        response = program.post(
            path_of(told, settings), "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
        )
        assert response.status_code == 200
    pro.lead_preferences.refresh_from_db()
    assert pro.lead_preferences.mails == "never"
    assert pairs(pro) == {("bathrooms", "cdmx")}
    make_lead(now=NOW)
    assert announce_leads(now=NOW) == (1, 0)
    choose(pro, ["bathrooms"], ["cdmx"])  # And taken up again, on the page.
    make_lead(now=NOW)
    assert announce_leads(now=NOW) == (1, 1)


def test_what_waits_to_be_sent_is_taken_back(told, pro):
    stop_mails(professional=pro, now=NOW)
    told.refresh_from_db()
    assert told.state == OutgoingMail.State.FAILED
    others = OutgoingMail.objects.exclude(pk=told.pk)
    assert others.exists() and not others.exclude(state=OutgoingMail.State.QUEUED).exists()


def test_looking_at_the_link_changes_nothing(told, pro, settings, client):
    for method in (client.get, client.head):
        response = method(path_of(told, settings))
        assert response.status_code == 200
    shown = client.get(path_of(told, settings))
    assert '<form method="post">' in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"] and "noindex" in shown.headers["X-Robots-Tag"]
    assert pro.name not in shown.content.decode() and pro.owner.email not in shown.content.decode()
    pro.lead_preferences.refresh_from_db()
    assert pro.lead_preferences.mails == "at_once"


def test_the_button_of_the_page_stops_them_and_says_so(told, settings, client):
    shown = client.post(path_of(told, settings)).content.decode()
    assert "No more mails about new jobs" in shown and '<form method="post">' not in shown
    assert "No more mails about new jobs" in client.get(path_of(told, settings)).content.decode()


def test_it_speaks_the_language_of_the_mail(told, pro, settings, client):
    pro.owner.language = "es-mx"
    pro.owner.save()
    assert '<html lang="es-mx">' in client.get(path_of(told, settings)).content.decode()


def test_a_forged_link_does_and_tells_nothing(pro, other_pro, settings, client):
    choose(pro)
    good = next(stop_links([pro.public_id])).removeprefix(settings.SITE_URL)
    token = good.rstrip("/").rpartition("/")[2]
    value, rest = token.split(":", 1)
    forged = [
        f"{other_pro.public_id}:{rest}",
        f"{value}:{rest[:-1]}",
        token + "x",
        value,
        links.sign("another purpose", str(pro.public_id)),
        links.sign(LINK_PURPOSE, "00000000-0000-0000-0000-000000000000"),  # Of a business that is no more.
        "a",
    ]
    pages = set()
    for each in forged:
        address = reverse("marketplace:stop_mails", args=[each])
        for response in (client.get(address), client.post(address)):
            assert response.status_code == 404
            # The same to the letter, but for the token of the choice of language.
            pages.add(re.sub(r'value="\w{64}"', "", response.content.decode()))
    assert len(pages) == 1
    assert not LeadPreferences.objects.filter(mails="never").exists()


def test_the_body_and_the_link_are_cleared_together(told):
    OutgoingMail.objects.filter(pk=told.pk).update(state="sent", sent_at=NOW)
    outbox.clear_old(now=at("2026-03-01 12:00"))
    told.refresh_from_db()
    assert (told.text, told.unsubscribe_url) == ("", "")


def test_saving_leaves_the_daily_mails_mark_to_the_daily_mail(pro):
    """It may be marking at this moment: put back, what was published in between would be told to nobody."""
    choose(pro, mails="daily")
    stale = LeadPreferences.objects.get(professional=pro)
    LeadPreferences.objects.filter(pk=stale.pk).update(digest_until=at("2026-01-11 06:00"))
    preferences._set_mails(stale, "daily", at("2026-01-11 06:00"))
    assert LeadPreferences.objects.get(pk=stale.pk).digest_until == at("2026-01-11 06:00")

"""The desk's public page: what it says of this moment, to whom (S1–S3)."""

import pytest
import time_machine
from django.urls import reverse

from support.desk_now import desk_now, hours_shown
from support.in_session import begin_session
from support.models import Closure, OpeningHours
from tests.support.making import NOW, rome

pytestmark = pytest.mark.django_db

FRIDAY_EVENING = rome("2026-11-06 20:00")


def at(browser, moment, **headers):
    with time_machine.travel(moment, tick=False):
        return browser.get(reverse("support:home"), headers={"Accept-Language": "en"} | headers)


def text_of(response):
    return " ".join(response.content.decode().split())


def test_a_stranger_reads_when_it_works_and_by_when_it_would_answer(client):
    page = text_of(at(client, NOW))
    assert "We are open" in page
    assert "Until 1 p.m. (Europe/Rome)." in page
    assert "has an answer by <strong>Tuesday, Nov. 3, 2026, 10 a.m.</strong> (Europe/Rome)" in page
    assert "One working day is 8 h of opening hours" in page
    assert "in session" not in page
    for row in ("<dt>Monday to Friday</dt>", "<dt>Saturday and Sunday</dt><dd>closed</dd>"):
        assert row in page
    assert "On the clock of Europe/Rome" in page
    assert "mailto:soporte@quince.example" in page


def test_when_it_is_closed_it_says_when_it_opens(client):
    page = text_of(at(client, FRIDAY_EVENING))
    assert "We are closed now" in page
    assert "We open on Monday, Nov. 9, 2026 at 9 a.m. (Europe/Rome)." in page
    assert "<strong>Monday, Nov. 9, 2026, 6 p.m.</strong>" in page


@pytest.mark.parametrize(
    ("moment", "is_open", "changes_at"),
    [
        ("2026-11-02 08:59:59", False, "2026-11-02 09:00"),
        ("2026-11-02 09:00", True, "2026-11-02 13:00"),
        ("2026-11-02 12:59:59", True, "2026-11-02 13:00"),
        ("2026-11-02 13:00", False, "2026-11-02 14:00"),
        ("2026-11-02 17:59:59", True, "2026-11-02 18:00"),
        ("2026-11-02 18:00", False, "2026-11-03 09:00"),
    ],
)
def test_it_is_open_from_the_first_instant_of_its_hours_and_not_at_their_end(moment, is_open, changes_at):
    now = desk_now(rome(moment))
    assert (now.is_open, now.changes_at) == (is_open, rome(changes_at))


def test_who_is_in_session_makes_the_page_say_until_when_and_by_when_calls_are_returned(client, consultant):
    begin_session(consultant=consultant, until=rome("2026-11-02 11:30"), now=NOW)
    page = text_of(at(client, NOW))
    assert "We are in session with a client until 11:30 a.m. (Europe/Rome)" in page
    assert "are called back by Tuesday, Nov. 3, 2026, 10 a.m." in page
    assert consultant.email not in page
    assert "in session" not in text_of(at(client, rome("2026-11-02 11:30")))


def test_days_off_that_come_soon_are_told_of_once_also_over_new_year():
    Closure.objects.create(first_day="2026-12-28", last_day="2027-01-05", name="Winter")
    Closure.objects.create(first_day="2026-12-19", last_day="2026-12-20", name="A weekend")
    Closure.objects.create(first_day="2027-06-01", last_day="2027-06-02", name="Not soon")
    now = desk_now(rome("2026-12-15 10:00"))
    assert [(str(day.first), str(day.last), day.kind) for day in now.days_off] == [
        ("2026-12-25", "2026-12-25", "holiday"),
        ("2026-12-28", "2027-01-05", "closure"),
        ("2027-01-01", "2027-01-01", "holiday"),
        ("2027-01-06", "2027-01-06", "holiday"),
    ]
    # On its last day it is still told of.
    assert desk_now(rome("2027-01-05 10:00")).days_off[0].name == "Winter"


def test_a_desk_without_hours_still_has_a_page(client):
    OpeningHours.objects.all().delete()
    page = text_of(at(client, NOW))
    assert "We are closed now" in page
    assert "has an answer by" not in page


def test_hours_that_differ_are_told_apart():
    OpeningHours.objects.filter(weekday=4, opens="14:00").delete()
    OpeningHours.objects.create(weekday=5, opens="22:00", closes="00:00")
    assert [(row.days, len(row.hours)) for row in hours_shown()] == [
        ("Monday to Thursday", 2),
        ("Friday", 1),
        ("Saturday", 1),
        ("Sunday", 0),
    ]


def test_nobody_keeps_a_copy_of_what_is_true_for_a_minute(client):
    kept = at(client, NOW)["Cache-Control"]
    assert "no-store" in kept
    assert "private" in kept
    assert "public" not in kept


def test_who_says_no_language_reads_the_sites_own(client):
    with time_machine.travel(NOW, tick=False):
        response = client.get(reverse("support:home"))
    assert response["Content-Language"] == "es-mx"


def test_the_reader_reads_it_on_their_own_clock(client_of, anna):
    anna.time_zone = "America/Mexico_City"
    anna.save()
    page = text_of(at(client_of(anna), NOW))
    assert "Tuesday, Nov. 3, 2026, 3 a.m.</strong> (America/Mexico_City)" in page
    assert "On the clock of Europe/Rome" in page


def test_a_client_is_led_to_what_is_theirs_and_a_stranger_told_to_sign_in(client, client_of, agreement, anna):
    assert "sign in with the address that we know" in text_of(at(client, NOW))
    assert "all of it comes to the same place" in text_of(at(client_of(anna), NOW))


def test_the_telephone_is_shown_where_there_is_one(client, settings):
    settings.DESK_PHONE = ""
    assert "tel:" not in text_of(at(client, NOW))
    settings.DESK_PHONE = "+39 06 6982 1234"
    assert '<a class="nowrap" href="tel:+390669821234">+39 06 6982 1234</a>' in text_of(at(client, NOW))


def test_it_costs_the_same_whatever_goes_on(client, consultant, desk_lead, django_assert_num_queries):
    at(client, NOW)
    with django_assert_num_queries(4):
        at(client, NOW)
    for number in range(30):
        Closure.objects.create(first_day="2026-11-09", last_day="2026-11-09", name=f"{number}")
    begin_session(consultant=consultant, until=rome("2026-11-02 11:30"), now=NOW)
    begin_session(consultant=desk_lead, until=rome("2026-11-02 11:30"), now=NOW)
    with django_assert_num_queries(4):
        at(client, NOW)


def test_every_page_leads_to_it(client):
    assert reverse("support:home") in client.get("/").content.decode()

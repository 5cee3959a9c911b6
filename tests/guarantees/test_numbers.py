"""The honest numbers in public: with their count, and only where enough are counted (M15)."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import making
from tests.guarantees.test_figures import put

pytestmark = pytest.mark.django_db
URL = "/guarantee/numbers/"


@pytest.fixture
def client():
    return Client(headers={"accept-language": "en"})


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def shown(lines):
    return [(line.where, line.share, line.counted) for line in lines]


def test_with_nothing_counted_nothing_can_be_said(client):
    for counted in (False, True):
        if counted:
            put({})
        page = client.get(URL)
        assert page.status_code == 200
        assert (
            "Nothing can be said yet: a share is shown once 30 new professionals can be counted."
            in text_of(page)
        )
        assert "Who is counted" in text_of(page)
        assert "%" not in re.sub(
            r"<style.*?</style>", "", text_of(page).split("Who is counted")[0].split("Nothing")[1]
        )


def test_29_are_not_shown_and_30_are_with_their_count(client):
    bathrooms, kitchens = making.make_category("bathrooms"), making.make_category("kitchens")
    cdmx, jalisco = making.make_province("cdmx"), making.make_province("jalisco")
    put(
        {
            ("winners", ""): (41, 59),
            ("winners_by_category", f"{bathrooms.pk}"): (20, 30),
            ("winners_by_category", f"{kitchens.pk}"): (21, 29),
            ("winners_by_province", f"{cdmx.pk}"): (0, 30),
            ("winners_by_province", f"{jalisco.pk}"): (29, 29),
            ("winners_by_both", f"{bathrooms.pk}:{cdmx.pk}"): (12, 30),
            ("winners_by_both", f"{bathrooms.pk}:999"): (12, 30),
        }
    )
    page = client.get(URL)
    numbers = page.context["numbers"]
    assert (numbers.whole.share, numbers.whole.won, numbers.whole.counted) == ("69 %", 41, 59)
    assert shown(numbers.by_category) == [("Bathrooms", "67 %", 30)]
    assert shown(numbers.by_province) == [("CDMX", "0 %", 30)]
    assert shown(numbers.by_both) == [("Bathrooms, CDMX", "40 %", 30)]
    assert numbers.too_few == ["Kitchens", "JALISCO"]
    text = text_of(page)
    assert "69 % : 41 of 59 new professionals." in text
    assert "Counted on Feb. 20, 2026." in text
    assert "Where fewer than 30 are counted" in text
    for hidden in ("72 %", "100 %", "29"):
        assert hidden not in text


def test_below_30_in_all_nothing_is_shown_at_all(client):
    put({("winners", ""): (29, 29), ("winners_by_category", f"{making.make_category().pk}"): (29, 29)})
    text = text_of(client.get(URL))
    assert "Nothing can be said yet" in text
    assert "Bathrooms" not in text and "100 %" not in text


def test_the_latest_day_is_shown(client):
    put({("winners", ""): (10, 40)}, date(2026, 2, 21))
    put({("winners", ""): (20, 40)}, date(2026, 2, 19))
    assert client.get(URL).context["numbers"].whole.share == "25 %"


def test_it_may_be_kept_for_strangers_and_home_and_foot_lead_there(client, client_of, stranger):
    put({("winners", ""): (10, 40)})
    page = client.get(URL, headers={"accept-language": "en"})
    assert page.headers["Cache-Control"] == "public, max-age=300"
    again = client.get(URL, headers={"accept-language": "en", "if-none-match": page.headers["ETag"]})
    assert again.status_code == 304
    assert client_of(stranger).get(URL).headers["Cache-Control"] == "private, no-store"
    assert client.get("/").content.decode().count(f'href="{URL}"') == 2
    assert client.get("/professionals/").content.decode().count(f'href="{URL}"') == 1
    assert f"Allow: {URL}" in client.get("/robots.txt").content.decode()
    assert client.post(URL).status_code == 405


def test_it_costs_the_same_with_many_trades(client):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(URL)
        return len(captured.captured_queries)

    put({("winners", ""): (10, 40)}, date(2026, 2, 19))
    few = queries()
    figures = {("winners", ""): (10, 40)}
    for number in range(30):
        category = making.make_category(f"trade-{number}")
        figures["winners_by_category", f"{category.pk}"] = (5, 30)
    put(figures)
    assert queries() == few

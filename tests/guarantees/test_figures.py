"""The page of the guarantee's figures in the office: what was counted, told in tables, pictures and spreadsheets."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from guarantees.figures import sheets_of
from guarantees.models import CountedDay, DailyFigure
from tests import making
from tests.making import at

pytestmark = pytest.mark.django_db
URL = "/admin/guarantees/countedday/"
DAY = date(2026, 2, 20)


def put(figures, day=DAY):
    """A day with these figures: (kind, key) → (amount, count)."""
    counted = CountedDay.objects.create(day=day, counted_at=at(f"{day} 02:51"))
    DailyFigure.objects.bulk_create(
        DailyFigure(counted=counted, kind=kind, key=key, amount=amount, count=count)
        for (kind, key), (amount, count) in figures.items()
    )
    return counted


def a_day(day=DAY, at_stake=140_000):
    bathrooms, cdmx = making.make_category(), making.make_province()
    return put(
        {
            ("at_stake", ""): (at_stake, 3),
            ("at_stake_by_month", "2026-04"): (120_000, 2),
            ("at_stake_by_month", "2026-03"): (20_000, 1),
            ("at_stake_by_missing", "profile"): (20_000, 1),
            ("at_stake_by_missing", "nothing"): (120_000, 2),
            ("claims", "approved"): (300_000, 1),
            ("claims", "submitted"): (60_000, 1),
            ("decided_after", "50"): (2160, 4),
            ("decided_after", "95"): (7200, 4),
            ("answers", ""): (2, 6),
            ("contradictions", ""): (1, 2),
            ("winners", ""): (21, 30),
            ("winners_by_category", f"{bathrooms.pk}"): (21, 30),
            ("winners_by_category", "999999"): (1, 1),
            ("winners_by_province", f"{cdmx.pk}"): (21, 30),
            ("winners_by_both", f"{bathrooms.pk}:{cdmx.pk}"): (21, 30),
        },
        day,
    )


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def between(response):
    """The page without the office's frame."""
    return response.content.decode().partition('id="content-main"')[2].partition('id="footer"')[0]


def told(sheet):
    return [[cell for _column, cell in cells] for _bar, cells in sheet.shown]


def test_every_table_says_what_was_counted(client_of, reviewer):
    counted = a_day()
    sheets = {sheet.code: told(sheet) for sheet in sheets_of(counted).values()}
    assert sheets == {
        "months": [["March 2026", "MX$200.00", "1"], ["April 2026", "MX$1,200.00", "2"]],
        "missing": [
            ["Nothing: it can be claimed today", "MX$1,200.00", "2"],
            ["The profile is not complete", "MX$200.00", "1"],
        ],
        "claims": [["submitted", "MX$600.00", "1"], ["approved", "MX$3,000.00", "1"]],
        "decisions": [["Half of them within", "1.5", "4"], ["95 of 100 within", "5.0", "4"]],
        "homeowners": [
            ["Homeowners who answered, of those asked by mail", "33.3 %", "2", "6"],
            ["Contradictions, of the contacts whose homeowner said something", "50.0 %", "1", "2"],
        ],
        "winners": [
            ["All", "70.0 %", "21", "30"],
            ["Bathrooms", "70.0 %", "21", "30"],
            ["CDMX", "70.0 %", "21", "30"],
        ],
        "trend": [["02/20/2026", "MX$1,400.00", "3", "70.0 %", "33.3 %", "1.5"]],
    }
    page = text_of(client_of(reviewer).get(URL))
    assert "As of Feb. 20, 2026, counted at Feb. 20, 2026, 2:51 a.m." in page
    for rows in sheets.values():
        for row in rows:
            assert all(cell in page for cell in row), row


def test_before_anything_was_counted_it_says_so(client_of, reviewer):
    response = client_of(reviewer).get(URL)
    assert response.status_code == 200
    assert "Nothing has been counted yet." in text_of(response)


def test_an_empty_world_shows_nothing_as_nothing(client_of, reviewer):
    put({})
    response = client_of(reviewer).get(URL)
    page = text_of(response)
    assert page.count("Nothing has been measured.") == 7
    assert (response.context["heads"], response.context["months"], response.context["trend"]) == ([], [], [])
    assert "MX$0.00" not in page and "0.0 %" not in page
    assert "<svg" not in between(response)


def test_the_numbers_at_the_head_are_those_of_the_day_itself(client_of, reviewer):
    a_day(DAY - timedelta(days=1))
    put({("claims", "approved"): (300_000, 1)})
    response = client_of(reviewer).get(URL)
    assert response.context["counted"].day == DAY
    assert response.context["heads"] == []
    before = CountedDay.objects.get(day=DAY - timedelta(days=1))
    address = reverse("admin:guarantees_countedday_change", args=[before.pk])
    assert client_of(reviewer).get(address).context["heads"] == [
        ("MX$1,400.00", "Can still be claimed"),
        ("3", "Professionals"),
        ("70.0 %", "Won a job"),
        ("33.3 %", "Homeowners who answered"),
        ("1.5", "Median days to decision"),
    ]


def test_a_figure_whose_code_nobody_knows_is_told_by_its_code(client_of, reviewer):
    counted = put({("at_stake_by_missing", "new_thing"): (10_000, 1)})
    assert told(sheets_of(counted)["missing"]) == [["new_thing", "MX$100.00", "1"]]


def test_every_picture_has_a_table_that_says_the_same(client_of, reviewer):
    a_day(DAY - timedelta(days=2), 100_000)
    a_day()
    html = between(client_of(reviewer).get(URL))
    pictures = re.findall(r'<svg class="(figures-(?:narrow|wide))"[^>]*role="img"([^>]*)>', html)
    assert [name for name, _ in pictures] == ["figures-narrow", "figures-wide"] * 2
    for _name, attributes in pictures:
        described = re.search(r'aria-describedby="([^"]+)"', attributes).group(1)
        assert f'<table id="{described}"' in html
        named = re.search(r'aria-label(?:ledby)?="([^"]+)"', attributes).group(1)
        assert f'id="{named}"' in html or named == "What could still be claimed, day by day"
    # The small bars stand in the table, beside their numbers.
    bars = re.findall(r'<svg class="figures-bar"[^>]*>', html)
    assert bars and all('aria-hidden="true"' in bar for bar in bars)


def test_the_trend_has_the_days_before_and_no_later_ones(client_of, reviewer):
    far, before, day = a_day(DAY - timedelta(days=90)), a_day(DAY - timedelta(days=89), 1), a_day()
    assert [row[0] for row in sheets_of(day)["trend"].rows] == [before.day, DAY]
    assert [row[0] for row in sheets_of(before)["trend"].rows] == [far.day, before.day]
    assert client_of(reviewer).get(URL).context["counted"] == day
    response = client_of(reviewer).get(reverse("admin:guarantees_countedday_change", args=[far.pk]))
    assert response.context["counted"] == far
    assert response.context["trend"] == []


def test_a_spreadsheet_holds_the_numbers_the_same_in_every_language(client_of, reviewer):
    a_day()
    counted = CountedDay.objects.get()

    def sheet(code):
        response = client_of(reviewer).get(
            reverse("admin:guarantees_countedday_sheet", args=[counted.pk, code])
        )
        assert response.headers["Content-Disposition"] == (
            f'attachment; filename="guarantee-2026-02-20-{code}.csv"'
        )
        return b"".join(response.streaming_content).decode("utf-8-sig").splitlines()

    assert sheet("months") == ["Month,Amount,Professionals", "2026-03,200.00,1", "2026-04,1200.00,2"]
    assert sheet("winners") == [
        "Where,Share,Won,Counted",
        "All,70.0,21,30",
        "Bathrooms,70.0,21,30",
        "CDMX,70.0,21,30",
    ]
    assert sheet("decisions")[1:] == ["Half of them within,1.5,4", "95 of 100 within,5.0,4"]
    assert sheet("trend")[1] == "2026-02-20,1400.00,3,70.0,33.3,1.5"
    for code in sheets_of(counted):
        assert len(sheet(code)) > 1


def test_a_name_that_is_a_formula_is_none_in_the_spreadsheet(client_of, reviewer):
    counted = a_day()
    making.make_category().__class__.objects.update(name_en="=1+1", name_es="=1+1")
    response = client_of(reviewer).get(
        reverse("admin:guarantees_countedday_sheet", args=[counted.pk, "winners"])
    )
    assert "'=1+1,70.0,21,30" in b"".join(response.streaming_content).decode()


def test_what_is_not_there_is_not_there(client_of, reviewer):
    counted, browser = a_day(), client_of(reviewer)
    for address in (f"{counted.pk}/nonsense.csv", "999999/claims.csv", "999999/change/", "x/change/"):
        assert browser.get(f"{URL}{address}").status_code == 404
    assert browser.get(f"{URL}{counted.pk}/history/").status_code == 404
    assert browser.post(URL).status_code in (200, 405)


@pytest.mark.parametrize("role", ["moderator", "consultant"])
def test_who_has_another_role_sees_none_of_it(client_of, role):
    counted, browser = a_day(), client_of(making.make_staff(role))
    for address in ("", f"{counted.pk}/claims.csv", f"{counted.pk}/change/", "999999/claims.csv"):
        assert browser.get(f"{URL}{address}").status_code == 403


def test_the_page_costs_the_same_with_1_day_and_with_30(client_of, reviewer):
    browser = client_of(reviewer)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(URL).status_code == 200
        return len(captured.captured_queries)

    a_day(DAY - timedelta(days=40))
    browser.get(URL)
    one = queries()
    for number in range(30):
        day = a_day(DAY - timedelta(days=number))
        category = making.make_category(f"trade-{number}")
        DailyFigure.objects.create(
            counted=day, kind="winners_by_category", key=str(category.pk), amount=1, count=2
        )
    assert queries() == one


def test_it_speaks_spanish(client_of, reviewer):
    a_day()
    response = client_of(reviewer).get(URL, headers={"accept-language": "es-mx"})
    text = text_of(response)
    assert "$1,200.00" in text and "MX$" not in text

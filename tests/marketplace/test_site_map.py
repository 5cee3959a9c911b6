"""What search engines are given: the map of the public pages, and what they may not read (M13)."""

import re
from xml.etree import ElementTree

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from base.days import marketplace_day
from marketplace import site_map
from profiles.models import Photo, Professional
from profiles.photos import add_photo
from profiles.suspensions import suspend
from tests import making
from tests.making import at, make_user
from tests.marketplace.public_making import PAIR, make_listed, page_of

pytestmark = pytest.mark.django_db
WHEN = at("2026-02-20 12:00")
SITE = "http://127.0.0.1:8000"
SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(WHEN, tick=False):
        yield


def read(client, address) -> dict[str, str | None]:
    response = client.get(address)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/xml")
    root = ElementTree.fromstring(response.content)
    return {each.findtext(f"{SPACE}loc"): each.findtext(f"{SPACE}lastmod") for each in root}


def test_the_map_names_every_public_page_once_by_its_one_address(client):
    listed, mute = make_listed("Reformas Hidalgo"), make_listed("Mudos", description="")
    making.make_province("jalisco")
    index = read(client, "/sitemap.xml")
    assert list(index) == [f"{SITE}/sitemap-directory.xml", f"{SITE}/sitemap-professionals-1.xml"]
    named = list(read(client, "/sitemap-directory.xml"))
    # What other apps publish in rows stands there too.
    assert [address for address in named if f"{SITE}/support/library/" not in address] == [
        f"{SITE}/guarantee/numbers/",
        f"{SITE}/professionals/",
        f"{SITE}/professionals/bathrooms/",
        SITE + PAIR,
    ]
    assert list(read(client, "/sitemap-professionals-1.xml")) == [SITE + page_of(listed)]
    assert client.get(page_of(mute)).status_code == 200


def test_the_map_says_when_a_page_last_changed(client):
    listed = make_listed()
    before = read(client, "/sitemap-professionals-1.xml")[SITE + page_of(listed)]
    add_photo(professional=listed, use=Photo.Use.WORK, upload=making.picture(1), now=at("2026-03-01 12:00"))
    assert read(client, "/sitemap-professionals-1.xml")[SITE + page_of(listed)] == "2026-03-01" != before
    making.make_review(listed, now=at("2026-03-02 12:00"))
    assert read(client, "/sitemap-professionals-1.xml")[SITE + page_of(listed)] == "2026-03-02"


def test_the_map_is_cut_by_ids_so_that_no_file_reads_another(client, monkeypatch):
    monkeypatch.setattr(site_map, "IDS_IN_A_FILE", 2)
    pros = [make_listed(f"Empresa {number}") for number in range(5)]
    highest = Professional.objects.latest("pk").pk
    sections = site_map.sections(marketplace_day(WHEN))
    assert sections[-1] == f"professionals-{-(-highest // 2)}"
    files = [list(read(client, f"/sitemap-{section}.xml")) for section in sections[1:]]
    assert all(len(file) <= 2 for file in files)
    assert sorted(sum(files, start=[])) == sorted(SITE + page_of(pro) for pro in pros)  # noqa: RUF017 - five


def test_a_file_in_which_nobody_stands_is_neither_named_nor_there(client, monkeypatch):
    monkeypatch.setattr(site_map, "IDS_IN_A_FILE", 1)
    listed = make_listed()
    mute, hidden = make_listed("Mudos", description=""), make_listed("Suspendidos")
    suspend(professional=hidden, reason="…", decided_by=make_user("m@example.com"), now=WHEN)
    assert list(read(client, "/sitemap.xml")) == [
        f"{SITE}/sitemap-directory.xml",
        f"{SITE}/sitemap-professionals-{listed.pk}.xml",
    ]
    for nobody in (mute, hidden):
        assert client.get(f"/sitemap-professionals-{nobody.pk}.xml").status_code == 404


def test_a_file_that_is_none_is_not_there(client):
    make_listed()
    for name in (
        "professionals-0",
        "professionals-2",
        "professionals-01",
        "professionals-999999999",
        "professionals-99999999999999999999999",
        "professionals-x",
        "professionals",
        "else",
        "directory-1",
        "-1",
    ):
        assert client.get(f"/sitemap-{name}.xml").status_code == 404


def test_a_file_of_the_map_costs_the_same_with_1_professional_and_with_30(client):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            read(client, "/sitemap-professionals-1.xml")
        return len(captured.captured_queries)

    make_listed()
    few = queries()
    for _ in range(29):
        make_listed()
    assert queries() == few
    assert len(site_map.entries_of("professionals-1", marketplace_day(WHEN))) == 30


def test_search_engines_are_told_what_is_private_and_where_the_map_is(client):
    response = client.get("/robots.txt")
    text = response.content.decode()
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert f"Sitemap: {SITE}/sitemap.xml" in text
    closed = re.findall(r"^Disallow: (\S+)$", text, re.MULTILINE)
    for name in ("admin:index", "account_login", "profiles:profile", "billing:overview", "marketplace:feed",
                 "marketplace:contacts", "marketplace:reviews", "guarantees:overview", "set_language"):  # fmt: skip
        assert any(reverse(name).startswith(path) for path in closed), name
    pro = make_listed()
    for address in ("/", "/professionals/", PAIR, page_of(pro), "/media/x.webp", "/static/quince.css"):
        assert not any(address.startswith(path) for path in closed), address


def test_pages_behind_a_link_are_open_to_robots_so_that_they_can_read_that_they_are_not_to_be_shown(client):
    """What robots may not read, they may still list."""
    from base import links
    from marketplace.models import ReviewRequest
    from marketplace.reviews import LINK_PURPOSE

    making.make_review(make_listed(), published=False)
    token = links.sign(LINK_PURPOSE, str(ReviewRequest.objects.get().public_id))
    address = reverse("marketplace:review_by_link", args=[token])
    assert "noindex" in client.get(address).content.decode()
    assert "/review/" not in re.findall(
        r"^Disallow: (\S+)$", client.get("/robots.txt").content.decode(), re.M
    )

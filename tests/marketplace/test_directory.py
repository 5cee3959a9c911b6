"""The directory: who stands in it, in which order, and what it costs (M13, M9, G19)."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base.days import marketplace_day
from billing.subscriptions import cancel_plan
from marketplace import directory
from marketplace.models import Interest, Review
from profiles.models import Photo, Professional
from profiles.photos import add_photo
from profiles.suspensions import lift_suspension, suspend
from tests import making
from tests.making import NOW, at
from tests.marketplace.public_making import DIRECTORY, ENGLISH, PAIR, describe, make_listed, page_of, work_in

pytestmark = pytest.mark.django_db
WHEN = at("2026-02-20 12:00")
TODAY = marketplace_day(WHEN)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(WHEN, tick=False):
        yield


def names_on(client, address=PAIR, **query):
    response = client.get(address, query, headers=ENGLISH)
    assert response.status_code == 200
    return [card.professional.name for card in response.context["listing"].cards]


# Who. Each state of a professional, and on which of the public pages they are then: their own page, the directory,
# the page of the trade (which offers the province if somebody is there), and the map of the site.


def never_contracted(pro):
    return pro


def in_force(pro):
    making.contract(pro, plan=making.make_plan("year", months=12))


def past_due(pro):
    """Unpaid, but for less than 14 days after its due date: in force (M9)."""
    making.contract(pro, plan=making.make_plan("year", months=12), now=at("2026-02-01 12:00"), paid=False)


def lapsed(pro):
    making.contract(pro, plan=making.make_plan("year", months=12), paid=False)


def cancelled_in_its_period(pro):
    subscription = making.contract(pro, plan=making.make_plan("year", months=12))
    cancel_plan(subscription=subscription, by=pro.owner, now=NOW)


def cancelled_and_over(pro):
    subscription = making.contract(pro)
    cancel_plan(subscription=subscription, by=pro.owner, now=NOW)


def suspended(pro):
    in_force(pro)
    suspend(professional=pro, reason="Dijo lo que no era.", decided_by=making.make_user(), now=NOW)


def suspended_once(pro):
    suspended(pro)
    lift_suspension(suspension=pro.suspensions.get(), by=making.make_user(), reason="Un error.", now=NOW)


def without_description(pro):
    in_force(pro)
    describe(pro, "")


def without_interests(pro):
    in_force(pro)
    pro.interests.all().delete()


STATES = {
    #                         page, listed, offered, on the map
    never_contracted: (404, False, False, False),
    in_force: (200, True, True, True),
    past_due: (200, True, True, True),
    lapsed: (404, False, False, False),
    cancelled_in_its_period: (200, True, True, True),
    cancelled_and_over: (404, False, False, False),
    suspended: (404, False, False, False),
    suspended_once: (200, True, True, True),
    without_description: (200, False, False, False),
    without_interests: (200, False, False, True),
}


@pytest.mark.parametrize("becomes", STATES, ids=lambda becomes: becomes.__name__)
def test_each_state_of_a_professional_is_public_where_it_should_be(client, becomes):
    """M9, M13, G19."""
    pro = work_in(describe(making.make_pro("Baños Claros")))
    becomes(pro)
    page = client.get(page_of(pro)).status_code
    listed = "Baños Claros" in client.get(PAIR).content.decode()
    offered = PAIR in client.get("/professionals/bathrooms/").content.decode()
    mapped = "".join(client.get(f"/sitemap-{name}.xml").content.decode() for name in _sections(client))
    assert (page, listed, offered, page_of(pro) in mapped) == STATES[becomes]
    assert (PAIR in mapped) == listed


def _sections(client):
    return re.findall(r"/sitemap-([\w-]+)\.xml", client.get("/sitemap.xml").content.decode())


def test_a_plan_is_public_from_its_first_day_to_its_last(client):
    """By the marketplace's dates, at their very ends (M9, X1)."""
    pro = work_in(describe(making.make_pro()))
    cancel_plan(
        subscription=making.contract(pro, now=at("2026-02-01 12:00")),
        by=pro.owner,
        now=at("2026-02-01 13:00"),
    )
    for moment, status in {
        "2026-01-31 23:59": 404,
        "2026-02-01 00:00": 200,
        "2026-02-28 23:59": 200,
        "2026-03-01 00:00": 404,
    }.items():
        with time_machine.travel(at(moment), tick=False):
            assert client.get(page_of(pro)).status_code == status, moment


def test_only_who_does_this_trade_in_this_province_is_listed(client):
    here = make_listed("Aquí")
    elsewhere = make_listed("Lejos")
    Interest.objects.filter(professional=elsewhere).update(province=making.make_province("jalisco"))
    other_trade = make_listed("Jardines")
    Interest.objects.filter(professional=other_trade).update(category=making.make_category("gardens"))
    assert names_on(client) == [here.name]
    assert names_on(client, "/professionals/gardens/cdmx/") == ["Jardines"]


def test_who_works_in_many_places_stands_once_in_each(client):
    pro = make_listed("Todo el país")
    for category in ("bathrooms", "gardens"):
        for province in ("cdmx", "jalisco", "puebla"):
            work_in(pro, category=making.make_category(category), province=making.make_province(province))
    assert names_on(client) == ["Todo el país"]
    [card] = directory.page_of(making.make_category(), making.make_province(), 1, TODAY).cards
    assert [province.slug for province in card.provinces] == ["cdmx", "jalisco", "puebla"]


# In which order


def review(pro, handling, own_hand=""):
    made = making.make_review(pro, handling=handling)
    Review.objects.filter(pk=made.pk).update(own_hand=own_hand)


def test_who_shows_more_stands_first_and_reviews_move_up_only_so_far(client):
    bare = make_listed("Sin nada")
    logo = make_listed("Con logo")
    add_photo(professional=logo, use=Photo.Use.LOGO, upload=making.picture(1), now=NOW)
    full = make_listed("Con todo")
    making.complete_profile(full)
    good, best = make_listed("Con reseñas"), make_listed("Con todo y reseñas")
    making.complete_profile(best)
    for pro, number in ((good, 9), (best, 1)):
        for _ in range(number):
            review(pro, 5)
    order = names_on(client)
    assert order[0] == "Con todo y reseñas"
    assert set(order[1:3]) == {"Con todo", "Con reseñas"}
    assert order[3:] == ["Con logo", bare.name]


def test_bad_reviews_take_back_what_good_ones_give_but_put_nobody_below_the_rest():
    pros = {name: make_listed(name) for name in ("buenas", "mixtas", "malas", "propias", "ninguna")}
    for name, handling in [("buenas", 4), ("mixtas", 5), ("mixtas", 3), ("malas", 1), ("malas", 2)]:
        review(pros[name], handling)
    review(pros["propias"], 5, own_hand="browser")
    listed = directory.listed(making.make_category(), making.make_province(), TODAY)
    points = {pro.name: pro.points for pro in directory.ranked(listed, TODAY)}
    assert points == {"buenas": 1, "mixtas": 0, "malas": 0, "propias": 0, "ninguna": 0}


def order_on(day: date) -> list[str]:
    listed = directory.listed(making.make_category(), making.make_province(), TODAY)
    return [pro.name for pro in directory.ranked(listed, day)]


def test_the_order_of_equals_is_drawn_anew_each_day_and_stands_for_the_day():
    for number in range(4):
        make_listed(f"Empresa {number}")
    days = [TODAY + timedelta(days=number) for number in range(60)]
    orders = [order_on(day) for day in days]
    assert orders == [order_on(day) for day in days]
    firsts = [order[0] for order in orders]
    # Fifteen each, give or take: nobody is first twice as often as they should be.
    assert all(firsts.count(f"Empresa {number}") <= 30 for number in range(4))
    assert len(set(firsts)) == 4


def test_the_page_says_in_which_order_and_that_no_place_is_sold(client):
    make_listed()
    assert "Nobody can pay for a place" in client.get(PAIR, headers=ENGLISH).content.decode()


# What it shows


def test_a_card_shows_what_there_is_and_nothing_where_nothing_was_measured(client):
    bare, full = make_listed("Sin nada"), make_listed("Con todo")
    making.complete_profile(full)
    review(full, 4)
    review(full, 3)
    response = client.get(PAIR, headers=ENGLISH)
    shown = response.content.decode()
    cards = {card.professional.name: card for card in response.context["listing"].cards}
    assert cards["Sin nada"].rating is None and cards["Sin nada"].logo is None
    rating = cards["Con todo"].rating
    assert (rating.count, rating.handling, rating.stars) == (2, 3.5, 4)
    assert "3.5 of 5 for attention and handling, 2 reviews" in shown
    assert shown.count("No reviews yet") == 1
    assert "1 project" in shown and cards["Con todo"].logo.thumbnail.url in shown
    assert page_of(bare) in shown and page_of(full) in shown


def test_the_question_leads_to_the_page_of_its_answer(client):
    making.make_category(), making.make_province()
    found = client.get(DIRECTORY, {"category": "bathrooms", "province": "cdmx"})
    assert (found.status_code, found.url) == (302, PAIR)
    assert client.get(DIRECTORY, {"category": "bathrooms"}).url == "/professionals/bathrooms/"
    for query in ({"category": "nada"}, {"province": "cdmx"}, {"category": "\x00"}, {"category": "' OR 1=1"}):
        assert client.get(DIRECTORY, query).status_code == 200


def test_where_nobody_is_the_page_says_so_and_search_engines_are_not_sent(client):
    making.make_category(), making.make_province()
    for address in (PAIR, "/professionals/bathrooms/"):
        shown = client.get(address, headers=ENGLISH)
        assert shown.status_code == 200
        assert "Nobody here yet" in shown.content.decode()
        assert '<meta name="robots" content="noindex, follow">' in shown.content.decode()
    assert "Nobody yet" in client.get(DIRECTORY, headers=ENGLISH).content.decode()


def test_the_way_down_offers_only_provinces_where_somebody_is(client):
    make_listed()
    making.make_province("jalisco")
    shown = client.get("/professionals/bathrooms/", headers=ENGLISH)
    assert [province.slug for province in shown.context["provinces"]] == ["cdmx"]
    assert "noindex" not in shown.content.decode()


# Pages


def test_the_directory_is_paged_without_loss_or_repetition(client):
    made = sorted(make_listed(f"Empresa {number:02}").name for number in range(45))
    pages = [names_on(client, page=number) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert sorted(name for page in pages for name in page) == made


def test_a_page_behind_the_first_is_not_offered_to_search_engines(client):
    for number in range(21):
        make_listed(f"Empresa {number}")
    first, second = (client.get(PAIR, query, headers=ENGLISH).content.decode() for query in ({}, {"page": 2}))
    assert f'<link rel="canonical" href="http://127.0.0.1:8000{PAIR}">' in first
    assert "noindex" not in first and 'href="?page=2"' in first
    assert "noindex, follow" in second and f'rel="prev" href="{PAIR}"' in second


@pytest.mark.parametrize(
    "page", ["0", "-1", "2", "99999", "100000", "1.5", "x", "", "١", "1 OR 1=1", "9" * 400, "\x00"]
)
def test_a_page_that_is_none_is_not_there(client, page):
    pro = make_listed()
    assert client.get(PAIR, {"page": page}).status_code == 404
    assert client.get(page_of(pro), {"page": page}).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/professionals/nothing/",
        "/professionals/bathrooms/nothing/",
        "/professionals/nothing/cdmx/",
        "/professionals/BATHROOMS/cdmx/",
        "/professionals/ba%C3%B1os/cdmx/",
        "/professionals/bathrooms%00/cdmx/",
        "/professionals/..%2F..%2Fadmin/",
        f"/professionals/{'a' * 3000}/",
        "/professionals/%3Cscript%3E/",
    ],
)
def test_an_odd_address_of_the_directory_is_not_there(client, address):
    make_listed()
    assert client.get(address).status_code == 404


def test_where_only_a_closed_account_stands_nobody_does(client):
    """By the same rule as on its own page, whatever else its row still says."""
    pro = make_listed()
    assert directory.provinces_with_somebody(making.make_category(), TODAY).exists()
    Professional.objects.filter(pk=pro.pk).update(closed_at=making.NOW)
    assert not directory.provinces_with_somebody(making.make_category(), TODAY).exists()
    assert not directory.categories_with_somebody(TODAY).filter(somebody__isnull=False).exists()


# What it costs


def queries_for(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured.captured_queries)


def dressed(number):
    pro = make_listed(f"Empresa {number}")
    making.complete_profile(pro)
    review(pro, 5)
    work_in(pro, province=making.make_province("jalisco"))
    return pro


def test_the_directory_costs_the_same_with_1_professional_and_with_30(client):
    dressed(0)
    addresses = [DIRECTORY, "/professionals/bathrooms/", PAIR, "/sitemap.xml", "/sitemap-directory.xml"]
    few = {address: queries_for(client, address) for address in addresses}
    for number in range(1, 30):
        dressed(number)
    assert {address: queries_for(client, address) for address in addresses} == few
    assert few[PAIR] <= 8


@pytest.mark.postgres
def test_the_directory_is_found_by_its_indexes():
    """Interest's unique index leads to the pair's professionals, and each of their rows is looked up by index: the
    planner is told not to read small tables whole, as it would never do with large ones."""
    make_listed()
    listed = directory.listed(making.make_category(), making.make_province(), TODAY)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_hashjoin = off")
        cursor.execute("SET LOCAL enable_mergejoin = off")
    plan = directory.ranked(listed, TODAY)[:20].explain()
    assert "Seq Scan" not in plan
    for index in ("one_interest_per_pair", "one_suspension_at_a_time", "review_counting"):
        assert index in plan

"""M11: the feed's filters and orders, its pages by key, and what it says where there is nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.forms.feed import ORDERS
from marketplace.models import Lead, LeadPhoto
from marketplace.preferences import save_preferences
from tests.making import contract, make_category, make_lead, make_plan, make_province

pytestmark = pytest.mark.django_db
FEED = "/jobs/"
HOUR = timedelta(hours=1)
NO_ROW = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def browser(client_of, pro, now):
    contract(pro, now=now - timedelta(days=3), plan=make_plan("year", months=12))
    return client_of(pro)


def shown(browser, **query) -> list[str]:
    return [lead.title for lead in browser.get(FEED, query).context["page"].rows]


def test_a_card_that_is_kept_never_shows_what_is_masked_since(browser, now):
    make_lead(
        now=now, title="Baño", town="Coyoacán", description="Llama a Juan, por favor, al terminar el día."
    )
    browser.get(FEED)
    for field in ("title", "town", "description"):
        Lead.objects.update(**{f"{field}_masked": f"•{field}"})
        assert f"•{field}" in browser.get(FEED).text


def choose(pro, now, *categories):
    save_preferences(
        professional=pro,
        categories=[make_category(slug) for slug in categories],
        provinces=[make_province("cdmx")] if categories else [],
        mails="never",
        monthly_limit_cents=None,
        now=now,
    )


# Narrowed


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({}, ["garden", "large", "dear", "verified", "plain"]),
        ({"category": "gardens"}, ["garden"]),
        ({"province": "jalisco"}, ["garden"]),
        ({"category": "gardens", "province": "cdmx"}, []),
        ({"size": "large"}, ["large"]),
        ({"timing": "at_once"}, ["large"]),
        ({"budget_from": "50000"}, ["large"]),
        ({"budget_from": "40000.01"}, ["large"]),
        ({"price_up_to": "200"}, ["garden", "large", "verified", "plain"]),
        ({"price_up_to": "199.99"}, []),
        ({"places": "3"}, ["garden", "dear", "verified", "plain"]),
        ({"places": "2"}, ["garden", "large", "dear", "verified", "plain"]),
        ({"verified": "on"}, ["verified"]),
        ({"size": "medium", "price_up_to": "200", "category": "bathrooms"}, ["verified", "plain"]),
        # What is none narrows nothing, and leaves the rest as it is.
        ({"size": "huge", "category": "gardens"}, ["garden"]),
        ({"category": "x' OR 1=1", "budget_from": "-5", "sort": "password"}, None),
        ({"price_up_to": "NaN", "places": "99", "timing": "\x00"}, None),
    ],
)
def test_it_is_narrowed_by_what_the_address_says(browser, now, query, titles):
    make_lead(now=now - 5 * HOUR, title="plain")
    verified = make_lead(now=now - 4 * HOUR, title="verified")
    Lead.objects.filter(pk=verified.pk).update(email_verified_at=now, phone_verified_at=now)
    make_lead(now=now - 3 * HOUR, title="dear", price_cents=20_001)
    large = make_lead(
        now=now - 2 * HOUR, title="large", size="large", timing="at_once", budget_cents=5_000_000
    )
    Lead.objects.filter(pk=large.pk).update(places_taken=2)
    make_lead(
        now=now - HOUR, title="garden", category=make_category("gardens"), province=make_province("jalisco")
    )
    assert shown(browser, **query) == (
        ["garden", "large", "dear", "verified", "plain"] if titles is None else titles
    )


def test_who_has_chosen_sees_theirs_first_and_all_by_one_press(browser, pro, now):
    make_lead(now=now, title="bathroom")
    make_lead(now=now, title="garden", category=make_category("gardens"))
    assert sorted(shown(browser)) == ["bathroom", "garden"]
    choose(pro, now, "gardens")
    assert shown(browser) == ["garden"]
    assert sorted(shown(browser, show="all")) == ["bathroom", "garden"]
    assert shown(browser, show="all", category="bathrooms") == ["bathroom"]
    assert shown(browser, category="bathrooms") == []
    # Nothing is remembered: the address says it all.
    assert shown(browser) == ["garden"]
    choose(pro, now)
    assert sorted(shown(browser)) == ["bathroom", "garden"]


def test_where_there_is_nothing_it_says_what_to_do(browser, pro, now):
    assert "Choose what reaches me" in browser.get(FEED).content.decode()
    assert "No job fits these filters" in browser.get(FEED, {"size": "large"}).content.decode()
    choose(pro, now, "gardens")
    page = browser.get(FEED).content.decode()
    assert "Nothing in your trades and places right now" in page and 'href="?show=all"' in page
    lead = make_lead(now=now, category=make_category("gardens"))
    assert "That was all" in browser.get(FEED, {"older": lead.public_id}).content.decode()


# Sorted, and paged by key


def by(order: str, leads: list[Lead]) -> list[int]:
    keys = {
        "newest": lambda lead: (-lead.published_at.timestamp(), -lead.pk),
        "cheapest": lambda lead: (lead.price_cents, -lead.pk),
        "fewest_buyers": lambda lead: (lead.places_taken, -lead.published_at.timestamp(), -lead.pk),
        "ending_soonest": lambda lead: (lead.published_at.timestamp(), lead.pk),
    }
    return [lead.pk for lead in sorted(leads, key=keys[order])]


@pytest.fixture
def fifty(now):
    """Many of the same price, moment and number of buyers."""
    made = [make_lead(now=now - (number % 7) * HOUR).pk for number in range(50)]
    for number, pk in enumerate(made):
        Lead.objects.filter(pk=pk).update(price_cents=10_000 + number % 3, places_taken=number % 4)
    return list(Lead.objects.filter(pk__in=made))


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_is_paged_without_loss_or_repetition(browser, fifty, order):
    seen, query, pages = [], {"sort": order}, 0
    while query is not None:
        page = browser.get(FEED, query).context["page"]
        seen += [lead.pk for lead in page.rows]
        query = {"sort": order, "older": page.older} if page.older else None
        pages += 1
    assert (seen, pages) == (by(order, fifty), 3)


def test_a_lead_that_is_bought_while_pages_are_turned_takes_no_other_with_it(browser, fifty):
    """Sorted by buyers, the page goes on from the number that it ended at, not from what it is by now."""
    first = browser.get(FEED, {"sort": "fewest_buyers"}).context["page"]
    Lead.objects.filter(pk=first.rows[-1].pk).update(places_taken=3)
    second = browser.get(FEED, {"sort": "fewest_buyers", "older": first.older}).context["page"]
    assert [lead.pk for lead in second.rows] == by("fewest_buyers", fifty)[20:40]


@pytest.mark.parametrize("order", ORDERS)
def test_a_lead_that_has_ended_still_holds_the_place_where_its_page_ended(browser, fifty, order):
    first = browser.get(FEED, {"sort": order}).context["page"]
    Lead.objects.filter(pk=first.rows[-1].pk).update(state="closed")
    second = browser.get(FEED, {"sort": order, "older": first.older}).context["page"]
    assert [lead.pk for lead in second.rows] == by(order, fifty)[20:40]


@pytest.mark.parametrize(
    "older",
    [
        "",
        "x",
        "_",
        NO_ROW,
        f"1_{NO_ROW}",
        f"{10**30}_{NO_ROW}",
        "1_1",
        "\x00",
        "'; --",
    ],
)
@pytest.mark.parametrize("order", ["newest", "fewest_buyers"])
def test_an_address_that_names_no_row_gives_the_first_page(browser, now, order, older):
    lead = make_lead(now=now)
    page = browser.get(FEED, {"sort": order, "older": older}).context["page"]
    assert ([row.pk for row in page.rows], page.first) == ([lead.pk], True)


# What it shows and costs


def test_each_job_shows_what_one_decides_by(browser, now):
    lead = make_lead(now=now - 3 * HOUR, title="Cambiar la regadera")
    Lead.objects.filter(pk=lead.pk).update(places_taken=1, email_verified_at=now)
    for number in range(2):
        LeadPhoto.objects.create(
            lead=lead, image="x", thumbnail="x", width=1, height=1, content_hash=str(number), uploaded_at=now
        )
    page = browser.get(FEED).content.decode()
    for said in ("MX$200.00", "1 of 4 places taken", "3\xa0hours ago", "2 photos", "E-mail verified"):
        assert said in page
    assert "Telephone not verified" in page and "Ends " in page


def test_it_costs_the_same_for_one_and_for_thirty_whatever_is_chosen(browser, pro, now):
    def queries(**query) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(FEED, query).status_code == 200
        return len(captured)

    make_lead(now=now)
    queries()  # The first page of a browser remembers the network.
    alone = queries()
    for number in range(30):
        make_lead(now=now, category=make_category(f"trade-{number}"))
    assert queries() == alone <= 13
    assert {queries(sort=order, size="medium", price_up_to="500") for order in ORDERS} == {alone}
    choose(pro, now, "bathrooms")
    assert queries() == alone

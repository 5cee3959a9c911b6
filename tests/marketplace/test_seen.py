"""Every page that shows a homeowner's details writes down who looked: business or office (X5)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from marketplace.attempts import begin_attempt
from marketplace.diary import write_diary
from marketplace.evidence import add_evidence
from marketplace.models import DetailsSeen, Lead
from marketplace.returns import ask_return
from marketplace.withdrawal import withdraw_lead
from profiles.pictures import read_picture
from tests.making import (
    NOW,
    buy,
    contract,
    fund,
    make_lead,
    make_plan,
    make_pro,
    make_review,
    make_staff,
    picture,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(LATER, tick=False)


@pytest.fixture
def contact(pro):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    contact = buy(pro, now=NOW, homeowner_email="lucia@example.com")[0]
    write_diary(contact=contact, kind="call", happened_at=NOW, text="", by=pro.owner, now=NOW)
    return contact


def looks() -> set[tuple[int, int, int | None]]:
    return set(DetailsSeen.objects.values_list("lead", "user", "professional"))


def of_business(contact):
    return {(contact.lead_id, contact.professional.owner_id, contact.professional_id)}


def test_the_page_of_the_summary_is_a_look(contact, pro, client_of):
    page = client_of(pro).get(reverse("marketplace:summary", args=[contact.public_id]))
    assert "lucia@example.com" in page.text
    assert looks() == of_business(contact)


def test_the_page_that_hands_over_to_the_telephone_is_a_look(contact, pro, client_of):
    attempt = begin_attempt(contact=contact, way="call", by=pro.owner, now=LATER)
    client_of(pro).get(reverse("marketplace:reached", args=[contact.public_id, attempt.public_id]))
    assert looks() == of_business(contact)


def test_what_shows_nothing_any_more_is_none(contact, pro, client_of):
    withdraw_lead(lead=contact.lead, now=LATER)
    page = client_of(pro).get(reverse("marketplace:summary", args=[contact.public_id]))
    assert ("Luc" in page.text, looks()) == (False, set())


def test_a_name_in_the_list_of_ones_own_contacts_is_none(contact, pro, client_of):
    assert contact.lead.homeowner_name in client_of(pro).get(reverse("marketplace:contacts")).text
    assert looks() == set()


def test_a_picture_of_the_evidence_is_a_look_of_whoever_opens_it(contact, pro, moderator, client_of):
    asked = ask_return(
        contact=contact, reason="not_real", explanation="Nadie vive ahí, dice.", by=pro.owner, now=LATER
    )
    add_evidence(return_request=asked, pictures=[read_picture(picture())], now=LATER)
    shown = asked.evidence.get()
    client_of(pro).get(reverse("marketplace:evidence", args=[contact.public_id, shown.public_id]))
    assert looks() == of_business(contact)
    client_of(moderator).get(reverse("admin:marketplace_returnrequest_evidence", args=[asked.pk, shown.pk]))
    assert looks() == of_business(contact) | {(contact.lead_id, moderator.pk, None)}


def test_a_review_in_the_office_is_a_look_where_the_address_stands_in_it(
    contact, moderator, finance, client_of
):
    from django.contrib.auth.models import Permission

    review = make_review(contact, now=NOW)
    finance.user_permissions.add(Permission.objects.get(codename="view_review"))
    page = reverse("admin:marketplace_review_change", args=[review.pk])
    assert "lucia@example.com" not in client_of(finance).get(page).text
    assert looks() == set()
    assert "lucia@example.com" in client_of(moderator).get(page).text
    assert looks() == {(contact.lead_id, moderator.pk, None)}


def test_duplicates_beside_a_request_are_looked_at_with_it(moderator, client_of):
    lead, duplicate = (make_lead(now=NOW, homeowner_email="lucia@example.com") for _ in range(2))
    make_lead(now=NOW)
    client_of(moderator).get(reverse("admin:marketplace_lead_change", args=[lead.pk]))
    assert looks() == {(lead.pk, moderator.pk, None), (duplicate.pk, moderator.pk, None)}


def test_who_searches_by_an_address_looks_at_what_is_found(moderator, client_of):
    lead = make_lead(now=NOW, homeowner_email="lucia@example.com")
    make_lead(now=NOW)
    requests = reverse("admin:marketplace_lead_changelist")
    client_of(moderator).get(requests, {"state": "all"})
    assert looks() == set()
    client_of(moderator).get(requests, {"state": "all", "q": "lucia@example.com"})
    assert looks() == {(lead.pk, moderator.pk, None)}
    client_of(make_staff("finance")).get(requests, {"state": "all", "q": "lucia@example.com"})
    assert looks() == {(lead.pk, moderator.pk, None)}


def searched(browser, query: str) -> set[tuple[int, int, int | None]]:
    """The looks that this search of the office's list wrote down."""
    DetailsSeen.objects.all().delete()
    found = browser.get(reverse("admin:marketplace_lead_changelist"), {"state": "all", "q": query})
    assert found.status_code == 200
    return looks()


@pytest.mark.parametrize(
    "query",
    [
        "caldera",
        "CALDERA",
        "cambiar caldera",
        "caldera coyoacán",
        "2026",
        "'cambiar la caldera'",
        '"caldera 2026"',
        "a",
    ],
)
def test_a_word_that_the_list_shows_tells_nothing_of_anybody(query, moderator, client_of):
    """Also where it stands in a name, an address or a telephone too: it would have been found without."""
    make_lead(
        title="Cambiar la caldera 2026",
        homeowner_email="caldera@example.com",
        homeowner_phone="+525555202611",
    )
    assert searched(client_of(moderator), query) == set()


@pytest.mark.parametrize(
    "query",
    [
        "lucia@example.com",
        "example.com",
        "5551234567",
        "5551",
        "+52555",
        "Fernández",
        "fern",
        "caldera Fernández",
        "caldera 5551",
        "'Lucía Fernández'",
        "8765",
        "lopez_obras",
    ],
)
def test_what_only_the_details_say_is_a_look_at_whom_it_finds(query, moderator, client_of):
    """By name, mail or telephone; and by what is masked of the title, as the list does not show it."""
    lead = make_lead(
        title="Cambiar la caldera, tel. 55 8765 4321, lopez_obras en insta",
        homeowner_name="Lucía Fernández",
        homeowner_email="lucia@example.com",
        homeowner_phone="+525551234567",
    )
    make_lead(title="Cambiar la caldera", homeowner_name="Ana Ruiz", homeowner_email="ana@quince.example",
              homeowner_phone="+523312345678")  # fmt: skip
    assert searched(client_of(moderator), query) == {(lead.pk, moderator.pk, None)}


def test_of_those_that_one_search_finds_only_the_ones_found_by_details_are_looked_at(moderator, client_of):
    shown, hidden = make_lead(title="Ana quiere una cocina"), make_lead(homeowner_name="Ana Ruiz")
    assert shown.homeowner_name != hidden.homeowner_name
    assert searched(client_of(moderator), "ana") == {(hidden.pk, moderator.pk, None)}


@pytest.mark.parametrize("number", [1, 30])
def test_a_search_costs_the_same_for_one_and_for_many(
    number, moderator, client_of, django_assert_max_num_queries
):
    for _number in range(number):
        make_lead(homeowner_name="Ana Ruiz")
    browser = client_of(moderator)
    searched(browser, "ana")
    with django_assert_max_num_queries(20):
        assert len(searched(browser, "ana")) == number


def test_whoever_may_search_by_the_category_alone_looks_at_nothing(moderator, client_of):
    """Staff with a business find requests by category and place, which say nothing of anybody."""
    make_pro(members=(moderator,))
    lead = make_lead()
    Lead.objects.update(state="rejected")  # Nothing that their business may buy.
    assert lead.category.slug == "bathrooms"
    assert searched(client_of(moderator), "bathrooms") == set()

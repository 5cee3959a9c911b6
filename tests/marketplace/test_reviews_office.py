"""Reviews in the office: the queue, the buttons, and what a moderator sees (M12)."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from marketplace import reviews
from marketplace.models import Contact, Review
from marketplace.withdrawal import withdraw_lead
from tests.making import NOW, buy, contract, fund, make_plan, make_review, make_user
from tests.marketplace.test_reviews_pages import FILLED_IN, State, ask, page, said

QUEUE = "admin:marketplace_review_changelist"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def contact(pro):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    return buy(pro, now=NOW)[0]


@pytest.fixture
def asked(pro):
    return ask(pro)


# The office


def office(review):
    return reverse("admin:marketplace_review_change", args=[review.pk])


def decide(browser, review, decision, reason=""):
    address = reverse("admin:marketplace_review_decide", args=[review.pk])
    return browser.post(address, {"decision": decision, "reason": reason})


def test_the_queue_shows_what_waits_the_oldest_first(pro, moderator, client_of):
    old = make_review(pro, published=False, now=NOW - timedelta(days=7))
    new = make_review(pro, published=False)
    make_review(pro)
    response = client_of(moderator).get(reverse(QUEUE))
    assert list(response.context["cl"].result_list) == [old, new]
    assert response.text.count("overdue since") == 1


def test_buttons_publish_reject_and_take_down(pro, moderator, client_of):
    review, other = make_review(pro, published=False), make_review(pro, published=False)
    browser = client_of(moderator)
    assert said(decide(browser, review, "published")) == ["Published. The professional has been written to."]
    assert said(decide(browser, other, "rejected"))[-1] == "Write down why: it is kept with the review."
    decide(browser, other, "rejected", "Advertising.")
    decide(browser, review, "taken_down", "The author asked us to.")
    assert sorted(Review.objects.values_list("state", flat=True)) == ["rejected", "taken_down"]
    assert decide(browser, review, "burn").status_code == 400
    assert "The author asked us to." in browser.get(office(review)).text


def test_the_moderator_sees_who_may_have_written_it(contact, pro, other_pro, moderator, client_of):
    email = contact.lead.homeowner_email
    for one in (ask(pro, email), ask(other_pro, email)):
        reviews.write_review(
            request=one,
            author_name="Lucía",
            handling=5,
            workmanship=None,
            text=FILLED_IN["text"],
            user=pro.owner,
            browser_of=None,
            now=NOW,
        )
    shown = client_of(moderator).get(office(Review.objects.get(professional=pro))).text
    assert "written from the professional&#x27;s own account" in shown
    assert "The same address asked for" in shown
    assert "Pinturas Juárez" in shown
    assert email in shown


def test_only_a_moderator_of_others_decides_in_the_office(pro, moderator, reviewer, finance, client_of):
    review = make_review(pro, published=False)
    assert "Only a moderator decides on reviews." in client_of(reviewer).get(office(review)).text
    assert decide(client_of(reviewer), review, "published").status_code == 403
    assert client_of(finance).get(office(review)).status_code == 403
    pro.members.add(moderator)
    assert client_of(moderator).get(office(review)).status_code == 404
    assert decide(client_of(moderator), review, "published").status_code == 404
    review.refresh_from_db()
    assert review.state == State.WAITING


def test_the_address_of_an_author_is_seen_with_permission_alone(pro, client_of):
    from django.contrib.auth.models import Permission

    review = make_review(pro, published=False)
    clerk = make_user(is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_review"))
    shown = client_of(clerk).get(office(review))
    assert shown.status_code == 200
    assert review.request.email not in shown.text


def test_the_queue_asks_the_database_the_same_for_one_review_and_for_many(
    pro, moderator, client_of, django_assert_num_queries, django_assert_max_num_queries
):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    bought = buy(pro, 30, now=NOW - timedelta(hours=2))
    make_review(bought[0], published=False)
    browser = client_of(moderator)
    browser.get(reverse(QUEUE))
    with django_assert_max_num_queries(20) as first:
        browser.get(reverse(QUEUE))
    for contact in bought[1:]:
        make_review(contact, published=False)
    with django_assert_num_queries(len(first.captured_queries)):
        response = browser.get(reverse(QUEUE))
    assert len(response.context["cl"].result_list) == Contact.objects.count() == 30


def test_the_name_on_a_review_is_shown_to_the_business_once_a_moderator_has_read_it(
    contact, pro, moderator, client_of
):
    """Until then, and where it is rejected, the one that the business asked under (M12); none once they withdrew."""
    asked = reviews.ask_homeowner(contact=contact, by=None, now=NOW)
    Client().post(page(asked), FILLED_IN | {"author_name": "Estafados por ustedes"})
    review = Review.objects.get()
    own_list = reverse("marketplace:reviews")
    for decide in (None, reviews.reject_review):
        if decide:
            decide(review=review, by=moderator, reason="Insulta.", now=NOW)
        shown = client_of(pro).get(own_list).text
        assert ("Estafados" in shown, "<h3>Lucía Fernández</h3>" in shown) == (False, True)
    withdraw_lead(lead=contact.lead, now=NOW)
    assert "Lucía" not in client_of(pro).get(own_list).text
    other = make_review(pro, now=NOW)
    assert f"<h3>{other.author_name}</h3>" in client_of(pro).get(own_list).text


def test_a_moderator_sees_marked_what_a_review_would_tell_everybody(pro, client_of, moderator):
    """A telephone number in it stands on the public page of the business once it is published (M5)."""
    review = make_review(pro, published=False)
    page = reverse("admin:marketplace_review_change", args=[review.pk])
    assert "<mark>" not in client_of(moderator).get(page).text
    Review.objects.filter(pk=review.pk).update(text="Muy <b>bien</b>. Mi tel 55 4321 8765.")
    shown = client_of(moderator).get(page).text
    assert "Muy &lt;b&gt;bien&lt;/b&gt;. Mi tel <mark>55 4321 8765</mark>." in shown
    assert "The marked words are contact details" in shown

"""The page behind a review link, the professional's page of reviews, and the moderators' queue (G8, M12)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from base import links
from billing.models import Invoice
from marketplace import reviews
from marketplace.contacts import record_homeowner_word, set_outcome
from marketplace.diary import write_diary
from marketplace.models import Review, ReviewRequest
from marketplace.withdrawal import withdraw_lead
from profiles.browsers import COOKIE, remember_browser
from tests.making import NOW, buy, contract, fund, make_plan, make_review, pay

State = Review.State
FILLED_IN = {
    "handling": "4",
    "workmanship": "",
    "text": "Llegaron a la hora y explicaron todo con paciencia.",
    "author_name": "Ana",
    "leave_empty": "",
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def contact(pro):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    return buy(pro, now=NOW)[0]


def ask(pro, email="ana@example.com", *, language="en", now=NOW):
    if pro.first_contracted_on is None:
        contract(pro, now=min(now, NOW))
    return reviews.ask_earlier_client(
        professional=pro, name="Ana Ruiz", email=email, language=language, by=pro.owner, now=now
    )


@pytest.fixture
def asked(pro):
    return ask(pro)


def page(asked, name="review_by_link"):
    with time_machine.travel(asked.sent_at, tick=False):
        token = reviews.token_of(asked)
    return reverse(f"marketplace:{name}", kwargs={"token": token})


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


# By link


def test_a_review_is_written_without_an_account(asked):
    browser = Client()
    shown = browser.get(page(asked))
    assert shown.status_code == 200
    assert shown.text.count('type="radio"') == 10
    sent = browser.post(page(asked), FILLED_IN)
    assert (sent.status_code, sent["Location"]) == (302, page(asked, "review_thanks"))
    assert "Thank you" in browser.get(sent["Location"]).text
    review = Review.objects.get()
    assert (review.request, review.handling, review.workmanship, review.state, review.own_hand) == (
        asked,
        4,
        None,
        State.WAITING,
        "",
    )


def test_looking_does_nothing(asked):
    for method in (Client().get, Client().head):
        assert method(page(asked)).status_code == 200
    assert Client().get(page(asked), FILLED_IN).status_code == 200
    asked.refresh_from_db()
    assert asked.used_at is None
    assert not Review.objects.exists()


def test_the_page_speaks_the_language_of_the_request(pro):
    shown = Client().get(page(ask(pro, language="es-mx")), headers={"accept-language": "en"})
    assert '<html lang="es-mx">' in shown.text
    shown = Client().get(page(ask(pro, "b@example.com", language="en")), headers={"accept-language": "es"})
    assert '<html lang="en">' in shown.text


def test_who_chooses_another_language_gets_it(pro):
    browser, address = Client(), page(ask(pro, language="es-mx"))
    browser.post(reverse("set_language"), {"language": "en"})
    assert '<html lang="en">' in browser.get(address).text


@pytest.mark.parametrize(
    "token", ["", "x", "2b1e0e7e-9a3c-4f5c-8f4e-0d2f6f0b8c11:1abcde:forged", "../../etc", "%00"]
)
def test_a_forged_link_leads_nowhere(asked, token):
    assert Client().get(f"/review/{token}/").status_code == 404
    assert Client().post(f"/review/{token}/", FILLED_IN).status_code == 404
    assert not Review.objects.exists()


def test_a_link_signed_for_something_else_or_for_nobody_leads_nowhere(asked):
    for token in (
        links.sign("claim", str(asked.public_id)),
        links.sign("review", "2b1e0e7e-9a3c-4f5c-8f4e-0d2f6f0b8c11"),
    ):
        response = Client().get(reverse("marketplace:review_by_link", kwargs={"token": token}))
        assert response.status_code == 404
        assert "This link leads nowhere" in response.text


def test_a_changed_link_leads_nowhere(asked):
    address = page(asked)
    changed = address[:-2] + ("A" if address[-2] != "A" else "B") + "/"
    assert Client().get(changed).status_code == 404


@pytest.mark.parametrize(("after", "status"), [(59, 200), (60, 200), (61, 410)])
def test_a_link_is_good_for_60_days(asked, clock, after, status):
    clock.move_to(NOW + timedelta(days=after))
    response = Client().get(page(asked))
    assert response.status_code == status
    assert ("60 days, and they are over" in response.text) == (status == 410)
    assert Client().post(page(asked), FILLED_IN).status_code == (302 if status == 200 else 410)


def test_a_link_dated_anew_ends_with_its_request(pro, clock):
    """The token's own age is one bound; when the request was sent is the other."""
    old = ask(pro, now=NOW - timedelta(days=61))
    address = reverse("marketplace:review_by_link", kwargs={"token": reviews.token_of(old)})
    assert Client().get(address).status_code == 410
    assert Client().post(address, FILLED_IN).status_code == 410


def test_a_used_link_says_so_and_takes_nothing_more(asked):
    Client().post(page(asked), FILLED_IN)
    again = Client().get(page(asked))
    assert again.status_code == 410
    assert "Your review is already here" in again.text
    # The very same once more is a double click; anything else is refused.
    assert Client().post(page(asked), FILLED_IN).status_code == 302
    assert Client().post(page(asked), FILLED_IN | {"handling": "1"}).status_code == 410
    assert Review.objects.get().handling == 4


def test_the_thanks_come_after_the_review(asked):
    response = Client().get(page(asked, "review_thanks"))
    assert (response.status_code, response["Location"]) == (302, page(asked))
    assert Client().get("/review/forged/thanks/").status_code == 404
    assert Client().post(page(asked, "review_thanks")).status_code == 405


def test_a_program_that_fills_in_everything_is_refused(asked):
    response = Client().post(page(asked), FILLED_IN | {"leave_empty": "https://spam.example"})
    assert list(response.context["form"].errors) == ["leave_empty"]
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"handling": ""}, "handling"),
        ({"handling": "6"}, "handling"),
        ({"text": "short"}, "text"),
        ({"text": "\u200b" * 30}, "text"),
        ({"text": "x" * 3001}, "text"),
        ({"author_name": " "}, "author_name"),
        ({"author_name": "A"}, "author_name"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(asked, change, field):
    response = Client().post(page(asked), FILLED_IN | change)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert not Review.objects.exists()


def test_a_form_from_elsewhere_is_refused(asked):
    assert Client(enforce_csrf_checks=True).post(page(asked), FILLED_IN).status_code == 403


def test_the_form_asks_everybody_of_the_work_in_the_same_words(contact, reviewer):
    """G2: whoever opens a link that was passed on cannot tell from it what the homeowner has said."""
    asked = reviews.ask_homeowner(contact=contact, by=None, now=NOW)
    browser = Client(headers={"Accept-Language": "en"})
    before = form_of(browser.get(page(asked)))
    record_homeowner_word(contact=contact, word="hired_them", by=reviewer, now=NOW)
    assert form_of(browser.get(page(asked))) == before
    assert before.count('type="radio"') == 10


def form_of(response: HttpResponse) -> str:
    form = response.text.partition('<form class="form card')[2].partition("</form>")[0]
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", form)


def test_whoever_works_for_a_buyer_is_turned_away_from_the_homeowners_review_link(
    contact, pro, other_pro, client_of
):
    """By account or by browser, as from the homeowner's own page (G2, G8)."""
    address = page(reviews.ask_homeowner(contact=contact, by=None, now=NOW))
    signed_in = client_of(pro)
    signed_in.get(reverse("marketplace:contacts"))
    signed_out = Client()
    signed_out.cookies[COOKIE] = signed_in.cookies[COOKIE].value
    for browser in (signed_in, signed_out):
        assert browser.get(address).status_code == 403
        assert browser.post(address, FILLED_IN).status_code == 403
    assert not Review.objects.exists()
    assert client_of(other_pro).get(address).status_code == 200
    assert Client().get(address).status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_link_of_who_withdrew_says_that_it_has_ended(contact, method):
    asked = reviews.ask_homeowner(contact=contact, by=None, now=NOW)
    withdraw_lead(lead=contact.lead, now=NOW)
    ended = getattr(Client(), method)(page(asked), FILLED_IN)
    assert (ended.status_code, ended.context["why"]) == (410, "withdrawn")
    assert not Review.objects.exists()


def test_the_own_hand_is_seen_in_account_and_browser(pro, client_of):
    client_of(pro).post(page(ask(pro)), FILLED_IN)
    signed_out = Client()
    response = HttpResponse()
    remember_browser(response, pro.pk)
    signed_out.cookies[COOKIE] = response.cookies[COOKIE].value
    signed_out.post(page(ask(pro, "b@example.com")), FILLED_IN)
    forged = Client()
    forged.cookies[COOKIE] = str(pro.pk)
    forged.post(page(ask(pro, "c@example.com")), FILLED_IN)
    assert list(Review.objects.order_by("id").values_list("own_hand", flat=True)) == [
        "account",
        "browser",
        "",
    ]


# The professional's page


def test_signed_out_signs_in_and_a_stranger_opens_a_business_first(contact, client_of, stranger, other_pro):
    ask_page = reverse("marketplace:ask_homeowner", kwargs={"public_id": contact.public_id})
    for address in (reverse("marketplace:reviews"), ask_page):
        assert Client().post(address)["Location"].startswith(reverse("account_login"))
        assert client_of(stranger).post(address)["Location"] == reverse("profiles:open")
    assert client_of(other_pro).post(ask_page).status_code == 404
    assert client_of(contact.professional).get(ask_page).status_code == 405
    assert not ReviewRequest.objects.exists()


def test_an_earlier_client_is_asked_from_the_page(pro, client_of):
    contract(pro)
    browser, filled_in = client_of(pro), {"name": "Ana", "email": "ana@example.com", "language": "es-mx"}
    first = browser.post(reverse("marketplace:reviews"), filled_in)
    assert said(first) == ["We have written to Ana. The link is good for 60 days."]
    assert pro.review_requests.get().language == "es-mx"
    shown = browser.get(reverse("marketplace:reviews")).text
    assert "Ana" in shown
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        again = browser.post(reverse("marketplace:reviews"), filled_in)
    assert (
        said(again)[-1] == "Ana was asked before. A new link can be sent only if this one comes to nothing."
    )
    own = browser.post(reverse("marketplace:reviews"), filled_in | {"email": pro.owner.email})
    assert list(own.context["form"].errors) == ["email"]


def test_the_page_says_beforehand_who_cannot_ask(pro, client_of):
    shown = client_of(pro).get(reverse("marketplace:reviews")).text
    assert "To ask earlier clients here you need a plan in force." in shown
    assert reverse("billing:plans") in shown
    assert "Send the link" not in shown
    contract(pro, paid=False)
    shown = client_of(pro).get(reverse("marketplace:reviews")).text
    assert "Pay the invoice of your plan first" in shown
    assert reverse("billing:invoices") in shown
    pay(Invoice.objects.get())
    assert "Send the link" in client_of(pro).get(reverse("marketplace:reviews")).text


def test_a_homeowner_is_asked_from_the_contact(contact, pro, client_of):
    write_diary(contact=contact, kind="call", happened_at=NOW, text="", by=pro.owner, now=NOW)
    browser = client_of(pro)
    assert [one.pk for one in browser.get(reverse("marketplace:reviews")).context["to_ask"]] == [contact.pk]
    response = browser.post(reverse("marketplace:ask_homeowner", kwargs={"public_id": contact.public_id}))
    assert response["Location"] == reverse("marketplace:contact", kwargs={"public_id": contact.public_id})
    assert contact.review_requests.exists()
    assert not browser.get(reverse("marketplace:reviews")).context["to_ask"]


def test_a_review_is_not_shown_before_it_is_published(pro, client_of, moderator):
    review = make_review(pro, published=False)
    shown = client_of(pro).get(reverse("marketplace:reviews")).text
    assert review.text not in shown
    assert "Being read by us" in shown
    reviews.publish_review(review=review, by=moderator, reason="", now=NOW)
    assert review.text in client_of(pro).get(reverse("marketplace:reviews")).text
    reviews.take_down_review(review=review, by=moderator, reason="Not a client.", now=NOW)
    shown = client_of(pro).get(reverse("marketplace:reviews")).text
    assert review.text not in shown
    assert "Not a client." not in shown


def test_stars_for_the_work_do_not_tell_what_the_homeowner_said(contact, pro, reviewer, moderator, client_of):
    """G2: nor does marking the contact as won afterwards, to see whether stars appear."""
    record_homeowner_word(contact=contact, word="hired_them", by=reviewer, now=NOW)
    asked = reviews.ask_homeowner(contact=contact, by=pro.owner, now=NOW)
    Client().post(page(asked), FILLED_IN | {"workmanship": "4"})
    review = Review.objects.get()
    reviews.publish_review(review=review, by=moderator, reason="", now=NOW)
    browser = client_of(pro)
    assert "the work: 4 of 5" not in browser.get(reverse("marketplace:reviews")).text
    set_outcome(contact=contact, outcome="won", lost_reason="", by=pro.owner, now=NOW)
    shown = browser.get(reverse("marketplace:reviews")).text
    assert "attention and handling: 4 of 5" in shown
    assert "the work: 4 of 5" not in shown
    # Who moderates sees what was written.
    assert (
        "4 / 5" in client_of(moderator).get(reverse("admin:marketplace_review_change", args=[review.pk])).text
    )


def test_stars_for_the_work_are_shown_while_the_contact_is_won(contact, pro, moderator, client_of):
    set_outcome(contact=contact, outcome="won", lost_reason="", by=pro.owner, now=NOW)
    for asked in (reviews.ask_homeowner(contact=contact, by=pro.owner, now=NOW), ask(pro)):
        Client().post(page(asked), FILLED_IN | {"workmanship": "4"})
    for review in Review.objects.all():
        reviews.publish_review(review=review, by=moderator, reason="", now=NOW)
    browser = client_of(pro)
    assert browser.get(reverse("marketplace:reviews")).text.count("the work: 4 of 5") == 2
    set_outcome(contact=contact, outcome="open", lost_reason="", by=pro.owner, now=NOW)
    assert browser.get(reverse("marketplace:reviews")).text.count("the work: 4 of 5") == 1


def test_the_page_shows_one_s_own_reviews_alone(pro, other_pro, client_of):
    make_review(other_pro)
    assert not client_of(pro).get(reverse("marketplace:reviews")).context["page"].object_list


def test_what_a_review_says_cannot_turn_into_markup(pro, client_of, moderator):
    asked = ask(pro)
    Client().post(
        page(asked), FILLED_IN | {"text": "<script>alert(1)</script> y más", "author_name": "<b>A</b>"}
    )
    reviews.publish_review(review=Review.objects.get(), by=moderator, reason="", now=NOW)
    shown = client_of(pro).get(reverse("marketplace:reviews")).text
    assert "<script>alert(1)" not in shown
    assert "<b>A</b>" not in shown


def test_whoever_did_not_answer_can_be_asked_again_from_the_page(pro, contact, client_of, clock):
    """What the button sends is what asks: nobody is locked out of G8 by a link that came to nothing."""
    asked = [ask(pro), reviews.ask_homeowner(contact=contact, by=pro.owner, now=NOW)]
    list_page = reverse("marketplace:reviews")
    contact_page = reverse("marketplace:contact", kwargs={"public_id": contact.public_id})
    for address in (list_page, contact_page):
        assert "Ask again" not in client_of(pro).get(address).text
    clock.move_to(NOW + timedelta(days=61))
    browser = client_of(pro)
    assert browser.get(list_page).text.count("Ask again<") == 2
    assert browser.get(contact_page).text.count("Ask again<") == 1
    hidden = {name: getattr(asked[0], name) for name in ("name", "email", "language")}
    for name, value in hidden.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in browser.get(list_page).text
    browser.post(list_page, hidden)
    browser.post(reverse("marketplace:ask_homeowner", kwargs={"public_id": contact.public_id}))
    assert "Ask again" not in browser.get(list_page).text
    for each in asked:
        each.refresh_from_db()
        assert each.sent_at == NOW + timedelta(days=61)
        assert Client().get(page(each)).status_code == 200


def test_the_page_asks_the_database_the_same_for_one_review_and_for_many(
    pro, client_of, django_assert_num_queries, django_assert_max_num_queries
):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    bought = buy(pro, 30, now=NOW - timedelta(hours=2))
    make_review(bought[0])
    browser = client_of(pro)
    browser.get(reverse("marketplace:reviews"))
    with django_assert_max_num_queries(20) as first:
        browser.get(reverse("marketplace:reviews"))
    for number, contact in enumerate(bought[1:], start=1):
        make_review(contact, published=number % 2 == 0)
    with django_assert_num_queries(len(first.captured_queries)):
        response = browser.get(reverse("marketplace:reviews"))
    assert len(response.context["page"].object_list) == 30

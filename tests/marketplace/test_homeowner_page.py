"""The homeowner's own page: what it shows, what can be done on it, and that looking at it does nothing (M1)."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from mail.models import OutgoingMail
from marketplace.contacts import buy_contact, record_homeowner_word, set_outcome
from marketplace.diary import write_diary
from marketplace.homeowners import token_of
from marketplace.models import (
    Contact,
    HomeownerQuestion,
    HomeownerWordEvent,
    Lead,
    LeadEvent,
    Review,
    ReviewRequest,
)
from marketplace.public_profile import page_address
from marketplace.questions import answer_question, ask_question
from marketplace.returns import return_by_staff
from marketplace.reviews import ask_homeowner
from marketplace.withdrawal import withdraw_lead
from profiles.closing import close_account
from profiles.suspensions import suspend
from tests.making import contract, fund, make_lead, make_plan, make_pro, make_user

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PRICE = 20_000
TEXT = "Llegaron a la hora y explicaron todo con paciencia."


@pytest.fixture
def now():
    """Pages read the clock, so what they show was made today."""
    return timezone.now()


@pytest.fixture
def lead(now):
    return make_lead(
        now=now - DAY,
        title="Renovar un baño",
        homeowner_name="Lucía Fernández",
        homeowner_email="lucia@example.com",
        language="en",
    )


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=False)


def page_of(lead, name="homeowner", *args) -> str:
    return reverse(f"marketplace:{name}", args=[token_of(lead), *args])


def bought(lead, pro=None, *, at) -> Contact:
    pro = pro or make_pro()
    if pro.first_contracted_on is None:
        contract(pro, now=at, plan=make_plan("year", months=12))
        fund(pro, now=at)
    return buy_contact(professional=pro, lead=lead, price_seen_cents=PRICE, now=at)


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def everything() -> dict[str, list]:
    """What there is, so that nothing is seen to have changed."""
    models = (
        Lead,
        LeadEvent,
        Contact,
        HomeownerWordEvent,
        HomeownerQuestion,
        ReviewRequest,
        Review,
        OutgoingMail,
    )
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


# Who gets in


def test_a_forged_link_leads_nowhere_on_every_page(browser, lead, now):
    contact = bought(lead, at=now)
    for name in ("homeowner", "homeowner_data", "homeowner_withdraw"):
        for token in (token_of(lead)[:-1], f"{lead.public_id}", f"{contact.public_id}:1:x", "x" * 5000):
            assert browser.get(reverse(f"marketplace:{name}", args=[token])).status_code == 404
    for name in ("homeowner_ask", "homeowner_review"):
        address = reverse(f"marketplace:{name}", args=["forged:1:x", contact.public_id])
        assert browser.post(address, {"text": "¿?"}).status_code == 404
    for name in ("homeowner_job", "homeowner_withdraw"):
        assert browser.post(reverse(f"marketplace:{name}", args=["forged:1:x"])).status_code == 404
    assert not HomeownerQuestion.objects.exists()


def test_the_link_of_one_request_opens_no_contact_of_another(browser, lead, now):
    other = bought(make_lead(now=now), at=now)
    for name in ("homeowner_ask", "homeowner_review"):
        assert browser.post(page_of(lead, name, other.public_id), {"text": "¿Hola?"}).status_code == 404


def test_the_link_of_an_anonymised_request_says_politely_that_it_has_ended(browser, lead):
    Lead.objects.update(anonymised_at=timezone.now())
    for name in ("homeowner", "homeowner_data", "homeowner_withdraw"):
        response = browser.get(page_of(lead, name))
        assert response.status_code == 410
        assert "This request is over" in text_of(response)


def test_nothing_of_it_is_indexed_or_kept(browser, lead, now):
    contact = bought(lead, at=now)
    addresses = [page_of(lead, name) for name in ("homeowner", "homeowner_data", "homeowner_withdraw")]
    for address in [*addresses, page_of(lead, "homeowner_review", contact.public_id)]:
        response = browser.get(address)
        assert response.status_code == 200
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert '<meta name="robots" content="noindex">' in text_of(response)
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Referrer-Policy"] == "same-origin"


def test_looking_at_its_pages_changes_nothing(browser, lead, now):
    """G14, M1: machines open links; opening one answers nothing."""
    contact = bought(lead, at=now)
    ask_homeowner(contact=contact, by=contact.professional.owner, now=now)
    before = everything()
    for name in ("homeowner", "homeowner_data", "homeowner_withdraw"):
        assert browser.get(page_of(lead, name)).status_code == 200
        assert browser.head(page_of(lead, name)).status_code == 200
    assert browser.get(page_of(lead, "homeowner_review", contact.public_id)).status_code == 200
    for name, args in (("homeowner_ask", [contact.public_id]), ("homeowner_job", [])):
        assert browser.get(page_of(lead, name, *args)).status_code == 405
    assert everything() == before


def test_every_press_needs_its_token_against_forgery(lead, now):
    contact = bought(lead, at=now)
    strict = Client(enforce_csrf_checks=True)
    before = everything()
    for address in (
        page_of(lead, "homeowner_job"),
        page_of(lead, "homeowner_withdraw"),
        page_of(lead, "homeowner_ask", contact.public_id),
        page_of(lead, "homeowner_review", contact.public_id),
    ):
        assert strict.post(address, {"do": "close", "hired": "undecided", "text": TEXT}).status_code == 403
    assert everything() == before


def test_it_is_read_in_the_homeowners_language(browser, now):
    lead = make_lead(now=now, language="es-mx")
    assert '<html lang="es-mx">' in text_of(browser.get(page_of(lead)))


# What it shows


def test_where_the_request_stands_is_said_in_plain_words(browser, lead, now, settings):
    def said() -> str:
        return text_of(browser.get(page_of(lead)))

    assert "up to 4 more businesses can get your name" in said()
    bought(lead, at=now)
    assert "up to 3 more businesses" in said()
    Lead.objects.update(places=1)
    assert "Enough businesses have it" in said()
    Lead.objects.update(places=4, published_at=now - timedelta(days=31))
    assert "Its 30 days are over" in said()
    for state, words in (
        ("waiting", "We are reading it"),
        ("rejected", "We did not publish it"),
        ("expired", "Its 30 days are over"),
        ("closed", "The request is closed"),
    ):
        Lead.objects.update(state=state)
        assert words in said()


def test_an_unconfirmed_request_leads_to_the_page_that_confirms_it(browser, lead):
    Lead.objects.update(state="unconfirmed")
    assert browser.get(page_of(lead)).url == page_of(lead, "confirm")


def test_who_bought_it_when_and_whether_they_were_in_touch_and_nothing_else_of_the_diary(browser, lead, now):
    first = bought(lead, make_pro("Reformas Hidalgo"), at=now - 3 * HOUR)
    bought(lead, make_pro("Pinturas Juárez"), at=now - 2 * HOUR)
    write_diary(
        contact=first,
        kind="call_unanswered",
        happened_at=now - HOUR,
        text="Parece complicada, cobrarle más.",
        by=first.professional.owner,
        now=now,
    )
    set_outcome(contact=first, outcome="lost", lost_reason="price", by=first.professional.owner, now=now)
    page = text_of(browser.get(page_of(lead)))
    assert page.index("Reformas Hidalgo") < page.index("Pinturas Juárez")
    assert first.professional.phone.as_national in page
    assert page.count("Not yet in touch") == 1
    assert page.count(">In touch<") == 1
    for private in ("complicada", "not answered", "lost", "the price", first.professional.owner.email):
        assert private not in page


def test_a_business_with_a_public_page_is_linked_to_it_and_another_is_not(browser, lead, now):
    contact = bought(lead, at=now)
    address = page_address(contact.professional)
    assert f'href="{address}"' in text_of(browser.get(page_of(lead)))
    suspend(professional=contact.professional, reason="Dijo lo que no era.", decided_by=make_user(), now=now)
    assert address not in text_of(browser.get(page_of(lead)))


def test_a_returned_contact_is_said_to_be_given_back_and_nothing_can_be_asked_of_it(
    browser, lead, now, moderator
):
    contact = bought(lead, at=now)
    return_by_staff(contact=contact, by=moderator, note="Era un duplicado.", now=now)
    page = text_of(browser.get(page_of(lead)))
    assert "has returned your request" in page
    assert "Ask them something" not in page
    # Giving back must not spare anybody a bad review.
    assert "Write a review" in page
    assert "duplicado" not in page


def test_it_says_after_how_many_months_the_data_goes(browser, lead):
    assert "12 months after its publication" in browser.get(page_of(lead, "homeowner_data")).text


@pytest.mark.parametrize("name", ["homeowner", "homeowner_data"])
def test_one_buyer_and_thirty_cost_the_same_queries(browser, lead, now, name):
    """One buyer with one question, then thirty with two each, reviews and words."""
    Lead.objects.update(places=40)

    def more(number):
        for _ in range(number):
            contact = bought(lead, at=now)
            ask_question(contact=contact, text="¿Cuándo?", now=now)
            ask_homeowner(contact=contact, by=contact.professional.owner, now=now)
            record_homeowner_word(contact=contact, word="undecided", by=None, now=now)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as counted:
            assert browser.get(page_of(lead, name)).status_code == 200
        return len(counted)

    more(1)
    one = queries()
    more(29)
    assert queries() == one


def test_what_a_stranger_typed_is_shown_as_text(browser, now):
    lead = make_lead(now=now, title="<script>alert(1)</script>", description="<img src=x onerror=alert(1)>")
    contact = bought(lead, at=now)
    ask_question(contact=contact, text="<b>¿Cuándo?</b>", now=now)
    for name in ("homeowner", "homeowner_data", "homeowner_withdraw"):
        page = text_of(browser.get(page_of(lead, name)))
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>¿Cuándo" not in page


# Questions


def test_a_question_is_sent_and_its_answer_is_read_here(browser, lead, now):
    contact = bought(lead, make_pro("Reformas Hidalgo"), at=now)
    address = page_of(lead, "homeowner_ask", contact.public_id)
    done = browser.post(address, {"text": "¿Incluye el azulejo?"}, follow=True)
    assert "We have sent your question to Reformas Hidalgo." in text_of(done)
    assert "Not answered yet." in text_of(done)
    question = HomeownerQuestion.objects.get()
    answer_question(question=question, text="Sí.", by=contact.professional.owner, now=now)
    page = text_of(browser.get(page_of(lead)))
    assert "¿Incluye el azulejo?" in page
    assert '<blockquote class="prewrap">Sí.</blockquote>' in page


@pytest.mark.parametrize("text", ["", "   ", "a" * 2001])
def test_a_question_that_cannot_be_sent_stands_where_it_was_typed(browser, lead, now, text):
    contact = bought(lead, at=now)
    response = browser.post(page_of(lead, "homeowner_ask", contact.public_id), {"text": text})
    assert 'class="errorlist"' in text_of(response)
    assert '<details class="fold" open>' in text_of(response)
    assert not HomeownerQuestion.objects.exists()


# Who was hired


def test_that_a_business_was_hired_is_saved_and_shown_and_can_be_corrected(browser, lead, now):
    contact, other = bought(lead, at=now), bought(lead, at=now)

    def press(hired, do="say"):
        return browser.post(page_of(lead, "homeowner_job"), {"hired": hired, "do": do}, follow=True)

    assert "The businesses do not see it." in text_of(press(str(contact.public_id)))
    chosen = re.findall(r'value="([^"]+)"[^>]* checked', text_of(browser.get(page_of(lead))))
    assert chosen == [str(contact.public_id)]
    press("undecided")
    contact.refresh_from_db()
    other.refresh_from_db()
    assert (contact.homeowner_word, other.homeowner_word) == ("undecided", "undecided")
    assert Lead.objects.get().state == "published"


@pytest.mark.parametrize("hired", ["", "hired_nobody"])
def test_the_job_is_closed_with_or_without_a_word(browser, lead, now, hired):
    contact = bought(lead, at=now)
    address = page_of(lead, "homeowner_job")
    done = browser.post(address, {"hired": hired, "do": "close"}, follow=True)
    assert "The request is closed." in text_of(done)
    browser.post(address, {"hired": hired, "do": "close"})
    contact.refresh_from_db()
    assert (contact.homeowner_word, Lead.objects.get().state) == (hired, "closed")
    assert OutgoingMail.objects.filter(kind="marketplace/job_closed").count() == 1
    # It can still be said, and corrected, once it is closed.
    browser.post(address, {"hired": str(contact.public_id), "do": "say"})
    contact.refresh_from_db()
    assert contact.homeowner_word == "hired_them"


@pytest.mark.parametrize(
    "hired", ["", "never_contacted", "hired_them", "5b0b6a8e-0000-4000-8000-000000000000"]
)
def test_what_is_none_of_the_choices_is_refused_with_a_sentence(browser, lead, now, hired):
    bought(lead, at=now)
    response = browser.post(page_of(lead, "homeowner_job"), {"hired": hired, "do": "say"})
    assert 'class="errorlist"' in text_of(response)
    assert not HomeownerWordEvent.objects.exists()


def test_what_waits_is_withdrawn_not_closed_and_closing_it_is_answered_politely(browser, now):
    lead = make_lead(now=now, published=False, language="en")
    assert "Close the request" not in text_of(browser.get(page_of(lead)))
    response = browser.post(page_of(lead, "homeowner_job"), {"do": "close"}, follow=True)
    assert response.status_code == 200
    assert "so that cannot be done" in text_of(response)
    assert Lead.objects.get().state == "waiting"


def press_review(browser, lead, contact, **changes):
    said = {"handling": "5", "text": TEXT, "author_name": "Lucía", "leave_empty": ""}
    return browser.post(page_of(lead, "homeowner_review", contact.public_id), said | changes, follow=True)


# The data, and withdrawing it


def test_all_that_is_held_is_shown(browser, lead, now):
    """X5."""
    contact = bought(lead, make_pro("Reformas Hidalgo"), at=now)
    answer_question(
        question=ask_question(contact=contact, text="¿Cuándo pueden?", now=now),
        text="El lunes.",
        by=contact.professional.owner,
        now=now,
    )
    write_diary(
        contact=contact,
        kind="note",
        happened_at=now,
        text="Apuntes míos.",
        by=contact.professional.owner,
        now=now,
    )
    record_homeowner_word(contact=contact, word="undecided", by=None, now=now)
    press_review(browser, lead, contact)
    page = text_of(browser.get(page_of(lead, "homeowner_data")))
    for held in (
        "Lucía Fernández",
        "lucia@example.com",
        lead.homeowner_phone.as_international,
        lead.description,
        "Coyoacán",
        "Reformas Hidalgo",
        "¿Cuándo pueden?",
        "El lunes.",
        "has not decided",
        TEXT,
        "It has written 2 entries about your request in its own diary.",
        "Your request “Renovar un baño” is published",
    ):
        assert held in page, held
    assert "Apuntes míos." not in page


def test_withdrawing_says_first_what_it_means_and_then_does_it(browser, lead, now):
    bought(lead, at=now)
    page = text_of(browser.get(page_of(lead, "homeowner_withdraw")))
    assert "It cannot be undone." in page
    assert "The business that has your details no longer sees" in page
    done = browser.post(page_of(lead, "homeowner_withdraw"), follow=True)
    assert "Your request and your data are withdrawn." in text_of(done)
    assert "You withdrew it on" in text_of(done)
    again = browser.post(page_of(lead, "homeowner_withdraw"), follow=True)
    assert again.status_code == 200
    assert browser.get(page_of(lead, "homeowner_withdraw")).url.startswith("/request/")
    assert LeadEvent.objects.filter(to_state="withdrawn").count() == 1


def test_after_it_the_page_only_shows_and_every_press_is_answered_politely(browser, lead, now):
    contact = bought(lead, at=now)
    withdraw_lead(lead=lead, now=now)
    page = text_of(browser.get(page_of(lead)))
    for gone in ("Ask them something", "Who got the job?", "Write a review", "Withdraw the request"):
        assert gone not in page
    assert "See all that we hold about you" in page
    before = everything()
    for address, sent in (
        (page_of(lead, "homeowner_ask", contact.public_id), {"text": "¿Hola?"}),
        (page_of(lead, "homeowner_job"), {"hired": "undecided", "do": "say"}),
        (page_of(lead, "homeowner_job"), {"hired": "", "do": "close"}),
    ):
        response = browser.post(address, sent, follow=True)
        assert response.status_code == 200
        assert re.search("was withdrawn|have withdrawn|so that cannot be done", text_of(response))
    assert "so it stays as it is" in text_of(press_review(browser, lead, contact))
    assert everything() == before
    assert "lucia@example.com" in text_of(browser.get(page_of(lead, "homeowner_data")))


# Who closed their account


def test_a_business_that_closed_its_account_is_named_so_and_asked_nothing(browser, lead, now):
    """It stood there as "—", with a form for questions that nobody would ever read (X5)."""
    pro = make_pro("Reformas Hidalgo")
    contact = bought(lead, pro, at=now - HOUR)
    asked = ask_question(contact=contact, text="¿Cuándo pueden venir?", now=now)
    answer_question(question=asked, text="El lunes.", by=pro.owner, now=now)
    close_account(user=pro.owner, now=now)
    address = reverse("marketplace:homeowner", args=[token_of(lead)])
    page = browser.get(address).text
    assert (
        page.count("A business that has closed its account") == 2
    )  # Its card, and whom they may have hired.
    assert "Its answer was erased with its account." in page
    assert "—" not in page
    ask = reverse("marketplace:homeowner_ask", args=[token_of(lead), contact.public_id])
    review = reverse("marketplace:homeowner_review", args=[token_of(lead), contact.public_id])
    assert ask not in page and review not in page
    assert (
        "has closed its account, so it does not answer any more"
        in browser.post(ask, {"text": "¿Y bien?"}).text
    )
    assert HomeownerQuestion.objects.count() == 1
    held = browser.get(reverse("marketplace:homeowner_data", args=[token_of(lead)])).text
    assert "a business that has closed its account" in held.lower()

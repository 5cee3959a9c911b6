"""The pages behind a homeowner's link: one press answers, looking does not (G14, M1, G2)."""

from datetime import timedelta

import pytest
import time_machine as travel
from django.test import Client
from django.urls import reverse

from guarantees.models import HomeownerSurvey, SurveyAnswer
from guarantees.survey import answer_survey, answered_token_of, token_of
from marketplace.homeowners import renew_link
from marketplace.models import Contact
from marketplace.withdrawal import withdraw_lead
from tests import making
from tests.guarantees.claim_making import LATER, confirm_all, item_of, make_submitted
from tests.making import at

HOUR = timedelta(hours=1)


@pytest.fixture
def survey(submitted):
    return HomeownerSurvey.objects.select_related("item__contact__lead", "item__claim").get(
        item=item_of(submitted, 1)
    )


@pytest.fixture
def page(survey):
    return reverse("guarantees:survey", args=[token_of(survey)])


@pytest.fixture(autouse=True)
def _now():
    with travel.travel(LATER, tick=False):
        yield


def everything():
    """All that an answer could change."""
    return (
        list(HomeownerSurvey.objects.order_by("pk").values()),
        list(SurveyAnswer.objects.values()),
        list(Contact.objects.order_by("pk").values()),
    )


def press(page, word, browser=None):
    return (browser or Client()).post(page, {"hired": word})


def test_the_page_asks_in_the_homeowners_language_with_a_button_for_each_answer(page, survey):
    asked = Client().get(page)
    assert asked.status_code == 200
    assert asked.text.count('<button class="button button-secondary button-wide" name="hired"') == 5
    assert '<html lang="es-mx">' in asked.text
    in_english = Client(headers={"cookie": "django_language=en"}).get(page)
    assert "Did you hire Reformas Hidalgo?" in in_english.text
    assert (
        f"Reformas Hidalgo got your details from us on Jan. 11, 2026, for “{survey.item.contact.lead.title}”."
        in (in_english.text)
    )
    for response in (asked, in_english):
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert "no-store" in response.headers["Cache-Control"]


def test_whatever_only_looks_answers_nothing(page):
    """Scanners of mail follow links, and browsers fetch pages beforehand."""
    before = everything()
    looks = [
        Client().get(page),
        Client().head(page),
        Client().get(page, {"hired": "hired_them"}),
        Client(headers={"sec-purpose": "prefetch", "purpose": "prefetch"}).get(page),
        Client().options(page),
    ]
    assert [look.status_code for look in looks] == [200, 200, 200, 200, 405]
    assert everything() == before


def test_a_post_without_the_pages_own_form_answers_nothing(page):
    before = everything()
    assert press(page, "hired_them", Client(enforce_csrf_checks=True)).status_code == 403
    assert Client().post(page).status_code == 422
    assert press(page, "hired_me").status_code == 422
    assert everything() == before


def test_one_press_answers_and_the_next_page_takes_the_details(page, survey):
    browser = Client()
    response = press(page, "never_contacted", browser)
    assert response.status_code == 302
    thanks = response.headers["Location"]
    assert thanks == reverse("guarantees:survey_answered", args=[answered_token_of(survey)])
    assert browser.get(thanks).text.count('type="radio"') == 4 + 3 + 4
    said = {
        "hired": "hired_other",
        "contacted": "yes",
        "contacted_when": "later",
        "contacted_on": "2026-02-01",
    }
    assert browser.post(thanks, said).status_code == 302
    survey.refresh_from_db()
    assert (survey.hired, survey.contacted, survey.contacted_when) == ("hired_other", "yes", "later")
    assert survey.contacted_on.isoformat() == "2026-02-01"


@pytest.mark.parametrize("day", ["2026-02-24", "2025-01-01", "soon"])
def test_a_day_that_cannot_be_is_refused_beside_its_field(page, survey, day):
    thanks = press(page, "hired_other").headers["Location"]
    response = Client().post(thanks, {"hired": "hired_other", "contacted": "yes", "contacted_on": day})
    assert response.status_code == 422
    assert 'id="id_contacted_on_error"' in response.text
    assert SurveyAnswer.objects.count() == 1


def test_a_used_link_says_so_and_answers_nothing_more(page):
    press(page, "hired_other")
    before = everything()
    again = [Client().get(page), press(page, "hired_them")]
    assert [response.status_code for response in again] == [410, 410]
    for response in again:
        assert reverse("marketplace:link_anew") in response.text
    assert press(page, "hired_other").status_code == 302  # A double press: to the same page.
    assert everything() == before


def test_the_page_after_the_press_ends_after_an_hour(page, survey):
    thanks = press(page, "hired_other").headers["Location"]
    with travel.travel(LATER + HOUR + timedelta(seconds=1), tick=False):
        assert '<form class="form' not in Client().get(thanks).text
        assert press(page, "hired_other").status_code == 410
        assert Client().post(thanks, {"hired": "hired_them"}).status_code == 422
    survey.refresh_from_db()
    assert survey.hired == "hired_other"


def test_links_that_are_forged_over_or_for_something_else_say_what_to_do(page, survey):
    token = token_of(survey)
    for wrong in (token[:-2], f"{token}x", "x", answered_token_of(survey)):
        assert Client().get(reverse("guarantees:survey", args=[wrong])).status_code == 404
        assert press(reverse("guarantees:survey", args=[wrong]), "hired_them").status_code == 404
    assert Client().get(reverse("guarantees:survey_answered", args=[token])).status_code == 404
    with travel.travel(at("2026-04-21 23:59"), tick=False):
        assert Client().get(page).status_code == 200
    with travel.travel(at("2026-04-22 00:00"), tick=False):
        assert Client().get(page).status_code == 410
        assert press(page, "hired_them").status_code == 410
    withdraw_lead(lead=survey.item.contact.lead, now=LATER)
    assert Client().get(page).status_code == 410
    assert not SurveyAnswer.objects.exists()


def test_whoever_works_for_the_buyer_is_turned_away(page, survey, pro, other_pro, client_of):
    """A forwarded mail: they would speak in the homeowner's name (G2)."""
    member = making.make_user("member@example.com")
    pro.members.add(member)
    thanks = reverse("guarantees:survey_answered", args=[answered_token_of(survey)])
    for who in (pro, member):
        browser = client_of(who)
        assert browser.get(page).status_code == 403
        assert press(page, "hired_other", browser).status_code == 403
        assert browser.get(thanks).status_code == 403
        assert browser.post(thanks, {"hired": "hired_other"}).status_code == 403
    assert not SurveyAnswer.objects.exists()
    assert client_of(other_pro).get(page).status_code == 200


def test_no_page_of_the_professional_changes_by_what_a_homeowner_answers(submitted, survey, pro, client_of):
    """G2: byte by byte, whatever was answered."""
    contact = survey.item.contact
    pages = [
        reverse("guarantees:overview"),
        reverse("guarantees:claim_status", args=[submitted.public_id]),
        reverse("marketplace:contacts"),
        reverse("marketplace:contact", args=[contact.public_id]),
        reverse("marketplace:reviews"),
        reverse("billing:overview"),
        reverse("personal_data"),
        reverse("personal_data_copy"),
        reverse("home"),
    ]
    browser = client_of(pro)

    def seen():
        return [without_csrf(browser.get(each).content) for each in pages]

    before = seen()
    for position, word in enumerate(["hired_them", "never_contacted", "hired_other"], start=1):
        asked = HomeownerSurvey.objects.select_related("item").get(item=item_of(submitted, position))
        answer_survey(survey=asked, hired=word, now=LATER)
    assert seen() == before


def without_csrf(content):
    lines = content.decode().splitlines()
    return [line for line in lines if "csrfmiddlewaretoken" not in line]


def test_a_reviewer_sees_who_was_asked_and_what_they_answered(pro, reviewer, client_of):
    claim = make_submitted(pro)
    for position, word in ((1, "never_contacted"), (2, "hired_other")):
        asked = HomeownerSurvey.objects.select_related("item").get(item=item_of(claim, position))
        answer_survey(survey=asked, hired=word, now=LATER)
    HomeownerSurvey.objects.filter(item=item_of(claim, 3)).update(sent_at=None, not_asked="withdrawn")
    confirm_all(claim, reviewer)
    address = reverse("admin:guarantees_claim_change", args=[claim.pk])
    text = client_of(reviewer).get(address).text
    assert "Asked by mail on Feb. 20, 2026, noon" in text
    assert "was never contacted · was contacted: no" in text
    assert "hired somebody else" in text
    assert "Not asked by mail: has withdrawn their data" in text


def test_who_may_not_see_what_homeowners_said_does_not_see_it_here(submitted, survey, appeals, client_of):
    answer_survey(survey=survey, hired="never_contacted", now=LATER)
    text = client_of(appeals).get(reverse("admin:guarantees_claim_change", args=[submitted.pk])).text
    assert "Asked by mail" not in text
    assert "was never contacted" not in text


def test_its_link_ends_with_the_others_that_the_homeowner_makes_useless(survey, page):
    """A mail that was passed on holds it too."""
    renewed = renew_link(lead=survey.item.contact.lead, now=LATER)
    for answer in (Client().get(page), Client().post(page, {"hired": "nobody"})):
        assert (answer.status_code, "This link is no longer valid" in answer.text) == (404, True)
    survey.refresh_from_db()
    assert survey.answered_at is None
    survey.item.contact.lead = renewed
    assert Client().get(reverse("guarantees:survey", args=[token_of(survey)])).status_code == 200

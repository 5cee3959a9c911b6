"""Reviews that homeowners write from their own page (M1, M12)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mail.models import OutgoingMail
from marketplace.models import (
    Review,
    ReviewRequest,
)
from marketplace.reviews import ask_homeowner, publish_review, reject_review
from tests.making import make_lead
from tests.marketplace.test_homeowner_page import DAY, HOUR, bought, page_of, press_review, text_of

pytestmark = pytest.mark.django_db


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


# Reviews


def test_a_business_is_reviewed_without_having_asked(browser, lead, now, moderator):
    contact = bought(lead, at=now)
    assert "Thank you. Your review of" in text_of(press_review(browser, lead, contact))
    review = Review.objects.get()
    assert (review.contact, review.professional, review.handling, review.own_hand) == (
        contact, contact.professional, 5, "",
    )  # fmt: skip
    assert (review.request.origin, review.request.email) == ("own_page", "lucia@example.com")
    assert not OutgoingMail.objects.filter(kind="marketplace/review_asked_homeowner").exists()
    assert "A person reads it within 5 days" in text_of(browser.get(page_of(lead)))
    publish_review(review=review, by=moderator, reason="", now=now)
    assert Review.objects.counting().count() == 1


def test_one_review_for_each_contact_and_the_same_sent_twice_is_one(browser, lead, now):
    contact, other = bought(lead, at=now), bought(lead, at=now)
    press_review(browser, lead, contact)
    press_review(browser, lead, contact)
    refused = press_review(browser, lead, contact, text="Otra cosa, mucho más larga que antes.")
    assert "already been used" in text_of(refused)
    press_review(browser, lead, other)
    assert Review.objects.count() == 2
    back = browser.get(page_of(lead, "homeowner_review", contact.public_id), follow=True)
    assert "There is no review to be written here now." in text_of(back)


def test_stars_for_the_work_are_shown_only_where_the_professional_said_so(browser, lead, now):
    """G8, G2: the stars would tell the professional what their homeowner said."""
    contact = bought(lead, at=now)
    assert "How good is the work?" in text_of(
        browser.get(page_of(lead, "homeowner_review", contact.public_id))
    )
    press_review(browser, lead, contact, workmanship="4")
    review = Review.objects.get()
    assert (review.workmanship, review.workmanship_shown) == (4, None)


def test_a_link_that_was_sent_is_used_by_the_page_also_after_its_days(browser, lead, now):
    contact = bought(lead, at=now - 10 * HOUR)
    asked = ask_homeowner(contact=contact, by=contact.professional.owner, now=now)
    ReviewRequest.objects.update(sent_at=now - timedelta(days=61))
    press_review(browser, lead, contact)
    review = Review.objects.get()
    assert (review.request, review.request.origin) == (asked, "own_page")


def test_a_rejected_review_can_be_written_anew_on_another_day(browser, lead, now, moderator):
    contact = bought(lead, at=now)
    press_review(browser, lead, contact)
    reject_review(review=Review.objects.get(), by=moderator, reason="Insultos.", now=now)
    assert "Write your review anew" not in text_of(browser.get(page_of(lead)))
    ReviewRequest.objects.update(sent_at=now - 2 * DAY)
    assert "Write your review anew" in text_of(browser.get(page_of(lead)))
    press_review(browser, lead, contact, text="Ahora lo digo con respeto y sin insultos.")
    review = Review.objects.get()
    assert (review.state, review.text) == ("waiting", "Ahora lo digo con respeto y sin insultos.")


def test_nobody_of_the_business_reviews_it_on_the_homeowners_page(client_of, lead, now):
    """G8: their link stands in mails that are answered and forwarded."""
    contact = bought(lead, at=now)
    assert press_review(client_of(contact.professional), lead, contact).status_code == 403
    assert not Review.objects.exists()


def test_the_business_sees_that_it_was_written_without_being_asked(client_of, browser, lead, now):
    contact = bought(lead, at=now)
    press_review(browser, lead, contact)
    own = client_of(contact.professional)
    page = text_of(own.get(reverse("marketplace:contact", args=[contact.public_id])))
    assert "without being asked" in page
    assert "Ask for a review" not in page
    assert "written without being asked" in text_of(own.get(reverse("marketplace:reviews")))

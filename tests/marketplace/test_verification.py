"""A telephone is verified by a moderator who has called it, with who and when; whoever is about to buy sees it."""

import pytest
from django.urls import reverse

from marketplace.errors import MarketplaceError
from marketplace.homeowners import token_of
from marketplace.leads import close_lead
from marketplace.models import LeadEvent
from marketplace.verification import mark_phone_verified
from tests.making import NOW, make_lead

pytestmark = pytest.mark.django_db


def test_it_is_marked_once_with_who_and_when(moderator):
    lead = make_lead(published=False)
    mark_phone_verified(lead=lead, by=moderator, now=NOW)
    mark_phone_verified(lead=lead, by=moderator, now=NOW)
    lead.refresh_from_db()
    event = LeadEvent.objects.get(lead=lead, reason="phone_verified_at")
    assert (lead.phone_verified_at, event.actor, event.at, event.to_state) == (NOW, moderator, NOW, "waiting")


def test_the_history_says_so_to_the_office_and_to_whoever_asked(client, client_of, moderator):
    """It said that the old links had been made useless."""
    lead = make_lead(language="en")
    mark_phone_verified(lead=lead, by=moderator, now=NOW)
    (event,) = LeadEvent.objects.filter(lead=lead, reason="phone_verified_at")
    assert event.label == "telephone verified"
    office = client_of(moderator).get(reverse("admin:marketplace_lead_change", args=[lead.pk])).text
    held = client.get(reverse("marketplace:homeowner_data", args=[token_of(lead)])).text
    assert all("telephone verified" in page and "old links" not in page for page in (office, held))


def test_of_one_that_is_over_nobody_asks(moderator):
    lead = make_lead()
    close_lead(lead=lead, by=moderator, reason="done", now=NOW)
    with pytest.raises(MarketplaceError) as caught:
        mark_phone_verified(lead=lead, by=moderator, now=NOW)
    assert caught.value.code == "wrong_state"


@pytest.mark.parametrize("who", ["moderator", "reviewer"])
def test_in_the_office_a_moderator_marks_it_beside_the_number(request, client_of, moderator, who):
    """It was an action of the list alone, which shows no number: nobody could have called."""
    lead = make_lead()
    browser = client_of(request.getfixturevalue(who))
    address = reverse("admin:marketplace_lead_verify_phone", args=[lead.pk])
    page = reverse("admin:marketplace_lead_change", args=[lead.pk])
    assert (address in browser.get(page).text) == (who == "moderator")
    browser.post(address)
    lead.refresh_from_db()
    assert (lead.phone_verified_at is not None) == (who == "moderator")
    assert address not in browser.get(page).text

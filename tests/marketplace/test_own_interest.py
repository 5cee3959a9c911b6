"""Staff with a business of their own: what the office keeps from them, and what they do not decide (M5)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from marketplace import reviews
from marketplace.errors import MarketplaceError
from marketplace.leads import close_lead
from marketplace.models import DetailsSeen, Lead
from marketplace.returns import ask_return
from marketplace.senders import block_sender
from marketplace.verification import mark_phone_verified
from tests.making import NOW, buy, contract, fund, make_lead, make_plan, make_pro, make_review

pytestmark = pytest.mark.django_db
OPENED = NOW + timedelta(hours=1)
PERSON = ("Lucía Fernández", "lucia@example.com", "5512345678")


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(OPENED, tick=False)


@pytest.fixture
def at_home(moderator):
    """The moderator's own business: as owner there, as a member of somebody's in another test."""
    business = make_pro("Reformas del moderador")
    business.members.add(moderator)
    contract(business, plan=make_plan("year", months=12))
    fund(business, 1_000_000)
    return business


def page(name, *args) -> str:
    return reverse(f"admin:marketplace_{name}", args=args)


def lead_of_lucia(**changes) -> Lead:
    said = {
        "homeowner_name": PERSON[0],
        "homeowner_email": PERSON[1],
        "homeowner_phone": "+525512345678",
        "description": "Pintar la sala; mi número es 55 1234 5678.",
    }
    return make_lead(**(said | changes))


def tells(browser, lead) -> bool:
    """Whether the page of a request says whose it is; it says so wholly or not at all."""
    shown = browser.get(page("lead_change", lead.pk)).content.decode().replace(" ", "")
    found = [each.replace(" ", "") in shown for each in PERSON]
    assert found in ([True] * 3, [False] * 3)
    return found[0]


@pytest.mark.parametrize("published", [True, False])
def test_whoever_could_buy_a_request_does_not_read_whose_it_is(client_of, moderator, published, request):
    lead = lead_of_lucia(published=published)
    browser = client_of(moderator)
    assert tells(browser, lead)
    DetailsSeen.objects.all().delete()
    request.getfixturevalue("at_home")
    assert not tells(browser, lead)
    assert not DetailsSeen.objects.exists()


def test_nor_one_that_the_business_has_bought_and_neither_by_a_duplicate(client_of, moderator, at_home):
    over = lead_of_lucia()
    Lead.objects.filter(pk=over.pk).update(published_at=NOW - timedelta(days=31))
    browser = client_of(moderator)
    assert tells(browser, over)
    twin = lead_of_lucia()
    assert not tells(browser, over)
    Lead.objects.filter(pk=twin.pk).update(published_at=NOW - timedelta(days=31))
    assert tells(browser, over)
    [mine] = buy(at_home, homeowner_email="ana@example.com")
    Lead.objects.update(published_at=NOW - timedelta(days=31))
    assert mine.lead.homeowner_email not in browser.get(page("lead_change", mine.lead_id)).content.decode()


def test_the_office_is_not_searched_by_them_for_people(client_of, moderator, request):
    lead = lead_of_lucia()
    browser = client_of(moderator)

    def found(what):
        answer = browser.get(page("lead_changelist"), {"q": what, "state": "all"})
        return list(answer.context["cl"].result_list)

    assert found("lucia@example.com") == found("5512345678") == [lead]
    request.getfixturevalue("at_home")
    assert found("lucia@example.com") == found("5512345678") == []


def test_they_block_nobody_whom_they_may_not_see_and_see_no_blocks(
    client_of, moderator, at_home, other_reviewer
):
    lead = lead_of_lucia()
    [block] = block_sender(
        lead=lead, by_mail=True, by_phone=False, by=other_reviewer, reason="Spam.", now=NOW
    )
    browser = client_of(moderator)
    assert browser.post(page("lead_block", lead.pk), {"phone": "on", "reason": "…"}).status_code == 403
    assert browser.get(page("blockedsender_changelist")).status_code == 403
    assert browser.get(page("blockedsender_change", block.pk)).status_code == 403
    assert browser.post(page("blockedsender_lift", block.pk), {"reason": "…"}).status_code == 403
    block.refresh_from_db()
    assert block.lifted_at is None


def test_what_others_bought_of_it_is_not_there_for_them(client_of, moderator, pro, request):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    [contact] = buy(pro)
    review = make_review(contact, published=False)
    earlier = make_review(pro, published=False)
    asked = ask_return(
        contact=contact,
        reason="duplicate",
        explanation="Ya la teníamos de antes.",
        pictures=[],
        by=pro.owner,
        now=NOW,
    )
    addresses = [
        page("contact_change", contact.pk),
        page("review_change", review.pk),
        page("returnrequest_change", asked.pk),
    ]
    browser = client_of(moderator)
    assert [browser.get(address).status_code for address in addresses] == [200] * 3
    request.getfixturevalue("at_home")
    assert [browser.get(address).status_code for address in addresses] == [404] * 3
    assert browser.get(page("review_change", earlier.pk)).status_code == 200
    Lead.objects.update(published_at=NOW - timedelta(days=31))
    assert [browser.get(address).status_code for address in addresses] == [200] * 3


def test_they_decide_nothing_on_a_request_that_their_business_has_bought(moderator, at_home):
    [contact] = buy(at_home)
    for decide in (
        lambda: close_lead(lead=contact.lead, by=moderator, reason="…", now=OPENED),
        lambda: mark_phone_verified(lead=contact.lead, by=moderator, now=OPENED),
    ):
        with pytest.raises(MarketplaceError) as refused:
            decide()
        assert refused.value.code == "own_business"
    contact.lead.refresh_from_db()
    assert (contact.lead.state, contact.lead.phone_verified_at) == (Lead.State.PUBLISHED, None)
    review = make_review(contact, published=False)
    with pytest.raises(MarketplaceError) as refused:
        reviews.publish_review(review=review, by=moderator, reason="", now=OPENED)
    assert refused.value.code == "own_business"


def test_nobody_verifies_a_telephone_that_the_page_does_not_show_them(client_of, moderator, at_home):
    """The page has no button for them; its address did it all the same."""
    lead = lead_of_lucia()
    answer = client_of(moderator).post(page("lead_verify_phone", lead.pk))
    lead.refresh_from_db()
    assert (answer.status_code, lead.phone_verified_at) == (403, None)

"""A homeowner is told why their request was rejected or closed, by mail and on their page, and asks again in one step;
whoever wrote a review that is not shown is told why (M1, M7, M12)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from mail.models import OutgoingMail
from marketplace.anonymising import anonymise_leads
from marketplace.contacts import buy_contact
from marketplace.expiry import expire_leads
from marketplace.grounds import CLOSING, TOLD
from marketplace.hiring import close_job
from marketplace.homeowners import ask_again_of, page_of, token_of
from marketplace.leads import close_lead, publish_lead, reject_lead
from marketplace.models import PriceRule
from marketplace.returns import accept_return, ask_return
from marketplace.reviews import publish_review, reject_review, take_down_review
from tests.making import NOW, buy, contract, fund, make_lead, make_review

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ENDED_BY_US = "marketplace/lead_closed"


@pytest.fixture
def contact(pro):
    contract(pro)
    fund(pro)
    return buy(pro, language="en")[0]


def mail_of(kind) -> OutgoingMail:
    return OutgoingMail.objects.get(kind=kind)


def page(lead, name="homeowner"):
    return reverse(f"marketplace:{name}", args=[token_of(lead)])


@pytest.mark.parametrize("ground", [ground for ground in CLOSING if ground in TOLD])
def test_an_accepted_return_that_closes_a_request_is_told_to_its_homeowner(
    contact, pro, moderator, client, ground, time_machine
):
    """Nobody told them: they waited for calls that could not come. Not who returned it."""
    time_machine.move_to(NOW + DAY, tick=False)
    asked = ask_return(contact=contact, reason=ground, explanation="It rings nowhere.", by=pro.owner, now=NOW)
    accept_return(return_request=asked, by=moderator, note="Fernanda says so too.", now=NOW)
    mail = mail_of(ENDED_BY_US)
    assert mail.recipient == contact.lead.homeowner_email
    said = " ".join(mail.text.split())
    for part in (str(TOLD[ground]), page_of(contact.lead), ask_again_of(contact.lead)):
        assert part in said
    assert not any(hidden in mail.text for hidden in (pro.name, "Fernanda", "rings nowhere", "return"))
    shown = client.get(page(contact.lead)).text
    assert "We have closed the request" in shown and str(TOLD[ground]) in shown
    assert "Fernanda" not in shown


def test_one_that_the_office_closes_is_told_with_its_words_and_one_that_they_close_is_not(
    moderator, client, time_machine
):
    time_machine.move_to(NOW + DAY, tick=False)
    ours, theirs = make_lead(language="en"), make_lead(language="en")
    close_lead(lead=ours, by=moderator, reason="You told us that it is done.", now=NOW)
    close_job(lead=theirs, now=NOW)
    mail = mail_of(ENDED_BY_US)
    assert (mail.recipient, "You told us that it is done." in mail.text) == (ours.homeowner_email, True)
    assert "You told us that it is done." in client.get(page(ours)).text
    shown = client.get(page(theirs)).text
    assert "The request is closed" in shown and "Closed by the homeowner" not in shown


def test_nobody_is_written_to_of_whom_nothing_is_left(moderator):
    lead = make_lead()
    expire_leads(now=NOW + 31 * DAY)
    anonymise_leads(now=NOW + 400 * DAY)
    close_lead(lead=lead, by=moderator, reason="Done.", now=NOW + 401 * DAY)
    assert not OutgoingMail.objects.filter(kind=ENDED_BY_US).exists()


def test_what_was_written_down_at_a_closing_before_homeowners_were_told_stays_in_the_office(
    moderator, client
):
    lead = make_lead(language="en")
    close_lead(lead=lead, by=moderator, reason="He is a competitor.", now=NOW)
    lead.events.update(ground="")
    assert "competitor" not in client.get(page(lead)).text


def test_the_page_of_a_rejected_request_gives_the_ground_that_the_mail_gave(moderator, client, time_machine):
    time_machine.move_to(NOW + DAY, tick=False)
    lead = make_lead(published=False, language="en")
    reject_lead(lead=lead, by=moderator, ground="too_little", reason="How big is it?", now=NOW)
    shown = client.get(page(lead)).text
    assert str(TOLD["too_little"]) in shown and "How big is it?" in shown
    assert page(lead, "ask_again") in shown


def test_the_mails_that_matter_lead_to_the_homeowners_page(pro, moderator, time_machine):
    time_machine.move_to(NOW, tick=False)  # A link is dated.
    contract(pro)
    fund(pro)
    (contact,) = buy(pro, language="en")
    PriceRule.objects.get_or_create(category=None, province=None, size="", defaults={"price_cents": 100})
    rejected = make_lead(published=False)
    publish_lead(lead=make_lead(published=False), by=moderator, now=NOW)
    reject_lead(lead=rejected, by=moderator, ground="content", reason="", now=NOW)
    expire_leads(now=NOW + 31 * DAY)
    for kind in ("contact_bought", "lead_published", "lead_rejected", "lead_expired"):
        for mail in OutgoingMail.objects.filter(kind=f"marketplace/{kind}"):
            assert "/request/" in mail.text, kind
    assert page_of(contact.lead) in mail_of("marketplace/contact_bought").text
    assert ask_again_of(rejected) in mail_of("marketplace/lead_rejected").text
    nobody_bought = OutgoingMail.objects.filter(
        kind="marketplace/lead_expired", text__contains="/again/"
    ).count()
    assert nobody_bought == OutgoingMail.objects.filter(kind="marketplace/lead_expired").count() - 1


def test_a_request_that_has_ended_is_asked_for_again_with_everything_filled_in(
    moderator, client, time_machine
):
    time_machine.move_to(NOW + DAY, tick=False)
    lead = make_lead(published=False, language="en", budget_cents=1_250_050)
    assert client.get(page(lead, "ask_again"))["Location"] == page(lead)  # It still waits.
    reject_lead(lead=lead, by=moderator, ground="too_little", reason="", now=NOW)
    shown = client.get(page(lead, "ask_again"))
    assert "no-store" in shown["Cache-Control"]
    form = shown.context["form"]
    filled_in = {name: form[name].value() for name in form.fields if name not in ("photos", "leave_empty")}
    assert filled_in == {
        "category": lead.category.slug,
        "title": lead.title,
        "description": lead.description,
        "size": "medium",
        "timing": "month",
        "budget_cents": "12500.50",
        "province": lead.province.slug,
        "town": "Coyoacán",
        "homeowner_name": "Lucía Fernández",
        "homeowner_phone": lead.homeowner_phone.as_national,
        "homeowner_email": lead.homeowner_email,
    }
    time_machine.move_to(NOW + DAY + timedelta(minutes=1))
    sent = client.post(reverse("marketplace:ask"), filled_in | {"form": shown.context["shown"].token})
    assert sent["Location"] == reverse("marketplace:asked")


def test_who_wrote_a_review_reads_why_it_is_not_shown_by_mail_and_on_their_page(
    contact, pro, moderator, client, time_machine
):
    """It said: "and then it is published". Then it stood there as not shown, and nobody said why."""
    time_machine.move_to(NOW + DAY, tick=False)
    of_homeowner = make_review(contact, published=False)
    of_client = make_review(pro, published=False)
    assert "decides whether it can be shown" in client.get(page(contact.lead)).text
    reject_review(review=of_homeowner, by=moderator, reason="It names a neighbour.", now=NOW)
    publish_review(review=of_client, by=moderator, reason="", now=NOW)
    take_down_review(review=of_client, by=moderator, reason="It was about another firm.", now=NOW)
    mails = {
        mail.recipient: mail.text for mail in OutgoingMail.objects.filter(kind="marketplace/review_not_shown")
    }
    assert set(mails) == {of_homeowner.request.email, of_client.request.email}
    assert "It names a neighbour." in mails[of_homeowner.request.email]
    assert page_of(contact.lead) in mails[of_homeowner.request.email]
    assert "It was about another firm." in mails[of_client.request.email]
    assert "/request/" not in mails[of_client.request.email]
    assert "It names a neighbour." in client.get(page(contact.lead)).text
    publish_review(review=of_client, by=moderator, reason="", now=NOW)
    of_client.refresh_from_db()
    assert of_client.why_not_shown == ""


def test_a_request_that_can_be_bought_no_more_says_so_in_place_of_its_price(
    contact, other_pro, client_of, moderator, time_machine
):
    time_machine.move_to(NOW + DAY, tick=False)
    contract(other_pro)
    fund(other_pro)
    address = reverse("marketplace:lead", args=[contact.lead.public_id])
    offered = client_of(other_pro).get(address).text
    assert "Buy this contact" in offered and "It can be bought until" in offered
    close_lead(lead=contact.lead, by=moderator, reason="Done.", now=NOW)
    shown = client_of(other_pro).get(address).text
    assert "it has ended" in shown
    for no_more in ("Buy this contact", "It can be bought until", "tax included, from your balance"):
        assert no_more not in shown
    with pytest.raises(Exception, match="ended"):
        buy_contact(professional=other_pro, lead=contact.lead, price_seen_cents=20_000, now=NOW)

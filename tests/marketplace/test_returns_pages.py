"""The pages of a return, and the moderators' queue (M7)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mail.models import OutgoingMail
from marketplace import returns
from marketplace.contacts import buy_contact, freeze_contacts
from marketplace.errors import MarketplaceError
from marketplace.models import ReturnRequest
from tests.making import NOW, at, buy, contract, fund, make_plan, make_user

State = ReturnRequest.State
QUEUE = "admin:marketplace_returnrequest_changelist"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def contacts(pro):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    return buy(pro, 2, now=NOW)


@pytest.fixture
def contact(contacts):
    return contacts[0]


def page(contact, name="return"):
    return reverse(f"marketplace:{name}", kwargs={"public_id": contact.public_id})


def ask(contact, reason="wrong_place", *, now=NOW):
    return returns.ask_return(
        contact=contact, reason=reason, explanation="It is in another state.", by=None, now=now
    )


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.mark.parametrize("name", ["return", "withdraw_return"])
def test_a_stranger_finds_nothing_and_who_is_signed_out_signs_in(
    contact, client_of, other_pro, stranger, name
):
    for somebody in (other_pro, stranger):
        response = client_of(somebody).post(page(contact, name))
        expected = 404 if somebody is other_pro else 302
        assert response.status_code == expected
    response = Client().get(page(contact, name))
    assert (response.status_code, response["Location"].split("?")[0]) == (302, reverse("account_login"))
    assert not ReturnRequest.objects.exists()


def test_the_page_says_the_days_and_the_number_of_pictures_that_hold(contact, pro, client_of, monkeypatch):
    shown = client_of(pro).get(page(contact)).text
    assert "</strong>, 7 days after you bought it. We decide within 5 days and write to you." in shown
    assert "Up to 5: screenshots, photos." in shown
    monkeypatch.setattr("marketplace.views.returns.DECIDED_WITHIN", timedelta(days=9))
    assert "We decide within 9 days" in client_of(pro).get(page(contact)).text


def test_a_return_is_asked_for_seen_and_withdrawn(contact, pro, client_of):
    browser = client_of(pro)
    shown = browser.get(page(contact))
    assert "Ask for the return" in shown.text
    assert "Jan. 17, 2026" in shown.text  # the seventh day
    assert "found by staff" not in shown.text
    sent = browser.post(page(contact), {"reason": "not_real", "explanation": "Nobody knows of any bathroom."})
    assert (sent.status_code, sent["Location"]) == (302, page(contact))
    shown = browser.get(page(contact))
    assert "We are looking at it" in shown.text
    assert "Ask for the return" not in shown.text
    meant = browser.get(page(contact, "withdraw_return"))
    assert "you can ask once more, until the end of Jan. 17, 2026" in meant.text
    assert contact.returns.get().state == State.ASKED
    browser.post(page(contact, "withdraw_return"))
    assert contact.returns.get().state == State.WITHDRAWN
    assert "Ask for the return" in browser.get(page(contact)).text


def test_a_member_may_ask_too(contact, pro, client_of):
    member = make_user()
    pro.members.add(member)
    client_of(member).post(
        page(contact), {"reason": "not_real", "explanation": "Nobody knows of any bathroom."}
    )
    assert contact.returns.get().events.get().actor == member


def test_a_form_that_is_not_filled_in_says_so_beside_the_field(contact, pro, client_of):
    response = client_of(pro).post(page(contact), {"reason": "not_real", "explanation": "no"})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["explanation"]
    response = client_of(pro).post(page(contact), {"reason": "staff", "explanation": "Because I want it so."})
    assert list(response.context["form"].errors) == ["reason"]
    assert not ReturnRequest.objects.exists()


def test_a_frozen_contact_says_why_it_cannot_be_returned(contact, pro, client_of):
    freeze_contacts(contacts=[contact], now=NOW)
    response = client_of(pro).post(
        page(contact), {"reason": "not_real", "explanation": "Nobody knows of it."}
    )
    assert response.context["obstacle"].code == "frozen_in_claim"
    assert "guarantee claim that is being looked at" in response.text
    assert "Ask for the return" not in response.text


def test_withdrawing_what_was_decided_meanwhile_says_so(contact, pro, client_of, moderator):
    asked = ask(contact)
    returns.refuse_return(return_request=asked, by=moderator, note="It is next door.", now=NOW)
    response = client_of(pro).post(page(contact, "withdraw_return"))
    assert said(response) == [
        "This return has been decided or withdrawn in the meantime, so nothing was changed."
    ]
    assert "It is next door." in client_of(pro).get(page(contact)).text
    assert client_of(pro).get(page(contact, "withdraw_return"))["Location"] == page(contact)


def test_whoever_withdraws_for_the_second_time_is_told_that_the_reason_is_gone(contact, pro, client_of):
    """M7: two presses, and the same reason could be given no more; nothing said so before."""
    first = ask(contact)
    assert returns.can_be_asked_again(first)
    returns.withdraw_return(return_request=first, by=pro.owner, now=NOW)
    second = ask(contact)
    assert not returns.can_be_asked_again(second)
    meant = client_of(pro).get(page(contact, "withdraw_return"))
    assert "you cannot ask for it again for the same reason" in meant.text


@pytest.mark.parametrize(
    ("withdrawn_at", "said"),
    [
        ("2026-01-17 23:59", "you can ask once more, until the end of Jan. 17, 2026"),
        ("2026-01-18 00:00", "The last day to ask for the same reason was Jan. 17, 2026"),
    ],
)
def test_no_day_that_is_over_is_promised_to_whoever_withdraws(contact, pro, client_of, withdrawn_at, said):
    """M7: asked on the last day and withdrawn after it, the return was lost, and the page promised another."""
    ask(contact, now=at("2026-01-17 12:00"))
    with time_machine.travel(at(withdrawn_at), tick=False):
        meant = client_of(pro).get(page(contact, "withdraw_return")).text
    sentences = (
        "you can ask once more",
        "The last day to ask",
        "You have withdrawn a return for this reason",
    )
    assert said in meant
    assert [sentence for sentence in sentences if sentence in meant] == [
        sentence for sentence in sentences if sentence in said
    ]


def offered(browser, contact) -> list[str]:
    """The reasons that the form offers."""
    return re.findall(r'name="reason" value="(\w+)"', browser.get(page(contact)).text)


def test_the_form_offers_no_reason_that_would_be_refused(contact, pro, client_of, moderator):
    """M7: what was refused, or withdrawn twice, is offered no more; withdrawn once, it is."""
    browser = client_of(pro)
    assert offered(browser, contact) == [
        "wrong_details", "duplicate", "not_real", "wrong_place", "never_asked",
    ]  # fmt: skip
    returns.refuse_return(return_request=ask(contact, "duplicate"), by=moderator, note="It is none.", now=NOW)
    for reason in ("not_real", "wrong_place", "wrong_place"):
        returns.withdraw_return(return_request=ask(contact, reason), by=pro.owner, now=NOW)
    assert offered(browser, contact) == ["wrong_details", "not_real", "never_asked"]
    kept_open = {"reason": "duplicate", "explanation": "It is the same as the last one."}
    response = browser.post(page(contact), kept_open)
    assert response.context["form"].errors == {
        "reason": ["This reason cannot be given any more. Choose one of these."]
    }
    assert not contact.returns.filter(state=State.ASKED).exists()


def test_where_no_reason_is_left_the_page_says_so_and_has_no_form(contact, pro, client_of, moderator):
    for reason in ("wrong_details", "duplicate", "not_real", "wrong_place", "never_asked"):
        returns.refuse_return(return_request=ask(contact, reason), by=moderator, note="It rang.", now=NOW)
    response = client_of(pro).get(page(contact))
    assert "was refused, or withdrawn twice, for every reason that is still open" in response.text
    assert "Ask for the return" not in response.text
    with pytest.raises(MarketplaceError) as refused:
        ask(contact)
    assert refused.value.code == "no_reason_left"


def test_the_same_form_sent_twice_is_one_return(contact, pro, client_of):
    browser = client_of(pro)
    filled_in = {"reason": "not_real", "explanation": "Nobody knows of any bathroom."}
    answers = [browser.post(page(contact), filled_in) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert contact.returns.count() == 1


def test_the_page_asks_the_database_the_same_for_one_return_and_for_many(
    contact, pro, client_of, moderator, django_assert_num_queries, django_assert_max_num_queries
):
    browser = client_of(pro)
    ask(contact)
    browser.get(page(contact))
    with django_assert_max_num_queries(20) as first:
        browser.get(page(contact))
    # As many as can be asked for: each reason twice.
    for number, reason in enumerate(
        2 * sorted(set(returns.AFTERMATH) - {"staff", "wrong_place", "withdrew"}), start=1
    ):
        returns.withdraw_return(return_request=contact.returns.latest("id"), by=pro.owner, now=NOW)
        ask(contact, reason=reason, now=NOW + timedelta(minutes=number))
    with django_assert_num_queries(len(first.captured_queries)):
        browser.get(page(contact))


# The office


def office(contact):
    return reverse("admin:marketplace_returnrequest_change", args=[contact.returns.latest("id").pk])


def decide(browser, contact, decision, note=""):
    address = reverse("admin:marketplace_returnrequest_decide", args=[contact.returns.latest("id").pk])
    return browser.post(address, {"decision": decision, "note": note})


def test_the_queue_shows_what_waits_the_oldest_first(contacts, moderator, client_of):
    first, second = contacts
    ask(second, now=NOW - timedelta(days=7))
    ask(first)
    response = client_of(moderator).get(reverse(QUEUE))
    assert [asked.contact_id for asked in response.context["cl"].result_list] == [second.pk, first.pk]
    assert response.text.count("overdue since") == 1
    assert "0 of 2" in response.text
    returns.accept_return(return_request=first.returns.get(), by=moderator, note="", now=NOW)
    response = client_of(moderator).get(reverse(QUEUE))
    assert [asked.contact_id for asked in response.context["cl"].result_list] == [second.pk]
    assert "1 of 2" in response.text
    response = client_of(moderator).get(reverse(QUEUE), {"state": "all"})
    assert len(response.context["cl"].result_list) == 2


def test_a_button_accepts_and_says_what_was_done(contact, moderator, client_of):
    ask(contact)
    browser = client_of(moderator)
    shown = browser.get(office(contact)).text
    assert "its place is free again" in shown
    assert contact.lead.homeowner_email in shown
    response = decide(browser, contact, "accept")
    assert said(response) == [
        "Accepted. MX$200.00 is back on the balance of Reformas Hidalgo, who has been written to. "
        "The place on the request is free again."
    ]
    assert contact.returns.get().state == State.ACCEPTED
    assert "Accept the return" not in browser.get(office(contact)).text


def test_a_button_refuses_with_a_reason_alone(contact, moderator, client_of):
    ask(contact)
    browser = client_of(moderator)
    assert said(decide(browser, contact, "refuse")) == ["Write down why. The professional will read it."]
    assert contact.returns.get().state == State.ASKED
    decide(browser, contact, "refuse", "It is next door.")
    assert contact.returns.get().state == State.REFUSED
    assert "It is next door." in browser.get(office(contact)).text
    assert decide(browser, contact, "burn").status_code == 400


def test_only_who_may_decide_sees_the_buttons(contact, reviewer, finance, moderator, pro, client_of):
    ask(contact)
    seen = client_of(reviewer).get(office(contact))
    assert "Only a moderator decides returns." in seen.text
    assert "Accept the return" not in seen.text
    assert decide(client_of(reviewer), contact, "accept").status_code == 403
    assert client_of(reviewer).get(reverse("admin:marketplace_returnrequest_add")).status_code == 403
    assert client_of(finance).get(office(contact)).status_code == 403
    assert client_of(pro).get(office(contact)).status_code == 302
    pro.members.add(moderator)
    assert client_of(moderator).get(office(contact)).status_code == 404
    assert decide(client_of(moderator), contact, "accept").status_code == 404
    assert not client_of(moderator).get(reverse(QUEUE)).context["cl"].result_list
    assert contact.returns.get().state == State.ASKED


def test_a_homeowner_s_details_are_seen_with_permission_alone(contact, client_of):
    from django.contrib.auth.models import Permission

    ask(contact)
    clerk = make_user(is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_returnrequest"))
    shown = client_of(clerk).get(office(contact))
    assert shown.status_code == 200
    for detail in (
        contact.lead.homeowner_name,
        contact.lead.homeowner_email,
        str(contact.lead.homeowner_phone),
    ):
        assert detail not in shown.text


def test_staff_take_a_contact_back_in_the_office(contact, moderator, client_of):
    browser, address = client_of(moderator), reverse("admin:marketplace_returnrequest_add")
    shown = browser.get(address, {"contact": contact.public_id})
    assert str(contact.public_id) in shown.text
    filled_in = {"contact": str(contact.public_id), "reason": "staff", "note": "The homeowner wrote to us."}
    freeze_contacts(contacts=[contact], now=NOW)
    refused = browser.post(address, filled_in)
    assert "guarantee claim that is being looked at" in refused.text
    assert not ReturnRequest.objects.exists()
    nobody = browser.post(address, filled_in | {"contact": "2b1e0e7e-9a3c-4f5c-8f4e-0d2f6f0b8c11"})
    assert "There is no contact with this id." in nobody.text
    type(contact).objects.update(frozen_at=None)
    assert "This field is required." in browser.post(address, filled_in | {"reason": ""}).text
    done = browser.post(address, filled_in)
    assert (done.status_code, contact.returns.get().reason) == (302, "staff")


def test_staff_who_find_the_request_bad_say_so_and_it_is_sold_no_more(
    contact, pro, other_pro, moderator, client_of
):
    """M7: whatever they found, its place was free again, and the next buyer bought the same bad request."""
    contract(other_pro)
    fund(other_pro)
    other = buy_contact(
        professional=other_pro, lead=contact.lead, price_seen_cents=contact.price_cents, now=NOW
    )
    sent = {"contact": str(contact.public_id), "reason": "not_real", "note": "It is an empty plot."}
    client_of(moderator).post(reverse("admin:marketplace_returnrequest_add"), sent)
    contact.lead.refresh_from_db()
    assert (contact.lead.state, contact.lead.places_taken) == ("closed", 2)
    told = set(OutgoingMail.objects.filter(written_at=timezone.now()).values_list("kind", "recipient"))
    assert told >= {
        ("marketplace/return_by_staff", pro.owner.email),
        ("marketplace/lead_found_bad", other.professional.owner.email),
        ("marketplace/lead_closed", contact.lead.homeowner_email),
    }
    shown = client_of(pro).get(page(contact)).text
    assert "It is an empty plot." in shown and "What you told us" not in shown


def test_what_was_typed_beside_a_decision_that_is_refused_is_still_there(contact, moderator, client_of):
    asked = ask(contact)
    freeze_contacts(contacts=[contact], now=NOW)
    sent = {"decision": "accept", "note": "I called, and it is so."}
    refused = client_of(moderator).post(
        reverse("admin:marketplace_returnrequest_decide", args=[asked.pk]), sent
    )
    assert refused.status_code == 409
    assert "I called, and it is so.</textarea>" in refused.text
    assert "guarantee claim that is being looked at" in refused.text


def test_the_queue_asks_the_database_the_same_for_one_return_and_for_many(
    pro, moderator, client_of, django_assert_num_queries, django_assert_max_num_queries
):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    bought = buy(pro, 30, now=NOW - timedelta(hours=2))
    ask(bought[0])
    browser = client_of(moderator)
    browser.get(reverse(QUEUE))
    with django_assert_max_num_queries(20) as first:
        browser.get(reverse(QUEUE))
    for contact in bought[1:]:
        ask(contact)
    with django_assert_num_queries(len(first.captured_queries)):
        response = browser.get(reverse(QUEUE))
    assert len(response.context["cl"].result_list) == 30

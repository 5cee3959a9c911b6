"""Offers of more support at the desk: made for a ticket, looked through, changed, sent and withdrawn (S6, S8)."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission

from mail.models import OutgoingMail
from support import letters
from support.calls import call_back
from support.clients import name_person
from support.messages import ask_again
from support.models import Offer
from support.offers import accept_offer, answer_of, decline_offer, send_offer
from support.tickets import close_ticket
from tests.making import make_staff
from tests.support.desk_pages import at, text_of
from tests.support.making import NOW, opened, registrar
from tests.support.offering import draft, typed
from tests.support.office import make_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def drafted(agreement, consultant, ticket):
    return draft(agreement, consultant, ticket=ticket, text="As we said.")


def in_view(ticket):
    call = ticket.calls.order_by("-pk").first()
    return {"seen": ticket.messages.latest("pk").pk, "seen_call": call.pk if call else 0}


def with_permissions(*codenames):
    user = make_staff(email="some@quince.example")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def test_one_is_made_for_a_ticket_and_looked_through_as_its_client_will_read_it(
    browser, ticket, consultant, allowance
):
    made_at = at("desk_make_offer", ticket)
    assert f'href="{made_at}"' in text_of(browser.get(at("desk_ticket", ticket)))
    page = text_of(browser.get(f"{made_at}?unit=interventions&amount=3"))
    assert ticket.number in page and 'value="3"' in page and '"interventions" selected' in page
    sent = typed(text="As we said.")
    for _twice in range(2):
        response = browser.post(made_at, sent)
    offer = Offer.objects.get()
    assert (offer.ticket, offer.client, offer.state) == (ticket, ticket.client, "draft")
    assert (offer.amount, offer.price_cents, offer.made_by) == (150, 290_000, consultant)
    assert response.url == f"{at('desk_offer', offer)}#main"
    page = text_of(browser.get(response.url))
    assert all(
        said in page
        for said in ("is a draft. Look through it", "2 h 30 min", "As we said.", "How do I publish?")
    )
    # What will be read on the ticket, with where the client accepts it.
    assert " ".join(answer_of(offer).split()) in page
    assert at("desk_offer", offer) in text_of(browser.get(at("desk_ticket", ticket)))


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "ten"},
        {"amount": "0"},
        {"price": "0"},
        {"what": ""},
        {"valid_until": "soon"},
        {"expires_on": "2026-11-29"},
        {"unit": "interventions", "amount": "1:30"},
    ],
)
def test_what_is_wrong_is_told_beside_it_and_what_was_typed_stays(browser, ticket, drafted, changes):
    (field,) = set(changes) - {"unit"}
    made_at = at("desk_make_offer", ticket), at("desk_make_offer_for", ticket.client)
    for address in (*made_at, at("desk_offer", drafted)):
        response = browser.post(address, typed(**{"text": "Keep this."} | changes))
        assert response.status_code in (409, 422)
        assert response.context["form"].errors.keys() == {field}
        assert "Keep this." in text_of(response)
    assert Offer.objects.get().text == "As we said."


def test_a_draft_is_changed_until_it_is_sent(browser, drafted):
    assert browser.post(at("desk_offer", drafted), typed(amount="3", text="Else.")).status_code == 302
    drafted.refresh_from_db()
    assert (drafted.amount, drafted.text) == (180, "Else.")
    page = text_of(browser.get(at("desk_offer", drafted)))
    assert "As we said. → Else." in page and "Send the offer" in page
    browser.post(at("desk_send_offer", drafted), in_view(drafted.ticket))
    page = text_of(browser.get(at("desk_offer", drafted)))
    assert "Send the offer" not in page and "Change the draft" not in page and "Withdraw the offer" in page
    refused = browser.post(at("desk_offer", drafted), typed(text="Too late."))
    assert refused.status_code == 409
    assert all(said in text_of(refused) for said in ("it is edited no more", "Too late."))


@pytest.mark.parametrize("news", ["written", "called", "nothing seen", "nonsense"])
def test_one_answers_nothing_that_its_sender_has_not_read(browser, ticket, drafted, anna, news):
    seen = in_view(ticket)
    page = browser.get(at("desk_offer", drafted)).content.decode()
    assert all(f'name="{name}" value="{value}"' in page for name, value in seen.items())
    if news == "written":
        ask_again(ticket=ticket, text="It burns!", channel="web", at=NOW, now=NOW, by=anna, email=anna.email)
    elif news == "called":
        bea = make_staff("consultant", email="bea@quince.example")
        call_back(ticket=ticket, now=NOW, outcome="answered", by=bea, summary="It burns!", waits=True)
    seen = {"nothing seen": {}, "nonsense": {"seen": 10**30, "seen_call": "x"}}.get(news, seen)
    response = browser.post(at("desk_send_offer", drafted), seen)
    said = "Somebody called meanwhile" if news == "called" else "Something was said while you wrote"
    assert (response.status_code, said in text_of(response)) == (409, True)
    assert "message-fresh" in text_of(response)
    assert (Offer.objects.get().state, ticket.messages.filter(kind="answer").count()) == ("draft", 0)
    # It is shown and marked: the same press once more sends it.
    again = response.context["sending"].initial
    assert again == in_view(ticket)
    for _twice in range(2):
        assert browser.post(at("desk_send_offer", drafted), again).status_code == 302
    assert (Offer.objects.get().state, ticket.messages.filter(kind="answer").count()) == ("sent", 1)
    assert OutgoingMail.objects.filter(kind="support/offer_sent").count() == 1


def test_one_without_a_ticket_is_sent_from_here_too(browser, agreement, consultant):
    offer = draft(agreement, consultant)
    page = text_of(browser.get(at("desk_offer", offer)))
    assert "What was said" not in page and "It goes to anna@example.com." in page
    assert browser.post(at("desk_send_offer", offer)).status_code == 302
    assert Offer.objects.get().state == "sent"


def test_one_is_made_for_a_client_who_has_not_asked_on_a_ticket(browser, agreement, consultant):
    made_at = at("desk_make_offer_for", agreement.client)
    page = text_of(browser.get(made_at))
    assert f"More support for {agreement.client}." in page and "Made for this ticket" not in page
    sent = typed(text="As we said.")
    for _twice in range(2):
        response = browser.post(made_at, sent)
    offer = Offer.objects.get()
    assert (offer.ticket, offer.client, offer.amount, offer.made_by) == (
        None, agreement.client, 150, consultant,
    )  # fmt: skip
    assert response.url == f"{at('desk_offer', offer)}#main"
    # Whoever goes back in their browser and corrects what they wrote is told that it was not taken.
    refused = browser.post(made_at, sent | {"text": "Something else."})
    page = text_of(refused)
    assert (refused.status_code, "This form has already made" in page) == (409, True)
    assert "Something else." in page and Offer.objects.get().text == "As we said."


def test_who_is_no_client_yet_is_sent_no_offer(browser):
    other = make_client("Bottega Verdi", "bruno@example.com")
    made_at = at("desk_make_offer_for", other)
    assert [browser.get(made_at).status_code, browser.post(made_at, typed()).status_code] == [404, 404]
    assert not Offer.objects.exists()


def test_where_it_answers_nothing_the_thread_is_not_asked_for(browser, ticket, drafted, anna):
    close_ticket(ticket=ticket, by=anna, now=NOW, by_client=True)
    assert "How do I publish?" not in text_of(browser.get(at("desk_offer", drafted)))
    assert browser.post(at("desk_send_offer", drafted)).status_code == 302


def test_what_cannot_be_sent_says_why(browser, agreement, consultant):
    offer = draft(agreement, consultant, valid_until=NOW.date())
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        refused = browser.post(at("desk_send_offer", offer))
    assert (refused.status_code, "The last day of this offer has passed" in text_of(refused)) == (409, True)


def test_one_that_was_sent_is_withdrawn_with_a_reason(browser, agreement, consultant):
    offer = send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW)
    refused = browser.post(at("desk_withdraw_offer", offer))
    assert (refused.status_code, "Say why the offer is withdrawn" in text_of(refused)) == (409, True)
    assert browser.post(at("desk_withdraw_offer", offer), {"reason": "A mistake."}).status_code == 302
    offer.refresh_from_db()
    assert offer.state == "withdrawn"
    assert "A mistake." in text_of(browser.get(at("desk_offer", offer)))
    assert OutgoingMail.objects.filter(kind="support/offer_withdrawn").exists()


def test_what_ended_meanwhile_says_so(browser, agreement, anna, consultant):
    offer = send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW)
    decline_offer(offer=offer, reason="", by=anna, now=NOW)
    refused = browser.post(at("desk_withdraw_offer", offer), {"reason": "A mistake."})
    assert (refused.status_code, "This offer is declined already." in text_of(refused)) == (409, True)


def test_nothing_is_offered_where_nobody_would_pay_it(browser, client_of, ticket):
    question = opened(None, None, kind="question", email="eva@example.com", name="Eva")
    appeal = opened(ticket.client, None, kind="appeal")
    hears = client_of(with_permissions("hear_appeal", "add_offer"))
    for each, who, said in ((question, browser, "is nobody's yet"), (appeal, hears, "heard at no charge")):
        assert at("desk_make_offer", each) not in text_of(who.get(at("desk_ticket", each)))
        for response in (
            who.get(at("desk_make_offer", each)),
            who.post(at("desk_make_offer", each), typed()),
        ):
            assert (response.status_code, said in text_of(response)) == (409, True)
    assert not Offer.objects.exists()


def everywhere(offer):
    """Each address of it and its ticket, by both verbs."""
    changes = [at(name, offer) for name in ("desk_offer", "desk_send_offer", "desk_withdraw_offer")]
    makes = [at("desk_make_offer", offer.ticket), at("desk_make_offer_for", offer.client)]
    return [*makes, *changes]


def test_of_ones_own_business_nothing_is_there(client_of, drafted, agreement):
    own = make_staff("consultant", email="own@quince.example")
    name_person(client=agreement.client, name="Own", email=own.email, role="asks", by=registrar())
    for address in everywhere(drafted):
        assert client_of(own).post(address, typed(reason="So.")).status_code == 404
    assert client_of(own).get(at("desk_offer", drafted)).status_code == 404
    assert client_of(own).get(at("desk_make_offer", drafted.ticket)).status_code == 404
    assert client_of(own).get(at("desk_make_offer_for", drafted.client)).status_code == 404
    assert Offer.objects.get().state == "draft"


def test_each_does_what_their_role_may(client_of, drafted, anna):
    nobody, answers = client_of(anna), client_of(with_permissions("answer_ticket"))
    make = at("desk_make_offer", drafted.ticket)
    assert [each.get(make).status_code for each in (nobody, answers)] == [404, 403]
    make_for = at("desk_make_offer_for", drafted.client)
    assert [each.get(make_for).status_code for each in (nobody, answers)] == [403, 403]
    assert [each.get(at("desk_offer", drafted)).status_code for each in (nobody, answers)] == [404, 404]
    page = text_of(answers.get(at("desk_ticket", drafted.ticket)))
    assert make not in page and at("desk_offer", drafted) not in page


def test_who_may_only_look_changes_nothing(client_of, drafted):
    reader = client_of(with_permissions("answer_ticket", "view_offer"))
    page = text_of(reader.get(at("desk_offer", drafted)))
    assert "As we said." in page and "<form" not in page.partition("<main")[2].partition("</main")[0]
    for address in everywhere(drafted):
        assert reader.post(address, typed(reason="So.")).status_code == 403
    assert Offer.objects.get().state == "draft"


def test_the_desks_mails_lead_to_its_own_pages(agreement, anna, consultant):
    offer = send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW)
    accept_offer(offer=offer, by=anna, price_seen_cents=offer.price_cents, now=NOW)
    mail = OutgoingMail.objects.get(kind="support/offer_accepted_desk")
    assert at("desk_offer", offer) in mail.text
    assert "/admin/" not in letters._of_offer(offer)["desk_url"]

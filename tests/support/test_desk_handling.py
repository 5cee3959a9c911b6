"""What is done with a ticket at the desk: taken, placed, closed, merged, linked, called back (S3, S4, S8)."""

import uuid

import pytest
import time_machine

from support.calls import call_back, log_call
from support.desk_ticket import last_message
from support.errors import SupportError
from support.messages import answer_ticket
from support.models import ClientPerson, Ticket, Wait
from support.questions import link_to_client
from support.tickets import close_ticket
from tests.support.desk_pages import answer, at, text_of
from tests.support.making import NOW, opened, placed, rome

pytestmark = pytest.mark.django_db

LATER = rome("2026-11-02 15:00")


@pytest.fixture(autouse=True)
def _later():
    with time_machine.travel(LATER, tick=False):
        yield


def test_take_hand_over_and_put_back(browser, ticket, consultant, desk_lead, pro_user):
    assert browser.post(at("desk_take", ticket)).status_code == 302
    assert browser.post(at("desk_hand_over", ticket), {"to": pro_user.pk}).status_code == 422
    response = browser.post(at("desk_hand_over", ticket), {"to": desk_lead.pk, "why": "Holiday."})
    assert response.status_code == 302
    ticket.refresh_from_db()
    assert ticket.consultant == desk_lead
    refused = browser.post(at("desk_take", ticket))
    assert refused.status_code == 409
    assert "has taken this ticket. Ask them to hand it over." in text_of(refused)
    browser.post(at("desk_put_back", ticket), {"why": ""})
    ticket.refresh_from_db()
    assert ticket.consultant is None


def test_it_is_placed_against_an_allowance_or_outside(browser, ticket, allowance):
    assert browser.post(at("desk_place", ticket), {"where": allowance.pk}).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.placement, ticket.allowance) == ("allowance", allowance)
    browser.post(at("desk_place", ticket), {"where": "outside"})
    ticket.refresh_from_db()
    assert (ticket.placement, ticket.allowance) == ("outside", None)


def test_of_a_question_it_is_said_that_it_is_placed_nowhere(browser):
    """Also where a colleague has taken its client away meanwhile, and the form is gone."""
    question = opened(None, None, kind=Ticket.Kind.QUESTION, email="somebody@example.com")
    refused = browser.post(at("desk_place", question), {"where": "outside"})
    assert (refused.status_code, "Link this to a client first" in text_of(refused)) == (409, True)


def test_the_desk_closes_nothing_that_waits_and_opens_again_what_it_closed(browser, ticket):
    refused = browser.post(at("desk_close", ticket), {"why": ""})
    assert refused.status_code == 409
    assert "The client still waits for an answer." in text_of(refused)
    answer(browser, ticket)
    assert browser.post(at("desk_close", placed(ticket)), {"why": ""}).status_code == 302
    assert browser.post(at("desk_reopen", ticket), {"why": "More to do."}).status_code == 302
    ticket.refresh_from_db()
    assert ticket.state == Ticket.State.OPEN


def test_it_is_merged_by_the_number_of_another_of_its_client(
    browser, ticket, agreement, anna, other_agreement
):
    into = opened(agreement.client, anna, subject="The same")
    theirs = opened(other_agreement.client, None, subject="Theirs")
    for number in ("T-999999", "nothing", theirs.number, ticket.number):
        for sent in (browser.get, browser.post):  # No press is offered that would be refused.
            assert sent(at("desk_merge", ticket), {"into": number}).status_code == 409, number
    looked = browser.get(at("desk_merge", ticket), {"into": into.number})
    for said in ("This one ends", "Publishing", "This one goes on", "The same", "The other way round"):
        assert said in text_of(looked), said
    ticket.refresh_from_db()
    assert (looked.status_code, ticket.merged_into) == (200, None)
    response = browser.post(at("desk_merge", ticket), {"into": into.number})
    ticket.refresh_from_db()
    assert (ticket.merged_into, response.headers["Location"]) == (into, at("desk_ticket", into) + "#main")
    assert f"goes on at {into.number}" in text_of(browser.get(at("desk_ticket", ticket)))


@pytest.mark.parametrize(("number", "status"), [("T-999999", 409), ("nothing", 409), ("", 422)])
def test_a_number_of_no_ticket_is_told_before_anything_is_merged(browser, ticket, number, status):
    response = browser.get(at("desk_merge", ticket), {"into": number})
    assert (response.status_code, 'id="merge_into_error"' in response.content.decode()) == (status, True)


def test_what_was_asked_goes_on_in_no_call_to_return_and_a_call_goes_on_in_what_was_asked(
    browser, ticket, agreement, desk_lead
):
    said = {"direction": "in", "outcome": "missed", "at": NOW, "now": NOW, "by": desk_lead}
    back = log_call(phone="+390612345678", client=agreement.client, **said).ticket
    merging = at("desk_merge", ticket)
    assert f"{merging}?into={back.number}" not in text_of(browser.get(at("desk_ticket", ticket)))
    for sent in (browser.get, browser.post):
        refused = sent(merging, {"into": back.number})
        assert (refused.status_code, "ends when the call is returned" in text_of(refused)) == (409, True)
    merging = at("desk_merge", back)
    assert f"{merging}?into={ticket.number}" in text_of(browser.get(at("desk_ticket", back)))
    assert "The other way round" not in text_of(browser.get(merging, {"into": ticket.number}))
    assert browser.post(merging, {"into": ticket.number}).status_code == 302
    # It is still to be returned, there.
    assert Wait.objects.open().get().ticket == ticket
    assert "to us: missed" in text_of(browser.get(at("desk_ticket", ticket)))


def test_nothing_is_merged_into_what_its_reader_may_not_answer(browser, agreement, anna, ticket):
    appeal = opened(agreement.client, anna, kind=Ticket.Kind.APPEAL)
    response = browser.post(at("desk_merge", ticket), {"into": appeal.number})
    assert response.status_code == 409
    assert "There is no ticket with this number that you answer." in text_of(response)


def test_a_question_is_linked_to_a_client_and_has_the_promise(browser, agreement):
    question = opened(
        None, None, kind=Ticket.Kind.QUESTION, email="anna.other@example.com", name="Anna", subject="Prices"
    )
    assert browser.post(at("desk_link", question), {"who": "Nobody we know"}).status_code == 409
    assert browser.post(at("desk_link", question), {"who": "Studio Bianchi"}).status_code == 302
    question.refresh_from_db()
    assert (question.client, Wait.objects.open().get().ticket) == (agreement.client, question)
    unlinked = browser.post(at("desk_unlink", question), {"why": "It was Bottega Verdi."})
    question.refresh_from_db()
    assert (unlinked.status_code, question.client) == (302, None)


def test_a_call_back_that_leaves_a_message_keeps_the_promise(browser, agreement, desk_lead):
    missed = log_call(
        direction="in",
        outcome="missed",
        at=NOW,
        now=NOW,
        by=desk_lead,
        phone="+390612345678",
        client=agreement.client,
    ).ticket
    page = browser.get(at("desk_ticket", missed))
    said = {
        "outcome": "left_message",
        "seen": missed.calls.get().pk,
        "seen_message": last_message(missed),
        "form_id": uuid.uuid4(),
        "summary": "Call us.",
    }
    assert 'href="tel:+390612345678"' in page.content.decode()
    for wrong in ({"outcome": ""}, {"phone": "12"}):
        assert browser.post(at("desk_call", missed), said | wrong).status_code == 422
    assert browser.post(at("desk_call", missed), said).status_code == 302
    assert Wait.objects.get().ending == Wait.Ending.CALL_BACK
    assert missed.calls.latest("pk").summary == "Call us."


def test_of_two_who_call_the_second_is_told_of_the_first(browser, agreement, desk_lead):
    said = {"direction": "in", "outcome": "missed", "phone": "+390612345678", "client": agreement.client}
    missed = log_call(at=NOW, now=NOW, by=desk_lead, **said).ticket
    seen = missed.calls.get().pk
    call_back(ticket=missed, outcome="nobody", by=desk_lead, now=LATER, seen=seen)
    form = {
        "outcome": "answered",
        "seen": seen,
        "seen_message": last_message(missed),
        "form_id": uuid.uuid4(),
        "summary": "All well.",
    }
    refused = browser.post(at("desk_call", missed), form)
    assert refused.status_code == 409
    assert "Somebody called meanwhile." in text_of(refused)
    again = form | {"seen": missed.calls.latest("pk").pk}
    assert f'name="seen" value="{again["seen"]}" id="call_seen"' in text_of(refused)
    assert browser.post(at("desk_call", missed), again).status_code == 302


def test_who_calls_is_told_of_what_somebody_else_answered_in_writing(browser, ticket, desk_lead):
    form = {"outcome": "answered", "seen": 0, "seen_message": last_message(ticket), "form_id": uuid.uuid4()}
    answer_ticket(ticket=ticket, text="Press it.", by=desk_lead, now=LATER)
    refused = browser.post(at("desk_call", ticket), form)
    page = text_of(refused)
    assert (refused.status_code, ticket.calls.count()) == (409, 0)
    assert "Something was written meanwhile." in page and "message-fresh" in page
    assert f'name="seen_message" value="{last_message(ticket)}"' in page
    again = form | {"seen_message": last_message(ticket)}
    assert browser.post(at("desk_call", ticket), again).status_code == 302
    # Sent once more it is that call, whatever was written since.
    answer_ticket(ticket=ticket, text="Or hold it.", by=desk_lead, now=LATER)
    assert browser.post(at("desk_call", ticket), again).status_code == 302
    assert ticket.calls.count() == 1


def test_who_speaks_for_a_client_is_said_by_those_alone_who_name_its_people(
    browser, agreement, desk_lead, consultant, client_of
):
    """Whoever speaks for it reads all of its pages, so it is no matter of linking a question."""
    question = opened(None, None, kind=Ticket.Kind.QUESTION, name="Eva", email="eva@example.com")
    said = {"who": "Studio Bianchi", "name_asker": "on"}
    assert 'name="name_asker"' not in browser.get(at("desk_ticket", question)).text
    with pytest.raises(SupportError) as refused:
        link_to_client(ticket=question, client=agreement.client, by=consultant, now=NOW, name_asker=True)
    assert refused.value.code == "names_nobody"
    assert browser.post(at("desk_link", question), said).status_code == 302
    assert not ClientPerson.objects.filter(email="eva@example.com").exists()
    other = opened(None, None, kind=Ticket.Kind.QUESTION, name="Eva", email="eva@example.com")
    leads = client_of(desk_lead)
    assert 'name="name_asker"' in leads.get(at("desk_ticket", other)).text
    assert leads.post(at("desk_link", other), said).status_code == 302
    assert ClientPerson.objects.get(email="eva@example.com").client == agreement.client


@pytest.mark.parametrize(
    ("form", "sent", "said"),
    [
        ("desk_put_back", {"why": "x" * 501}, "somebody has changed the ticket since you opened its page"),
        ("desk_reopen", {"why": "x" * 501}, "somebody has changed the ticket since you opened its page"),
        ("desk_unlink", {"why": ""}, "somebody has changed the ticket since you opened its page"),
        ("desk_hand_over", {}, "the ticket is closed"),
        ("desk_answer", {"text": ""}, "the ticket is closed"),
    ],
)
def test_a_form_that_is_gone_from_the_page_says_so_once_and_what_to_do(
    browser, ticket, consultant, form, sent, said
):
    if said.endswith("closed"):
        answer(browser, ticket)
        close_ticket(ticket=placed(ticket), by=consultant, now=LATER)
    response = browser.post(at(form, ticket), sent)
    assert response.status_code == 422
    assert text_of(response).count("This is no longer possible: ") == 1 and said in text_of(response)


def test_an_answer_to_what_was_closed_meanwhile_is_not_lost_to_its_writer(browser, ticket, consultant):
    answer(browser, ticket)
    close_ticket(ticket=placed(ticket), by=consultant, now=LATER)
    refused = answer(browser, ticket, "A long answer.")
    assert refused.status_code == 409
    said = text_of(refused)
    assert "so it cannot be answered. Open it again first." in said
    assert "You had written this, and it was not sent:" in said and "A long answer." in said

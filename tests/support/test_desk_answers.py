"""What is answered, noted and logged on a ticket's page at the desk (S2, S7, S8)."""

import re
import uuid

import pytest
import time_machine
from django.urls import reverse

from mail.models import OutgoingMail
from support.calls import call_back
from support.desk_ticket import last_call
from support.messages import answer_ticket
from support.models import Message, SavedReply, Ticket, TicketLook, Wait, Work
from tests.support.desk_pages import answer, at, done, text_of
from tests.support.making import NOW, opened, placed, rome

pytestmark = pytest.mark.django_db

LATER = rome("2026-11-02 15:00")


@pytest.fixture(autouse=True)
def _later():
    with time_machine.travel(LATER, tick=False):
        yield


def test_an_answer_goes_out_and_comes_back_to_the_page(browser, ticket, consultant):
    response = answer(browser, ticket)
    ticket.refresh_from_db()
    assert (response.status_code, response.headers["Location"]) == (302, at("desk_ticket", ticket) + "#main")
    assert (ticket.state, ticket.consultant) == (Ticket.State.ANSWERED, consultant)
    assert OutgoingMail.objects.filter(kind="support/ticket_answered").count() == 1
    assert not TicketLook.objects.exists()


def test_answer_and_close_goes_on_to_the_desk(browser, ticket):
    response = answer(browser, placed(ticket), close="1")
    ticket.refresh_from_db()
    assert (response.headers["Location"], ticket.state) == (reverse("support:desk"), Ticket.State.CLOSED)


def test_the_same_form_sent_twice_answers_once(browser, ticket):
    form_id = uuid.uuid4()
    seen = ticket.messages.latest("pk").pk
    for _time in range(2):
        assert answer(browser, ticket, seen=seen, form_id=form_id).status_code == 302
    assert ticket.messages.filter(kind=Message.Kind.ANSWER).count() == 1
    refused = answer(browser, ticket, "Another.", seen=seen, form_id=form_id)
    assert refused.status_code == 409
    assert "Another." in text_of(refused)


def test_an_empty_answer_is_said_at_its_field(browser, ticket):
    response = answer(browser, ticket, "  ")
    assert response.status_code == 422
    assert "Write the answer." in text_of(response)
    assert Wait.objects.open().exists()


@pytest.mark.parametrize("broken", [{"seen": "x"}, {"seen": "-1"}, {"form_id": "1"}, {"seen": ""}])
def test_a_broken_form_is_refused_and_answers_nothing(browser, ticket, broken):
    said = {"text": "So.", "seen": 1, "form_id": uuid.uuid4()} | broken
    assert browser.post(at("desk_answer", ticket), said).status_code == 422
    assert not ticket.messages.filter(kind=Message.Kind.ANSWER).exists()


def hidden(response, name):
    return re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())[1]


def test_what_was_said_meanwhile_is_shown_and_the_second_press_sends(browser, ticket, desk_lead):
    page = browser.get(at("desk_ticket", ticket))
    seen, form_id = hidden(page, "seen"), hidden(page, "form_id")
    answer_ticket(ticket=ticket, text="I have just told her.", by=desk_lead, now=LATER)
    crossed = answer(browser, ticket, "Press it.", seen=seen, form_id=form_id)
    assert crossed.status_code == 409
    shown = text_of(crossed)
    assert "Something was said while you wrote." in shown
    assert "I have just told her." in shown
    assert "Press it." in shown
    assert 'class="message message-answer message-fresh"' in shown
    assert ticket.messages.filter(text="Press it.").count() == 0
    again = answer(browser, ticket, "Press it.", seen=hidden(crossed, "seen"), form_id=form_id)
    assert again.status_code == 302
    assert ticket.messages.filter(text="Press it.").count() == 1


def test_an_answer_with_the_work_it_took_writes_both(browser, ticket, allowance):
    response = answer(browser, ticket, **done(**{"work-where": allowance.pk}))
    assert response.status_code == 302
    allowance.refresh_from_db()
    work = Work.objects.get()
    assert (work.amount, work.unit, work.kind, work.done) == (
        45,
        "minutes",
        "allowance",
        "Looked at the server.",
    )
    assert allowance.left == 555


@pytest.mark.parametrize("way", ["answered", "logged"])
def test_what_is_beyond_what_is_left_is_offered_next(browser, ticket, allowance, way):
    said = {"work-where": allowance.pk, "work-amount": "10 h 40 min", "work-rest": "offer"}
    if way == "answered":
        response = answer(browser, ticket, **done(**said))
    else:
        response = browser.post(at("desk_work", ticket), done(**said))
    work = Work.objects.get()
    assert (work.amount, work.kind) == (600, "allowance")
    page = browser.get(response.url)
    assert "What was left is logged. Offer the rest here: 40 min." in text_of(page)
    assert response.url.startswith(at("desk_make_offer", ticket))
    assert re.search(r'name="amount"[^>]* value="40 min"', page.text)
    # And for what the ticket belongs to, now that work was booked on it.
    assert re.search(rf'name="what"[^>]* value="{allowance.what}"', page.text)
    assert Message.objects.filter(kind=Message.Kind.ANSWER).exists() == (way == "answered")


def test_where_the_work_is_refused_nothing_was_answered(browser, ticket, allowance):
    response = answer(browser, ticket, **done(**{"work-where": allowance.pk, "work-amount": "700"}))
    page = text_of(response)
    assert response.status_code == 409
    assert "Press “Publish”." in page
    assert "Looked at the server." in page
    assert "what is long is offered first" in page
    assert re.search(r'id="[^"]*work-rest_error"', response.content.decode()), "It is said at its field."
    assert not Work.objects.exists()
    assert not ticket.messages.filter(kind=Message.Kind.ANSWER).exists()
    assert not OutgoingMail.objects.filter(kind="support/ticket_answered").exists()


def test_what_is_left_changed_meanwhile_is_told_and_the_second_press_books_it(
    browser, ticket, allowance, consultant, agreement, anna
):
    from support.work import log_work

    page = browser.get(at("desk_ticket", ticket))
    left, form = hidden(page, "work-left"), {"work-where": allowance.pk, "work-amount": "10 h"}
    other = opened(agreement.client, anna, subject="Other")
    log_work(
        ticket=other,
        amount=30,
        unit="minutes",
        done="So.",
        by=consultant,
        now=LATER,
        form_id=uuid.uuid4(),
        allowance=allowance,
    )
    said = done(**form, **{"work-left": left, "work-rest": "exception", "work-why": "We had promised it."})
    refused = answer(browser, ticket, **said)
    assert refused.status_code == 409
    assert "Somebody else has used this support meanwhile." in text_of(refused)
    again = answer(browser, ticket, **said | {"work-left": hidden(refused, "work-left")})
    assert again.status_code == 302
    assert sorted(ticket.work.values_list("kind", "amount")) == [("allowance", 570), ("exception", 30)]


@pytest.mark.parametrize(("written", "amount"), [("20", 20), ("1 h 20 min", 80), ("0:45", 45), ("1.5 h", 90)])
def test_a_bare_number_is_minutes(browser, ticket, allowance, written, amount):
    response = browser.post(
        at("desk_work", ticket), done(**{"work-where": allowance.pk, "work-amount": written})
    )
    assert response.status_code == 302
    assert Work.objects.get().amount == amount


@pytest.mark.parametrize("written", ["a while", "-5", "²", "1e3", "0"])
def test_what_is_no_amount_books_nothing(browser, ticket, allowance, written):
    response = browser.post(
        at("desk_work", ticket), done(**{"work-where": allowance.pk, "work-amount": written})
    )
    assert response.status_code == 409
    assert not Work.objects.exists()


def test_a_short_courtesy_is_logged_and_a_long_one_refused(browser, ticket):
    courtesy = {"work-where": "courtesy"}
    assert browser.post(at("desk_work", ticket), done(**courtesy, **{"work-amount": "10"})).status_code == 302
    refused = browser.post(at("desk_work", ticket), done(**courtesy, **{"work-amount": "1"}))
    assert refused.status_code == 409
    assert "A courtesy is at most 10 min in all" in text_of(refused)
    assert "Courtesy on this ticket: 10 minutes, 0 left." in text_of(refused)


def test_anothers_allowance_is_no_choice(browser, ticket, other_agreement):
    theirs = other_agreement.client.allowances.get()
    for address, said in (
        ("desk_work", done(**{"work-where": theirs.pk})),
        ("desk_place", {"where": theirs.pk}),
    ):
        assert browser.post(at(address, ticket), said).status_code == 422
    assert not Work.objects.exists()


def test_work_is_taken_back_for_a_reason(browser, ticket, allowance):
    browser.post(at("desk_work", ticket), done(**{"work-where": allowance.pk}))
    work = Work.objects.get()
    address = at("desk_take_back", ticket, work.public_id)
    assert browser.post(address, {"why": ""}).status_code == 422
    assert browser.post(address, {"why": "Wrong ticket."}).status_code == 302
    work.refresh_from_db()
    assert (work.taken_back_why, Work.objects.standing().count()) == ("Wrong ticket.", 0)


def test_a_note_is_kept_and_ends_no_wait(browser, ticket):
    response = browser.post(at("desk_note", ticket), {"text": "Ask Paolo.", "form_id": uuid.uuid4()})
    assert response.status_code == 302
    assert ticket.messages.latest("pk").kind == Message.Kind.NOTE
    assert Wait.objects.open().exists()


def test_thanks_needs_no_answer_for_a_reason(browser, ticket):
    message = ticket.messages.get()
    address = at("desk_no_answer", ticket, message.public_id)
    refused = browser.post(address, {"why": ""})
    assert refused.status_code == 422
    assert "Say why no answer is needed." in text_of(refused)
    assert browser.post(address, {"why": "She says thanks."}).status_code == 302
    assert Wait.objects.get().ending == Wait.Ending.NO_ANSWER
    assert browser.post(at("desk_no_answer", ticket, uuid.uuid4()), {"why": "x"}).status_code == 404


def test_a_saved_reply_and_an_article_come_in_behind_what_was_typed(browser, ticket, desk_lead):
    from django.utils.translation import override

    from support.models import ArticleText

    reply = SavedReply.objects.create(
        title="Thanks", text_en="Thank you.", text_es="Gracias.", written_at=NOW
    )
    Ticket.objects.filter(pk=ticket.pk).update(language="es-mx")
    said = {"text": "Dear Anna,", "seen": "1", "form_id": uuid.uuid4(), "reply": reply.pk, "insert": "reply"}
    response = browser.post(at("desk_answer", ticket), said)
    assert response.status_code == 200
    assert "Dear Anna,\n\nGracias.</textarea>" in response.content.decode()
    article = ArticleText.objects.published().filter(language="es").first()
    with override("en"):
        response = browser.post(at("desk_answer", ticket), said | {"insert": f"article-{article.pk}"})
    assert (
        reverse("support:article", args=[article.slug]) in response.content.decode().split("</textarea>")[0]
    )
    assert not ticket.messages.filter(kind=Message.Kind.ANSWER).exists()


def test_anothers_own_reply_is_not_inserted(browser, ticket, desk_lead):
    reply = SavedReply.objects.create(title="Hers", text_en="Secret.", owner=desk_lead, written_at=NOW)
    said = {"text": "", "seen": "1", "form_id": uuid.uuid4(), "reply": reply.pk, "insert": "reply"}
    page = browser.post(at("desk_answer", ticket), said).content.decode()
    assert "Secret." not in page
    assert "Hers" not in page


def test_what_somebody_else_said_on_the_telephone_meanwhile_is_shown_before_an_answer_goes_out(
    browser, ticket, desk_lead
):
    call_back(ticket=ticket, outcome="nobody", summary="Engaged.", by=desk_lead, now=LATER)
    refused = answer(browser, ticket, seen_call=0)
    page = text_of(refused)
    assert (refused.status_code, ticket.messages.filter(kind="answer").count()) == (409, 0)
    assert "Engaged." in page and "message-fresh" in page and "Press “Publish”." in page
    assert f'name="seen_call" value="{last_call(ticket)}"' in page
    form_id = uuid.uuid4()
    assert answer(browser, ticket, form_id=form_id).status_code == 302
    # The same press again is that answer, whoever called since.
    call_back(ticket=ticket, outcome="nobody", by=desk_lead, now=LATER)
    assert answer(browser, ticket, form_id=form_id, seen_call=0).status_code == 302
    assert ticket.messages.filter(kind="answer").count() == 1

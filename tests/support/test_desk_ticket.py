"""A ticket's page at the desk, and what is pressed there (S2, S4, S8)."""

import re
import uuid
from html import unescape

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mail.models import OutgoingMail
from support.attachments import NewFile
from support.calls import call_back, log_call
from support.desk_ticket import last_call, last_message
from support.errors import SupportError
from support.looking import keep_looking
from support.messages import add_note, answer_ticket, ask_again
from support.models import ClientPerson, Message, SavedReply, Ticket, TicketLook, Wait, Work
from support.questions import link_to_client
from support.tickets import take_ticket
from tests import making
from tests.support.calling import with_number
from tests.support.making import NOW, opened, rome

pytestmark = pytest.mark.django_db

LATER = rome("2026-11-02 15:00")


@pytest.fixture(autouse=True)
def _later():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def ticket(agreement, anna):
    return opened(agreement.client, anna)


@pytest.fixture
def browser(client_of, consultant):
    return client_of(consultant)


def at(name, ticket, *more):
    return reverse(f"support:{name}", args=[ticket.public_id, *more])


def text_of(response):
    return " ".join(unescape(response.content.decode()).split())


def answer(browser, ticket, text="Press “Publish”.", *, seen=None, **more):
    said = {
        "text": text,
        "seen": ticket.messages.latest("pk").pk if seen is None else seen,
        "seen_call": last_call(ticket),
        "form_id": uuid.uuid4(),
        "send": "1",
    }
    return browser.post(at("desk_answer", ticket), said | more)


def done(**more):
    return {
        "work-amount": "45",
        "work-where": "",
        "work-done": "Looked at the server.",
        "work-form_id": uuid.uuid4(),
    } | more


def test_the_page_shows_what_was_said_what_is_due_and_what_was_agreed(browser, ticket, allowance, consultant):
    add_note(ticket=ticket, text="Looks like last year.", by=consultant, now=NOW)
    page = text_of(browser.get(at("desk_ticket", ticket)))
    for said in (
        "How do I publish?",
        "Looks like last year.",
        "internal note",
        "19 h left",
        "One working day is 8 h of opening hours",
        "(Europe/Rome)",
        "10 h left of 10 h",
        "A website of ten pages.",
        "version 1",
        "Courtesy on this ticket: 0 minutes, 10 left.",
    ):
        assert said in page, said


def test_what_others_wrote_is_shown_as_text(browser, agreement, anna):
    ticket = opened(
        agreement.client,
        anna,
        subject="<script>alert(1)</script>",
        text="<img src=x onerror=alert(2)>\n{{ 7|add:7 }}",
        quoted="<iframe></iframe>",
        name="<i>Anna</i>",
        files=[NewFile("<b>.svg", b"<svg onload=alert(3)>")],
    )
    raw = browser.get(at("desk_ticket", ticket)).content.decode()
    for hostile in ("<script>alert", "<img src=x", "<iframe>", "<i>Anna", "<svg", "<b>.svg"):
        assert hostile not in raw, hostile
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in raw
    assert "{{ 7|add:7 }}" in raw


def test_an_answer_goes_out_and_comes_back_to_the_page(browser, ticket, consultant):
    response = answer(browser, ticket)
    ticket.refresh_from_db()
    assert (response.status_code, response.headers["Location"]) == (302, at("desk_ticket", ticket))
    assert (ticket.state, ticket.consultant) == (Ticket.State.ANSWERED, consultant)
    assert OutgoingMail.objects.filter(kind="support/ticket_answered").count() == 1
    assert not TicketLook.objects.exists()


def test_answer_and_close_goes_on_to_the_desk(browser, ticket):
    response = answer(browser, ticket, close="1")
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


def test_where_the_work_is_refused_nothing_was_answered(browser, ticket, allowance):
    response = answer(browser, ticket, **done(**{"work-where": allowance.pk, "work-amount": "700"}))
    page = text_of(response)
    assert response.status_code == 409
    assert "Press “Publish”." in page
    assert "Looked at the server." in page
    assert "what is long is offered first" in page
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


def test_the_desk_closes_nothing_that_waits_and_opens_again_what_it_closed(browser, ticket):
    refused = browser.post(at("desk_close", ticket), {"why": ""})
    assert refused.status_code == 409
    assert "The client still waits for an answer." in text_of(refused)
    answer(browser, ticket)
    assert browser.post(at("desk_close", ticket), {"why": ""}).status_code == 302
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
    assert (ticket.merged_into, response.headers["Location"]) == (into, at("desk_ticket", into))
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


def test_files_are_sent_and_handed_out_to_be_saved(
    browser, ticket, agreement, anna, private_files, client_of
):
    upload = SimpleUploadedFile("plan.svg", b"<svg onload=alert(1)>", content_type="image/svg+xml")
    assert answer(browser, ticket, files=[upload]).status_code == 302
    attachment = ticket.messages.latest("pk").attachments.get()
    address = at("desk_file", ticket, attachment.public_id)
    response = browser.get(address)
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    other = opened(agreement.client, anna, subject="Other")
    assert browser.get(at("desk_file", other, attachment.public_id)).status_code == 404
    assert client_of(anna).get(address).status_code == 404


def test_the_mail_as_it_came_is_saved_at_the_desk_alone(browser, ticket, client_of, pro_user):
    message = ticket.messages.get()
    assert browser.get(at("desk_mail", ticket, message.public_id)).status_code == 404
    assert client_of(pro_user).get(at("desk_mail", ticket, message.public_id)).status_code == 404


def test_two_who_look_at_one_ticket_see_each_other(browser, client_of, ticket, consultant, desk_lead):
    assert "is looking" not in text_of(browser.get(at("desk_ticket", ticket)))
    other = client_of(desk_lead)
    assert f"{consultant} is looking now" in text_of(other.get(at("desk_ticket", ticket)))
    other.post(at("desk_looking", ticket), {"writing": "yes"})
    assert f"{desk_lead} is writing an answer" in text_of(browser.post(at("desk_looking", ticket)))
    assert f"{desk_lead} is writing an answer" in text_of(browser.get(reverse("support:desk")))
    with time_machine.travel(rome("2026-11-02 15:05"), tick=False):
        # What is five minutes old is over.
        assert "is writing" not in text_of(browser.get(at("desk_ticket", ticket)))
    assert TicketLook.objects.get().user == consultant


def test_a_page_that_is_open_is_told_what_came_since(browser, ticket, anna, desk_lead):
    seen = ticket.messages.latest("pk").pk
    address = at("desk_looking", ticket)
    had = {"seen": seen, "seen_call": 0}
    assert "since you opened" not in text_of(browser.post(address, had))
    ask_again(ticket=ticket, text="And?", channel="web", at=LATER, now=LATER, by=anna)
    assert "1 message or call came since you opened this page." in text_of(browser.post(address, had))
    call_back(ticket=ticket, outcome="nobody", by=desk_lead, now=LATER)
    assert "2 messages or calls came since you opened this page." in text_of(browser.post(address, had))
    for broken in ({}, {"seen": "9" * 40, "seen_call": 0}, {"seen": 1, "seen_call": "x"}):
        assert "since you opened" not in text_of(browser.post(address, broken))


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


def test_calls_and_attempts_stand_in_the_thread_in_the_order_of_time(
    browser, agreement, desk_lead, consultant
):
    said = {"direction": "in", "phone": "+390612345678", "client": agreement.client, "by": desk_lead}
    back = log_call(outcome="missed", at=NOW, now=NOW, name="Anna", **said).ticket
    add_note(ticket=back, text="Twice today.", by=consultant, now=rome("2026-11-02 12:00"))
    call_back(ticket=back, outcome="nobody", by=consultant, now=rome("2026-11-02 12:30"), seconds=61)
    page = text_of(browser.get(at("desk_ticket", back)))
    thread = page[page.index('<ol class="thread"') : page.index("Call them back")]
    places = [
        thread.index(each) for each in ("to us: missed", "Twice today.", "by us: nobody reached", "2 min")
    ]
    assert places == sorted(places)
    # The form that says what came of calling stands before the one to write, and once.
    assert page.count(at("desk_call", back)) == 1
    assert page.index(at("desk_call", back)) < page.index("Answer in writing instead")


def test_what_was_asked_in_a_call_stands_once_in_the_thread(browser, agreement, consultant):
    asked = log_call(
        direction="in",
        outcome="answered",
        at=NOW,
        now=NOW,
        by=consultant,
        client=agreement.client,
        summary="Can it be blue?",
        waits=True,
        subject="Colour",
    ).ticket
    page = text_of(browser.get(at("desk_ticket", asked)))
    assert page.count("Can it be blue?") == 1
    assert page.index("to us: answered") < page.index("Can it be blue?")


def test_where_somebody_is_reached_is_known_where_their_number_was_withheld(browser, agreement, consultant):
    with_number(agreement.client)
    said = {"direction": "in", "outcome": "missed", "at": NOW, "now": NOW, "by": consultant}
    back = log_call(client=agreement.client, **said).ticket
    assert 'Paula Bianchi: <a class="nowrap" href="tel:+525512345678"' in text_of(
        browser.get(at("desk_ticket", back))
    )


def test_since_when_somebody_writes_stays_while_they_do(ticket, consultant):
    keep_looking(ticket=ticket, by=consultant, now=NOW, writing=True)
    keep_looking(ticket=ticket, by=consultant, now=rome("2026-11-02 10:02"), writing=True)
    look = TicketLook.objects.get()
    assert (look.writing_at, look.at) == (NOW, rome("2026-11-02 10:02"))
    keep_looking(ticket=ticket, by=consultant, now=rome("2026-11-02 10:03"))
    assert TicketLook.objects.get().writing_at is None


def test_whoever_may_not_answer_finds_nothing(client_of, ticket, anna, pro_user, reviewer, client):
    page = at("desk_ticket", ticket)
    for user in (anna, pro_user, reviewer):
        theirs = client_of(user)
        assert theirs.get(page).status_code == 404
        for name in (
            "answer",
            "note",
            "take",
            "hand_over",
            "put_back",
            "place",
            "close",
            "merge",
            "work",
            "looking",
        ):
            assert theirs.post(at(f"desk_{name}", ticket), {"text": "x"}).status_code == 404, name
        assert theirs.get(reverse("support:desk")).status_code == 403
    assert client.get(page).headers["Location"].startswith(reverse("account_login"))
    assert Wait.objects.open().exists()


def test_an_appeal_opens_to_who_hears_it_alone(client_of, consultant, agreement, anna):
    decided, hears = making.make_staff("appeals"), making.make_staff("appeals", email="hears@quince.example")
    appeal = opened(agreement.client, anna, kind=Ticket.Kind.APPEAL)
    appeal.not_for.set([decided])
    for user, status in ((consultant, 404), (decided, 404), (hears, 200)):
        assert client_of(user).get(at("desk_ticket", appeal)).status_code == status
    assert "Log work" not in text_of(client_of(hears).get(at("desk_ticket", appeal)))


def test_what_is_not_confirmed_nobody_reads(browser):
    question = opened(None, None, kind=Ticket.Kind.QUESTION, email="x@example.com", confirmed=False)
    assert browser.get(at("desk_ticket", question)).status_code == 404


def test_a_form_that_is_come_to_by_its_address_leads_back_to_the_page(browser, ticket):
    response = browser.get(at("desk_answer", ticket))
    assert response.headers["Location"] == at("desk_ticket", ticket)


def test_the_page_costs_the_same_with_one_message_and_with_thirty(
    browser, ticket, anna, consultant, agreement
):
    def costs():
        browser.get(at("desk_ticket", ticket))
        with CaptureQueriesContext(connection) as counted:
            browser.get(at("desk_ticket", ticket))
        return len(counted)

    def more(number):
        answer_ticket(ticket=ticket, text=f"Answer {number}", by=consultant, now=LATER)
        ask_again(
            ticket=ticket, text=f"Again {number}", channel="web", at=LATER, now=LATER, by=anna,
            files=[NewFile("a.txt", b"a")],
        )  # fmt: skip
        opened(agreement.client, anna, subject=f"Other {number}")
        SavedReply.objects.create(title=f"Reply {number}", text_en="So.", written_at=NOW)

    take_ticket(ticket=ticket, by=consultant, now=NOW)
    more(0)
    with_one = costs()
    for number in range(1, 30):
        more(number)
    assert costs() == with_one
    assert with_one < 60


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


def test_a_refusal_of_what_the_page_offers_no_more_is_said_above_it(browser, ticket):
    response = browser.post(at("desk_unlink", ticket), {"why": "Not theirs."})
    assert response.status_code == 409
    assert text_of(response).count("A client opened this ticket. It stays theirs.") == 1

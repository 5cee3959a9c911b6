"""Calls of ours: attempts, and what keeps the promise (S3, S9)."""

import uuid

import pytest
from django.utils import translation

from mail.models import OutgoingMail
from support.calls import call_back, log_call, not_delivered
from support.errors import SupportError
from support.invariants import call_backs, waits
from support.messages import ask_again, needs_no_answer
from support.models import Call, Ticket, Wait
from support.tickets import open_ticket, place_ticket
from tests.support.calling import ANNAS, NOBODYS, answered, missed, with_number
from tests.support.desk_pages import at as page_at
from tests.support.desk_pages import text_of
from tests.support.making import NOW, opened, rome

pytestmark = pytest.mark.django_db

State = Ticket.State
Ending = Wait.Ending
LATER = rome("2026-11-02 11:00")


@pytest.fixture
def ticket(agreement, consultant):
    """A call of Studio Bianchi to return."""
    with_number(agreement.client)
    return missed(consultant).ticket


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("answered", State.CLOSED), ("left_message", State.ANSWERED), ("mail_sent", "answered")],
)
@pytest.mark.parametrize(("at", "kept"), [("2026-11-03 10:00:00", True), ("2026-11-03 10:00:01", False)])
def test_a_call_back_in_time_keeps_the_promise_also_where_it_reaches_nobody(
    ticket, consultant, outcome, state, at, kept
):
    call = call_back(ticket=ticket, outcome=outcome, by=consultant, now=rome(at))
    ticket.refresh_from_db()
    wait = Wait.objects.get()
    assert (call.direction, call.ticket, call.client) == ("out", ticket, ticket.client)
    assert (call.wait, wait.ending, wait.ended_by, wait.kept) == (wait, Ending.CALL_BACK, consultant, kept)
    assert (ticket.state, ticket.consultant, str(call.phone)) == (state, consultant, ANNAS)


def test_an_attempt_that_reaches_nobody_is_recorded_and_the_wait_goes_on(ticket, consultant):
    call = call_back(ticket=ticket, outcome="nobody", by=consultant, now=LATER)
    ticket.refresh_from_db()
    assert (call.wait, ticket.state, Wait.objects.open().count()) == (None, State.OPEN, 1)
    assert [(e.kind, e.about) for e in ticket.events.all()] == [
        ("opened", ""),
        ("taken", ""),
        ("called", "out:nobody"),
    ]


def test_what_came_of_a_call_stands_once_in_the_history_in_the_language_of_whoever_reads_it(
    ticket, consultant, client_of
):
    with translation.override("es-mx"):
        call_back(ticket=ticket, outcome="left_message", by=consultant, now=LATER)
        place_ticket(ticket=ticket, placement="outside", by=consultant, now=LATER)
    page = text_of(client_of(consultant).get(page_at("desk_ticket", ticket)))
    assert page.count("called: by us: message left") == 1
    assert "placed: outside the agreement" in page


def test_that_we_called_is_written_in_the_language_of_the_client(ticket, consultant):
    Ticket.objects.filter(pk=ticket.pk).update(language="en")
    call_back(ticket=ticket, outcome="mail_sent", by=consultant, now=LATER)
    mail = OutgoingMail.objects.get(kind="support/we_called")
    assert (mail.recipient, mail.language) == ("phone@example.com", "en")
    assert mail.reply_to == f"soporte+{ticket.tag}@quince.example"
    assert "we called +52 55 1234 5678 and reached nobody" in mail.text
    assert "On Monday, Nov. 2, 2026 at 11 a.m. (Europe/Rome)" in mail.text


def test_a_mail_that_reaches_nobody_keeps_no_promise(ticket, consultant):
    Ticket.objects.filter(pk=ticket.pk).update(email="")
    ticket.client.people.update(ended_on="2026-11-01")
    with pytest.raises(SupportError) as refused:
        call_back(ticket=ticket, outcome="mail_sent", by=consultant, now=LATER)
    assert (refused.value.code, Wait.objects.open().count()) == ("nobody_to_write_to", 1)
    assert not Call.objects.filter(direction="out").exists()


def test_a_mail_that_comes_back_ended_no_wait(ticket, consultant):
    call = call_back(ticket=ticket, outcome="mail_sent", by=consultant, now=LATER)
    for _time in range(2):
        not_delivered(call=call, now=rome("2026-11-02 11:30"))
    ticket.refresh_from_db()
    wait = Wait.objects.get()
    assert (ticket.state, wait.ended_at, wait.due_at) == (State.OPEN, None, rome("2026-11-03 10:00"))
    assert ticket.events.filter(kind="resumed").count() == 1


def test_the_same_form_twice_is_one_attempt(ticket, consultant):
    form = uuid.uuid4()
    calls = {
        call_back(ticket=ticket, outcome="nobody", by=consultant, now=LATER, seen=0, public_id=form).pk
        for _time in range(2)
    }
    assert len(calls) == 1
    with pytest.raises(SupportError) as refused:
        call_back(ticket=ticket, outcome="answered", by=consultant, now=LATER, public_id=form)
    assert (refused.value.code, Call.objects.filter(direction="out").count()) == ("form_used", 1)


def test_of_two_who_call_the_second_is_told_of_the_first(ticket, consultant, desk_lead):
    seen = Call.objects.get().pk
    first = call_back(ticket=ticket, outcome="answered", by=consultant, now=LATER, seen=seen)
    with pytest.raises(SupportError) as refused:
        call_back(ticket=ticket, outcome="nobody", by=desk_lead, now=LATER, seen=seen)
    assert refused.value.code == "news"
    # Having looked, they may write theirs down: it changes nothing any more.
    call_back(ticket=ticket, outcome="nobody", by=desk_lead, now=LATER, seen=first.pk)
    ticket.refresh_from_db()
    assert (ticket.state, Wait.objects.get().ended_by) == (State.CLOSED, consultant)


def test_a_question_in_writing_is_answered_only_by_reaching_its_asker(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    for outcome in ("left_message", "mail_sent", "nobody"):
        call_back(ticket=ticket, outcome=outcome, by=consultant, now=LATER)
    ticket.refresh_from_db()
    assert (ticket.state, Wait.objects.open().count()) == (State.OPEN, 1)
    call_back(ticket=ticket, outcome="answered", by=consultant, now=LATER)
    ticket.refresh_from_db()
    assert (ticket.state, Wait.objects.get().ending) == (State.ANSWERED, Ending.CALL_BACK)


def test_what_was_written_on_a_call_back_waits_on_its_own_after_a_message_was_left(ticket, anna, consultant):
    written_at = rome("2026-11-02 10:30")
    said = ask_again(
        ticket=ticket, text="About the shop.", channel="mail", by=anna, at=written_at, now=written_at
    )
    call_back(ticket=ticket, outcome="left_message", by=consultant, now=LATER)
    said.refresh_from_db()
    ticket.refresh_from_db()
    assert [(w.asked_at, w.ending) for w in Wait.objects.order_by("pk")] == [
        (NOW, Ending.CALL_BACK),
        (written_at, ""),
    ]
    assert (said.wait, ticket.state) == (Wait.objects.open().get(), State.OPEN)


def test_a_call_that_was_missed_later_keeps_its_own_promise_where_what_was_written_needs_no_answer(
    ticket, anna, consultant
):
    written_at, again = rome("2026-11-02 10:30"), rome("2026-11-02 11:30")
    said = ask_again(ticket=ticket, text="Call me!", channel="mail", by=anna, at=written_at, now=written_at)
    call_back(ticket=ticket, outcome="left_message", by=consultant, now=LATER)
    call = missed(consultant, at=again)
    said.refresh_from_db()
    assert call.wait == said.wait
    needs_no_answer(message=said, why="It says to call.", by=consultant, now=again)
    call.refresh_from_db()
    ticket.refresh_from_db()
    wait = Wait.objects.open().get()
    assert (wait, wait.asked_at, wait.due_at) == (call.wait, again, rome("2026-11-03 11:30"))
    assert (ticket.state, [*waits(), *call_backs()]) == (State.OPEN, [])
    call_back(ticket=ticket, outcome="left_message", by=consultant, now=rome("2026-11-02 12:00"))
    assert not Wait.objects.open().exists()


def test_what_they_ask_when_we_call_waits_from_the_call_on(ticket, consultant):
    call_back(
        ticket=ticket, outcome="answered", by=consultant, now=LATER, summary="Move the shop.", waits=True
    )
    ticket.refresh_from_db()
    assert [(w.asked_at, w.ending) for w in Wait.objects.order_by("pk")] == [
        (NOW, Ending.CALL_BACK),
        (LATER, ""),
    ]
    assert (ticket.state, ticket.messages.get().text) == (State.OPEN, "Move the shop.")


def test_a_call_of_ours_to_a_number_that_waits_is_the_call_back(ticket, consultant):
    call = log_call(direction="out", outcome="left_message", phone=ANNAS, at=LATER, now=LATER, by=consultant)
    ticket.refresh_from_db()
    assert (call.ticket, ticket.state) == (ticket, State.ANSWERED)


def test_a_call_of_ours_to_nobody_known_is_only_written_down(consultant):
    call = log_call(direction="out", outcome="answered", phone=NOBODYS, at=NOW, now=NOW, by=consultant)
    assert (call.client, call.ticket, call.wait) == (None, None, None)


def test_that_they_reach_us_after_a_message_was_left_closes_the_call_back(ticket, consultant):
    call_back(ticket=ticket, outcome="left_message", by=consultant, now=LATER)
    answered(consultant, at=rome("2026-11-02 12:00"))
    ticket.refresh_from_db()
    assert (ticket.state, Wait.objects.get().ended_at) == (State.CLOSED, LATER)


def test_a_question_of_a_stranger_can_be_answered_by_telephone(db, consultant):
    ticket = open_ticket(
        subject="", text="How much?", channel="web", asked_at=NOW, now=NOW, client=None, kind="question",
        email="x@example.com", phone=NOBODYS,
    )  # fmt: skip
    call_back(ticket=ticket, outcome="answered", by=consultant, now=LATER)
    ticket.refresh_from_db()
    assert (ticket.state, Wait.objects.count()) == (State.ANSWERED, 0)


def test_nobody_is_called_about_what_was_never_confirmed(db, consultant):
    ticket = open_ticket(
        subject="", text="How much?", channel="web", asked_at=NOW, now=NOW, client=None, kind="question",
        email="x@example.com", confirmed=False,
    )  # fmt: skip
    with pytest.raises(SupportError) as refused:
        call_back(ticket=ticket, outcome="answered", by=consultant, now=LATER)
    assert refused.value.code == "no_ticket"


def test_a_call_written_down_a_little_later_ended_the_wait_when_it_took_place(ticket, consultant):
    call_back(ticket=ticket, outcome="answered", by=consultant, at=LATER, now=rome("2026-11-02 17:00"))
    wait = Wait.objects.get()
    assert (wait.ended_at, wait.took_seconds) == (LATER, 3600)


def test_a_mail_that_came_back_has_returned_no_call_that_is_told_of_late(ticket, consultant):
    """Missed before it, and written down after."""
    call = call_back(ticket=ticket, outcome="mail_sent", by=consultant, now=LATER)
    before, told = rome("2026-11-02 10:30"), rome("2026-11-02 12:00")
    assert missed(consultant, at=before, now=told).ticket is None
    not_delivered(call=call, now=LATER)
    late = missed(consultant, at=before, now=told)
    assert (late.ticket, late.wait) == (ticket, Wait.objects.open().get())

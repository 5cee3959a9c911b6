"""What is said on tickets, and whose wait it ends (S2, S8)."""

import uuid
from datetime import timedelta

import pytest

from mail.models import OutgoingMail
from support.calls import call_back
from support.errors import SupportError
from support.merging import merge_tickets
from support.messages import add_note, answer_ticket, ask_again, needs_no_answer
from support.models import Agreement, Message, Ticket, Wait
from support.questions import link_to_client, unlink_from_client
from support.tickets import take_ticket
from support.waits import resume_wait
from tests.support.making import NOW, opened, placed, rome

pytestmark = pytest.mark.django_db

State = Ticket.State


@pytest.fixture
def ticket(agreement, anna):
    return opened(agreement.client, anna)


def ask(ticket, anna, when, text="And this?", **changes):
    return ask_again(
        ticket=ticket, text=text, channel="web", by=anna, email=anna.email, at=when, now=when, **changes
    )


def test_a_second_message_joins_the_wait_that_goes_on(ticket, anna):
    later = ask(ticket, anna, rome("2026-11-02 16:00"))
    wait = ticket.waits.get()
    assert (later.wait, wait.asked_at, wait.due_at) == (wait, NOW, rome("2026-11-03 10:00"))


def test_after_an_answer_the_next_message_begins_another_wait(ticket, anna, consultant):
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=rome("2026-11-02 11:00"))
    later = ask(ticket, anna, rome("2026-11-02 16:00"))
    ticket.refresh_from_db()
    assert (ticket.state, later.wait.due_at) == (State.OPEN, rome("2026-11-03 16:00"))
    assert ticket.waits.count() == 2


def test_what_reached_us_earlier_and_is_read_later_brings_the_wait_forward(ticket, anna):
    earlier = rome("2026-11-02 09:30")
    Agreement.objects.update(recorded_at=earlier)
    ask_again(ticket=ticket, text="First.", channel="mail", by=anna, at=earlier, now=rome("2026-11-02 12:00"))
    wait = ticket.waits.get()
    assert (wait.asked_at, wait.due_at) == (earlier, rome("2026-11-03 09:30"))


def test_a_note_and_taking_it_end_no_wait(ticket, consultant):
    add_note(ticket=ticket, text="Ask the printer.", by=consultant, now=NOW)
    take_ticket(ticket=ticket, by=consultant, now=NOW)
    assert Wait.objects.open().get().ticket == ticket
    assert ticket.messages.public().count() == 1


def test_an_answer_that_crosses_another_is_held_until_its_writer_has_seen_it(ticket, consultant, desk_lead):
    seen = ticket.messages.latest("pk").pk
    first = answer_ticket(ticket=ticket, text="So.", by=consultant, seen=seen, now=NOW)
    with pytest.raises(SupportError) as refused:
        answer_ticket(ticket=ticket, text="Otherwise.", by=desk_lead, seen=seen, now=NOW)
    assert refused.value.code == "news"
    answer_ticket(ticket=ticket, text="Otherwise.", by=desk_lead, seen=first.pk, now=NOW)
    assert [m.text for m in ticket.messages.filter(kind="answer")] == ["So.", "Otherwise."]


def test_what_one_wrote_oneself_is_no_news(ticket, consultant):
    seen = ticket.messages.latest("pk").pk
    add_note(ticket=ticket, text="Mine.", by=consultant, now=NOW)
    assert answer_ticket(ticket=ticket, text="So.", by=consultant, seen=seen, now=NOW)


def test_the_same_answer_sent_twice_is_one(ticket, consultant):
    form = uuid.uuid4()
    first = answer_ticket(ticket=ticket, text="So.", by=consultant, public_id=form, now=NOW)
    assert answer_ticket(ticket=ticket, text="So.", by=consultant, public_id=form, now=NOW) == first
    with pytest.raises(SupportError) as refused:
        answer_ticket(ticket=ticket, text="Else.", by=consultant, public_id=form, now=NOW)
    assert refused.value.code == "form_used"
    assert OutgoingMail.objects.filter(kind="support/ticket_answered").count() == 1


def test_the_same_follow_up_sent_twice_is_one(ticket, anna, consultant):
    answer_ticket(ticket=placed(ticket), text="So.", by=consultant, close=True, now=NOW)
    late, form = NOW + timedelta(days=30), uuid.uuid4()
    first = ask(ticket, anna, late, public_id=form)
    assert ask(ticket, anna, late, public_id=form) == first
    assert Ticket.objects.count() == 2


def test_what_is_said_on_a_closed_one_is_said_on_the_one_that_follows_it(ticket, anna, consultant):
    answer_ticket(ticket=placed(ticket), text="So.", by=consultant, close=True, now=NOW)
    late = NOW + timedelta(days=30)
    first = ask(ticket, anna, late)
    assert ask(ticket, anna, late, "And?").ticket == first.ticket


def test_a_closed_ticket_is_not_answered(ticket, consultant):
    answer_ticket(ticket=placed(ticket), text="So.", by=consultant, close=True, now=NOW)
    with pytest.raises(SupportError) as refused:
        answer_ticket(ticket=ticket, text="More.", by=consultant, now=NOW)
    assert refused.value.code == "not_open"


def test_thanks_need_no_answer_and_are_counted_apart(ticket, anna, consultant):
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    thanks = ask(ticket, anna, rome("2026-11-02 11:00"), "Thanks!")
    needs_no_answer(message=thanks, why="Thanks.", by=consultant, now=rome("2026-11-02 12:00"))
    ticket.refresh_from_db()
    wait = ticket.waits.latest("pk")
    assert (ticket.state, wait.ending, wait.kept) == (State.ANSWERED, Wait.Ending.NO_ANSWER, None)


def test_what_else_was_asked_still_waits_from_its_own_moment(ticket, anna, consultant):
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    thanks = ask(ticket, anna, rome("2026-11-02 11:00"), "Thanks!")
    ask(ticket, anna, rome("2026-11-02 12:00"), "And the shop?")
    needs_no_answer(message=thanks, why="Thanks.", by=consultant, now=rome("2026-11-02 12:30"))
    wait = Wait.objects.open().get()
    ticket.refresh_from_db()
    assert (wait.asked_at, wait.due_at, ticket.state) == (
        rome("2026-11-02 12:00"),
        rome("2026-11-03 12:00"),
        State.OPEN,
    )
    assert [m.text for m in wait.messages.all()] == ["And the shop?"]


def test_a_later_thanks_leaves_the_wait_of_the_first_question_as_it_is(ticket, anna, consultant):
    thanks = ask(ticket, anna, rome("2026-11-02 12:00"), "Thanks anyway!")
    needs_no_answer(message=thanks, why="Thanks.", by=consultant, now=rome("2026-11-02 12:30"))
    wait = Wait.objects.open().get()
    assert (wait.asked_at, wait.due_at) == (NOW, rome("2026-11-03 10:00"))


def test_what_was_answered_needs_no_mark(ticket, consultant):
    message = ticket.messages.get()
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    with pytest.raises(SupportError) as refused:
        needs_no_answer(message=message, why="Thanks.", by=consultant, now=NOW)
    assert refused.value.code == "answered_already"


def test_a_wait_whose_answer_did_not_arrive_goes_on_as_it_was_promised(ticket, consultant):
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=rome("2026-11-02 11:00"))
    wait = resume_wait(wait=ticket.waits.get())
    wait.refresh_from_db()
    assert (wait.ended_at, wait.ending, wait.due_at) == (None, "", rome("2026-11-03 10:00"))


def test_where_they_ask_again_meanwhile_the_older_promise_goes_on(ticket, anna, consultant):
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=rome("2026-11-02 11:00"))
    first = ticket.waits.get()
    ask(ticket, anna, rome("2026-11-02 16:00"))
    going_on = resume_wait(wait=first)
    assert (Wait.objects.open().get(), going_on.due_at) == (going_on, rome("2026-11-03 10:00"))


def test_files_come_with_a_message_under_harmless_names(agreement, anna):
    from support.attachments import NewFile

    ticket = opened(agreement.client, anna, files=[NewFile("../../etc/pass wd<b>.html", b"<script>")])
    kept = ticket.messages.get().attachments.get()
    assert (kept.name, kept.size) == ("pass wd_b_.html", 8)
    assert "html" not in kept.file.name


def test_an_empty_answer_is_refused(ticket, consultant):
    with pytest.raises(SupportError) as refused:
        answer_ticket(ticket=ticket, text=" \n", by=consultant, now=NOW)
    assert (refused.value.code, Message.objects.count()) == ("nothing_written", 1)


def test_a_note_and_an_answer_of_one_form_are_not_taken_for_each_other(ticket, consultant):
    form = uuid.uuid4()
    add_note(ticket=ticket, text="So.", by=consultant, public_id=form, now=NOW)
    with pytest.raises(SupportError) as refused:
        answer_ticket(ticket=ticket, text="So.", by=consultant, public_id=form, now=NOW)
    assert (refused.value.code, Wait.objects.open().count()) == ("form_used", 1)


def test_an_answer_sent_again_after_its_ticket_was_merged_is_the_one_that_stands(
    ticket, agreement, anna, consultant
):
    form, other = uuid.uuid4(), opened(agreement.client, anna)
    first = answer_ticket(ticket=ticket, text="So.", by=consultant, public_id=form, now=NOW)
    merge_tickets(ticket=ticket, into=other, by=consultant, now=NOW)
    assert answer_ticket(ticket=ticket, text="So.", by=consultant, public_id=form, now=NOW) == first


def test_a_note_on_a_merged_ticket_is_written_where_it_goes_on(ticket, agreement, anna, consultant):
    other = opened(agreement.client, anna)
    merge_tickets(ticket=ticket, into=other, by=consultant, now=NOW)
    assert add_note(ticket=ticket, text="Ask Bea.", by=consultant, now=NOW).ticket == other


def test_what_needs_no_answer_is_marked_where_its_ticket_goes_on(ticket, agreement, anna, consultant):
    """Its page was opened before the merge."""
    stale, other = ticket.messages.get(), opened(agreement.client, anna)
    answer_ticket(ticket=other, text="So.", by=consultant, now=NOW)
    assert stale.ticket == ticket
    merge_tickets(ticket=ticket, into=other, by=consultant, now=NOW)
    needs_no_answer(message=stale, why="Thanks.", by=consultant, now=NOW)
    other.refresh_from_db()
    assert (other.state, Wait.objects.open().count()) == (State.ANSWERED, 0)
    assert other.events.latest("pk").kind == "no_answer"


def test_a_question_with_more_than_thanks_stays_open(consultant):
    ticket = opened(None, None, kind=Ticket.Kind.QUESTION, email="a@example.com")
    said = {"ticket": ticket, "channel": "web", "email": ticket.email, "at": NOW, "now": NOW}
    first = ticket.messages.get()
    thanks = ask_again(text="Thanks anyway!", **said)
    needs_no_answer(message=thanks, why="Thanks.", by=consultant, now=NOW)
    ticket.refresh_from_db()
    assert ticket.state == State.OPEN
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    ask_again(text="And the shop?", **said)
    with pytest.raises(SupportError) as refused:
        needs_no_answer(message=first, why="Thanks.", by=consultant, now=NOW)
    ticket.refresh_from_db()
    assert (refused.value.code, ticket.state) == ("answered_already", State.OPEN)


def test_a_question_of_which_nothing_needs_an_answer_waits_for_none(consultant):
    ticket = opened(None, None, kind=Ticket.Kind.QUESTION, email="a@example.com")
    needs_no_answer(message=ticket.messages.get(), why="Advertising.", by=consultant, now=NOW)
    ticket.refresh_from_db()
    assert ticket.state == State.ANSWERED


def test_what_was_asked_after_a_wrong_link_was_taken_back_still_needs_an_answer(agreement, consultant):
    """Of the first a promise stands, of the second there is none; both are to be answered."""
    ticket = opened(None, None, kind=Ticket.Kind.QUESTION, email="a@example.com")
    link_to_client(ticket=ticket, client=agreement.client, by=consultant, now=NOW)
    unlink_from_client(ticket=ticket, why="Another Eva.", by=consultant, now=NOW)
    first = ticket.messages.get()
    ask_again(ticket=ticket, text="And the shop?", channel="web", email=ticket.email, at=NOW, now=NOW)
    needs_no_answer(message=first, why="Thanks.", by=consultant, now=NOW)
    ticket.refresh_from_db()
    assert (ticket.state, Wait.objects.open().count()) == (State.OPEN, 0)
    needs_no_answer(message=ticket.messages.latest("pk"), why="Thanks.", by=consultant, now=NOW)
    ticket.refresh_from_db()
    assert ticket.state == State.ANSWERED


def test_nothing_is_said_on_a_question_that_was_never_confirmed(db):
    ticket = opened(None, None, kind=Ticket.Kind.QUESTION, email="a@example.com", confirmed=False)
    Ticket.objects.filter(pk=ticket.pk).update(state=State.EXPIRED)
    with pytest.raises(SupportError) as refused:
        ask_again(ticket=ticket, text="Hello?", channel="web", at=NOW, now=NOW)
    assert (refused.value.code, Message.objects.count()) == ("expired", 1)


LATE = NOW + timedelta(days=30)


def test_a_follow_up_is_written_of_by_the_message_that_began_it(ticket, anna, consultant):
    answer_ticket(ticket=placed(ticket), text="So.", by=consultant, close=True, now=NOW)
    form = uuid.uuid4()
    message = ask(ticket, anna, LATE, public_id=form)
    assert message.public_id == form
    # Whoever knows the form does not know the ticket by it.
    assert message.ticket.public_id != form
    mail = OutgoingMail.objects.filter(kind="support/ticket_received").latest("pk")
    assert mail.cause == f"message:{form}"


def test_files_alone_carry_on_what_was_closed_long_ago(ticket, anna, consultant):
    from support.attachments import NewFile

    answer_ticket(ticket=placed(ticket), text="So.", by=consultant, close=True, now=NOW)
    message = ask(ticket, anna, LATE, text="", files=[NewFile("a.pdf", b"%PDF-")])
    assert (message.ticket.follows, message.ticket.subject) == (ticket, ticket.subject)


def test_who_carries_on_what_a_colleague_asked_has_their_own_name_on_it(ticket, anna, consultant):
    answer_ticket(ticket=placed(ticket), text="So.", by=consultant, close=True, now=NOW)
    message = ask_again(
        ticket=ticket, text="And?", channel="mail", name="Bea", email="bea@example.com", at=LATE, now=LATE
    )
    following = message.ticket
    assert (following.asker, following.name, following.email) == (None, "Bea", "bea@example.com")


def test_what_carries_on_a_linked_question_is_still_its_askers(ticket, consultant):
    from support.tickets import note

    Ticket.objects.filter(pk=ticket.pk).update(asker=None, email="new@example.com", name="New")
    note(ticket, "linked", by=consultant, now=NOW)
    answer_ticket(ticket=placed(ticket), text="So.", by=consultant, close=True, now=NOW)
    ticket.refresh_from_db()
    message = ask_again(
        ticket=ticket, text="And?", channel="mail", email="new@example.com", at=LATE, now=LATE
    )
    assert list(message.ticket.events.values_list("kind", flat=True)) == ["opened", "linked"]
    assert message.ticket.name == "New"


def test_an_answer_that_nobody_could_read_is_none(agreement, consultant, client_of):
    """A client who is known by their telephone alone is telephoned."""
    ticket = opened(agreement.client, None, phone="+525512345678")
    agreement.client.people.update(ended_on=NOW.date())
    desk = client_of(consultant)
    page = desk.get(f"/support/desk/{ticket.public_id}/").content.decode()
    assert "We know no address to write to" in page and 'id="answer-form"' not in page
    assert "Log the call" in page and "It needs no answer" in page
    with pytest.raises(SupportError) as refused:
        answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    ticket.refresh_from_db()
    assert (refused.value.code, ticket.state, Wait.objects.open().count()) == (
        "nobody_to_write_to",
        "open",
        1,
    )
    assert not ticket.messages.filter(kind="answer").exists()
    said = {"text": "Typed.", "seen": ticket.messages.get().pk, "seen_call": 0, "form_id": uuid.uuid4()}
    response = desk.post(f"/support/desk/{ticket.public_id}/answer/", said)
    assert (response.status_code, "Typed." in response.content.decode()) == (409, True)
    call_back(ticket=ticket, outcome="answered", by=consultant, now=NOW)
    ticket.refresh_from_db()
    assert (ticket.state, Wait.objects.open().count()) == ("answered", 0)

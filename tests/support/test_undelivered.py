"""An answer that did not arrive ends no wait (S2): what came back or could not be sent, found by looking."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mail import outbox
from mail.models import OutgoingMail
from support.calls import call_back
from support.clients import name_person
from support.forgetting import erase_asker, forget_address
from support.messages import answer_ticket, ask_again
from support.models import Message, Ticket, Wait
from support.questions import link_to_client, unlink_from_client
from support.tickets import hand_over, reopen_ticket
from support.undelivered import resume_undelivered, to_resume
from tests.mail.messages import take_in
from tests.mail.test_bounces import report
from tests.support.calling import missed, with_number
from tests.support.mailing import replying_to, sent, write
from tests.support.making import NOW, opened, placed, registrar, rome

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ANSWERED = NOW + HOUR
LATER = NOW + 2 * HOUR


@pytest.fixture(autouse=True)
def _files(private_files):
    """Nothing of these tests is left lying about."""


@pytest.fixture
def ticket(agreement, anna):
    return opened(agreement.client, anna)


def answer(ticket, consultant, *, now=ANSWERED, **changes) -> Message:
    """Answered, and sent off."""
    message = answer_ticket(ticket=ticket, text="So.", by=consultant, now=now, **changes)
    OutgoingMail.objects.filter(state="queued").update(state="sent", sent_at=now)
    return message


def mails_of(message: Message):
    return OutgoingMail.objects.filter(cause=f"message:{message.public_id}", kind="support/ticket_answered")


def come_back(message: Message) -> None:
    mails_of(message).update(bounced_at=LATER)


def test_an_answer_that_came_back_has_ended_no_wait(ticket, consultant):
    message = answer(ticket, consultant)
    take_in(report(mails_of(message).get().message_id), now=LATER)
    assert resume_undelivered(now=LATER) == 1
    ticket.refresh_from_db()
    message.refresh_from_db()
    wait = ticket.waits.get()
    assert (wait.ended_at, wait.ending, wait.took_seconds, wait.asked_at) == (None, "", None, NOW)
    assert wait.due_at == rome("2026-11-03 10:00")
    assert (ticket.state, message.undelivered_at) == ("open", LATER)
    event = ticket.events.latest("pk")
    assert (event.kind, event.actor, event.from_state, event.to_state) == (
        "resumed",
        None,
        "answered",
        "open",
    )
    # Who said so, for a report can be forged by whoever has seen the mail.
    assert (event.about, event.reason) == ("mailer-daemon@example.com", "")
    (told,) = sent("ticket_undelivered")
    assert (told.recipient, ticket.number in told.subject) == (consultant.email, True)
    assert (resume_undelivered(now=LATER), len(sent("ticket_undelivered"))) == (0, 1)


def test_who_returned_it_is_forgotten_with_whoever_asked(ticket, anna, consultant):
    message = answer(ticket, consultant)
    take_in(report(mails_of(message).get().message_id), now=LATER)
    resume_undelivered(now=LATER)
    assert mails_of(message).get().last_error == "mailer-daemon@example.com"
    erase_asker(anna, addresses=[anna.email], now=LATER)
    event = ticket.events.get(kind="resumed")
    assert (event.about, event.reason) == ("", "")
    assert mails_of(message).get().last_error == ""


def test_an_answer_that_could_not_be_sent_has_ended_none_either(ticket, consultant):
    answer_ticket(ticket=placed(ticket), text="So.", by=consultant, close=True, now=ANSWERED)
    OutgoingMail.objects.update(state="failed")
    assert resume_undelivered(now=LATER) == 1
    ticket.refresh_from_db()
    assert (ticket.state, ticket.closed_at, Wait.objects.open().count()) == ("open", None, 1)


@pytest.mark.parametrize("state", ["queued", "sending", "sent"])
def test_what_may_still_arrive_is_left_alone(ticket, consultant, state):
    message = answer(ticket, consultant)
    mails_of(message).update(state=state)
    assert (resume_undelivered(now=LATER), to_resume(LATER)) == (0, [])


def test_what_reached_one_of_two_was_answered(ticket, consultant):
    name_person(client=ticket.client, name="Bruno", email="bruno@example.com", role="asks", by=registrar())
    ask_again(ticket=ticket, text="?", channel="mail", at=NOW, now=NOW, email="bruno@example.com")
    message = answer(ticket, consultant)
    assert mails_of(message).count() == 2
    mails_of(message).filter(recipient="bruno@example.com").update(bounced_at=LATER)
    assert resume_undelivered(now=LATER) == 0
    come_back(message)
    assert resume_undelivered(now=LATER) == 1


def test_where_a_later_answer_arrived_nothing_is_resumed(ticket, consultant):
    come_back(answer(ticket, consultant))
    second = answer(ticket, consultant, now=ANSWERED + timedelta(minutes=1))
    assert resume_undelivered(now=LATER) == 0
    come_back(second)
    assert resume_undelivered(now=LATER) == 1
    # One mail tells of both.
    assert (Wait.objects.open().get().asked_at, len(sent("ticket_undelivered"))) == (NOW, 1)
    assert not Message.objects.filter(kind="answer", undelivered_at=None).exists()


def test_of_two_waits_that_nobody_answered_the_older_promise_goes_on(ticket, consultant, anna):
    come_back(answer(ticket, consultant))
    asked = NOW + timedelta(minutes=90)
    ask_again(ticket=ticket, text="Well?", channel="web", by=anna, email=anna.email, at=asked, now=asked)
    come_back(answer(ticket, consultant, now=LATER))
    assert resume_undelivered(now=LATER) == 1
    first, second = ticket.waits.order_by("asked_at")
    assert (first.ended_at, first.asked_at) == (None, NOW)
    assert (second.ending, second.kept) == ("merged", None)
    assert set(first.messages.filter(kind="asked").values_list("text", flat=True)) == {
        "How do I publish?",
        "Well?",
    }


def test_whoever_waits_again_already_waits_since_they_first_asked(ticket, consultant, anna):
    message = answer(ticket, consultant)
    ask_again(ticket=ticket, text="Well?", channel="web", by=anna, email=anna.email, at=LATER, now=LATER)
    come_back(message)
    assert resume_undelivered(now=LATER) == 1
    ticket.refresh_from_db()
    goes_on = Wait.objects.open().get()
    assert (goes_on.asked_at, goes_on.due_at, ticket.state) == (NOW, rome("2026-11-03 10:00"), "open")


def test_whoever_answered_the_mail_had_it(agreement, anna, consultant):
    """It was sent on to two places, and came back from one."""
    write()
    ticket = Ticket.objects.get()
    message = answer(ticket, consultant)
    write(number=2, text="Thanks, but how?", now=LATER, **replying_to(mails_of(message).get()))
    come_back(message)
    assert resume_undelivered(now=LATER) == 0


def test_whoever_has_seen_it_on_the_page_had_it(ticket, consultant):
    come_back(answer(ticket, consultant))
    Ticket.objects.update(client_saw_at=ANSWERED)
    assert resume_undelivered(now=LATER) == 0
    Ticket.objects.update(client_saw_at=ANSWERED - timedelta(seconds=1))
    assert resume_undelivered(now=LATER) == 1


def test_a_question_is_told_of_and_nobody_waits(consultant):
    question = opened(None, None, kind="question", email="eva@example.com")
    come_back(answer(question, consultant))
    assert resume_undelivered(now=LATER) == 1
    question.refresh_from_db()
    assert (question.state, Wait.objects.count(), len(sent("ticket_undelivered"))) == ("answered", 0, 1)


def test_nobody_waits_for_what_came_back_to_whoever_was_forgotten_since(agreement, consultant):
    """A link to the wrong client had promised an answer, which stood."""
    question = opened(None, None, kind="question", email="eva@example.com")
    link_to_client(ticket=question, client=agreement.client, by=consultant, now=NOW)
    unlink_from_client(ticket=question, why="Another Eva.", by=consultant, now=NOW)
    message = answer(question, consultant)
    forget_address(email="eva@example.com", now=ANSWERED)
    come_back(message)
    assert (to_resume(LATER), resume_undelivered(now=LATER)) == ([], 0)
    question.refresh_from_db()
    assert (question.state, Wait.objects.open().count(), sent("ticket_undelivered")) == ("closed", 0, [])


def test_what_came_back_to_somebody_erased_is_still_owed_to_their_client(ticket, consultant, anna):
    name_person(client=ticket.client, name="Bruno", email="bruno@example.com", role="asks", by=registrar())
    message = answer(ticket, consultant)
    erase_asker(anna, addresses=[anna.email], now=ANSWERED)
    come_back(message)
    assert resume_undelivered(now=LATER) == 1
    assert Wait.objects.open().get().ticket == ticket


def test_what_was_merged_is_looked_after_where_it_went_on(ticket, consultant, anna):
    from support.merging import merge_tickets

    other = opened(ticket.client, anna, subject="Other")
    come_back(answer(ticket, consultant))
    merge_tickets(ticket=ticket, into=other, by=consultant, now=LATER)
    assert resume_undelivered(now=LATER) == 1
    assert Wait.objects.open().get().ticket == other


def test_what_is_weeks_old_is_looked_for_no_more(ticket, consultant):
    come_back(answer(ticket, consultant))
    assert to_resume(ANSWERED + timedelta(days=14, seconds=-1)) == [ticket]
    assert to_resume(ANSWERED + timedelta(days=14)) == []


def test_where_nothing_came_back_two_queries_say_so(ticket, consultant, django_assert_max_num_queries):
    answer(ticket, consultant)
    with django_assert_max_num_queries(2):
        resume_undelivered(now=LATER)
    # By the index of what did not arrive, however much was sent.
    with CaptureQueriesContext(connection) as captured:
        list(OutgoingMail.objects.undelivered().filter(written_at__gt=NOW).order_by().values_list("cause"))
    plan = connection.cursor()
    plan.execute("EXPLAIN QUERY PLAN " + captured[0]["sql"] if connection.vendor == "sqlite" else "SELECT ''")
    assert connection.vendor != "sqlite" or "mail_undelivered" in str(plan.fetchall())


def test_the_command_counts_or_does(ticket, consultant):
    from django.utils import timezone

    now = timezone.now()
    come_back(answer(ticket, consultant, now=now))
    OutgoingMail.objects.update(written_at=now)
    said = StringIO()
    call_command("resume_undelivered", "--dry-run", stdout=said)
    assert (said.getvalue(), Wait.objects.open().count()) == (
        "Due: 1 tickets, 0 calls. Nothing was written.\n",
        0,
    )
    call_command("resume_undelivered", stdout=said)
    assert said.getvalue().endswith("Resumed: 1 tickets and calls.\n")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_resume_a_wait_once(ticket, consultant):
    from tests.together import together

    come_back(answer(ticket, consultant))
    done = together(*(lambda: resume_undelivered(now=LATER),) * 4)
    assert (sorted(done), len(sent("ticket_undelivered"))) == ([0, 0, 0, 1], 1)


def test_what_is_given_up_is_found_by_the_outbox_itself(ticket, consultant, settings):
    """Seven attempts, and then."""
    settings.EMAIL_BACKEND = "tests.mail.fakes.TakesNothing"
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=ANSWERED)
    now = ANSWERED
    for wait in (timedelta(), *outbox.RETRY_AFTER):
        now += wait
        assert resume_undelivered(now=now) == 0
        outbox.send_due(now=now)
    assert resume_undelivered(now=now) == 1


@pytest.mark.parametrize("reached", [False, True])
def test_a_mail_that_we_called_and_that_came_back_has_ended_no_wait(agreement, consultant, reached):
    with_number(agreement.client)
    ticket = missed(consultant).ticket
    call_back(ticket=ticket, outcome="mail_sent", by=consultant, now=ANSWERED)
    OutgoingMail.objects.filter(kind="support/we_called").update(state="sent", bounced_at=LATER)
    if reached:
        call_back(ticket=ticket, outcome="answered", by=consultant, now=LATER)
    assert resume_undelivered(now=LATER) == (0 if reached else 1)
    assert resume_undelivered(now=LATER) == 0
    ticket.refresh_from_db()
    assert (ticket.state, Wait.objects.open().count()) == (("closed", 0) if reached else ("open", 1))
    told = [(mail.recipient, ticket.number in mail.subject) for mail in sent("call_undelivered")]
    assert told == ([] if reached else [(consultant.email, True)])


def test_of_a_mail_that_we_called_the_event_says_who_returned_it(agreement, consultant, desk_lead):
    with_number(agreement.client)
    ticket = missed(consultant).ticket
    call_back(ticket=ticket, outcome="mail_sent", by=consultant, now=ANSWERED)
    hand_over(
        ticket=reopen_ticket(ticket=ticket, by=consultant, now=ANSWERED),
        to=desk_lead,
        by=consultant,
        now=ANSWERED,
    )
    OutgoingMail.objects.update(state="sent", sent_at=ANSWERED)
    mail = OutgoingMail.objects.get(kind="support/we_called")
    take_in(report(mail.message_id), now=LATER)
    assert resume_undelivered(now=LATER) == 1
    event = ticket.events.latest("pk")
    assert (event.kind, event.about, event.reason) == ("resumed", "mailer-daemon@example.com", "")
    (told,) = sent("call_undelivered")
    # Whoever has the ticket now, not whoever called.
    assert told.recipient == desk_lead.email
    assert "Monday, Nov. 2, 2026 at 11 a.m. (Europe/Rome) Studio Bianchi was called" in told.text

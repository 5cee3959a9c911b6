"""Whatever is done with tickets, in whatever order: whoever waits for an answer has the promise of their oldest
message, and nobody else waits (S2, S9)."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.desk_calendar import working_calendar
from support.errors import SupportError
from support.invariants import breaches, tickets, waits
from support.merging import merge_tickets
from support.messages import add_note, answer_ticket, ask_again, needs_no_answer
from support.models import Agreement, Message, Ticket, Wait
from support.response_times import check_response_times
from support.tickets import close_ticket, followed, reopen_ticket
from support.waits import resume_wait
from tests.support.making import NOW, opened, placed

pytestmark = pytest.mark.django_db

EVENTS = (
    *("ask", "ask", "ask", "mail_read_late", "answer", "answer", "needs_no_answer", "needs_no_answer"),
    *("merge", "close", "client_closes", "reopen", "note", "check"),
)
# What is done, at which tickets and messages, and how many minutes after what was done before.
STEPS = st.lists(
    st.tuples(st.sampled_from(EVENTS), st.integers(0, 3), st.integers(0, 3), st.integers(0, 900)), max_size=14
)


class Oracle:
    """What still waits for an answer, by the rules and nothing else: the messages of each ticket, each since when."""

    def __init__(self):
        self.unanswered = {}

    def asked(self, ticket, message, at):
        self.unanswered.setdefault(ticket, {})[message] = at

    def answered(self, ticket):
        self.unanswered[ticket] = {}

    def needs_none(self, message):
        for messages in self.unanswered.values():
            messages.pop(message, None)

    def merged(self, ticket, into):
        self.unanswered[into] = self.unanswered.get(into, {}) | self.unanswered.pop(ticket, {})

    @property
    def since(self):
        return {ticket: min(found.values()) for ticket, found in self.unanswered.items() if found}


def step(oracle, event, which, other, now, anna, consultant):
    """Does it with the product's functions; the oracle hears of it where it was not refused."""
    roots = list(Ticket.objects.order_by("pk"))
    ticket, into = roots[which % len(roots)], roots[other % len(roots)]
    match event:
        case "ask" | "mail_read_late":
            at = now - timedelta(minutes=7 * other) if event == "mail_read_late" else now
            said = ask_again(ticket=ticket, text="And?", channel="web", by=anna, at=at, now=now)
            oracle.asked(said.ticket_id, said.pk, at)
        case "answer":
            answer_ticket(ticket=ticket, text="So.", by=consultant, now=now)
            oracle.answered(ticket.pk)
        case "needs_no_answer":
            messages = list(Message.objects.filter(kind="asked").order_by("pk"))
            message = messages[(which + 4 * other) % len(messages)]
            needs_no_answer(message=message, why="Thanks.", by=consultant, now=now)
            oracle.needs_none(message.pk)
        case "merge":
            merge_tickets(ticket=ticket, into=into, by=consultant, now=now)
            if ticket.state != Ticket.State.MERGED:
                oracle.merged(ticket.pk, into.pk)
        case "close":
            waited = ticket.pk in oracle.since
            close_ticket(ticket=placed(ticket), by=consultant, now=now)
            assert not waited
        case "client_closes":
            close_ticket(ticket=ticket, by=anna, by_client=True, now=now)
            oracle.answered(ticket.pk)
        case "reopen":
            reopen_ticket(ticket=ticket, by=consultant, now=now)
        case "note":
            add_note(ticket=ticket, text="Look.", by=consultant, now=now)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_done_whoever_was_not_answered_waits_since_their_oldest_message(
    agreement, anna, consultant, desk_lead, steps
):
    calendar = working_calendar()
    # A client for long, also when the mail that is read latest was written.
    Agreement.objects.update(recorded_at=NOW - timedelta(days=1))
    with transaction.atomic():
        oracle, now = Oracle(), NOW
        for number in range(3):
            ticket = opened(agreement.client, anna, now=now + timedelta(minutes=number))
            oracle.asked(ticket.pk, ticket.messages.get().pk, now + timedelta(minutes=number))
        now += timedelta(minutes=3)
        recorded = {}
        for event, which, other, minutes in steps:
            now += timedelta(minutes=minutes)
            try:
                if event == "check":
                    check_response_times(now=now)
                    assert check_response_times(now=now) == (0, 0)
                    assert not Wait.objects.breached(now).filter(breach_told_at=None).exists()
                else:
                    step(oracle, event, which, other, now, anna, consultant)
            except SupportError:
                pass
            going_on = {wait.ticket_id: wait for wait in Wait.objects.open()}
            assert {pk: wait.asked_at for pk, wait in going_on.items()} == oracle.since
            for wait in going_on.values():
                # What was promised is one working day from then, whatever was done meanwhile: never put off.
                assert wait.due_at == calendar.response_due(wait.asked_at)
            assert [*waits(), *breaches(), *tickets()] == []
            ended = {wait.pk: wait.breached_at for wait in Wait.objects.exclude(ended_at=None)}
            assert {pk: ended[pk] for pk in recorded} == recorded, "a record was changed after the end"
            recorded = ended
        transaction.set_rollback(True)


def test_an_answer_that_did_not_arrive_lets_the_wait_go_on_as_it_was_promised(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    message = answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW + timedelta(hours=1))
    due_at = message.wait.due_at
    Ticket.objects.update(state=Ticket.State.OPEN)  # As whoever finds the bounce does, with its history.
    resume_wait(wait=message.wait)
    assert (Wait.objects.open().get().due_at, Wait.objects.count()) == (due_at, 1)
    assert [*waits(), *breaches()] == []


def test_what_the_books_say_of_a_ticket_whose_wait_was_lost(agreement, anna, consultant):
    """Each invariant sees what it is there for."""
    ticket = opened(agreement.client, anna)
    wait = ticket.waits.get()
    assert [*waits(), *breaches(), *tickets()] == []
    Wait.objects.update(asked_at=NOW + timedelta(seconds=1))
    assert len([*waits()]) == 1
    Wait.objects.update(asked_at=NOW)
    Ticket.objects.update(state=Ticket.State.ANSWERED)
    assert (len([*waits()]), len([*tickets()])) == (1, 1)
    Ticket.objects.update(state=Ticket.State.OPEN)
    Message.objects.update(wait=None)
    assert len([*waits()]) == 1  # It goes on for nothing.
    wait.ended_at, wait.ending, wait.took_seconds = wait.due_at + timedelta(seconds=1), "no_answer", 1
    wait.save()
    assert (len([*waits()]), len([*breaches()])) == (0, 1)
    Wait.objects.all().delete()
    assert len([*waits()]) == 1  # Nobody waits for a message that was not answered.
    assert followed(ticket) == ticket

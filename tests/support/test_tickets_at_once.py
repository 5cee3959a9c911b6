"""Two at one ticket in the same moment, in real threads (S8)."""

import threading
import time
import uuid
from datetime import timedelta

import pytest
from django.db import transaction

from support import tickets as jobs
from support.errors import SupportError
from support.merging import merge_tickets
from support.messages import answer_ticket, ask_again, needs_no_answer
from support.models import Message, Ticket, Wait
from support.tickets import close_ticket, take_ticket
from tests.making import make_staff
from tests.support.making import NOW, opened, placed
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def codes(results):
    return sorted(each.code if isinstance(each, SupportError) else "ok" for each in results)


@pytest.fixture
def colleague(db):
    return make_staff("consultant", email="colleague@quince.example")


def test_of_two_consultants_who_take_a_ticket_at_once_one_has_it(agreement, anna, consultant, colleague):
    ticket = opened(agreement.client, anna)
    results = together(
        lambda: take_ticket(ticket=ticket, by=consultant, now=NOW),
        lambda: take_ticket(ticket=ticket, by=colleague, now=NOW),
    )
    assert codes(results) == ["ok", "taken"]
    assert ticket.events.filter(kind="taken").count() == 1


def test_without_the_lock_both_would_have_it(agreement, anna, consultant, colleague, monkeypatch):
    """The negative control: read without waiting, both see a ticket that nobody has."""
    ticket = opened(agreement.client, anna)
    both_read = threading.Barrier(2)

    def unlocked(ticket):
        found = Ticket.objects.get(pk=ticket.pk)
        both_read.wait(timeout=20)
        return found

    monkeypatch.setattr(jobs, "locked", unlocked)
    results = together(
        lambda: take_ticket(ticket=ticket, by=consultant, now=NOW),
        lambda: take_ticket(ticket=ticket, by=colleague, now=NOW),
    )
    assert codes(results) == ["ok", "ok"]


def test_of_two_who_answer_at_once_the_second_sees_the_first(agreement, anna, consultant, colleague):
    ticket = opened(agreement.client, anna)
    seen = ticket.messages.get().pk
    results = together(
        lambda: answer_ticket(ticket=ticket, text="So.", by=consultant, seen=seen, now=NOW),
        lambda: answer_ticket(ticket=ticket, text="Otherwise.", by=colleague, seen=seen, now=NOW),
    )
    assert codes(results) == ["news", "ok"]
    assert Message.objects.filter(kind="answer").count() == 1


def test_a_question_that_meets_the_answer_on_its_way_never_goes_without_a_wait(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    for number in range(10):
        together(
            lambda: ask_again(ticket=ticket, text="And?", channel="web", by=anna, at=NOW, now=NOW),
            lambda: answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW),
        )
        ticket.refresh_from_db()
        last = ticket.messages.latest("pk")
        waits = Wait.objects.open().filter(ticket=ticket).count()
        assert (number, ticket.state, waits) == (
            number,
            *(("open", 1) if last.kind == "asked" else ("answered", 0)),
        )


def test_a_form_sent_twice_at_once_opens_one_ticket(agreement, anna):
    form = uuid.uuid4()
    results = together(*[lambda: opened(agreement.client, anna, public_id=form)] * 4)
    assert {each.pk for each in results} == {Ticket.objects.get().pk}
    assert Wait.objects.count() == 1


def test_two_merges_crosswise_do_not_wait_for_each_other_for_ever(agreement, anna, consultant, colleague):
    first, second = opened(agreement.client, anna), opened(agreement.client, anna)
    results = together(
        lambda: merge_tickets(ticket=first, into=second, by=consultant, now=NOW),
        lambda: merge_tickets(ticket=second, into=first, by=colleague, now=NOW),
    )
    assert codes(results) == ["not_open", "ok"]
    assert Wait.objects.open().count() == 1


def test_what_is_said_while_a_ticket_is_merged_is_said_on_the_other(agreement, anna, consultant):
    first, second = opened(agreement.client, anna), opened(agreement.client, anna)
    together(
        lambda: merge_tickets(ticket=first, into=second, by=consultant, now=NOW),
        lambda: ask_again(ticket=first, text="And?", channel="web", by=anna, at=NOW, now=NOW),
    )
    assert second.messages.public().count() == 3
    assert Wait.objects.open().get().ticket == second


def test_what_is_said_while_a_ticket_is_closed_opens_it_again_or_keeps_it_open(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    together(
        lambda: close_ticket(ticket=placed(ticket), by=consultant, now=NOW),
        lambda: ask_again(ticket=ticket, text="And?", channel="web", by=anna, at=NOW, now=NOW),
    )
    ticket.refresh_from_db()
    assert (ticket.state, Wait.objects.open().count()) == ("open", 1)


def test_a_strangers_form_sent_twice_at_once_asks_one_question(db):
    """No client is there to wait at: the form itself is."""
    said = {"kind": Ticket.Kind.QUESTION, "email": "a@example.com", "public_id": uuid.uuid4()}
    results = together(*[lambda: opened(None, None, **said)] * 4)
    assert {each.pk for each in results} == {Ticket.objects.get().pk}
    assert Message.objects.count() == 1


def test_what_carries_on_a_closed_ticket_does_not_wait_at_its_client(agreement, anna, consultant):
    """Whoever has locked a client may lock its tickets after it, so a ticket's own transaction locks no client: both
    would wait for each other for ever."""
    from support.models import Client

    ticket = opened(agreement.client, anna)
    answer_ticket(ticket=placed(ticket), text="So.", by=consultant, close=True, now=NOW)
    late, has_client = NOW + timedelta(days=30), threading.Barrier(2)

    def client_first():
        with transaction.atomic():
            Client.objects.select_for_update(no_key=True).get(pk=agreement.client_id)
            has_client.wait(timeout=20)
            time.sleep(0.3)
            return jobs.locked(ticket)

    def ticket_first():
        with transaction.atomic():
            jobs.locked(ticket)
            has_client.wait(timeout=20)
            return ask_again(ticket=ticket, text="And?", channel="web", by=anna, at=late, now=late)

    results = together(client_first, ticket_first)
    assert not [each for each in results if isinstance(each, Exception)]
    assert Ticket.objects.get(follows=ticket)


def test_what_needs_no_answer_and_a_merge_at_once_leave_nobody_waiting(agreement, anna, consultant):
    first, second = opened(agreement.client, anna), opened(agreement.client, anna)
    answer_ticket(ticket=second, text="So.", by=consultant, now=NOW)
    thanks = first.messages.get()
    results = together(
        lambda: merge_tickets(ticket=first, into=second, by=consultant, now=NOW),
        lambda: needs_no_answer(message=thanks, why="Thanks.", by=consultant, now=NOW),
    )
    assert codes(results) == ["ok", "ok"]
    second.refresh_from_db()
    assert (second.state, Wait.objects.open().count()) == ("answered", 0)

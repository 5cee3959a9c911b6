"""Two tickets at once are locked in the order of their ids, on PostgreSQL: whoever has the lower one may want the
higher, and nobody who has the higher wants the lower."""

import threading
import time

import pytest
from django.db import OperationalError, transaction

from support import calls, personal
from support import tickets as jobs
from support.merging import merge_tickets
from support.messages import ask_again
from support.models import Call, Message, Ticket
from support.tickets import lock_all
from tests.support.calling import ANNAS, answered, missed, told
from tests.support.making import NOW, opened
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lower(agreement, anna):
    return opened(agreement.client, anna)


@pytest.fixture
def higher(lower, agreement, anna, consultant):
    """A call of Anna's to return."""
    agreement.client.people.update(phone=ANNAS)
    return missed(consultant).ticket


def beside_the_lower(lower, higher, job):
    """Runs `job` while somebody has the lower ticket and then, once the job waits for it, wants the higher one; what
    became of both."""
    has_lower = threading.Barrier(2)

    def somebody():
        with transaction.atomic():
            jobs.locked(lower)
            has_lower.wait(timeout=20)
            time.sleep(0.5)
            return jobs.locked(higher)

    def beside_them():
        has_lower.wait(timeout=20)
        return job()

    return together(somebody, beside_them)


def deadlocks(results):
    others = [
        each for each in results if isinstance(each, Exception) and not isinstance(each, OperationalError)
    ]
    assert others == []
    return sum(isinstance(each, OperationalError) for each in results)


def test_a_call_about_one_ticket_that_returns_the_call_of_another(lower, higher, consultant):
    results = beside_the_lower(lower, higher, lambda: answered(consultant, ticket=lower))
    higher.refresh_from_db()
    assert (deadlocks(results), higher.state) == (0, Ticket.State.CLOSED)


def test_locked_the_other_way_they_would_wait_for_each_other_for_ever(lower, higher, consultant, monkeypatch):
    """The negative control."""

    def call_back_first(ticket, *, also=()):
        for pk in also:
            jobs.locked(Ticket(pk=pk))
        return jobs.locked(ticket)

    monkeypatch.setattr(calls, "locked_where_it_goes_on", call_back_first)
    assert deadlocks(beside_the_lower(lower, higher, lambda: answered(consultant, ticket=lower))) == 1


@pytest.fixture
def answered_after_all(agreement, anna):
    """The exchange tells so of a missed call while somebody has its ticket and then, as to merge it, wants the call;
    what became of both."""
    agreement.client.people.update(phone=ANNAS)
    call = told()
    has_ticket = threading.Barrier(2)

    def somebody():
        with transaction.atomic():
            jobs.locked(call.ticket)
            has_ticket.wait(timeout=20)
            time.sleep(0.5)
            Call.objects.filter(pk=call.pk).update(name="Anna")

    def exchange():
        has_ticket.wait(timeout=20)
        return told(outcome="answered")

    return lambda: together(somebody, exchange)


def test_a_call_that_was_answered_after_all_comes_after_its_ticket(answered_after_all):
    assert deadlocks(answered_after_all()) == 0
    call = Call.objects.get()
    assert (call.outcome, call.name, call.ticket.state) == ("answered", "Anna", Ticket.State.CLOSED)


def test_before_its_ticket_they_would_wait_for_each_other_for_ever(answered_after_all, monkeypatch):
    """The negative control."""
    lock, asked = calls.locked_where_it_goes_on, []

    def call_first(ticket):
        asked.append(ticket)
        return ticket if len(asked) == 1 else lock(ticket)

    monkeypatch.setattr(calls, "locked_where_it_goes_on", call_first)
    assert deadlocks(answered_after_all()) == 1


def erased(anna):
    with transaction.atomic():
        personal.erase(anna, NOW)


def test_all_that_somebody_asked_and_their_calls(lower, higher, anna):
    results = beside_the_lower(lower, higher, lambda: erased(anna))
    higher.refresh_from_db()
    assert (deadlocks(results), higher.state) == (0, Ticket.State.CLOSED)


def test_the_calls_before_what_was_asked_would_wait_for_ever(lower, higher, anna, monkeypatch):
    """The negative control."""
    monkeypatch.setattr(personal, "lock_families", lambda pks: [])
    assert deadlocks(beside_the_lower(lower, higher, lambda: erased(anna))) == 1


def test_whoever_is_led_on_to_a_lower_one_holds_nothing_meanwhile(lower, agreement, anna, consultant):
    """What is said on the higher one while it is merged into the lower."""
    higher = opened(agreement.client, anna)
    waits, is_merged = threading.Event(), threading.Event()

    def merge():
        with transaction.atomic():
            merge_tickets(ticket=higher, into=lower, by=consultant, now=NOW)
            waits.set()
            time.sleep(0.3)
        is_merged.set()
        with transaction.atomic():
            # Somebody else, who wants both.
            jobs.locked(lower)
            time.sleep(0.5)
            return lock_all([higher.pk])

    def say():
        waits.wait(timeout=20)
        return ask_again(ticket=higher, text="And?", channel="web", by=anna, at=NOW, now=NOW)

    assert deadlocks(together(merge, say)) == 0
    assert Message.objects.get(text="And?").ticket == lower

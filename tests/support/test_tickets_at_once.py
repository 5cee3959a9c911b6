"""Two at one ticket in the same moment, in real threads (S8)."""

import uuid

import pytest

from support import tickets as jobs
from support.errors import SupportError
from support.messages import answer_ticket, ask_again
from support.models import Message, Ticket, Wait
from support.tickets import close_ticket, merge_tickets, take_ticket
from tests.making import make_staff
from tests.support.making import NOW, opened
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
    import threading

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
    assert second.messages.count() == 3
    assert Wait.objects.open().get().ticket == second


def test_what_is_said_while_a_ticket_is_closed_opens_it_again_or_keeps_it_open(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    together(
        lambda: close_ticket(ticket=ticket, by=consultant, now=NOW),
        lambda: ask_again(ticket=ticket, text="And?", channel="web", by=anna, at=NOW, now=NOW),
    )
    ticket.refresh_from_db()
    assert (ticket.state, Wait.objects.open().count()) == ("open", 1)

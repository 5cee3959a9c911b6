"""Calls that come, and are returned, at the same moment, on PostgreSQL."""

import uuid
from datetime import timedelta

import pytest

from support import call_backs, calls
from support.calls import call_back, link_call
from support.errors import SupportError
from support.in_session import begin_session
from support.models import Call, Client, InSession, Ticket, Wait
from tests.billing.test_at_once import held_up, without_row_locks
from tests.making import make_staff
from tests.support.calling import NOBODYS, missed, told, with_number
from tests.support.making import NOW, rome
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

LATER = rome("2026-11-02 11:00")


@pytest.fixture
def known(agreement):
    with_number(agreement.client)
    return agreement.client


def both_miss(consultant):
    # The second of them came first.
    return together(
        lambda: missed(consultant, at=NOW + timedelta(minutes=5)),
        lambda: missed(consultant, at=NOW, now=NOW + timedelta(minutes=5)),
    )


def test_two_missed_calls_at_once_are_one_call_back_and_the_oldest_counts(known, consultant, monkeypatch):
    held_up(monkeypatch, call_backs, "to_return", 2)
    both = both_miss(consultant)
    assert {each.ticket_id for each in both} == {Ticket.objects.get().pk}
    assert (Wait.objects.get().asked_at, Wait.objects.get().calls.count()) == (NOW, 2)


def test_without_the_lock_the_database_refuses_the_second(known, consultant, monkeypatch):
    """The race that the lock closes: both find no call-back. What is left is the constraint."""
    without_row_locks(monkeypatch, Client)
    held_up(monkeypatch, call_backs, "to_return", 2)
    both = both_miss(consultant)
    assert sorted(type(each).__name__ for each in both) == ["Call", "IntegrityError"]
    assert Call.objects.count() == 1


def test_one_message_of_the_exchange_delivered_four_times_at_once_is_one_call(known):
    each = together(*[told] * 4)
    assert {call.pk for call in each} == {Call.objects.get().pk}
    assert Wait.objects.get().calls.get() == Call.objects.get()


def test_missed_and_answered_of_one_call_at_once_is_answered(known):
    together(told, lambda: told(outcome="answered"))
    call = Call.objects.get()
    assert (call.outcome, Wait.objects.open().count()) == ("answered", 0)
    assert not Ticket.objects.to_call_back().exists()


def test_one_form_about_nobody_sent_twice_at_once_is_one_call(consultant):
    form = uuid.uuid4()
    both = together(*[lambda: missed(consultant, NOBODYS, public_id=form)] * 2)
    assert {call.pk for call in both} == {Call.objects.get().pk}


def both_call(ticket, consultant, other):
    seen = Call.objects.latest("pk").pk
    return together(
        *(
            lambda by=by: call_back(ticket=ticket, outcome="answered", by=by, now=LATER, seen=seen)
            for by in (consultant, other)
        )
    )


def test_of_two_who_call_back_at_once_one_is_told_of_the_other(known, consultant):
    ticket = missed(consultant).ticket
    both = both_call(ticket, consultant, make_staff("consultant", email="other@quince.example"))
    assert [each.code for each in both if isinstance(each, SupportError)] == ["news"]
    assert Call.objects.filter(direction="out").count() == 1


def test_without_the_lock_neither_would_see_the_other(known, consultant, monkeypatch):
    ticket = missed(consultant).ticket
    without_row_locks(monkeypatch, Ticket)
    held_up(monkeypatch, calls, "calls_since", 2)
    monkeypatch.setattr(
        calls,
        "calls_since",
        lambda *args, real=calls.calls_since: Call.objects.filter(pk__in=list(real(*args))),
    )
    both_call(ticket, consultant, make_staff("consultant", email="other@quince.example"))
    assert Call.objects.filter(direction="out").count() == 2


def link_to_both(call, by, *clients):
    return together(
        *(lambda client=client: link_call(call=call, client=client, by=by, now=LATER) for client in clients)
    )


def test_a_call_linked_to_two_clients_at_once_is_of_one(agreement, other_agreement, consultant):
    call = missed(consultant)
    both = link_to_both(call, consultant, agreement.client, other_agreement.client)
    assert [each.code for each in both if isinstance(each, SupportError)] == ["linked_already"]
    assert Ticket.objects.to_call_back().count() == 1


def test_two_tabs_begin_one_session(consultant):
    both = together(*[lambda: begin_session(consultant=consultant, until=LATER, now=NOW)] * 2)
    assert {each.pk for each in both} == {InSession.objects.get().pk}


def test_without_the_lock_two_tabs_begin_two(consultant, monkeypatch):
    from profiles.models import User
    from support import in_session

    without_row_locks(monkeypatch, User)
    held_up(monkeypatch, in_session, "session_of", 2)
    together(*[lambda: begin_session(consultant=consultant, until=LATER, now=NOW)] * 2)
    assert InSession.objects.count() == 2

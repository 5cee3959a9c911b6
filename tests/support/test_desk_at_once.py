"""What two consultants do at the same moment, on PostgreSQL: one takes a ticket, and no answer crosses another unseen
(S8)."""

import pytest

from support import messages, tickets
from support.agreements import Line, sign_agreement
from support.clients import open_client
from support.errors import SupportError
from support.looking import keep_looking
from support.messages import answer_ticket
from support.models import Agreement, Message, Ticket, TicketEvent, TicketLook
from support.offers import send_offer
from support.tickets import take_ticket
from tests.billing.test_at_once import held_up, without_row_locks
from tests.making import make_staff
from tests.support.making import NOW, opened, registrar
from tests.support.offering import draft
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def two():
    return [make_staff("consultant", email=f"{name}@quince.example") for name in ("ada", "bea")]


@pytest.fixture
def ticket(two):
    client = open_client(
        name="Studio Bianchi", email="anna@example.com", language="en", now=NOW, by=registrar()
    )
    sign_agreement(
        client=client,
        title="Website",
        text="Ten pages.",
        lines=[Line(kind="tool", what="Website", unit="minutes", amount=600)],
        signed=Agreement.Signed.PAPER,
        signed_by="Anna Bianchi",
        by=two[0],
        now=NOW,
    )
    return opened(client, None, email="anna@example.com")


def take_at_once(ticket, two):
    return together(*(lambda by=by: take_ticket(ticket=ticket, by=by, now=NOW) for by in two))


def taken(ticket):
    return TicketEvent.objects.filter(ticket=ticket, kind=TicketEvent.Kind.TAKEN).count()


def test_of_two_who_take_one_ticket_at_once_one_has_it(ticket, two, monkeypatch):
    held_up(monkeypatch, tickets, "refuse_not_open", 2)
    results = take_at_once(ticket, two)
    refused = [each for each in results if isinstance(each, SupportError)]
    assert [each.code for each in refused] == ["taken"]
    assert taken(ticket) == 1
    ticket.refresh_from_db()
    assert ticket.consultant in two


def test_without_the_lock_both_would_take_it(ticket, two, monkeypatch):
    without_row_locks(monkeypatch, Ticket)
    held_up(monkeypatch, tickets, "refuse_not_open", 2)
    results = take_at_once(ticket, two)
    assert [type(each) for each in results] == [Ticket, Ticket]
    assert taken(ticket) == 2


def answer_at_once(ticket, two):
    seen = ticket.messages.latest("pk").pk
    return together(
        *(lambda by=by: answer_ticket(ticket=ticket, text=f"{by}", by=by, now=NOW, seen=seen) for by in two)
    )


def test_of_two_who_answer_at_once_the_second_is_shown_the_first(ticket, two):
    results = answer_at_once(ticket, two)
    assert [each.code for each in results if isinstance(each, SupportError)] == ["news"]
    assert ticket.messages.filter(kind=Message.Kind.ANSWER).count() == 1


def test_without_the_lock_both_answers_would_go_out(ticket, two, monkeypatch):
    without_row_locks(monkeypatch, Ticket)
    held_up(monkeypatch, messages, "end_wait", 2)
    answer_at_once(ticket, two)
    assert ticket.messages.filter(kind=Message.Kind.ANSWER).count() == 2


def test_of_an_answer_and_an_offer_at_once_the_second_is_shown_the_first(ticket, two):
    agreement = Agreement.objects.get()
    offer = draft(agreement, two[1], ticket=ticket)
    seen = ticket.messages.latest("pk").pk
    results = together(
        lambda: answer_ticket(ticket=ticket, text="So.", by=two[0], now=NOW, seen=seen),
        lambda: send_offer(offer=offer, by=two[1], now=NOW, seen=seen, seen_call=0),
    )
    assert [each.code for each in results if isinstance(each, SupportError)] == ["news"]
    assert ticket.messages.filter(kind=Message.Kind.ANSWER).count() == 1
    offer.refresh_from_db()
    assert (offer.state == "sent") is not isinstance(results[1], SupportError)


def test_two_tabs_of_one_reader_are_one_look(ticket, two):
    results = together(*[lambda: keep_looking(ticket=ticket, by=two[0], now=NOW)] * 4)
    assert results == [None] * 4
    assert TicketLook.objects.get().user == two[0]

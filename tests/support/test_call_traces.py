"""Calls in the office, in the books, and in what is kept about a person (X4, X5)."""

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from base.erased import ERASED
from base.registry import invariants
from mail.models import OutgoingMail
from profiles.closing import close_account
from support import personal
from support.forgetting_calls import forget_callers
from support.in_session import begin_session
from support.merging import merge_tickets
from support.models import Call, Message, Ticket, Wait
from support.tickets import reopen_ticket
from tests.making import make_staff, make_user
from tests.support.calling import ANNAS, NOBODYS, answered, missed, with_number
from tests.support.making import NOW, opened, registrar, rome

pytestmark = pytest.mark.django_db

LATER = rome("2026-11-02 11:00")


@pytest.fixture
def paula(agreement):
    """Speaks for Studio Bianchi, with a number of her own."""
    with_number(agreement.client)
    return make_user("phone@example.com")


def broken():
    return [line for each in invariants for line in each.broken()]


def test_they_read_of_their_calls(paula, consultant):
    answered(consultant, summary="About the shop.")
    missed(consultant, NOBODYS)
    assert list(personal.shown(paula))[1:] == [
        (
            "Call of Nov. 2, 2026, 10 a.m.",
            "to us: answered · +52 55 1234 5678 · Paula Bianchi · About the shop.",
        )
    ]


def test_a_closed_account_takes_its_number_out_of_every_call(paula, agreement, consultant):
    answered(consultant, summary="About the shop.")
    missed(consultant, at=LATER)
    # Another one waits too, whose number nobody knows: both can be closed, and neither stands in the other's way.
    missed(consultant, "", client=agreement.client)
    other = missed(consultant, NOBODYS)
    close_account(user=paula, now=LATER)
    assert set(
        Call.objects.filter(name=ERASED).values_list("phone", "number_said", "summary", "outcome")
    ) == {("", "", ERASED, "answered"), ("", "", ERASED, "missed")}
    other.refresh_from_db()
    assert str(other.phone) == NOBODYS
    ticket = Ticket.objects.get(subject=ERASED)
    assert (ticket.state, str(ticket.phone), ticket.name) == ("closed", "", "")
    assert [(wait.ending, wait.kept) for wait in Wait.objects.filter(ticket=ticket)] == [("client", None)]
    assert broken() == []


def words_of(ticket):
    """What stands in a ticket and in what was written to others about it."""
    ticket.refresh_from_db()
    said = [ticket.subject, ticket.name, str(ticket.phone)]
    for message in Message.objects.all():
        said += [message.text, message.name, message.email]
    for mail in OutgoingMail.objects.all():
        said += [mail.subject, mail.text]
    return " ".join(said)


@pytest.fixture
def named_later(agreement, consultant):
    """Somebody whose call was missed before the client named them with that number; and that call."""
    call = missed(consultant, client=agreement.client, name="Paula Bianchi")
    with_number(agreement.client)
    return make_user("phone@example.com"), call


def test_nor_does_their_number_stay_on_a_call_back_that_went_on_in_writing(named_later, consultant):
    paula, call = named_later
    answered(consultant, at=LATER)
    ticket = Ticket.objects.get(pk=call.ticket_id)
    reopen_ticket(ticket=ticket, by=consultant, now=LATER)
    assert "+52 55 1234 5678" in words_of(ticket)
    close_account(user=paula, now=LATER)
    for gone in ("1234", "Paula"):
        assert gone not in words_of(ticket)


def test_nor_on_one_that_was_merged(named_later, agreement, consultant):
    paula, call = named_later
    ticket, other = Ticket.objects.get(pk=call.ticket_id), opened(agreement.client, None, name="Somebody")
    merge_tickets(ticket=ticket, into=other, by=consultant, now=NOW)
    close_account(user=paula, now=LATER)
    for gone in ("1234", "Paula"):
        assert gone not in words_of(ticket)
    other.refresh_from_db()
    assert (other.subject, other.name, other.state) == ("Publishing", "Somebody", "open")


def test_what_they_asked_on_the_telephone_goes_with_them_wherever_it_was_written_down(
    paula, agreement, consultant
):
    said = {"client": agreement.client, "name": "Paula Bianchi", "waits": True}
    first = answered(consultant, "", summary="My daughter Rosa is ill.", **said)
    other = opened(agreement.client, None, text="My daughter Rosa is ill.")
    answered(consultant, "", at=LATER, summary="Rosa is better.", ticket=other, **said)
    assert first.ticket.name == "Paula Bianchi"
    close_account(user=paula, now=LATER)
    words = words_of(first.ticket)
    assert "Paula" not in words
    # What somebody else wrote in the same words is theirs.
    assert words.count("Rosa") == 1
    assert [message.text for message in other.messages.order_by("at", "pk")] == [
        "My daughter Rosa is ill.",
        ERASED,
    ]
    # Whoever answers the client goes on.
    first.ticket.refresh_from_db()
    assert (first.ticket.state, Wait.objects.open().count(), broken()) == ("open", 2, [])


def test_the_telephone_of_an_office_is_not_one_persons(paula, agreement, consultant):
    with_number(agreement.client, email="second@example.com", name="Second")
    call = missed(consultant)
    assert len(list(personal.shown(paula))) == 1
    close_account(user=paula, now=LATER)
    call.refresh_from_db()
    assert (str(call.phone), call.ticket.state) == (ANNAS, "open")


def test_the_books_say_who_is_to_be_called_back_without_a_promise(paula, consultant):
    call = missed(consultant)
    assert broken() == []
    other = missed(consultant, NOBODYS, client=call.client)
    Call.objects.filter(pk=call.pk).update(ticket=other.ticket)
    Wait.objects.filter(pk=other.wait_id).update(ended_at=LATER, ending="answer", took_seconds=1)
    assert sorted(broken()) == [
        f"{other.ticket.number} is to be called back, and nobody has promised by when",
        f"call {call.pk} is to be returned on ticket {call.ticket_id}, and stands on {other.ticket_id}",
    ]


def test_the_office_shows_calls_and_changes_none(client_of, paula, consultant):
    call = missed(consultant, at=NOW)
    session = begin_session(consultant=consultant, until=LATER, now=NOW)
    browser = client_of(consultant)
    for name, row in (("call", call), ("insession", session)):
        assert browser.get(reverse(f"admin:support_{name}_changelist")).status_code == 200
        page = reverse(f"admin:support_{name}_change", args=[row.pk])
        assert browser.get(page).status_code == 200
        assert browser.post(page, {}).status_code == 403
        assert browser.get(reverse(f"admin:support_{name}_delete", args=[row.pk])).status_code == 403


def test_the_office_shows_nobody_the_calls_of_their_own(client_of, paula, agreement):
    from support.clients import name_person

    lead = make_staff("desk lead", email="lead@quince.example")
    call = missed(lead)
    name_person(client=agreement.client, name="Me", email=lead.email, role="asks", by=registrar())
    assert client_of(lead).get(reverse("admin:support_call_change", args=[call.pk])).status_code in (302, 404)


def test_who_was_nobodys_is_forgotten_after_a_year_and_the_call_stays(paula, consultant, capsys):
    from datetime import timedelta

    known, unknown = missed(consultant), missed(consultant, NOBODYS, name="Nobody", summary="Wants a shop.")
    a_year = NOW + timedelta(days=365)
    assert forget_callers(now=a_year) == 0
    with time_machine.travel(a_year + timedelta(seconds=1), tick=False):
        call_command("forget_callers", "--dry-run")
        assert "To forget: 1 calls" in capsys.readouterr().out
        call_command("forget_callers")
        call_command("forget_callers")
    assert capsys.readouterr().out.split("\n")[:2] == ["Forgotten: 1 callers.", "Forgotten: 0 callers."]
    unknown.refresh_from_db()
    assert (str(unknown.phone), unknown.name, unknown.summary) == ("", ERASED, ERASED)
    known.refresh_from_db()
    assert str(known.phone) == ANNAS

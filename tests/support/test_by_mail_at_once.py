"""Mails to the desk that are handled at the same moment, with real threads on PostgreSQL."""

import threading
from unittest import mock

import pytest

from mail import answers, inbox
from mail.errors import MailError
from mail.models import IncomingMail, OutgoingMail
from support import by_mail
from support.models import Message, Ticket, Wait
from tests.mail.messages import make_message, receive
from tests.support.mailing import DESK, parked
from tests.support.making import NOW
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _files(private_files):
    """Nothing of these tests is left lying about."""


def handle(*mails: IncomingMail) -> None:
    together(*[lambda pk=mail.pk: inbox.handle(pk, now=NOW) for mail in mails])


def two_rows() -> list[IncomingMail]:
    """One message, delivered for two addresses of the desk of which its headers name none."""
    raw = make_message("Help.", sender="anna@example.com", to="x@example.com")
    return [receive(raw, recipient=to, now=NOW) for to in (DESK, "soporte+15@quince.example")]


def test_one_message_in_two_rows_is_one_ticket(agreement):
    handle(*two_rows())
    assert (Ticket.objects.count(), Message.objects.count(), Wait.objects.count()) == (1, 1, 1)
    assert set(IncomingMail.objects.values_list("state", flat=True)) == {"taken"}


def test_without_waiting_for_each_other_it_is_two(agreement):
    """The control: both have looked for it before either has it."""
    both = threading.Barrier(2)
    mails = two_rows()
    with (
        mock.patch.object(by_mail, "one_after_the_other", lambda of, text: None),
        mock.patch.object(
            by_mail, "sender_of", side_effect=lambda email: (both.wait(timeout=20) and None) or FOUND(email)
        ),
    ):
        handle(*mails)
    assert Ticket.objects.count() == 2


FOUND = by_mail.sender_of


def test_eight_first_mails_of_one_client_at_once_are_eight_tickets_and_three_answers(agreement):
    mails = [
        receive(
            make_message(sender="anna@example.com", to=DESK, message_id=f"<{number}@example.com>"), now=NOW
        )
        for number in range(8)
    ]
    handle(*mails)
    assert (Ticket.objects.count(), Wait.objects.open().count()) == (8, 8)
    assert OutgoingMail.objects.filter(kind="support/ticket_received").count() == answers.AT_MOST


def test_eight_replies_at_once_are_said_on_one_ticket_with_one_wait(agreement):
    first = receive(make_message(sender="anna@example.com", to=DESK), now=NOW)
    inbox.handle(first.pk, now=NOW)
    ticket = Ticket.objects.get()
    replies = [
        receive(
            make_message(
                sender="anna@example.com",
                to=f"soporte+{ticket.tag}@quince.example",
                message_id=f"<r{number}@example.com>",
            ),
            now=NOW,
        )
        for number in range(8)
    ]
    handle(*replies)
    assert (ticket.messages.count(), Wait.objects.count(), Ticket.objects.count()) == (9, 1, 1)


@pytest.fixture
def waiting(settings):
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"
    return parked()


def test_let_in_by_two_consultants_at_once_it_is_one_ticket(waiting, consultant, desk_lead):
    together(
        *[
            lambda by=by: inbox.take_in(mail=waiting, by=by, now=NOW, seen="parked")
            for by in (consultant, desk_lead)
        ]
    )
    assert (Ticket.objects.count(), Message.objects.count()) == (1, 1)
    assert waiting.events.filter(to_state="taken").count() == 1


def test_let_in_and_set_aside_at_once_one_of_both_is_told_of_the_other(waiting, consultant, desk_lead):
    results = together(
        lambda: inbox.take_in(mail=waiting, by=consultant, now=NOW, seen="parked"),
        lambda: inbox.set_aside(mail=waiting, reason="Not hers.", by=desk_lead, now=NOW),
    )
    (refused,) = (each for each in results if isinstance(each, MailError))
    waiting.refresh_from_db()
    assert (waiting.state, refused.code, Ticket.objects.count()) in (
        ("taken", "not_waiting", 1),
        ("not_taken", "handled_since", 0),
    )

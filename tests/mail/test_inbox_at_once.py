"""The same message by several ways at once, and several handlers at one message: with real threads on PostgreSQL."""

import threading
from contextlib import contextmanager
from unittest import mock

import pytest
from django.db.models import QuerySet

from guarantees.models import Claim, ClaimMail
from mail import answers, inbox
from mail.models import IncomingMail, IncomingMailEvent, OutgoingMail
from tests import making
from tests.mail import routes
from tests.mail.messages import PETS, make_message, receive
from tests.making import NOW
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _calls():
    routes.CALLS.clear()


@contextmanager
def without_locks():
    """The negative control: every lock asked for is not taken."""
    with mock.patch.object(QuerySet, "select_for_update", lambda self, **_: self.all()):
        yield


def to_pets(number=1, **changes):
    return make_message(to=PETS, message_id=f"<{number}@example.com>", **changes)


def test_four_deliveries_of_one_message_at_once_are_one():
    results = together(*[lambda: receive(to_pets())] * 4)
    assert len({mail.pk for mail in results}) == 1
    assert (IncomingMail.objects.count(), IncomingMailEvent.objects.count()) == (1, 1)


def test_four_handlers_at_one_message_handle_it_once(settings):
    settings.MAIL_ROUTES = ["tests.mail.routes.takes_pets"]
    mail = receive(to_pets())
    done = together(*[lambda: inbox.handle(mail.pk, now=NOW)] * 4)
    assert sorted(done) == [False, False, False, True]
    assert (routes.CALLS, OutgoingMail.objects.count()) == ([mail.pk], 1)


def test_without_the_lock_two_handle_one_message(settings):
    """The control: both have found it due before either goes on."""
    settings.MAIL_ROUTES = ["tests.mail.routes.takes_pets"]
    mail = receive(to_pets())
    both, found = threading.Barrier(2), inbox.due

    class Waits(QuerySet):
        def first(self):
            mail = super().first()
            both.wait(timeout=20)
            return mail

    def due(now):
        rows = found(now)
        rows.__class__ = Waits
        return rows

    with without_locks(), mock.patch.object(inbox, "due", due):
        together(*[lambda: inbox.handle(mail.pk, now=NOW)] * 2)
    assert len(routes.CALLS) + IncomingMailEvent.objects.filter(to_state="taken").count() > 2


def test_ten_mails_of_one_sender_at_once_are_answered_three_times(settings):
    settings.MAIL_ROUTES = ["tests.mail.routes.takes_pets"]
    mails = [receive(to_pets(number)) for number in range(10)]
    together(*[lambda mail=mail: inbox.handle(mail.pk, now=NOW) for mail in mails])
    assert IncomingMail.objects.filter(state="taken").count() == 10
    assert OutgoingMail.objects.count() == answers.AT_MOST


def test_two_first_mails_of_one_owner_at_once_begin_one_draft(pro):
    making.contract(pro)
    mails = [
        receive(make_message(sender="pro@example.com", message_id=f"<{number}@example.com>"))
        for number in range(4)
    ]
    together(*[lambda mail=mail: inbox.handle(mail.pk, now=NOW) for mail in mails])
    assert (Claim.objects.count(), ClaimMail.objects.count()) == (1, 4)
    assert set(IncomingMail.objects.values_list("state", flat=True)) == {"taken"}

"""Pages judge by the clock: they are right with every worker stopped (S9). No job of the desk runs here."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from support import tasks
from support.in_session import begin_session
from support.messages import answer_ticket
from support.models import Ticket, Wait
from support.questions import CONFIRM_WITHIN
from tests.support.calling import missed, with_number
from tests.support.making import NOW, opened, placed, rome

pytestmark = pytest.mark.django_db

DUE = rome("2026-11-03 10:00")
SECOND = timedelta(seconds=1)
DESK = reverse("support:desk")


@pytest.fixture(autouse=True)
def stopped(monkeypatch):
    """Whoever asks a worker for anything is refused."""

    def refuse(*args, **kwargs):
        raise AssertionError("a worker was asked")

    for name in (
        "check_response_times",
        "expire_questions",
        "forget_questions",
        "resume_undelivered",
        "log_exchange_calls",
    ):
        monkeypatch.setattr(getattr(tasks, name), "run", refuse)
        monkeypatch.setattr(getattr(tasks, name), "apply_async", refuse)


def page(browser, name, *args, at, code=200):
    with time_machine.travel(at, tick=False):
        response = browser.get(reverse(name, args=args))
    assert response.status_code == code
    return " ".join(response.content.decode().split())


@pytest.fixture
def ticket(agreement, anna):
    return opened(agreement.client, anna)


def test_a_client_reads_that_we_are_late_from_the_second_on(ticket, anna, client_of):
    browser = client_of(anna)
    in_time = page(browser, "support:ticket", ticket.public_id, at=DUE)
    late = page(browser, "support:ticket", ticket.public_id, at=DUE + SECOND)
    assert ["and are late" in each for each in (in_time, late)] == [False, True]
    assert "Somebody answers you by" in in_time


def test_the_desk_reads_it_in_its_list_and_on_its_page(ticket, consultant, client_of):
    browser = client_of(consultant)
    lists = [page(browser, "support:desk", at=moment) for moment in (DUE, DUE + SECOND)]
    assert ["Late: answer these first" in each for each in lists] == [False, True]
    pages = [page(browser, "support:desk_ticket", ticket.public_id, at=each) for each in (DUE, DUE + SECOND)]
    assert ["Less than a minute late" in each for each in pages] == [False, True]
    assert list(Wait.objects.values_list("warned_at", "breached_at", "ended_at")) == [(None, None, None)]


def test_what_nobody_has_recorded_is_recorded_by_the_answer_that_comes_late(
    ticket, consultant, anna, client_of
):
    late = DUE + timedelta(hours=1)
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=late)
    wait = Wait.objects.get()
    assert (wait.breached_at, wait.kept, wait.took_seconds) == (late, False, 9 * 60 * 60)


def test_a_call_to_return_is_late_by_the_clock(agreement, consultant, client_of):
    with_number(agreement.client)
    missed(consultant)
    browser = client_of(consultant)
    lists = [page(browser, "support:desk", at=moment) for moment in (DUE, DUE + SECOND)]
    assert ["Late: answer these first" in each for each in lists] == [False, True]


def test_a_closed_one_says_by_the_clock_whether_writing_opens_it_again(ticket, anna, consultant, client_of):
    answer_ticket(ticket=placed(ticket), text="So.", by=consultant, close=True, now=NOW)
    browser, last = client_of(anna), NOW + Ticket.REOPENED_WITHIN
    pages = [page(browser, "support:ticket", ticket.public_id, at=moment) for moment in (last, last + SECOND)]
    assert ["What you write opens it again." in each for each in pages] == [True, False]
    assert ["What you write opens another one" in each for each in pages] == [False, True]


def test_a_session_is_over_at_its_end(consultant, client):
    until = NOW + timedelta(hours=1)
    begin_session(consultant=consultant, until=until, now=NOW)
    homes = [page(client, "support:home", at=moment) for moment in (NOW, until)]
    assert ['class="notice notice-warn"' in each for each in homes] == [True, False]


def test_a_question_that_was_not_confirmed_in_time_has_ended(client):
    from support.question_links import page_of

    ticket = opened(None, None, kind=Ticket.Kind.QUESTION, email="eva@example.com", confirmed=False)
    address = page_of(ticket)
    shown = []
    for moment in (NOW, NOW + CONFIRM_WITHIN):
        with time_machine.travel(moment, tick=False):
            shown.append(client.get(address, follow=True))
    assert [
        reverse("support:confirm_question", args=["x"])[-9:] in each.content.decode() for each in shown
    ] == [
        True,
        False,
    ]
    ticket.refresh_from_db()
    assert ticket.state == Ticket.State.UNCONFIRMED

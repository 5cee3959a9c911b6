"""Warnings and breaches: each told once, in one mail a run, whoever looks when (S9)."""

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mail import outbox
from mail.models import OutgoingMail
from support import response_times
from support.merging import merge_tickets
from support.messages import answer_ticket, ask_again, needs_no_answer
from support.models import Ticket, Wait
from support.response_times import check_response_times, count_due
from support.tickets import hand_over, open_ticket, put_back, take_ticket
from tests.making import make_staff, make_user
from tests.support.making import NOW, opened, rome
from tests.together import together

pytestmark = pytest.mark.django_db

# Asked on Monday at 10:00: to be warned of at 17:00, due on Tuesday at 10:00.
WARN, DUE = rome("2026-11-02 17:00"), rome("2026-11-03 10:00")
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def ticket(agreement, anna, desk_lead):
    made = opened(agreement.client, anna)
    OutgoingMail.objects.all().delete()
    return made


def told():
    """Whom, and in which words of the subject."""
    mails = OutgoingMail.objects.filter(kind="support/response_times").order_by("pk")
    return [(mail.recipient, mail.subject) for mail in mails]


def marks(ticket):
    wait = Wait.objects.get(ticket=ticket)
    return wait.warned_at, wait.breached_at, wait.breach_told_at


@pytest.mark.parametrize(
    ("moment", "result", "subject"),
    [
        (WARN - INSTANT, (0, 0), None),
        (WARN, (1, 0), "Answers due soon: 1"),
        (DUE, (1, 0), "Answers due soon: 1"),
        (DUE + INSTANT, (0, 1), "Not answered in time: 1"),
        (DUE + timedelta(days=30), (0, 1), "Not answered in time: 1"),
    ],
)
def test_who_is_told_what_and_when(ticket, desk_lead, moment, result, subject):
    assert check_response_times(now=moment) == result
    assert told() == ([(desk_lead.email, subject)] if subject else [])
    warned, breached, of_breach = marks(ticket)
    assert (warned, breached, of_breach) == (
        moment if result[0] else None,
        moment if result[1] else None,
        moment if result[1] else None,
    )


def test_one_warning_and_one_breach_however_often_it_runs(ticket, desk_lead):
    results = [
        check_response_times(now=moment)
        for moment in (WARN, WARN, DUE, DUE + INSTANT, DUE + INSTANT, DUE + timedelta(days=9))
    ]
    assert results == [(1, 0), (0, 0), (0, 0), (0, 1), (0, 0), (0, 0)]
    assert marks(ticket) == (WARN, DUE + INSTANT, DUE + INSTANT)
    assert [subject for _to, subject in told()] == ["Answers due soon: 1", "Not answered in time: 1"]


def test_whoever_has_taken_it_and_the_desk_lead_are_told_and_nobody_twice(ticket, consultant, desk_lead):
    take_ticket(ticket=ticket, by=consultant, now=NOW)
    check_response_times(now=WARN)
    assert sorted(told()) == [
        (consultant.email, "Answers due soon: 1"),
        (desk_lead.email, "Answers due soon: 1"),
    ]
    hand_over(ticket=ticket, to=desk_lead, by=consultant, now=WARN)
    check_response_times(now=DUE + INSTANT)
    assert sorted(told())[2:] == [(desk_lead.email, "Not answered in time: 1")]


def test_what_the_mail_says(ticket, consultant, desk_lead, settings):
    take_ticket(ticket=ticket, by=consultant, now=NOW)
    check_response_times(now=DUE + INSTANT)
    text = OutgoingMail.objects.get(recipient=desk_lead.email).text
    assert text == (
        "1 client was not answered by the time that we promised.\n\n"
        f"{ticket.number} · Publishing\n"
        "Studio Bianchi · was due on Tuesday, Nov. 3, 2026 at 10 a.m. (Europe/Rome) and still waits · "
        f"{consultant}\n"
        f"{settings.SITE_URL}/support/desk/{ticket.public_id}/"
    )


def test_of_one_that_nobody_has_taken_the_teams_address_is_told_too(ticket, consultant, desk_lead, settings):
    settings.DESK_TEAM_ADDRESS = "team@quince.example"
    check_response_times(now=WARN)
    assert [to for to, _subject in told()] == [desk_lead.email, "team@quince.example"]
    take_ticket(ticket=ticket, by=consultant, now=WARN)
    check_response_times(now=DUE + INSTANT)
    assert [to for to, _subject in told()][2:] == [desk_lead.email, consultant.email] or [
        to for to, _subject in told()
    ][2:] == [consultant.email, desk_lead.email]


def test_of_one_whose_consultant_works_here_no_more_the_team_is_told(ticket, consultant, desk_lead, settings):
    settings.DESK_TEAM_ADDRESS = "team@quince.example"
    take_ticket(ticket=ticket, by=consultant, now=NOW)
    consultant.is_active = False
    consultant.save()
    check_response_times(now=WARN)
    assert [to for to, _subject in told()] == [desk_lead.email, "team@quince.example"]
    put_back(ticket=ticket, by=desk_lead, now=WARN)


def test_without_a_desk_lead_whoever_runs_the_site_is_told(ticket, desk_lead):
    desk_lead.groups.clear()
    chief = make_user("chief@quince.example", is_staff=True, is_superuser=True)
    check_response_times(now=WARN)
    assert told() == [(chief.email, "Answers due soon: 1")]


def test_a_desk_lead_who_speaks_for_the_client_hears_nothing_of_it_as_staff(ticket, anna, desk_lead):
    anna.groups.set(desk_lead.groups.all())
    check_response_times(now=WARN)
    assert [to for to, _subject in told()] == [desk_lead.email]


STUCK = "Nobody of the desk may answer it: give the role to somebody who has no part in it, or answer it yourself."


def chief_is_told(chief):
    """Whether they are told, and that nobody else may answer."""
    mail = OutgoingMail.objects.filter(kind="support/response_times", recipient=chief.email).first()
    return mail is not None, mail is not None and STUCK in mail.text


@pytest.mark.parametrize(
    ("other", "result"),
    [
        # All who work here belong to the client: of them alone nobody would ever know.
        ("moderator", (True, True)),
        # Another consultant answers it; and where the desk lead is another, that is whom it concerns.
        ("consultant", (True, False)),
        ("desk lead", (False, False)),
    ],
)
@pytest.mark.parametrize("moment", [WARN, DUE + INSTANT])
def test_of_what_nobody_else_may_answer_whoever_runs_the_site_is_told(
    agreement, anna, desk_lead, other, result, moment
):
    chief = make_user("chief@quince.example", is_staff=True, is_superuser=True)
    ticket = opened(agreement.client, anna)
    desk_lead.groups.set([Group.objects.get(name=other)])
    anna.groups.set(Group.objects.filter(name__in=("consultant", "desk lead")))
    assert sum(check_response_times(now=moment)) == 1
    assert (chief_is_told(chief), anna.email in [to for to, _subject in told()]) == (result, False)
    # And may do what the mail says.
    assert ticket in Ticket.objects.at_the_desk(chief)
    assert ticket not in Ticket.objects.at_the_desk(type(anna).objects.get(pk=anna.pk))
    answer_ticket(ticket=ticket, text="So.", by=chief, now=moment)
    assert Wait.objects.get().ending == "answer"


def test_the_team_is_not_told_that_it_may_answer_what_it_may_not(agreement, anna, desk_lead, settings):
    settings.DESK_TEAM_ADDRESS = "team@quince.example"
    chief = make_user("chief@quince.example", is_staff=True, is_superuser=True)
    opened(agreement.client, anna)
    desk_lead.groups.clear()
    check_response_times(now=DUE + INSTANT)
    assert chief_is_told(chief) == (True, True)
    mails = OutgoingMail.objects.filter(kind="support/response_times").exclude(recipient=chief.email)
    assert [(mail.recipient, STUCK in mail.text) for mail in mails] == [("team@quince.example", False)]


def test_what_whoever_runs_the_site_has_taken_is_not_stuck(agreement, anna, desk_lead):
    chief = make_user("chief@quince.example", is_staff=True, is_superuser=True)
    ticket = opened(agreement.client, anna)
    desk_lead.groups.clear()
    take_ticket(ticket=ticket, by=chief, now=NOW)
    check_response_times(now=DUE + INSTANT)
    assert chief_is_told(chief) == (True, False)


def test_whoever_runs_the_site_is_told_nothing_of_their_own_client(agreement, anna, desk_lead):
    anna.is_superuser = True
    anna.save()
    desk_lead.groups.clear()
    opened(agreement.client, None, email="phone@example.com")
    assert check_response_times(now=WARN) == (1, 0)
    assert told() == []


def test_of_an_appeal_in_which_all_who_hear_them_had_a_part_too(agreement, anna):
    decider = make_staff("appeals", email="decider@quince.example")
    chief = make_user("chief@quince.example", is_staff=True, is_superuser=True)
    opened(agreement.client, anna, kind=Ticket.Kind.APPEAL).not_for.set([decider])
    check_response_times(now=DUE + INSTANT)
    assert [to for to, _subject in told()] == [chief.email]
    assert chief_is_told(chief) == (True, True)


def test_an_appeal_is_told_to_those_who_hear_it_and_not_to_who_decided_nor_to_the_desk_lead(
    agreement, anna, desk_lead
):
    decider = make_staff("appeals", email="decider@quince.example")
    hearer = make_staff("appeals", email="hearer@quince.example")
    opened(agreement.client, anna, kind=Ticket.Kind.APPEAL).not_for.set([decider])
    check_response_times(now=DUE + INSTANT)
    assert told() == [(hearer.email, "Not answered in time: 1")]


def test_a_question_of_somebody_who_is_no_client_is_never_due(db, desk_lead):
    open_ticket(
        subject="How?",
        text="How?",
        channel="web",
        asked_at=NOW,
        now=NOW,
        client=None,
        kind=Ticket.Kind.QUESTION,
        email="nobody@example.com",
    )
    assert check_response_times(now=DUE + timedelta(days=30)) == (0, 0)


def test_a_worker_that_was_down_for_a_day_writes_one_mail_to_each(agreement, anna, consultant, desk_lead):
    tickets = [opened(agreement.client, anna, now=NOW) for _ in range(40)]
    for ticket in tickets[:20]:
        take_ticket(ticket=ticket, by=consultant, now=NOW)
    for _ in range(3):
        opened(agreement.client, anna, now=rome("2026-11-03 12:00"))
    OutgoingMail.objects.all().delete()
    assert check_response_times(now=rome("2026-11-04 11:00")) == (3, 40)
    assert sorted(told()) == [
        (consultant.email, "Not answered in time: 20"),
        (desk_lead.email, "Not answered in time: 40, due soon: 3"),
    ]
    text = OutgoingMail.objects.get(recipient=desk_lead.email).text
    assert "And 25 more: they stand at the top of the desk's page." in text
    assert text.count("/support/desk/") == 15 + 3


def test_an_answer_that_comes_too_late_records_the_breach_and_it_is_told_once(ticket, consultant, desk_lead):
    late = DUE + timedelta(hours=1)
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=late)
    assert marks(ticket) == (None, late, None)
    OutgoingMail.objects.all().delete()
    checked = late + timedelta(minutes=1)
    assert [check_response_times(now=checked) for _ in range(2)] == [(0, 1), (0, 0)]
    assert marks(ticket) == (None, late, checked)
    text = OutgoingMail.objects.get(recipient=desk_lead.email).text
    ended = "at 10 a.m. (Europe/Rome), and ended on Nov. 3, 2026, 11 a.m."
    assert f"was due on Tuesday, Nov. 3, 2026 {ended}" in text


def test_a_breach_that_was_told_is_not_told_again_when_the_answer_comes(ticket, consultant):
    check_response_times(now=DUE + INSTANT)
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=DUE + timedelta(hours=1))
    assert marks(ticket) == (None, DUE + INSTANT, DUE + INSTANT)
    assert check_response_times(now=DUE + timedelta(hours=2)) == (0, 0)


@pytest.mark.parametrize("at", [WARN, DUE])
def test_what_was_answered_in_time_is_told_of_no_more(ticket, consultant, at):
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=at)
    assert check_response_times(now=DUE + timedelta(days=1)) == (0, 0)
    assert marks(ticket) == (None, None, None)


def test_what_needed_no_answer_in_time_is_told_of_no_more(ticket, consultant):
    needs_no_answer(message=ticket.messages.get(), why="Thanks.", by=consultant, now=WARN)
    assert check_response_times(now=DUE + timedelta(days=1)) == (0, 0)


def test_the_next_message_has_a_warning_and_a_breach_of_its_own(ticket, anna, consultant):
    check_response_times(now=DUE + INSTANT)
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=DUE + timedelta(hours=1))
    again = rome("2026-11-04 10:00")
    ask_again(ticket=ticket, text="And?", channel="web", by=anna, at=again, now=again)
    assert check_response_times(now=rome("2026-11-04 17:00")) == (1, 0)
    assert check_response_times(now=rome("2026-11-05 10:00:01")) == (0, 1)


def test_of_two_that_are_merged_one_promise_is_told_once(ticket, agreement, anna, consultant):
    """Whichever way they are merged, and whether or not the check has run before."""
    into = opened(agreement.client, anna, now=rome("2026-11-02 12:00"))
    merge_tickets(ticket=ticket, into=into, by=consultant, now=rome("2026-11-03 11:00"))
    assert check_response_times(now=rome("2026-11-03 11:01")) == (0, 1)
    assert check_response_times(now=rome("2026-11-03 15:00")) == (0, 0)
    assert [wait.ending for wait in Wait.objects.filter(breached_at=None)] == [Wait.Ending.MERGED]


def test_a_breach_that_was_told_before_the_merge_is_not_told_after_it(ticket, agreement, anna, consultant):
    into = opened(agreement.client, anna, now=rome("2026-11-02 12:00"))
    assert check_response_times(now=DUE + INSTANT) == (1, 1)
    merge_tickets(ticket=ticket, into=into, by=consultant, now=rome("2026-11-03 11:00"))
    assert check_response_times(now=rome("2026-11-03 15:00")) == (0, 0)


def test_nothing_due_costs_two_statements(ticket):
    with CaptureQueriesContext(connection) as captured:
        assert check_response_times(now=NOW) == (0, 0)
    control = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")
    assert sum(not query["sql"].startswith(control) for query in captured.captured_queries) == 2


def test_many_cost_as_many_statements_as_one(agreement, anna, consultant, desk_lead):
    def cost(number):
        for _ in range(number):
            take_ticket(ticket=opened(agreement.client, anna), by=consultant, now=NOW)
        with CaptureQueriesContext(connection) as captured:
            assert check_response_times(now=DUE + INSTANT) == (0, number)
        return len(captured)

    assert cost(1) == cost(30)


def test_a_few_are_found_without_looking_for_thousands(ticket):
    """For thousands a database may read all that is open."""
    with CaptureQueriesContext(connection) as captured:
        assert check_response_times(now=DUE + INSTANT) == (0, 1)
    looked = [query["sql"] for query in captured.captured_queries if " LIMIT " in query["sql"]]
    assert not [sql for sql in looked if "10000" in sql]


@pytest.mark.parametrize("number", [2, 3])
def test_where_there_are_more_than_a_few_all_are_found(agreement, anna, desk_lead, monkeypatch, number):
    monkeypatch.setattr("support.response_times.FEW", 2)
    for _ in range(number):
        opened(agreement.client, anna)
    assert check_response_times(now=DUE + INSTANT) == (0, number)
    assert [subject for _to, subject in told()] == [f"Not answered in time: {number}"]


def test_what_is_more_than_is_told_together_goes_into_a_second_mail(agreement, anna, desk_lead):
    for _ in range(5):
        opened(agreement.client, anna)
    assert check_response_times(now=DUE + INSTANT, together=3) == (0, 5)
    assert [subject for _to, subject in told()] == ["Not answered in time: 3", "Not answered in time: 2"]


def test_a_mail_that_cannot_be_written_undoes_no_record_and_is_written_by_the_next_run(
    ticket, monkeypatch, caplog
):
    def broken(letters, *, now):
        raise RuntimeError("no template")

    monkeypatch.setattr(outbox, "write_many", broken)
    found = DUE + INSTANT
    assert check_response_times(now=found) == (0, 0)
    assert marks(ticket) == (None, found, None)
    assert "Could not tell of 1 breaches and 0 warnings" in caplog.text
    monkeypatch.undo()
    later = found + timedelta(minutes=1)
    assert check_response_times(now=later) == (0, 1)
    assert marks(ticket) == (None, found, later)


def test_killed_in_the_middle_nothing_is_marked_and_the_next_run_does_all(ticket, monkeypatch):
    """What a kill does: nothing after it runs, and the database undoes the transaction."""

    class Killed(BaseException):
        pass

    def killed(letters, *, now):
        list(letters)
        raise Killed

    monkeypatch.setattr(outbox, "write_many", killed)
    with pytest.raises(Killed):
        check_response_times(now=DUE + INSTANT)
    assert (marks(ticket), told()) == ((None, None, None), [])
    monkeypatch.undo()
    assert check_response_times(now=DUE + INSTANT) == (0, 1)
    assert len(told()) == 1


def test_the_pages_judge_by_the_clock_whether_or_not_the_check_has_run(ticket, agreement, anna):
    """S9: with every worker stopped the list of what is breached is right."""
    other = opened(agreement.client, anna, now=rome("2026-11-02 12:00"))
    first, second = (each.waits.get() for each in (ticket, other))
    assert list(Wait.objects.breached(DUE)) == []
    assert list(Wait.objects.breached(DUE + INSTANT)) == [first]
    assert list(Wait.objects.breached(rome("2026-11-03 12:00:01"))) == [first, second]
    assert marks(ticket) == marks(other) == (None, None, None)
    check_response_times(now=rome("2026-11-03 12:00:01"))
    assert list(Wait.objects.breached(rome("2026-11-03 12:00:01"))) == [first, second]


def test_the_command_counts_without_writing_when_it_is_asked_to(ticket):
    long_ago = NOW - timedelta(days=800)  # Also by the clock of whatever machine this runs on.
    Wait.objects.update(asked_at=long_ago, warn_at=long_ago, due_at=long_ago)
    shown = StringIO()
    call_command("check_response_times", "--dry-run", stdout=shown)
    assert "0 warnings, 1 breaches. Nothing was written." in shown.getvalue()
    assert (count_due(now=NOW), marks(ticket)) == ((0, 1), (None, None, None))
    call_command("check_response_times", stdout=shown)
    assert "Told: 0 warnings, 1 breaches." in shown.getvalue()


def test_the_task_is_what_beat_asks_for(ticket, settings):
    from config.celery import app

    asked = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert "support.check_response_times" in asked
    long_ago = NOW - timedelta(days=800)  # Also by the clock of whatever machine this runs on.
    Wait.objects.update(asked_at=long_ago, warn_at=long_ago, due_at=long_ago)
    from support.tasks import check_response_times as task

    assert app.tasks["support.check_response_times"].name == task.name
    task()
    assert marks(ticket)[1] is not None


@pytest.fixture
def forty(agreement, anna, desk_lead):
    for _ in range(40):
        opened(agreement.client, anna)
    OutgoingMail.objects.all().delete()


def said_in_all():
    return sum(int(subject.rpartition(" ")[2]) for _to, subject in told())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_tell_each_once(forty):
    results = together(*[lambda: check_response_times(now=DUE + INSTANT, together=7)] * 4)
    assert sum(breached for _warned, breached in results) == 40
    assert said_in_all() == 40
    assert not Wait.objects.filter(breach_told_at=None).exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_workers_tell_the_same(forty, monkeypatch):
    """Negative control: both have found the same waits before either has marked them."""
    monkeypatch.setattr(
        type(Wait.objects.all()), "select_for_update", lambda rows, *args, **kwargs: rows.all()
    )
    both_have_found = threading.Barrier(2)
    tell = response_times._told

    def tell_together(*args):
        both_have_found.wait(timeout=20)
        return tell(*args)

    monkeypatch.setattr(response_times, "_told", tell_together)
    # Without recording first, whose UPDATE is a lock too.
    monkeypatch.setattr(Wait.objects.all().__class__, "update", lambda rows, **changes: 0)
    results = together(*[lambda: check_response_times(now=DUE + INSTANT)] * 2)
    assert sum(breached for _warned, breached in results) == 80


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_breach_that_the_check_records_while_an_answer_is_written_stands(ticket, consultant, monkeypatch):
    """The answer came in at its deadline and waits while the check, a moment later, records the breach: the record is
    not written over, and the answer is in time all the same."""
    from support import waits

    found = DUE + timedelta(seconds=1)
    calendar = waits.working_calendar
    in_hand, recorded = threading.Event(), threading.Event()

    def slow_calendar():
        in_hand.set()
        recorded.wait(timeout=3)
        return calendar()

    monkeypatch.setattr(waits, "working_calendar", slow_calendar)

    def answer():
        return answer_ticket(ticket=ticket, text="So.", by=consultant, now=DUE)

    def check():
        in_hand.wait(timeout=20)
        try:
            return check_response_times(now=found)
        finally:
            recorded.set()

    _message, checked = together(answer, check)
    # The answer holds the wait: the check leaves it alone.
    assert checked == (0, 0)
    assert marks(ticket) == (None, None, None)
    assert Wait.objects.get().kept


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_waits_lock_the_answer_would_write_over_what_was_recorded(
    ticket, consultant, monkeypatch
):
    """Negative control: the answer has read the wait before the check records its breach."""
    from support import waits

    found, late = DUE + timedelta(seconds=1), DUE + timedelta(seconds=30)
    original = type(Wait.objects.all()).select_for_update
    monkeypatch.setattr(
        type(Wait.objects.all()),
        "select_for_update",
        lambda rows, **kwargs: original(rows, **kwargs) if kwargs.get("skip_locked") else rows.all(),
    )
    calendar = waits.working_calendar
    in_hand, recorded = threading.Event(), threading.Event()

    def slow_calendar():
        in_hand.set()
        recorded.wait(timeout=20)
        return calendar()

    monkeypatch.setattr(waits, "working_calendar", slow_calendar)

    def answer():
        return answer_ticket(ticket=ticket, text="So.", by=consultant, now=late)

    def check():
        in_hand.wait(timeout=20)
        try:
            return check_response_times(now=found)
        finally:
            recorded.set()

    _message, checked = together(answer, check)
    assert checked == (0, 1)
    assert marks(ticket)[1] == late  # Recorded at `found`, and written over.

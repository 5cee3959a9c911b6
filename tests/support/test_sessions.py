"""Planned sessions, and both sides reminded of them (S4)."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command

from mail.models import OutgoingMail
from support.errors import SupportError
from support.models import PlannedSession
from support.sessions import cancel_session, hold_session, move_session, plan_session, remind_of_sessions
from tests.support.making import NOW, rome
from tests.together import together

STARTS = rome("2026-11-12 15:00")


@pytest.fixture
def session(agreement, consultant):
    return plan_session(
        agreement=agreement,
        kind="training",
        about="First steps",
        starts_at=STARTS,
        minutes=90,
        where="By video",
        consultant=consultant,
        by=consultant,
        now=NOW,
    )


def mails(kind):
    return OutgoingMail.objects.filter(kind=f"support/{kind}").order_by("recipient")


def told(kind):
    return list(mails(kind).values_list("recipient", flat=True))


BOTH = ["anna@example.com", "consultant@quince.example"]


def test_both_sides_are_told_with_the_appointment_for_their_calendars(session):
    assert told("session_planned") == BOTH
    mail = mails("session_planned")[0]
    assert "3 p.m." in mail.text
    assert "DTSTART:20261112T140000Z" in mail.calendar
    assert "DTEND:20261112T153000Z" in mail.calendar
    assert "LOCATION:By video" in mail.calendar


def test_both_are_reminded_within_a_day_and_once(session):
    assert remind_of_sessions(now=STARTS - timedelta(hours=24, minutes=1)) == 0
    assert remind_of_sessions(now=STARTS - timedelta(hours=24)) == 1
    assert remind_of_sessions(now=STARTS - timedelta(hours=23)) == 0
    assert told("session_reminder") == BOTH


def test_of_a_session_that_has_begun_nobody_is_reminded(session):
    assert remind_of_sessions(now=STARTS) == 0


def test_a_worker_that_was_down_reminds_of_what_is_still_to_come(session):
    assert remind_of_sessions(now=STARTS - timedelta(minutes=1)) == 1


def test_moved_it_is_told_and_reminded_of_anew_and_moves_in_the_calendar(session, consultant):
    remind_of_sessions(now=STARTS - timedelta(hours=2))
    later = STARTS + timedelta(days=7)
    move_session(session=session, starts_at=later, reason="I am ill.", by=consultant, now=NOW)
    assert told("session_moved") == BOTH
    assert remind_of_sessions(now=later - timedelta(hours=2)) == 1
    assert len(told("session_reminder")) == 4
    first, moved = mails("session_planned")[0].calendar, mails("session_moved")[0].calendar
    uid = next(line for line in first.splitlines() if line.startswith("UID:"))
    assert uid in moved


def test_moved_to_where_it_is_nothing_happens_and_that_is_said(session, consultant, desk_lead):
    later = STARTS + timedelta(days=7)

    def move(starts_at, by=consultant, reason=""):
        move_session(session=session, starts_at=starts_at, reason=reason, by=by, now=NOW)

    def refused(*said):
        with pytest.raises(SupportError) as refusal:
            move(*said)
        return (refusal.value.code, refusal.value.field) == ("same_time", "starts_at")

    assert refused(STARTS) and told("session_moved") == []
    for _twice in range(2):
        move(later, consultant, "Ill.")
    assert refused(later, desk_lead, "Ill.") and refused(later, consultant, "Away.")
    assert told("session_moved") == BOTH


def test_cancelled_it_goes_from_the_calendar_and_is_not_reminded_of(session, consultant):
    for _twice in range(2):
        cancel_session(session=session, reason="The client is away.", by=consultant, now=NOW)
    assert told("session_cancelled") == BOTH
    assert "STATUS:CANCELLED" in mails("session_cancelled")[0].calendar
    assert remind_of_sessions(now=STARTS - timedelta(hours=2)) == 0


def test_it_is_held_once_it_has_begun(session, consultant):
    with pytest.raises(SupportError) as refusal:
        hold_session(session=session, by=consultant, now=STARTS - timedelta(minutes=1))
    assert refusal.value.code == "not_yet"
    assert hold_session(session=session, by=consultant, now=STARTS).state == "held"


def test_what_another_wrote_of_a_session_that_is_cancelled_is_not_dropped_in_silence(
    session, consultant, desk_lead
):
    cancel_session(session=session, reason="The client is away.", by=consultant, now=NOW)
    for by, reason in ((desk_lead, "The client is away."), (consultant, "Again.")):
        with pytest.raises(SupportError) as refusal:
            cancel_session(session=session, reason=reason, by=by, now=NOW)
        assert refusal.value.code == "session_ended"


def test_what_has_ended_is_moved_no_more(session, consultant):
    hold_session(session=session, by=consultant, now=STARTS)
    for change in (
        lambda: move_session(
            session=session, starts_at=STARTS + timedelta(days=9), reason="", by=consultant, now=STARTS
        ),
        lambda: cancel_session(session=session, reason="No.", by=consultant, now=STARTS),
    ):
        with pytest.raises(SupportError) as refusal:
            change()
        assert refusal.value.code == "session_ended"


def test_a_session_is_planned_for_a_time_to_come(agreement, consultant):
    with pytest.raises(SupportError) as refusal:
        plan_session(
            agreement=agreement,
            kind="training",
            about="Too late",
            starts_at=NOW,
            minutes=30,
            consultant=consultant,
            by=consultant,
            now=NOW,
        )
    assert (refusal.value.code, refusal.value.field) == ("in_the_past", "starts_at")


def test_every_move_is_in_the_table_and_leaves_its_event(session, consultant):
    assert set(PlannedSession.MOVES) == set(PlannedSession.State)
    cancel_session(session=session, reason="No.", by=consultant, now=NOW)
    assert list(session.events.values_list("from_state", "to_state", "reason")) == [
        ("", "planned", ""),
        ("planned", "cancelled", "No."),
    ]


def test_the_command_counts_first_and_reminds_then(session, capsys):
    with time_machine.travel(STARTS - timedelta(hours=3), tick=False):
        call_command("remind_of_sessions", "--dry-run")
        assert "Due: 1 sessions." in capsys.readouterr().out
        assert told("session_reminder") == []
        call_command("remind_of_sessions")
    assert "Reminded of: 1 sessions." in capsys.readouterr().out
    assert told("session_reminder") == BOTH


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_remind_once(session):
    now = STARTS - timedelta(hours=3)
    assert sum(together(*[lambda: remind_of_sessions(now=now)] * 3)) == 1
    assert told("session_reminder") == BOTH


def test_moved_away_and_back_it_is_reminded_of_again(session, consultant):
    remind_of_sessions(now=STARTS - timedelta(hours=20))
    for starts_at in (STARTS + timedelta(days=7), STARTS):
        move_session(session=session, starts_at=starts_at, reason="", by=consultant, now=NOW)
    assert remind_of_sessions(now=STARTS - timedelta(hours=2)) == 1
    assert len(told("session_reminder")) == 4


def test_a_year_that_was_mistyped_is_refused(session, consultant):
    with pytest.raises(SupportError) as refusal:
        move_session(session=session, starts_at=rome("9999-12-31 23:50"), reason="", by=consultant, now=NOW)
    assert refusal.value.code == "too_far"


def test_each_side_reads_the_time_by_its_own_clock(session, agreement, consultant):
    consultant.time_zone = "America/Mexico_City"
    consultant.save()
    remind_of_sessions(now=STARTS - timedelta(hours=2))
    assert "at 3 p.m. (Europe/Rome)" in mails("session_reminder")[0].text
    assert "at 8 a.m. (America/Mexico_City)" in mails("session_reminder")[1].text


def test_whoever_speaks_for_a_business_besides_its_owner_is_told_of_its_sessions(pro, consultant):
    from support.sessions import plan_session
    from tests.making import contract

    agreement = contract(pro, now=NOW).agreement
    agreement.client.people.create(name="Bruno", email="bruno@example.com")
    plan_session(
        agreement=agreement,
        kind="training",
        about="First steps",
        starts_at=STARTS,
        minutes=30,
        consultant=consultant,
        by=consultant,
        now=NOW,
    )
    assert told("session_planned") == ["bruno@example.com", "consultant@quince.example", "pro@example.com"]

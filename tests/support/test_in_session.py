"""Consultants in session: their telephone is off until a time (S3)."""

from datetime import timedelta

import pytest

from support.errors import SupportError
from support.in_session import away_until, begin_session, end_session, session_of
from support.models import InSession
from tests.support.making import NOW, rome

pytestmark = pytest.mark.django_db

ELEVEN, NOON = rome("2026-11-02 11:00"), rome("2026-11-02 12:00")


def test_a_session_ends_by_the_clock(consultant):
    session = begin_session(consultant=consultant, until=ELEVEN, now=NOW)
    assert (session_of(consultant, NOW), away_until(NOW)) == (session, ELEVEN)
    just_before = ELEVEN - timedelta(seconds=1)
    assert (session_of(consultant, just_before), session_of(consultant, ELEVEN)) == (session, None)
    assert away_until(ELEVEN) is None


def test_begun_again_it_is_the_same_with_another_end(consultant):
    for until in (ELEVEN, ELEVEN, NOON, ELEVEN):
        session = begin_session(consultant=consultant, until=until, now=NOW)
    assert (InSession.objects.get(), session.until) == (session, ELEVEN)
    begin_session(consultant=consultant, until=NOON, now=ELEVEN)
    assert InSession.objects.count() == 2


def test_it_can_be_ended_early_and_only_once(consultant):
    begin_session(consultant=consultant, until=NOON, now=NOW)
    assert end_session(consultant=consultant, now=ELEVEN).ended_at == ELEVEN
    assert end_session(consultant=consultant, now=ELEVEN) is None
    assert away_until(ELEVEN) is None


def test_of_two_the_first_who_is_back_answers(consultant, desk_lead):
    begin_session(consultant=consultant, until=NOON, now=NOW)
    begin_session(consultant=desk_lead, until=ELEVEN, now=NOW)
    assert away_until(NOW) == ELEVEN
    assert away_until(ELEVEN) == NOON


@pytest.mark.parametrize(
    ("until", "code"),
    [
        (NOW, "ends_before"),
        (NOW + timedelta(seconds=1), None),
        (NOW + timedelta(hours=10), None),
        (NOW + timedelta(hours=10, seconds=1), "too_long"),
    ],
)
def test_it_ends_after_now_and_within_ten_hours(consultant, until, code):
    if code is None:
        assert begin_session(consultant=consultant, until=until, now=NOW).until == until
        return
    with pytest.raises(SupportError) as refused:
        begin_session(consultant=consultant, until=until, now=NOW)
    assert (refused.value.code, InSession.objects.count()) == (code, 0)

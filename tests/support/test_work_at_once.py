"""Work that two log at the same moment, with what would happen without the locks (S5, S7)."""

import uuid

import pytest

from support.errors import SupportError
from support.models import Allowance, Ticket, Work
from support.work import take_back_work
from tests.support.booking import books_hold, logged, rows, used
from tests.support.making import NOW, opened
from tests.together import after_both, together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_of_two_who_log_the_last_half_hour_at_once_one_wins_and_the_other_is_offered_the_split(
    agreement, ticket, allowance, anna, consultant, desk_lead
):
    other = opened(agreement.client, anna, subject="Another")
    used(allowance, 570, consultant)
    results = together(
        lambda: logged(ticket, consultant, allowance=allowance),
        lambda: logged(other, desk_lead, allowance=allowance),
    )
    refusals = [each for each in results if isinstance(each, SupportError)]
    assert [each.code for each in refusals] == ["used_up"]
    assert rows() == [("allowance", "minutes", 30, "")]
    assert books_hold()
    loser = other if Work.objects.get().ticket == ticket else ticket
    logged(loser, desk_lead, allowance=allowance, rest="exception", why="Begun.", left_seen=0)
    assert rows() == [("allowance", "minutes", 30, ""), ("exception", "minutes", 30, "Begun.")]


def test_without_the_lock_both_would_be_logged(
    agreement, ticket, allowance, anna, consultant, desk_lead, monkeypatch
):
    """The race that the lock of the allowance closes: both read what is left before either has written."""
    from support import allowances

    other = opened(agreement.client, anna, subject="Another")
    used(allowance, 570, consultant)
    monkeypatch.setattr(
        type(Allowance.objects.all()), "select_for_update", lambda rows, *args, **kwargs: rows.all()
    )
    monkeypatch.setattr(allowances, "refuse_unusable", after_both(allowances.refuse_unusable))
    results = together(
        lambda: logged(ticket, consultant, allowance=allowance),
        lambda: logged(other, desk_lead, allowance=allowance),
    )
    assert [type(each) for each in results] == [list, list]
    assert not books_hold()


def test_of_two_courtesies_at_once_only_ten_minutes_are_given(ticket, consultant, desk_lead):
    results = together(
        lambda: logged(ticket, consultant, 8, rest="courtesy"),
        lambda: logged(ticket, desk_lead, 8, rest="courtesy"),
    )
    assert [each.code for each in results if isinstance(each, SupportError)] == ["too_long"]
    assert (rows(), Ticket.objects.get().courtesy_minutes) == ([("courtesy", "minutes", 8, "")], 8)


def test_without_the_lock_of_the_ticket_more_would_be_given(ticket, consultant, desk_lead, monkeypatch):
    from support import work

    monkeypatch.setattr(
        type(Ticket.objects.all()), "select_for_update", lambda rows, *args, **kwargs: rows.all()
    )
    monkeypatch.setattr(work, "_refuse_courtesy", after_both(work._refuse_courtesy))
    together(
        lambda: logged(ticket, consultant, 8, rest="courtesy"),
        lambda: logged(ticket, desk_lead, 8, rest="courtesy"),
    )
    assert [row[2] for row in rows()] == [8, 8]


def test_one_form_sent_four_times_at_once_is_booked_once(ticket, allowance, consultant):
    form = uuid.uuid4()
    results = together(*[lambda: logged(ticket, consultant, allowance=allowance, form_id=form)] * 4)
    assert len({each[0].pk for each in results}) == 1
    assert Allowance.objects.get(pk=allowance.pk).left == 570


def test_taken_back_by_two_at_once_it_comes_back_once(ticket, allowance, consultant, desk_lead):
    (work,) = logged(ticket, consultant, allowance=allowance)
    together(
        lambda: take_back_work(work=work, why="A mistake.", by=consultant, now=NOW),
        lambda: take_back_work(work=work, why="A mistake.", by=desk_lead, now=NOW),
    )
    assert Allowance.objects.get(pk=allowance.pk).left == 600
    assert books_hold()

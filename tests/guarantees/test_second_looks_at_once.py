"""Two reviewers who look at one decision at once: one result, proven with real threads on PostgreSQL."""

from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
from django.db.models import QuerySet

from base.registry import invariants
from guarantees import second_looks
from guarantees.errors import GuaranteeError
from guarantees.models import SecondLook
from tests import making
from tests.guarantees.claim_making import LATER, approve, confirm_all, make_submitted, reject
from tests.together import after_both, together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
LOOKED = LATER + timedelta(days=1)


@pytest.fixture
def look(pro, reviewer, settings):
    settings.SECOND_LOOK_PERCENT = 100
    approve(confirm_all(make_submitted(pro), reviewer), reviewer)
    return SecondLook.objects.get()


def records(look, *people):
    """One agrees, the other does not."""
    results = zip(people, ("agrees", "disagrees"), strict=True)
    return [
        lambda who=who, result=result: second_looks.look_again(
            look=look, result=result, note=f"De {who.pk}.", by=who, now=LOOKED
        )
        for who, result in results
    ]


def test_of_two_who_look_at_once_one_result_is_recorded(look, other_reviewer):
    third = making.make_staff("reviewer", email="third@quince.example")
    results = together(*records(look, other_reviewer, third))
    refused = [each for each in results if isinstance(each, GuaranteeError)]
    (recorded,) = [each for each in results if isinstance(each, SecondLook)]
    assert [each.code for each in refused] == ["looked_at"]
    look.refresh_from_db()
    assert (look.result, look.note, look.by) == (recorded.result, recorded.note, recorded.by)
    assert [line for each in invariants for line in each.broken()] == []


@contextmanager
def without_locks_and_side_by_side():
    """The negative control: no lock is taken, and both have looked before either goes on."""
    with (
        mock.patch.object(QuerySet, "select_for_update", lambda self, **_: self.all()),
        mock.patch.object(second_looks, "why_not_look", after_both(second_looks.why_not_look)),
    ):
        yield


def test_without_the_lock_both_believe_that_theirs_was_recorded(look, other_reviewer):
    third = making.make_staff("reviewer", email="third@quince.example")
    with without_locks_and_side_by_side():
        results = together(*records(look, other_reviewer, third))
    assert [type(each) for each in results] == [SecondLook, SecondLook]


def test_two_rejections_at_once_are_asked_about_once(pro, reviewer, other_reviewer, settings):
    settings.SECOND_LOOK_PERCENT = 100
    claim = make_submitted(pro)
    together(*[lambda who=who: reject(claim, who) for who in (reviewer, other_reviewer)])
    assert SecondLook.objects.get().decision.claim == claim

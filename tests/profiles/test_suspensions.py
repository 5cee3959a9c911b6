"""Suspending and lifting (G19)."""

from datetime import timedelta

import pytest

from mail.models import OutgoingMail
from profiles.errors import ProfileError
from profiles.models import Suspension
from profiles.suspensions import is_suspended, lift_suspension, suspend
from tests.making import NOW, make_pro, make_staff
from tests.together import together

LATER = NOW + timedelta(days=2)


def refusal(function, **kwargs):
    with pytest.raises(ProfileError) as refused:
        function(**kwargs)
    return refused.value.code


def suspended(pro, by):
    return suspend(professional=pro, reason="False information", decided_by=by, now=NOW)


def test_a_suspension_says_who_decided_it_and_why_and_its_owner_is_told(pro, reviewer):
    suspension = suspended(pro, reviewer)
    suspension.refresh_from_db()
    assert (suspension.professional, suspension.decided_by, suspension.suspended_at) == (pro, reviewer, NOW)
    assert (suspension.reason, suspension.lifted_at) == ("False information", None)
    assert is_suspended(pro)
    mail = OutgoingMail.objects.get()
    assert (mail.recipient, mail.subject) == (pro.owner.email, "Reformas Hidalgo has been suspended")
    assert "False information" in mail.text and "from Jan. 10, 2026 on" in mail.text


def test_where_a_decision_tells_of_it_nobody_is_told_twice(pro, reviewer):
    suspend(professional=pro, reason="x", decided_by=reviewer, now=NOW, tells=False)
    assert is_suspended(pro)
    assert not OutgoingMail.objects.exists()


def test_suspended_again_it_is_the_suspension_that_stands(pro, reviewer, other_reviewer):
    assert suspended(pro, reviewer) == suspended(pro, other_reviewer)
    assert Suspension.objects.get().decided_by == reviewer
    assert OutgoingMail.objects.count() == 1


def test_nobody_suspends_or_lifts_for_a_business_they_belong_to(pro, reviewer, appeals):
    pro.members.add(reviewer, appeals)
    assert refusal(suspend, professional=pro, reason="x", decided_by=reviewer, now=NOW) == "own_business"
    pro.members.remove(reviewer)
    suspension = suspended(pro, reviewer)
    assert (
        refusal(lift_suspension, suspension=suspension, by=appeals, reason="x", now=LATER) == "own_business"
    )
    assert is_suspended(pro)


def test_whoever_suspended_does_not_lift(pro, reviewer):
    suspension = suspended(pro, reviewer)
    assert (
        refusal(lift_suspension, suspension=suspension, by=reviewer, reason="x", now=LATER) == "own_decision"
    )


def test_neither_goes_without_a_reason(pro, reviewer, appeals):
    assert refusal(suspend, professional=pro, reason=" ", decided_by=reviewer, now=NOW) == "nothing_written"
    suspension = suspended(pro, reviewer)
    assert (
        refusal(lift_suspension, suspension=suspension, by=appeals, reason="", now=LATER) == "nothing_written"
    )


def test_lifting_is_recorded_and_told_once(pro, reviewer, appeals):
    suspension = suspended(pro, reviewer)
    for reason in ("It was not so", "again"):
        lifted = lift_suspension(suspension=suspension, by=appeals, reason=reason, now=LATER)
        assert (lifted.lifted_by, lifted.lifted_at, lifted.lift_reason) == (appeals, LATER, "It was not so")
    assert not is_suspended(pro)
    mail = OutgoingMail.objects.get(kind="profiles/suspension_lifted")
    assert (mail.recipient, mail.subject) == (pro.owner.email, "The suspension of Reformas Hidalgo is lifted")
    assert "http://127.0.0.1:8000/" in mail.text


def test_after_lifting_a_business_can_be_suspended_again(pro, reviewer, appeals):
    first = lift_suspension(suspension=suspended(pro, reviewer), by=appeals, reason="x", now=LATER)
    second = suspend(professional=pro, reason="again", decided_by=reviewer, now=LATER)
    assert second != first
    assert is_suspended(pro)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_suspend_at_once_make_one_suspension():
    pro, one, other = make_pro(), make_staff("reviewer"), make_staff("reviewer", email="other@quince.example")
    found = together(lambda: suspended(pro, one), lambda: suspended(pro, other))
    assert found == [Suspension.objects.get()] * 2
    assert OutgoingMail.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_lift_at_once_lift_it_once_and_tell_it_once():
    pro, reviewer = make_pro(), make_staff("reviewer")
    one, other = make_staff("appeals"), make_staff("appeals", email="other@quince.example")
    suspension = suspended(pro, reviewer)
    found = together(
        lambda: lift_suspension(suspension=suspension, by=one, reason="Uno.", now=LATER),
        lambda: lift_suspension(suspension=suspension, by=other, reason="Otro.", now=LATER),
    )
    assert {each.lifted_by_id for each in found} == {Suspension.objects.get().lifted_by_id}
    assert OutgoingMail.objects.filter(kind="profiles/suspension_lifted").count() == 1

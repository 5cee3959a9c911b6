"""Two workers, or a worker and a press, at one moment: real threads on PostgreSQL."""

import pytest

from guarantees.extra_days import give_proposed
from guarantees.models import ExtraDays, Reminder
from guarantees.reminder_choices import Topic, stop_reminders
from guarantees.reminders import remind_of_guarantee
from mail.models import OutgoingMail
from profiles.suspensions import lift_suspension, suspend
from tests import making
from tests.guarantees.claim_making import make_claimable
from tests.guarantees.test_claims_at_once import without_locks
from tests.making import at
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

OPENS = at("2026-02-11 12:00")


def test_two_workers_remind_once_with_the_locks_and_without(pro):
    """What holds is the unique row in the transaction of its mail; the lock only spares the attempt."""
    make_claimable(pro)
    done = together(*[lambda: remind_of_guarantee(now=OPENS)] * 2)
    assert sorted(done) == [0, 1]
    Reminder.objects.all().delete()
    OutgoingMail.objects.filter(cause__startswith="reminder:").delete()
    with without_locks():
        assert sorted(together(*[lambda: remind_of_guarantee(now=OPENS)] * 2)) == [0, 1]
    assert (Reminder.objects.count(), OutgoingMail.objects.filter(cause__startswith="reminder:").count()) == (
        1,
        1,
    )


def test_a_reminder_that_was_stopped_meanwhile_does_not_go_out(pro):
    make_claimable(pro)
    together(
        lambda: remind_of_guarantee(now=OPENS),
        lambda: stop_reminders(professional=pro, topic=Topic.CLAIM, now=OPENS),
    )
    waiting = OutgoingMail.objects.filter(cause__startswith="reminder:", state="queued")
    assert not waiting.exists()


def test_two_of_staff_give_the_proposed_days_once(pro):
    make_claimable(pro)
    decider, lifter = making.make_user(), making.make_user()
    giver, other = (making.make_staff("terms", email=f"{who}@quince.example") for who in ("giver", "other"))
    suspension = suspend(professional=pro, reason="Dudas.", decided_by=decider, now=at("2026-02-01 12:00"))
    lift_suspension(suspension=suspension, by=lifter, reason="Aclarado.", now=at("2026-02-11 12:00"))
    cause = f"suspension:{suspension.pk}"

    def give(by):
        return give_proposed(professional=pro, cause=cause, by=by, now=at("2026-02-20 12:00"))

    first, second = together(lambda: give(giver), lambda: give(other))
    assert isinstance(first, ExtraDays), first
    assert first == second and ExtraDays.objects.count() == 1

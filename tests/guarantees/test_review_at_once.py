"""Two at one desk: verdicts, previews and looks, with real threads on PostgreSQL, and the races where no lock is."""

import contextlib
import threading
from datetime import timedelta
from unittest import mock

import pytest

from base.registry import invariants
from guarantees import decisions
from guarantees.blockers import Action, Case
from guarantees.decisions import preview, verdicts
from guarantees.errors import GuaranteeError
from guarantees.invariants import somebody_is_waited_for
from guarantees.looking import keep_looking
from guarantees.models import Claim, ClaimLook
from tests.guarantees.claim_making import (
    LATER,
    ask,
    confirm_all,
    fresh,
    give,
    item_of,
    letters,
    make_submitted,
)
from tests.guarantees.test_claims_at_once import without_locks
from tests.together import after_both, together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def codes(results):
    return [result.code for result in results if isinstance(result, GuaranteeError)]


def give_both(item, reviewer, other_reviewer):
    """Each with the page in front of them on which there was no verdict yet."""
    return together(
        lambda: give(item, "unreachable", reviewer, seen="0.0.0.0"),
        lambda: give(item, "confirmed", other_reviewer, seen="0.0.0.0"),
    )


def test_of_two_verdicts_on_one_contact_the_second_is_refused(pro, reviewer, other_reviewer):
    item = item_of(make_submitted(pro), 1)
    assert codes(give_both(item, reviewer, other_reviewer)) == ["changed_meanwhile"]
    assert item.events.count() == 1


def test_without_the_lock_the_second_is_written_over_the_first(pro, reviewer, other_reviewer):
    """The control: both have looked before either writes."""
    item = item_of(make_submitted(pro), 1)
    look = after_both(verdicts._refuse_if_changed)
    with without_locks(), mock.patch.object(verdicts, "_refuse_if_changed", look):
        assert codes(give_both(item, reviewer, other_reviewer)) == []
    assert item.events.count() == 2


@pytest.mark.parametrize("locked", [True, False], ids=["with the locks", "without: the control"])
def test_a_verdict_given_between_reading_and_deciding(pro, reviewer, other_reviewer, locked):
    """What is decided is what was previewed: a verdict of that very moment waits, and is refused."""
    claim = confirm_all(make_submitted(pro), reviewer)
    item = item_of(claim, 1)
    read, given = threading.Event(), threading.Event()

    def approve():
        return decisions.approve_claim(claim=claim, by=reviewer, now=LATER)

    def approve_late():
        read.set()
        given.wait(timeout=20 if not locked else 0.5)
        return approve()

    def give_then():
        read.wait(timeout=20)
        try:
            return give(item, "unreachable", other_reviewer)
        finally:
            given.set()

    mark = preview.preview(claim=claim, act=approve, now=LATER).mark
    with contextlib.nullcontext() if locked else without_locks():
        results = together(
            lambda: preview.carry_out(claim=claim, act=approve_late, previewed=mark, now=LATER), give_then
        )
    assert fresh(claim).state == Claim.State.APPROVED
    # Without them the claim is approved by what nobody had in front of them.
    assert codes(results) == (["move_not_allowed"] if locked else [])
    assert item_of(claim, 1).verdict == ("confirmed" if locked else "unreachable")
    if locked:
        assert [line for each in invariants for line in each.broken()] == []


@pytest.mark.parametrize("mended", [True, False], ids=["after what settles", "by its own clock: the control"])
def test_a_question_that_waited_for_a_verdict_is_not_settled_by_it(pro, reviewer, other_reviewer, mended):
    """Who asks has read their clock before who judges, and has the claim after them (G16, G17)."""
    claim = make_submitted(pro)
    item = item_of(claim, 2)
    asks, given = threading.Event(), threading.Event()
    lock = verdicts._lock

    def lock_when_given(claim_id):
        if threading.current_thread().name == "asks":
            asks.set()
            given.wait(timeout=20)
        return lock(claim_id)

    def ask_first():
        threading.current_thread().name = "asks"
        return ask(claim, reviewer, 2, now=LATER)

    def give_later():
        asks.wait(timeout=20)
        try:
            return give(item, "confirmed", other_reviewer, now=LATER + timedelta(milliseconds=400))
        finally:
            given.set()

    own_clock = mock.patch.object(verdicts, "_after_what_settles", lambda item, now: now)
    with (
        mock.patch.object(verdicts, "_lock", lock_when_given),
        contextlib.nullcontext() if mended else own_clock,
    ):
        assert codes(together(ask_first, give_later)) == []
    case = Case(fresh(claim), LATER + timedelta(minutes=1))
    assert (case.claim.state, len(letters("claim_questions"))) == (Claim.State.MORE_INFORMATION, 1)
    stands = [
        len(case.waited_for) == 1,
        len(case.doubtful) == 1,
        [each.code for each in case.blockers(Action.WITHDRAW, pro.owner)] == ["under_doubt"],
        not list(somebody_is_waited_for()),
    ]
    assert stands == [mended] * 4
    # Whoever gives the verdict again, having read the question, ends the wait.
    give(item, "confirmed", other_reviewer, now=LATER + timedelta(minutes=2))
    assert fresh(claim).state == (Claim.State.SUBMITTED if mended else Claim.State.MORE_INFORMATION)


def test_two_previews_and_a_decision_at_once_refund_once(pro, reviewer, other_reviewer):
    claim = confirm_all(make_submitted(pro), reviewer)

    def by(who):
        return lambda: decisions.approve_claim(claim=claim, by=who, now=LATER)

    mark = preview.preview(claim=claim, act=by(reviewer), now=LATER).mark
    look = [lambda: preview.preview(claim=claim, act=by(other_reviewer), now=LATER)] * 2
    take = [lambda: preview.carry_out(claim=claim, act=by(reviewer), previewed=mark, now=LATER)] * 2
    assert not any(isinstance(result, Exception) for result in together(*look, *take))
    assert claim.events.filter(kind="approved").count() == 1
    assert [entry.amount_cents for entry in pro.wallet.entries.filter(kind="refund")] == [60_000]
    assert [line for each in invariants for line in each.broken()] == []


def test_one_person_in_four_tabs_is_one_look(pro, reviewer):
    claim = make_submitted(pro)
    assert together(*[lambda: keep_looking(claim=claim, by=reviewer, now=LATER)] * 4) == [None] * 4
    assert ClaimLook.objects.count() == 1

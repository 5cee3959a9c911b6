"""Four eyes are held by the database, whoever writes and by whatever way (G18)."""

import threading

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, models, transaction

from base.registry import invariants
from base.triggers import drop_triggers, install_triggers, make_way, missing_triggers
from guarantees import decisions, four_eyes
from guarantees.errors import GuaranteeError
from guarantees.models import Claim, ClaimItem
from tests.guarantees.claim_making import (
    LATER,
    State,
    approve,
    confirm_all,
    fresh,
    give,
    item_of,
    make_submitted,
    refused,
    reject,
    uphold,
)
from tests.together import together

pytestmark = pytest.mark.django_db
REFUSED = "four eyes"


def broken():
    return [line for each in invariants for line in each.broken()]


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.GUARANTEE_FOUR_EYES_ABOVE = 0


@pytest.fixture
def decided(confirmed, other_reviewer):
    """Verdicts by one reviewer, approved by another."""
    return approve(confirmed, other_reviewer)


def is_refused(write):
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        write()


def test_a_decision_of_whoever_gave_a_verdict_is_refused_by_the_database(confirmed, reviewer):
    rows = Claim.objects.filter(pk=confirmed.pk)
    said = {"state": State.REJECTED, "decided_by": reviewer, "decided_at": LATER}
    is_refused(lambda: rows.update(**said, four_eyes_applied_at=LATER))
    claim = fresh(confirmed)
    claim.decided_by, claim.four_eyes_applied_at = reviewer, LATER
    is_refused(claim.save)
    assert fresh(confirmed).state == State.SUBMITTED
    rows.update(**said)  # Where four eyes do not apply, nothing is refused.


def test_one_verdict_of_fifteen_is_enough(confirmed, other_reviewer):
    give(item_of(confirmed, 2), "unreachable", other_reviewer)
    is_refused(
        lambda: Claim.objects.filter(pk=confirmed.pk).update(
            decided_by=other_reviewer, four_eyes_applied_at=LATER
        )
    )


def test_whose_verdict_was_replaced_may_decide(confirmed, reviewer, other_reviewer):
    give(item_of(confirmed, 2), "unreachable", other_reviewer)
    give(item_of(confirmed, 2), "confirmed", reviewer)
    assert approve(confirmed, other_reviewer).state == State.APPROVED


def test_afterwards_neither_the_decider_nor_a_verdict_is_made_to_be_of_one_person(
    decided, reviewer, other_reviewer
):
    is_refused(lambda: Claim.objects.filter(pk=decided.pk).update(decided_by=reviewer))
    items = ClaimItem.objects.filter(claim=decided)
    is_refused(lambda: items.filter(position=1).update(verdict_by=other_reviewer))
    is_refused(lambda: items.update(verdict_by=other_reviewer))
    item = item_of(decided, 1)
    item.pk, item.position, item.verdict_by = None, 16, other_reviewer
    is_refused(lambda: item.save(force_insert=True))
    items.update(note="")  # What erasing writes is no verdict.
    assert {each.verdict_by for each in items} == {reviewer}


def test_a_decision_under_four_eyes_has_a_person(decided):
    with pytest.raises(IntegrityError, match="four_eyes_have_a_decider"), transaction.atomic():
        Claim.objects.filter(pk=decided.pk).update(decided_by=None)


def test_that_they_applied_is_not_taken_back_while_the_decision_stands(
    decided, reviewer, other_reviewer, appeals
):
    """One statement took them off; with a second one, verdicts and decision were of one person."""
    rows = Claim.objects.filter(pk=decided.pk)
    is_refused(lambda: rows.update(four_eyes_applied_at=None))
    is_refused(lambda: rows.update(four_eyes_applied_at=None, decided_by=reviewer))
    assert fresh(decided).four_eyes_applied_at == LATER


def test_an_appeal_that_is_upheld_ends_them_with_the_decision(confirmed, other_reviewer, appeals):
    claim = uphold(reject(confirmed, other_reviewer), appeals)
    assert (claim.state, claim.four_eyes_applied_at) == (State.SUBMITTED, None)


@pytest.mark.parametrize("applied", [None, LATER])
def test_the_books_tell_where_the_claim_and_its_decision_say_different_things(
    confirmed, other_reviewer, settings, applied
):
    settings.GUARANTEE_FOUR_EYES_ABOVE = None if applied else 0
    claim = approve(confirmed, other_reviewer)
    assert broken() == []
    drop_triggers(four_eyes.TRIGGERS)
    try:
        Claim.objects.filter(pk=claim.pk).update(four_eyes_applied_at=applied)
        said = f"claim {claim.public_id}: its decision and the claim say different things of four eyes"
        assert said in broken()
    finally:
        install_triggers()


def test_after_an_appeal_whoever_decided_first_may_give_verdicts(confirmed, other_reviewer, appeals):
    claim = uphold(reject(confirmed, other_reviewer), appeals)
    give(item_of(claim, 1), "unreachable", other_reviewer)
    assert refused(approve, fresh(claim), other_reviewer) == "four_eyes"


def test_the_books_tell_what_the_triggers_would_have_refused(decided, reviewer):
    """Where the triggers were lost, `check_books` says both: that they are missing, and what got through."""
    drop_triggers(four_eyes.TRIGGERS)
    try:
        assert set(missing_triggers()) == {trigger.name for trigger in four_eyes.TRIGGERS}
        Claim.objects.filter(pk=decided.pk).update(decided_by=reviewer)
        assert (
            f"claim {decided.public_id}: decided under four eyes by somebody who gave one of its verdicts"
            in (broken())
        )
        assert any("guarantees_claim_four_eyes_update is missing" in line for line in broken())
    finally:
        install_triggers()
    assert missing_triggers() == []


# Two at once


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_verdict_and_the_decision_of_the_same_person_at_the_same_moment(pro, reviewer, other_reviewer):
    """Whichever comes first, the other is refused with a sentence."""
    claim = confirm_all(make_submitted(pro), reviewer)
    item = item_of(claim, 1)
    results = together(
        lambda: decisions.approve_claim(claim=claim, by=other_reviewer, now=LATER),
        lambda: give(item, "unreachable", other_reviewer),
    )
    codes = [result.code for result in results if isinstance(result, GuaranteeError)]
    assert codes in (["four_eyes"], ["move_not_allowed"])
    assert broken() == []


def at_the_same_moment(claim, who):
    """Around our functions and their locks: the decision written in one transaction, the verdict in another, each
    before the other has ended."""
    both = threading.Barrier(2)

    def write(rows, **changes):
        with transaction.atomic():
            both.wait(timeout=20)
            rows.update(**changes)
            threading.Event().wait(0.5)

    claims, items = Claim.objects.filter(pk=claim.pk), ClaimItem.objects.filter(claim=claim, position=1)
    return together(
        lambda: write(claims, decided_by=who, four_eyes_applied_at=LATER),
        lambda: write(items, verdict_by=who),
    )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_database_alone_lets_one_of_two_through(pro, reviewer, other_reviewer):
    claim = confirm_all(make_submitted(pro), reviewer)
    results = at_the_same_moment(claim, other_reviewer)
    assert sum(isinstance(result, IntegrityError) for result in results) == 1
    assert not any("four eyes" in line for line in broken())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_waiting_for_each_other_both_get_through(pro, reviewer, other_reviewer, monkeypatch):
    """The control: the same triggers, without the lock in them, look at what the other has not written yet."""
    claim = confirm_all(make_submitted(pro), reviewer)
    with connection.cursor() as cursor:
        for trigger in four_eyes.TRIGGERS:
            cursor.execute(trigger.postgresql.replace(four_eyes._WAIT, ""))
    try:
        assert at_the_same_moment(claim, other_reviewer) == [None, None]
        assert any("four eyes" in line for line in broken())
    finally:
        Claim.objects.filter(pk=claim.pk).update(four_eyes_applied_at=None)
        install_triggers()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("model", "column"), [(Claim, "state"), (ClaimItem, "ending")])
def test_a_later_migration_can_change_their_tables(model, column):
    """Each of them is named by the other's trigger, and SQLite cannot rebuild a table while that stands."""
    old, new = model._meta.get_field(column), models.CharField(column, max_length=40)
    new.set_attributes_from_name(column)
    new.model = model

    def change(before, after):
        with connection.schema_editor() as editor:
            editor.alter_field(model, before, after)

    if connection.vendor == "sqlite":
        with pytest.raises(OperationalError, match="error in trigger"):
            change(old, new)
    make_way()
    change(old, new)
    change(new, old)
    call_command("migrate", verbosity=0)
    assert missing_triggers() == []

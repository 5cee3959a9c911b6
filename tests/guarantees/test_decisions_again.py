"""Claims that come back by an appeal, and what of their first decision is kept (G10, G13, G18, G19)."""

import pytest

from base.registry import invariants
from guarantees import claims
from guarantees.models import Claim
from profiles.suspensions import lift_suspension
from tests.guarantees.claim_making import (
    DAY,
    LATER,
    State,
    approve,
    confirm_all,
    fresh,
    give,
    item_of,
    refused_and_nothing_done,
    reject,
    reject_as_false,
    uphold,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_hold")]


@pytest.fixture
def rejected_then_false(submitted, pro, reviewer):
    """The first claim rejected plainly, a second one found false."""
    reject(submitted, reviewer)
    second = claims.begin_claim(professional=pro, by=pro.owner, now=LATER)
    second = claims.submit_claim(claim=second, by=pro.owner, now=LATER)
    give(item_of(second, 2), "false", reviewer, now=LATER + DAY)
    second = reject_as_false(second, reviewer, LATER + DAY, without_asking="Ya lo admitió.")
    return fresh(submitted), second


def test_an_earlier_claim_does_not_stand_again_while_a_later_one_stands_rejected_as_false(
    rejected_then_false, reviewer, appeals
):
    """G10: also when the suspension was lifted apart; only the appeal against the false finding opens the way."""
    first, second = rejected_then_false
    lift_suspension(suspension=second.suspension, by=appeals, reason="Buena fe.", now=LATER + DAY)
    assert refused_and_nothing_done(uphold, first, appeals, LATER + 2 * DAY) == "another_claim_false"
    uphold(second, appeals, LATER + 2 * DAY)
    reject(second, reviewer, LATER + 3 * DAY)
    assert uphold(first, appeals, LATER + 3 * DAY).state == State.SUBMITTED


def test_no_claim_is_approved_beside_one_rejected_as_false(rejected_then_false, reviewer, other_reviewer):
    """G10, whatever way the first one came to stand again; and the books would tell."""
    first, _second = rejected_then_false
    Claim.objects.filter(pk=first.pk).update(state=State.SUBMITTED)
    first = fresh(first)
    confirm_all(first, reviewer, now=LATER + 2 * DAY)
    before = fresh(first)
    assert refused_and_nothing_done(approve, before, other_reviewer, LATER + 3 * DAY) == "another_claim_false"
    Claim.objects.filter(pk=first.pk).update(state=State.REJECTED)


def test_the_books_tell_of_a_refund_beside_a_claim_rejected_as_false(confirmed, reviewer):
    """Negative control of the invariant: a draft made into a false claim by hand."""
    approve(confirmed, reviewer)
    approved = Claim.objects.values().get(pk=confirmed.pk)
    for name in ("id", "public_id", "refund_entry_id"):
        del approved[name]
    false = Claim.objects.create(**approved | {"state": State.REJECTED_AS_FALSE})
    broken = {each.name: list(each.broken()) for each in invariants}
    assert broken["no business was refunded while a claim of it stands rejected as false"]
    false.delete()

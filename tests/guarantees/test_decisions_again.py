"""Claims that come back by an appeal, and what of their first decision is kept (G10, G13, G18, G19)."""

import pytest
from django.urls import reverse

from base.registry import invariants
from guarantees import claims
from guarantees.errors import GuaranteeError
from guarantees.models import Claim
from marketplace.contacts import set_outcome
from marketplace.errors import MarketplaceError
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


def test_no_claim_is_approved_beside_one_rejected_as_false(
    rejected_then_false, reviewer, other_reviewer, appeals
):
    """G10, whatever way the first one came to stand again."""
    first, second = rejected_then_false
    lift_suspension(suspension=second.suspension, by=appeals, reason="Buena fe.", now=LATER + DAY)
    Claim.objects.filter(pk=first.pk).update(state=State.SUBMITTED, decided_at=None, decided_by=None)
    confirm_all(first, reviewer, now=LATER + 2 * DAY)
    assert (
        refused_and_nothing_done(approve, fresh(first), other_reviewer, LATER + 3 * DAY)
        == "another_claim_false"
    )
    Claim.objects.filter(pk=first.pk).update(state=State.REJECTED)


def test_what_the_first_decision_stood_on_outlives_the_appeal(
    settings, submitted, reviewer, other_reviewer, appeals
):
    """G13, G18, X4: its facts, terms and verdict, who took it and why, four eyes, and the suspension."""
    settings.GUARANTEE_FOUR_EYES_ABOVE = 0
    give(item_of(submitted, 2), "false", reviewer)
    claim = reject_as_false(submitted, other_reviewer, reason="Dos vecinos.", without_asking="Lo admitió.")
    snapshot, suspension = claim.decision_snapshot, claim.suspension
    claim = uphold(claim, appeals, LATER + DAY)
    assert (claim.decision_snapshot, claim.four_eyes_applied_at) == (None, None)
    kept = claim.events.get(kind="rejected_as_false")
    assert kept.stood_on == {
        "snapshot": snapshot,
        "four_eyes": True,
        "suspension": suspension.pk,
        "grounds": [],
    }
    assert (kept.actor, kept.at) == (other_reviewer, LATER)
    assert "Dos vecinos." in kept.reason
    kept.stood_on["snapshot"]["today"] = "2026-01-20"
    kept.save()
    assert any("event" in line for each in invariants for line in each.broken())
    kept.stood_on["snapshot"] = snapshot
    kept.save()


def test_a_job_won_by_mistake_after_a_rejection_can_be_taken_back_in_the_claim_that_stands_again(
    confirmed, pro, reviewer, appeals, client_of
):
    """G15, G2: told of it, the professional puts it right by the contact's own page; its history is kept, and no
    other outcome can be changed while the claim is open."""
    contact = item_of(confirmed, 1).contact
    arguments = {"lost_reason": "", "by": pro.owner}
    reject(confirmed, reviewer)
    set_outcome(contact=contact, outcome="won", now=LATER, **arguments)
    uphold(confirmed, appeals, LATER + DAY)
    with pytest.raises(GuaranteeError, match="No job won"):
        approve(confirmed, reviewer, LATER + DAY)
    page = reverse("marketplace:contact", args=[contact.public_id])
    assert "marked as won by mistake" in client_of(pro).get(page).content.decode()
    set_outcome(contact=contact, outcome="open", now=LATER + 2 * DAY, **arguments)
    assert "marked as won by mistake" not in client_of(pro).get(page).content.decode()
    with pytest.raises(MarketplaceError):
        set_outcome(contact=contact, outcome="won", now=LATER + 2 * DAY, **arguments)
    assert [event.to_state for event in contact.events.all()] == ["won", "open"]
    assert approve(confirmed, reviewer, LATER + 2 * DAY).state == State.APPROVED


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

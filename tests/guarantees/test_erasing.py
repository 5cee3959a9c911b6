"""What a claim keeps of a homeowner who is erased: ids, numbers and dates, and no word (G13, X5)."""

import pytest

from base.erased import ERASED
from guarantees.models import Claim, ClaimEvent
from guarantees.moves import Happened
from marketplace.anonymising import erase_lead
from marketplace.withdrawal import withdraw_lead
from tests.guarantees.claim_making import (
    DAY,
    LATER,
    State,
    fresh,
    item_of,
    make_false,
    make_submitted,
    refuse,
    reject,
    uphold,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_hold")]
NAME = "Lucía Fernández, de la calle Hidalgo 3"


def forget(claim, position=1, now=LATER + 2 * DAY):
    lead = item_of(claim, position).contact.lead
    withdraw_lead(lead=lead, now=now)
    return erase_lead(lead=lead, now=now)


def kept_texts():
    texts = [*Claim.objects.values_list("decision_reason", flat=True)]
    texts += ClaimEvent.objects.values_list("reason", flat=True)
    return " ".join(texts)


def test_the_reason_of_a_decision_goes_and_the_decision_stays(submitted, reviewer, appeals):
    claim = reject(submitted, reviewer, reason=f"{NAME} dice otra cosa.")
    refuse(claim, appeals, LATER + DAY, reason=f"{NAME} lo repite.")
    before = {
        name: value
        for name, value in Claim.objects.values().get(pk=claim.pk).items()
        if name != "decision_reason"
    }
    events = list(ClaimEvent.objects.order_by("pk").values("kind", "actor", "at", "stood_on"))
    assert NAME in kept_texts()
    forget(claim)
    after = Claim.objects.values().get(pk=claim.pk)
    assert NAME not in kept_texts()
    assert (after.pop("decision_reason"), after) == (ERASED, before)
    assert list(ClaimEvent.objects.order_by("pk").values("kind", "actor", "at", "stood_on")) == events


def test_what_was_to_be_put_right_is_told_by_codes_that_stay(submitted, reviewer, pro):
    from guarantees.decisions import tell_what_is_missing
    from profiles.suspensions import suspend

    suspend(professional=pro, reason="Quejas.", decided_by=reviewer, now=LATER)
    tell_what_is_missing(claim=submitted, by=reviewer, now=LATER)
    claim = reject(fresh(submitted), reviewer, now=LATER + 20 * DAY)
    forget(claim, now=LATER + 21 * DAY)
    assert claim.events.get(kind=Happened.PROBLEM).reason == "not_suspended"
    assert claim.events.get(kind=Happened.REJECTED).reason == ERASED


def test_the_reason_for_which_a_suspension_was_lifted_goes_too(pro, reviewer, appeals):
    claim = make_false(pro, reviewer)
    suspension = claim.suspension
    uphold(claim, appeals, LATER + DAY, reason=f"{NAME} se confundió.")
    reject(fresh(claim), reviewer, now=LATER + DAY)
    forget(claim)
    suspension.refresh_from_db()
    assert (suspension.lift_reason, suspension.lifted_by) == (ERASED, appeals)


def test_claims_of_other_homeowners_keep_their_words(submitted, other_pro, reviewer):
    other = reject(make_submitted(other_pro), reviewer, reason="Falta el proyecto.")
    forget(reject(submitted, reviewer))
    assert fresh(other).decision_reason == "Falta el proyecto."


@pytest.mark.parametrize(
    ("answer", "kind", "state"),
    [(refuse, Happened.APPEAL_REFUSED, State.REJECTED), (uphold, Happened.APPEAL_UPHELD, State.SUBMITTED)],
)
def test_what_is_answered_after_somebody_was_erased_is_told_and_not_kept(
    submitted, reviewer, appeals, answer, kind, state
):
    claim = reject(submitted, reviewer)
    forget(claim, now=LATER)
    answer(claim, appeals, LATER + DAY, reason=f"{NAME} lo aclaró.")
    assert (fresh(claim).state, claim.events.get(kind=kind).reason) == (state, ERASED)
    assert NAME not in kept_texts()

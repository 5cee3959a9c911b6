"""Every move of a claim, who may do what, and the books after it (G14 to G19)."""

import pytest

from base.registry import invariants
from guarantees import claims
from guarantees.blockers import Action, blockers
from guarantees.models import Claim, ClaimItem
from guarantees.moves import Happened, move
from marketplace.contacts import set_outcome
from profiles.suspensions import suspend
from tests.guarantees.claim_making import (
    LATER,
    State,
    approve,
    ask,
    confirm_all,
    fresh,
    give,
    item_of,
    make_draft,
    make_submitted,
    refused,
    refused_and_nothing_done,
    reject,
    reject_as_false,
    uphold,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_hold")]


# Every move of a claim


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("after", State)
def test_every_pair_of_states_is_allowed_or_refused_as_the_table_says(before, after):
    """A claim that was never saved: what is asked for here is decided before anything is written."""
    allowed = {
        "draft": "submitted withdrawn",
        "submitted": "more_information approved rejected rejected_as_false withdrawn",
        "more_information": "submitted rejected rejected_as_false withdrawn",
        "rejected": "submitted",
        "rejected_as_false": "submitted",
        "approved": "",
        "withdrawn": "",
    }
    assert (after in Claim.MOVES[before]) == (after in allowed[before].split())
    if after not in Claim.MOVES[before]:
        claim = Claim(state=before)
        assert refused(move, claim, after, kind=Happened.SUBMITTED, by=None, now=LATER) == "move_not_allowed"
        assert claim.state == before


def put_into(state, pro, reviewer, appeals):
    """A claim of `pro` in that state, by the ways there are."""
    if state == State.DRAFT:
        return make_draft(pro)
    claim = make_submitted(pro)
    if state == State.MORE_INFORMATION:
        ask(claim, reviewer, 1, purpose="information")
    elif state == State.APPROVED:
        approve(confirm_all(claim, reviewer), reviewer)
    elif state == State.REJECTED:
        reject(claim, reviewer)
    elif state == State.REJECTED_AS_FALSE:
        give(item_of(claim, 2), "false", reviewer)
        reject_as_false(claim, reviewer, without_asking="Ya lo admitió.")
    elif state == State.WITHDRAWN:
        claims.withdraw_claim(claim=claim, by=pro.owner, now=LATER)
    return fresh(claim)


ALLOWED_IN = {
    Action.GIVE_VERDICT: {State.SUBMITTED, State.MORE_INFORMATION},
    Action.ASK: {State.SUBMITTED, State.MORE_INFORMATION},
    Action.APPROVE: {State.SUBMITTED, State.MORE_INFORMATION},
    Action.REJECT: {State.SUBMITTED, State.MORE_INFORMATION},
    Action.REJECT_AS_FALSE: {State.SUBMITTED, State.MORE_INFORMATION},
    Action.WITHDRAW: {State.DRAFT, State.SUBMITTED, State.MORE_INFORMATION},
    Action.UPHOLD_APPEAL: {State.REJECTED, State.REJECTED_AS_FALSE},
    Action.REFUSE_APPEAL: {State.REJECTED, State.REJECTED_AS_FALSE},
}


@pytest.mark.parametrize("state", State)
def test_every_action_in_every_state_is_refused_where_it_does_not_belong(state, pro, reviewer, appeals):
    claim = put_into(state, pro, reviewer, appeals)
    for action, states in ALLOWED_IN.items():
        who = {Action.WITHDRAW: pro.owner, Action.UPHOLD_APPEAL: appeals, Action.REFUSE_APPEAL: appeals}
        codes = [each.code for each in blockers(claim, action, who.get(action, reviewer), LATER)]
        assert ("move_not_allowed" in codes) == (state not in states), action


@pytest.mark.parametrize("state", [State.APPROVED, State.REJECTED, State.WITHDRAWN])
def test_a_decided_claim_is_decided(state, pro, reviewer, other_reviewer, appeals):
    """Decisions, verdicts and questions on it are refused, and leave nothing behind."""
    claim = put_into(state, pro, reviewer, appeals)
    if state != State.APPROVED:
        assert refused_and_nothing_done(approve, claim, other_reviewer) == "move_not_allowed"
    assert refused_and_nothing_done(reject, claim, other_reviewer) == "move_not_allowed"
    assert refused_and_nothing_done(reject_as_false, claim, other_reviewer) == "move_not_allowed"
    assert refused_and_nothing_done(lambda c: give(item_of(c, 1), "false", other_reviewer), claim) == (
        "move_not_allowed"
    )
    assert refused_and_nothing_done(ask, claim, other_reviewer, 1) == "move_not_allowed"


# Who (G14, G18, G19)


def test_without_the_role_nothing_is_decided(confirmed, moderator, stranger, pro):
    for who in (moderator, stranger, pro.owner):
        assert refused_and_nothing_done(approve, confirmed, who) == "no_permission"
        assert refused_and_nothing_done(reject, confirmed, who) == "no_permission"
        assert refused_and_nothing_done(reject_as_false, confirmed, who) == "no_permission"
        assert refused_and_nothing_done(ask, confirmed, who, 1) == "no_permission"
        assert refused(give, item_of(confirmed, 1), "false", who) == "no_permission"


def test_nobody_decides_on_a_business_that_they_belong_to(confirmed, other_reviewer, pro):
    pro.members.add(other_reviewer)
    assert refused_and_nothing_done(approve, confirmed, other_reviewer) == "own_business"
    assert refused_and_nothing_done(reject, confirmed, other_reviewer) == "own_business"
    assert refused(give, item_of(confirmed, 1), "false", other_reviewer) == "own_business"


# The books


def test_the_invariants_see_what_is_wrong(confirmed, pro, reviewer):
    """Negative control: each is broken by hand, told, and mended."""
    claim = approve(confirmed, reviewer)

    def told():
        return sorted({each.name for each in invariants if list(each.broken())})

    def suspend_it():
        return suspend(professional=pro, reason="Quejas.", decided_by=reviewer, now=LATER)

    for broken, mended, name in [
        (lambda: pro.contacts.update(frozen_at=LATER), lambda: pro.contacts.update(frozen_at=None), "frozen"),
        (
            lambda: pro.contacts.update(refunded_at=None),
            lambda: pro.contacts.update(refunded_at=LATER),
            "marked as refunded",
        ),
        (
            lambda: ClaimItem.objects.update(price_cents=1),
            lambda: ClaimItem.objects.update(price_cents=20_000),
            "prices",
        ),
        (
            lambda: Claim.objects.update(suspension=suspend_it()),
            lambda: Claim.objects.update(suspension=None),
            "suspension",
        ),
    ]:
        broken()
        assert any(name in line for line in told()), name
        mended()
        assert told() == []
    kept = claim.decision_snapshot
    Claim.objects.update(decision_snapshot=kept | {"today": "2026-01-20"})
    assert any("judged again" in line for line in told())
    Claim.objects.update(decision_snapshot=kept)


def test_set_outcome_after_a_rejection_is_judged_when_the_claim_stands_again(
    submitted, pro, reviewer, appeals
):
    reject(submitted, reviewer)
    set_outcome(contact=pro.contacts.first(), outcome="won", lost_reason="", by=pro.owner, now=LATER)
    uphold(submitted, appeals)
    assert refused(approve, confirm_all(submitted, reviewer), reviewer) == "requirement_failing"

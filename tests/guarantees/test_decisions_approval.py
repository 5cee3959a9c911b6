"""Approving a claim, and four eyes (G2, G15, G18)."""

import pytest

from billing.subscriptions import cancel_plan
from guarantees import claims, snapshots
from guarantees.errors import GuaranteeError
from guarantees.models import ClaimEvent
from guarantees.moves import Happened
from guarantees.signals import claim_decided
from marketplace.models import Contact
from marketplace.returns import return_by_staff
from profiles.suspensions import lift_suspension, suspend
from tests import making
from tests.guarantees.claim_making import (
    DAY,
    LATER,
    SUBMITTED_AT,
    State,
    approve,
    ask,
    balance,
    confirm_all,
    fresh,
    give,
    item_of,
    letters,
    refused,
    refused_and_nothing_done,
    reject,
    say_hired,
    state_of_everything,
)
from tests.making import at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_hold")]


# Approval (G2, G15)


def test_approval_credits_exactly_what_was_paid_once_and_says_so(confirmed, pro, reviewer):
    heard = []
    claim_decided.connect(
        lambda claim, **_: heard.append((claim.pk, claim.state)), weak=False, dispatch_uid="t"
    )
    try:
        before = balance(pro)
        claim = approve(confirmed, reviewer)
    finally:
        claim_decided.disconnect(dispatch_uid="t")
    assert balance(pro) - before == 60_000 == claim.amount_cents
    entry = claim.refund_entry
    assert (entry.kind, entry.cause, entry.amount_cents) == ("refund", f"claim:{claim.public_id}", 60_000)
    assert (claim.state, claim.decided_by, claim.decided_at) == (State.APPROVED, reviewer, LATER)
    assert snapshots.differences(claim.decision_snapshot) == []
    assert {(contact.frozen_at, contact.refunded_at) for contact in pro.contacts.all()} == {(None, LATER)}
    assert claim.events.last().kind == "approved"
    (letter,) = letters("claim_approved")
    assert "600.00" in letter.subject
    assert heard == [(claim.pk, State.APPROVED)]


def test_approving_again_does_nothing(confirmed, pro, reviewer, other_reviewer):
    approve(confirmed, reviewer)
    before = state_of_everything(pro)
    assert approve(confirmed, other_reviewer, LATER + DAY).decided_by == reviewer
    assert state_of_everything(pro) == before


def test_the_sum_is_what_was_paid_for_each_contact(pro, reviewer, moderator):
    """Not fifteen times one price, nor today's."""
    from guarantees.models import Story
    from tests.guarantees import claim_making

    claim_making.three_contact_terms()
    contacts = claim_making.make_claimable(pro, contacts=1)
    contacts += making.buy(pro, 1, now=at("2026-01-12 09:00"), price_cents=12_345)
    contacts += making.buy(pro, 1, now=at("2026-01-12 10:00"), price_cents=1)
    claim = claims.begin_claim(professional=pro, by=pro.owner, now=SUBMITTED_AT)
    for contact in contacts:
        claim_making.tell_story(claim, contact)
    assert Story.objects.count() == 3
    claim = claims.submit_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT)
    assert approve(confirm_all(claim, reviewer), reviewer).refund_entry.amount_cents == 20_000 + 12_345 + 1


def test_no_approval_without_every_verdict(submitted, reviewer):
    for item in list(submitted.items.all())[:2]:
        give(item, "confirmed", reviewer)
    assert refused_and_nothing_done(approve, submitted, reviewer) == "verdict_missing"


def test_homeowners_who_could_not_be_reached_do_not_stand_in_the_way(submitted, reviewer):
    """G14: silence is not held against the professional."""
    for item in submitted.items.all():
        give(item, "unreachable", reviewer)
    assert approve(submitted, reviewer).state == State.APPROVED


def test_no_approval_with_a_finding_of_false(confirmed, reviewer):
    give(item_of(confirmed, 3), "false", reviewer)
    assert refused_and_nothing_done(approve, confirmed, reviewer) == "false_verdict"


def test_no_approval_while_information_is_waited_for(confirmed, reviewer):
    ask(confirmed, reviewer, 1, purpose="information")
    assert refused_and_nothing_done(approve, confirmed, reviewer) == "answer_awaited"


def test_a_contradiction_is_open_until_it_is_confirmed_after_the_homeowners_word(confirmed, reviewer):
    """G2: also a verdict given before, at the same moment, or *could not be reached*, does not do."""
    say_hired(item_of(confirmed, 2), reviewer, now=LATER + DAY)
    assert refused_and_nothing_done(approve, confirmed, reviewer) == "contradiction"
    give(item_of(confirmed, 2), "unreachable", reviewer, now=LATER + 2 * DAY)
    assert refused_and_nothing_done(approve, confirmed, reviewer) == "contradiction"
    give(item_of(confirmed, 2), "confirmed", reviewer, now=LATER + 3 * DAY)
    assert approve(confirmed, reviewer, LATER + 3 * DAY).state == State.APPROVED


def test_the_same_confirmation_is_given_anew_after_the_homeowners_word(confirmed, reviewer):
    say_hired(item_of(confirmed, 2), reviewer, now=LATER + DAY)
    give(item_of(confirmed, 2), "confirmed", reviewer, now=LATER + DAY)  # The same moment is not after.
    assert refused_and_nothing_done(approve, confirmed, reviewer) == "contradiction"
    give(item_of(confirmed, 2), "confirmed", reviewer, now=LATER + 2 * DAY)
    assert approve(confirmed, reviewer, LATER + 2 * DAY).state == State.APPROVED


LAPSED = at("2027-02-01 12:00")


@pytest.fixture
def cancelled(confirmed, pro):
    """The claim of a business whose plan of a year was not renewed: it ended on 9 January 2027."""
    cancel_plan(subscription=pro.subscriptions.get(), by=pro.owner, now=LATER)
    return confirmed


def test_a_plan_lapsed_meanwhile_is_told_once_and_can_be_put_right(cancelled, pro, reviewer):
    """G15: nothing is paid, the claim stays, the professional has 15 days; twice pressed, told once."""
    before = balance(pro)
    for _ in range(2):
        assert refused(approve, cancelled, reviewer, LAPSED) == "requirement_failing"
    assert (balance(pro), fresh(cancelled).state) == (before, State.SUBMITTED)
    (event,) = ClaimEvent.objects.filter(claim=cancelled, kind=Happened.PROBLEM)
    assert (event.reason, event.at, event.actor) == ("plan", LAPSED, reviewer)
    (letter,) = letters("claim_problem")
    assert "Feb. 16, 2027" in letter.text or "February 16, 2027" in letter.text
    making.contract(pro, now=LAPSED + DAY)
    assert approve(cancelled, reviewer, LAPSED + DAY).state == State.APPROVED


@pytest.mark.parametrize("days, code", [(14, "time_to_put_right"), (15, "time_to_put_right"), (16, None)])
def test_what_was_not_put_right_may_be_rejected_after_fifteen_days(cancelled, pro, reviewer, days, code):
    assert refused_and_nothing_done(reject, cancelled, reviewer, LAPSED) == "not_told_yet"
    refused(approve, cancelled, reviewer, LAPSED)
    if code:
        assert refused_and_nothing_done(reject, cancelled, reviewer, LAPSED + days * DAY) == code
    else:
        assert reject(cancelled, reviewer, LAPSED + days * DAY).state == State.REJECTED


def test_an_invoice_past_due_and_a_suspension_are_judged_again(confirmed, pro, reviewer, other_reviewer):
    invoice = pro.customer.invoices.get()
    type(invoice).objects.filter(pk=invoice.pk).update(paid_on=None)
    suspension = suspend(professional=pro, reason="Quejas.", decided_by=other_reviewer, now=SUBMITTED_AT)
    with pytest.raises(GuaranteeError):
        approve(confirmed, reviewer)
    event = ClaimEvent.objects.get(claim=confirmed, kind=Happened.PROBLEM)
    assert set(event.reason.split(",")) >= {"payments", "not_suspended"}
    lift_suspension(suspension=suspension, by=reviewer, reason="Resuelto.", now=LATER)
    type(invoice).objects.filter(pk=invoice.pk).update(paid_on=making.NOW.date())
    assert approve(confirmed, reviewer).state == State.APPROVED


def test_an_unpaid_invoice_that_lapses_the_plan_neither_hides_nor_restarts_the_fifteen_days(
    confirmed, pro, reviewer
):
    """G15: told of the invoice on day 0; the plan lapses by it meanwhile; from day 16 the claim may be rejected."""
    invoice = pro.customer.invoices.get()

    def due_on(day):
        type(invoice).objects.filter(pk=invoice.pk).update(paid_on=None, issued_on=day, due_on=day)

    due_on(LATER.date() - DAY)
    assert refused(approve, confirmed, reviewer) == "requirement_failing"
    assert ClaimEvent.objects.get(kind=Happened.PROBLEM).reason == "payments"
    # Fifteen days after it was due, the plan has lapsed: of that too the professional is told.
    assert refused(approve, confirmed, reviewer, LATER + 14 * DAY) == "requirement_failing"
    assert [event.reason for event in ClaimEvent.objects.filter(kind=Happened.PROBLEM)] == [
        "payments",
        "plan",
    ]
    assert refused_and_nothing_done(reject, confirmed, reviewer, LATER + 15 * DAY) == "time_to_put_right"
    assert reject(confirmed, reviewer, LATER + 16 * DAY).state == State.REJECTED
    type(invoice).objects.filter(pk=invoice.pk).update(
        paid_on=making.NOW.date(), issued_on=making.NOW.date(), due_on=making.NOW.date()
    )


def test_a_job_won_is_judged_again(confirmed, pro, reviewer):
    """Set by hand: while it is frozen, no page changes an outcome."""
    Contact.objects.filter(pk=pro.contacts.first().pk).update(
        outcome="won", next_step="", next_step_due_at=None
    )
    assert refused(approve, confirmed, reviewer) == "requirement_failing"
    assert ClaimEvent.objects.get(kind=Happened.PROBLEM).reason == "no_job_won"


def test_dates_and_profile_are_never_judged_again(confirmed, pro, reviewer):
    """Two months after the window closed, with the logo gone and the reviews taken down: it is approved."""
    pro.photos.all().delete()
    pro.reviews.update(state="taken_down")
    assert approve(confirmed, reviewer, at("2026-06-30 12:00")).state == State.APPROVED


def test_after_approval_the_contacts_cannot_be_returned(confirmed, pro, reviewer, moderator):
    from marketplace.errors import MarketplaceError

    approve(confirmed, reviewer)
    with pytest.raises(MarketplaceError):
        return_by_staff(contact=pro.contacts.first(), by=moderator, note="Duplicado.", now=LATER)


def test_a_failing_receiver_fails_the_whole(confirmed, pro, reviewer):
    def fail(**_):
        raise RuntimeError("the desk is closed")

    claim_decided.connect(fail, dispatch_uid="t")
    before = state_of_everything(pro)
    try:
        with pytest.raises(RuntimeError):
            approve(confirmed, reviewer)
    finally:
        claim_decided.disconnect(dispatch_uid="t")
    assert state_of_everything(pro) == before


# Four eyes (G18)


@pytest.mark.parametrize("above, applies", [(None, False), (60_000, False), (59_999, True), (0, True)])
def test_four_eyes_apply_above_the_limit(settings, confirmed, reviewer, other_reviewer, above, applies):
    settings.GUARANTEE_FOUR_EYES_ABOVE = above
    if applies:
        assert refused_and_nothing_done(approve, confirmed, reviewer) == "four_eyes"
        assert refused_and_nothing_done(reject, confirmed, reviewer) == "four_eyes"
    claim = approve(confirmed, other_reviewer)
    assert claim.four_eyes_applied_at == (LATER if applies else None)
    assert {item.verdict_by for item in claim.items.all()} == {reviewer}


def test_four_eyes_look_at_the_verdicts_that_stand(settings, confirmed, reviewer, other_reviewer):
    """Whoever gave one that was replaced since may decide; whoever gave one of three may not."""
    settings.GUARANTEE_FOUR_EYES_ABOVE = 0
    give(item_of(confirmed, 1), "unreachable", other_reviewer)
    assert refused(approve, confirmed, other_reviewer) == "four_eyes"
    give(item_of(confirmed, 1), "confirmed", reviewer, note="Contestó.")
    assert approve(confirmed, other_reviewer).state == State.APPROVED

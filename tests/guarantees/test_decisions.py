"""Verdicts, questions, approval, rejection and appeals (G2, G14 to G19)."""

from datetime import timedelta

import pytest

from base.registry import invariants
from billing.models import WalletEntry
from billing.subscriptions import cancel_plan
from guarantees import claims, decisions, snapshots
from guarantees.blockers import Action, blockers
from guarantees.errors import GuaranteeError
from guarantees.models import Claim, ClaimEvent, ClaimItem, ExtraDays
from guarantees.moves import Happened, move
from guarantees.signals import claim_decided
from marketplace.contacts import set_outcome
from marketplace.models import Contact
from marketplace.returns import return_by_staff
from profiles.suspensions import lift_suspension, suspend
from tests import making
from tests.guarantees.claim_making import (
    LATER,
    SUBMITTED_AT,
    ask,
    balance,
    confirm_all,
    fresh,
    give,
    item_of,
    letters,
    make_draft,
    make_false,
    make_submitted,
    say_hired,
    state_of_everything,
)
from tests.making import at

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
State = Claim.State


def approve(claim, by, now=LATER):
    return decisions.approve_claim(claim=claim, by=by, now=now)


def reject(claim, by, now=LATER, reason="Falta algo."):
    return decisions.reject_claim(claim=claim, by=by, reason=reason, now=now)


def reject_as_false(claim, by, now=LATER, reason="Dos vecinos lo confirman.", without_asking=""):
    return decisions.reject_claim_as_false(
        claim=claim, by=by, reason=reason, without_asking=without_asking, now=now
    )


def uphold(claim, by, now=LATER, reason="Tenía razón."):
    return decisions.uphold_appeal(claim=claim, by=by, reason=reason, now=now)


def refuse(claim, by, now=LATER, reason="Nada nuevo."):
    return decisions.refuse_appeal(claim=claim, by=by, reason=reason, now=now)


def refused(call, *arguments, **named):
    with pytest.raises(GuaranteeError) as caught:
        call(*arguments, **named)
    return caught.value.code


def refused_and_nothing_done(call, claim, *arguments, **named):
    before = state_of_everything(claim.professional)
    code = refused(call, claim, *arguments, **named)
    assert state_of_everything(claim.professional) == before
    return code


@pytest.fixture(autouse=True)
def _the_books_are_right(db):
    """After whatever a test has done, every invariant holds."""
    yield
    broken = [line for each in invariants for line in each.broken()]
    assert broken == []


@pytest.fixture
def submitted(pro):
    return make_submitted(pro)


@pytest.fixture
def confirmed(submitted, reviewer):
    return confirm_all(submitted, reviewer)


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


# Verdicts (G14)


def test_a_verdict_is_kept_with_who_and_when_and_its_history(submitted, reviewer, other_reviewer):
    item = item_of(submitted, 1)
    give(item, "unreachable", reviewer, note="Tres llamadas.")
    give(item, "confirmed", other_reviewer, now=LATER + DAY, note="Al cuarto intento.")
    item.refresh_from_db()
    assert (item.verdict, item.verdict_by, item.verdict_at) == ("confirmed", other_reviewer, LATER + DAY)
    assert [(event.from_state, event.to_state, event.actor, event.reason) for event in item.events.all()] == [
        ("", "unreachable", reviewer, "Tres llamadas."),
        ("unreachable", "confirmed", other_reviewer, "Al cuarto intento."),
    ]


def test_the_same_verdict_again_changes_nothing(submitted, reviewer, other_reviewer):
    item = item_of(submitted, 1)
    give(item, "confirmed", reviewer)
    give(item, "confirmed", other_reviewer, now=LATER + DAY)
    item.refresh_from_db()
    assert (item.verdict_by, item.verdict_at, item.events.count()) == (reviewer, LATER, 1)


@pytest.mark.parametrize("verdict", ["false", "unreachable"])
def test_a_verdict_against_the_story_needs_a_note(submitted, reviewer, verdict):
    assert refused(give, item_of(submitted, 1), verdict, reviewer, note="  ") == "note_needed"


def test_an_unknown_verdict_and_an_endless_note_are_refused(submitted, reviewer):
    assert refused(give, item_of(submitted, 1), "maybe", reviewer) == "unknown_verdict"
    assert refused(give, item_of(submitted, 1), "", reviewer) == "unknown_verdict"
    assert refused(give, item_of(submitted, 1), "confirmed", reviewer, note="x" * 2001) == "note_too_long"


def test_taking_back_a_finding_of_false_needs_a_reason(submitted, reviewer):
    """G16."""
    give(item_of(submitted, 1), "false", reviewer)
    assert refused(give, item_of(submitted, 1), "confirmed", reviewer) == "reason_needed"
    give(item_of(submitted, 1), "confirmed", reviewer, reason="Era otro vecino.")
    assert item_of(submitted, 1).events.last().reason == "Era otro vecino."


# Questions (G16, G17)


@pytest.mark.parametrize("purpose, last_day", [("information", "2026-03-10"), ("doubt", "2026-02-28")])
def test_questions_say_the_last_day_and_are_told_in_one_mail(submitted, reviewer, purpose, last_day):
    asked = ask(submitted, reviewer, 1, 3, purpose=purpose)
    assert {str(question.answer_by) for question in asked} == {last_day}
    assert fresh(submitted).state == State.MORE_INFORMATION
    (letter,) = letters("claim_questions")
    assert f"/guarantee/claims/{submitted.public_id}/" in letter.text
    assert all(question.text in letter.text for question in asked)


def test_the_last_day_is_counted_in_the_marketplaces_days(submitted, reviewer):
    """23:30 in Mexico City is the next day in UTC; five days on is the 28th, not the first of March."""
    (question,) = ask(submitted, reviewer, 1, now=at("2026-02-23 23:30"))
    assert str(question.answer_by) == "2026-02-28"


def test_the_same_question_is_not_asked_twice_and_another_waits_for_the_answer(submitted, reviewer):
    ask(submitted, reviewer, 1)
    assert ask(submitted, reviewer, 1) == []
    item = item_of(submitted, 1)
    again = {item.pk: "¿Y el presupuesto?"}
    assert (
        refused(
            decisions.ask_questions, claim=submitted, questions=again, purpose="doubt", by=reviewer, now=LATER
        )
        == "question_waits"
    )
    assert (item.questions.count(), len(letters("claim_questions"))) == (1, 1)


def test_questions_about_another_claims_contact_and_empty_ones_are_refused(submitted, other_pro, reviewer):
    other = make_submitted(other_pro)
    forged = {item_of(other, 1).pk: "¿Qué pasó?", item_of(submitted, 1).pk: "¿Y aquí?"}
    for questions, code in [
        (forged, "not_of_this_claim"),
        ({999_999: "¿?"}, "not_of_this_claim"),
        ({}, "nothing_asked"),
        ({item_of(submitted, 1).pk: "  \n"}, "nothing_asked"),
        ({item_of(submitted, 1).pk: "x" * 2001}, "question_too_long"),
    ]:
        arguments = {"questions": questions, "purpose": "doubt", "by": reviewer, "now": LATER}
        assert refused(decisions.ask_questions, claim=submitted, **arguments) == code
    assert fresh(submitted).state == State.SUBMITTED


def test_a_verdict_after_the_question_settles_a_doubt_that_nobody_answered(submitted, reviewer):
    """Else the claim could be neither approved nor rejected."""
    ask(submitted, reviewer, 1)
    give(item_of(submitted, 1), "confirmed", reviewer, now=LATER + DAY)
    assert fresh(submitted).state == State.SUBMITTED
    assert (
        approve(confirm_all(submitted, reviewer, now=LATER + DAY), reviewer, LATER + DAY).state
        == State.APPROVED
    )


def test_a_verdict_does_not_settle_a_question_for_information(submitted, reviewer):
    ask(submitted, reviewer, 1, purpose="information")
    give(item_of(submitted, 1), "confirmed", reviewer, now=LATER + DAY)
    assert fresh(submitted).state == State.MORE_INFORMATION


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
    assert snapshots.replays(claim.decision_snapshot)
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


def test_a_job_won_is_judged_again(confirmed, pro, reviewer):
    """Set by hand: while it is frozen, no page changes an outcome."""
    Contact.objects.filter(pk=pro.contacts.first().pk).update(outcome="won")
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


# Plain rejection (G17)


def test_a_rejection_tells_the_reason_and_how_to_appeal(settings, submitted, pro, reviewer):
    settings.APPEALS_ADDRESS = "appeals@quince.example"
    claim = reject(submitted, reviewer, reason="La dirección no existe.")
    assert (claim.state, claim.decision_reason, claim.suspension) == (
        State.REJECTED,
        "La dirección no existe.",
        None,
    )
    assert {contact.frozen_at for contact in pro.contacts.all()} == {None}
    (letter,) = letters("claim_rejected")
    assert "La dirección no existe." in letter.text
    assert "appeals@quince.example" in letter.text
    assert not WalletEntry.objects.filter(kind="refund").exists()


def test_a_rejection_needs_a_reason_and_sent_twice_is_one(submitted, reviewer):
    assert refused_and_nothing_done(reject, submitted, reviewer, reason=" ") == "reason_needed"
    reject(submitted, reviewer)
    reject(submitted, reviewer)
    assert len(letters("claim_rejected")) == 1


@pytest.mark.parametrize("days, possible", [(14, False), (15, False), (16, True)])
def test_information_unanswered_for_fifteen_days_may_be_rejected(submitted, reviewer, days, possible):
    ask(submitted, reviewer, 1, purpose="information")
    if possible:
        assert reject(submitted, reviewer, LATER + days * DAY).state == State.REJECTED
    else:
        assert refused_and_nothing_done(reject, submitted, reviewer, LATER + days * DAY) == "answer_awaited"


@pytest.mark.parametrize("moment, possible", [("2026-03-10 23:59", False), ("2026-03-11 00:00", True)])
def test_the_fifteenth_day_ends_at_midnight_in_the_marketplace(submitted, reviewer, moment, possible):
    ask(submitted, reviewer, 1, purpose="information")
    if possible:
        assert reject(submitted, reviewer, at(moment)).state == State.REJECTED
    else:
        assert refused(reject, submitted, reviewer, at(moment)) == "answer_awaited"


def test_while_false_or_a_doubt_stands_there_is_no_plain_rejection(submitted, reviewer):
    """G16: the only decision is rejected as false, unless the verdict is changed with a reason."""
    ask(submitted, reviewer, 1)
    assert refused_and_nothing_done(reject, submitted, reviewer, LATER + 30 * DAY) == "only_as_false"
    give(item_of(submitted, 1), "false", reviewer, now=LATER + DAY)
    assert refused_and_nothing_done(reject, submitted, reviewer, LATER + 30 * DAY) == "only_as_false"
    give(item_of(submitted, 1), "confirmed", reviewer, now=LATER + 2 * DAY, reason="Se aclaró.")
    assert reject(submitted, reviewer, LATER + 30 * DAY).state == State.REJECTED


# Rejected as false (G16, G19)


def test_rejecting_as_false_suspends_and_tells_which_contact_and_how_to_appeal(
    settings, submitted, pro, reviewer
):
    settings.APPEALS_ADDRESS = "appeals@quince.example"
    say_hired(item_of(submitted, 2), reviewer)
    give(item_of(submitted, 2), "false", reviewer, note="La dueña dice que los contrató.")
    ask(submitted, reviewer, 2)
    claim = reject_as_false(submitted, reviewer, LATER + 6 * DAY, reason="La dueña dice que los contrató.")

    assert (claim.state, claim.decided_by) == (State.REJECTED_AS_FALSE, reviewer)
    suspension = claim.suspension
    assert (suspension.professional, suspension.decided_by, suspension.lifted_at) == (pro, reviewer, None)
    assert not pro.contacts.filter(frozen_at__isnull=False).exists()
    assert not WalletEntry.objects.filter(kind="refund").exists()
    (letter,) = letters("claim_rejected_as_false")
    assert item_of(claim, 2).contact.lead.title in letter.text
    assert item_of(claim, 1).contact.lead.title not in letter.text
    assert "appeals@quince.example" in letter.text
    # Never the homeowner's words, nor the reviewer's (G2).
    for text in (letter.text, letter.subject, suspension.reason):
        assert "contrató" not in text
        assert "hired" not in text


def test_rejecting_as_false_needs_a_finding_of_false(confirmed, reviewer):
    assert refused_and_nothing_done(reject_as_false, confirmed, reviewer) == "no_false_verdict"


@pytest.mark.parametrize("days, possible", [(4, False), (5, False), (6, True)])
def test_the_doubt_is_waited_for_until_the_end_of_the_fifth_day(submitted, reviewer, days, possible):
    give(item_of(submitted, 1), "false", reviewer)
    ask(submitted, reviewer, 1)
    when = LATER + days * DAY
    if possible:
        assert reject_as_false(submitted, reviewer, when).state == State.REJECTED_AS_FALSE
    else:
        assert refused_and_nothing_done(reject_as_false, submitted, reviewer, when) == "answer_awaited"
        # Nor does a written reason shorten a wait that has begun.
        assert (
            refused(reject_as_false, submitted, reviewer, when, without_asking="Prisa.") == "answer_awaited"
        )


def test_an_answer_ends_the_wait(submitted, pro, reviewer):
    give(item_of(submitted, 1), "false", reviewer)
    (question,) = ask(submitted, reviewer, 1)
    claims.answer_question(question=question, answer="No es verdad.", by=pro.owner, now=LATER)
    assert reject_as_false(submitted, reviewer).state == State.REJECTED_AS_FALSE


def test_deciding_without_having_asked_needs_a_written_reason(submitted, reviewer):
    """Asked about one of two is not asked about both."""
    give(item_of(submitted, 1), "false", reviewer)
    give(item_of(submitted, 2), "false", reviewer)
    ask(submitted, reviewer, 1)
    when = LATER + 6 * DAY
    assert refused_and_nothing_done(reject_as_false, submitted, reviewer, when) == "not_asked"
    claim = reject_as_false(submitted, reviewer, when, without_asking="Ya lo admitió por escrito.")
    assert "Ya lo admitió por escrito." in claim.decision_reason


def test_rejecting_as_false_needs_a_reason_and_sent_twice_is_one(pro, reviewer):
    claim = make_submitted(pro)
    give(item_of(claim, 1), "false", reviewer)
    assert refused_and_nothing_done(reject_as_false, claim, reviewer, reason=" ") == "reason_needed"
    for _ in range(2):
        reject_as_false(claim, reviewer, without_asking="Admitido.")
    assert (pro.suspensions.count(), len(letters("claim_rejected_as_false"))) == (1, 1)


# Appeals (G19)


def test_an_upheld_appeal_brings_the_claim_back_as_submitted(pro, reviewer, appeals):
    claim = make_false(pro, reviewer)
    give_before = claim.submission_snapshot
    claim = uphold(claim, appeals, LATER + 9 * DAY)

    assert (claim.state, claim.made_on, claim.submitted_at) == (
        State.SUBMITTED,
        SUBMITTED_AT.date(),
        SUBMITTED_AT,
    )
    assert (claim.decided_by, claim.decided_at, claim.decision_reason, claim.suspension) == (
        None,
        None,
        "",
        None,
    )
    assert claim.submission_snapshot == give_before
    assert {item.verdict for item in claim.items.all()} == {""}
    suspension = pro.suspensions.get()
    assert (suspension.lifted_by, suspension.lifted_at) == (appeals, LATER + 9 * DAY)
    assert [(extra.days, extra.given_by) for extra in pro.extra_days.all()] == [(9, appeals)]
    assert not pro.contacts.filter(frozen_at=None).exists()
    assert len(letters("claim_appeal_upheld")) == 1
    confirm_all(claim, reviewer, now=LATER + 10 * DAY)
    assert approve(claim, reviewer, LATER + 10 * DAY).state == State.APPROVED


def test_verdicts_that_were_not_false_survive_the_appeal(pro, reviewer, appeals):
    claim = make_submitted(pro)
    give(item_of(claim, 1), "confirmed", reviewer)
    give(item_of(claim, 2), "false", reviewer)
    reject_as_false(claim, reviewer, without_asking="Admitido.")
    uphold(claim, appeals)
    assert [item.verdict for item in claim.items.all()] == ["confirmed", "", ""]
    assert item_of(claim, 2).events.last().to_state == ""
    assert not pro.extra_days.exists()  # No day was lost.


def test_an_appeal_against_a_plain_rejection_withdraws_the_draft_begun_meanwhile(
    submitted, pro, reviewer, appeals
):
    reject(submitted, reviewer)
    draft = claims.begin_claim(professional=pro, by=pro.owner, now=LATER)
    assert uphold(submitted, appeals, LATER + DAY).state == State.SUBMITTED
    assert fresh(draft).state == State.WITHDRAWN


def test_no_appeal_is_upheld_while_another_claim_is_open_or_was_refunded(submitted, pro, reviewer, appeals):
    reject(submitted, reviewer)
    second = claims.begin_claim(professional=pro, by=pro.owner, now=LATER)
    claims.submit_claim(claim=second, by=pro.owner, now=LATER)
    assert refused_and_nothing_done(uphold, submitted, appeals) == "another_claim_open"
    approve(confirm_all(second, reviewer), reviewer)
    assert refused_and_nothing_done(uphold, submitted, appeals) == "already_refunded"


def test_nobody_hears_an_appeal_against_their_own_decision(submitted, pro, appeals):
    from django.contrib.auth.models import Group

    from profiles.models import User

    appeals.groups.add(Group.objects.get(name="reviewer"))
    both = User.objects.get(pk=appeals.pk)
    reject(submitted, both)
    assert refused_and_nothing_done(uphold, submitted, both) == "own_decision"
    assert refused_and_nothing_done(refuse, submitted, both) == "own_decision"


def test_a_reviewer_hears_no_appeal_and_appeals_reviews_no_claim(
    submitted, reviewer, other_reviewer, appeals
):
    assert refused(give, item_of(submitted, 1), "confirmed", appeals) == "no_permission"
    reject(submitted, reviewer)
    assert refused_and_nothing_done(uphold, submitted, other_reviewer) == "no_permission"


def test_a_refused_appeal_is_told_once_and_can_still_be_upheld(submitted, reviewer, appeals):
    reject(submitted, reviewer)
    assert refused_and_nothing_done(refuse, submitted, appeals, reason=" ") == "reason_needed"
    for _ in range(2):
        refuse(submitted, appeals, reason="Nada nuevo.")
    (letter,) = letters("claim_appeal_refused")
    assert "Nada nuevo." in letter.text
    assert fresh(submitted).state == State.REJECTED
    assert uphold(submitted, appeals).state == State.SUBMITTED


def test_a_contact_returned_before_the_appeal_is_never_credited_twice(
    submitted, pro, reviewer, appeals, moderator
):
    """The claim stands again, its approval is refused; rejected plainly, a new one may be made."""
    reject(submitted, reviewer)
    returned = item_of(submitted, 2).contact
    return_by_staff(contact=returned, by=moderator, note="Duplicado.", now=LATER)
    uphold(submitted, appeals)
    returned.refresh_from_db()
    assert returned.frozen_at is None
    assert refused_and_nothing_done(approve, confirm_all(submitted, reviewer), reviewer) == "contact_credited"
    assert reject(submitted, reviewer).state == State.REJECTED


def test_a_suspension_that_stood_before_is_not_lifted_by_the_appeal(
    submitted, pro, reviewer, other_reviewer, appeals
):
    earlier = suspend(professional=pro, reason="Otra cosa.", decided_by=other_reviewer, now=SUBMITTED_AT)
    give(item_of(submitted, 1), "false", reviewer)
    claim = reject_as_false(submitted, reviewer, without_asking="Admitido.")
    assert claim.suspension == earlier
    uphold(claim, appeals)
    earlier.refresh_from_db()
    assert earlier.lifted_at is None


def test_lifting_the_suspension_alone_does_not_bring_the_claim_back(pro, reviewer, appeals):
    claim = make_false(pro, reviewer)
    lift_suspension(suspension=claim.suspension, by=appeals, reason="Buena fe.", now=LATER)
    assert fresh(claim).state == State.REJECTED_AS_FALSE
    with pytest.raises(GuaranteeError) as caught:
        claims.begin_claim(professional=pro, by=pro.owner, now=LATER)
    assert caught.value.code == "rejected_as_false"
    assert uphold(claim, appeals, LATER + DAY).state == State.SUBMITTED


def test_days_lost_reopen_the_window(pro, reviewer, appeals):
    """G5: a plain rejection on 24 April, upheld on 30 April: 6 days more."""
    claim = make_submitted(pro)
    reject(claim, reviewer, at("2026-04-24 12:00"))
    uphold(claim, appeals, at("2026-04-30 12:00"))
    assert [extra.days for extra in ExtraDays.objects.all()] == [6]


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

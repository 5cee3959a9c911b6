"""Rejecting a claim plainly or as false, and appeals (G16, G17, G19)."""

import pytest

from billing.models import WalletEntry
from guarantees import claims, decisions
from guarantees.appeals import appeal_claim, appeal_suspension
from guarantees.errors import GuaranteeError
from guarantees.models import Claim, ExtraDays
from marketplace.models import Contact, Lead
from marketplace.returns import return_by_staff
from profiles.suspensions import lift_suspension, suspend
from tests.guarantees.claim_making import (
    DAY,
    LATER,
    SUBMITTED_AT,
    State,
    approve,
    ask,
    confirm_all,
    fresh,
    give,
    item_of,
    letters,
    make_false,
    make_submitted,
    refuse,
    refused,
    refused_and_nothing_done,
    reject,
    reject_as_false,
    say_hired,
    uphold,
)
from tests.making import at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_hold")]


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


def test_what_a_homeowner_wrote_into_the_title_is_in_no_mail_about_the_claim(submitted, reviewer):
    """M5: mails are kept; the contact's page shows it."""
    lead = item_of(submitted, 1).contact.lead
    Lead.objects.filter(pk=lead.pk).update(title="Baño, 55 1234 5678", title_masked="Baño, •••")
    give(item_of(submitted, 1), "false", reviewer, note="No es cierto.")
    ask(submitted, reviewer, 1)
    reject_as_false(submitted, reviewer, LATER + 6 * DAY)
    for kind in ("claim_questions", "claim_rejected_as_false"):
        (letter,) = letters(kind)
        assert "Baño, •••" in letter.text
        assert "5678" not in letter.text


def test_nor_in_the_one_that_says_what_was_paid_back(confirmed, reviewer):
    lead = item_of(confirmed, 1).contact.lead
    Lead.objects.filter(pk=lead.pk).update(title="Baño, 55 1234 5678", title_masked="Baño, •••")
    approve(confirmed, reviewer)
    (letter,) = letters("claim_approved")
    assert "Baño, •••" in letter.text
    assert "5678" not in letter.text


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


@pytest.mark.parametrize("against", ["suspension", "claim"])
def test_while_an_appeal_against_the_suspension_waits_the_claim_is_not_rejected_for_it(
    submitted, pro, reviewer, other_reviewer, appeals, against
):
    """G15, G19: told, and the fifteen days over; refused, it may be rejected at once."""
    if against == "suspension":
        suspension = suspend(professional=pro, reason="Quejas.", decided_by=other_reviewer, now=LATER)
        appeal_suspension(suspension=suspension, text="No es así.", by=pro.owner, now=LATER + DAY)
    else:
        reject(submitted, reviewer)
        second = claims.submit_claim(
            claim=claims.begin_claim(professional=pro, by=pro.owner, now=LATER), by=pro.owner, now=LATER
        )
        give(item_of(second, 2), "false", reviewer)
        second = reject_as_false(second, other_reviewer, without_asking="Ya lo admitió.")
        appeal_claim(claim=second, text="No es así.", by=pro.owner, now=LATER + DAY)
        # However it came to stand again beside the false one.
        Claim.objects.filter(pk=submitted.pk).update(state="submitted", decided_at=None, decided_by=None)
        submitted.refresh_from_db()
    decisions.tell_what_is_missing(claim=submitted, by=reviewer, now=LATER + DAY)
    late = LATER + 20 * DAY
    assert refused_and_nothing_done(reject, submitted, reviewer, late) == "appeal_waits"
    if against == "suspension":
        decisions.refuse_appeal_against_suspension(
            suspension=suspension, by=appeals, reason="Nada.", now=late
        )
    else:
        refuse(second, appeals, late)
    assert reject(fresh(submitted), reviewer, late).state == State.REJECTED


def test_what_else_was_told_and_not_put_right_rejects_it_while_the_appeal_waits(
    submitted, pro, reviewer, other_reviewer
):
    suspension = suspend(professional=pro, reason="Quejas.", decided_by=other_reviewer, now=LATER)
    contact = item_of(submitted, 1).contact
    Contact.objects.filter(pk=contact.pk).update(outcome="won")
    decisions.tell_what_is_missing(claim=submitted, by=reviewer, now=LATER)
    appeal_suspension(suspension=suspension, text="No es así.", by=pro.owner, now=LATER + DAY)
    claim = reject(submitted, reviewer, LATER + 20 * DAY)
    assert claim.events.get(kind="rejected").stood_on["grounds"] == ["no_job_won"]
    Contact.objects.filter(pk=contact.pk).update(outcome=contact.outcome)  # For the books.

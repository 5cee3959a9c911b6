"""Approving a claim: the one place where the guarantee pays (G15)."""

from datetime import datetime

from django.db import transaction
from django.utils.functional import lazy
from django.utils.translation import gettext as _

from billing.models import WalletEntry
from billing.wallet import credit
from guarantees.blockers import REVIEW, Action, Case
from guarantees.errors import GuaranteeError, refuse
from guarantees.failures import DAYS_TO_PUT_RIGHT
from guarantees.letters import tell
from guarantees.models import Claim
from guarantees.moves import Happened, lock_claim, move, note
from guarantees.second_looks import ask_for_second_look
from guarantees.signals import claim_decided
from guarantees.snapshots import freeze
from guarantees.wording import long_date, sentence, titles
from marketplace.contacts import mark_refunded, unfreeze_contacts
from profiles.models import User


def approve_claim(*, claim: Claim, by: User, now: datetime) -> Claim:
    """Credits the balance with the sum that was paid for the claim's contacts, once, and says so by mail (G15).

    Approved already: returns it and does nothing, from however many tabs. Judges again, inside the lock, only
    whether no job was won, the plan, the payments, and that the business is not suspended. Where one of those fails
    the professional is told, as by `tell_what_is_missing`: that much is kept, whatever else is in the way, and
    GuaranteeError("requirement_failing") is raised. Else raises GuaranteeError with what `Case.blockers` says of
    Action.APPROVE, and leaves nothing behind.
    """
    with transaction.atomic():
        claim = lock_claim(claim)
        if claim.state == Claim.State.APPROVED and by.has_perm(REVIEW):
            return claim
        case = Case(claim, now)
        problems = case.blockers(Action.APPROVE, by)
        if case.blockers(Action.TELL, by):
            refuse(problems)
            _pay(case, by)
        else:
            problems.insert(0, _tell(case, by))
    refuse(problems)  # Raised after the commit, which keeps that the professional was told.
    return claim


def tell_what_is_missing(*, claim: Claim, by: User, now: datetime) -> Claim:
    """Tells the professional by mail what fails of what approval judges again; they have 15 days to put it right,
    whatever else is in the way of a decision (G15).

    What they were told is not told again while it goes on failing. Raises GuaranteeError: what `Case.blockers` says
    of Action.TELL (nothing_to_tell).
    """
    with transaction.atomic():
        claim = lock_claim(claim)
        case = Case(claim, now)
        refuse(case.blockers(Action.TELL, by))
        _tell(case, by)
    return claim


# Written out where the mail is rendered, in the language of its reader.
in_the_readers_language = lazy(sentence, str)


def _pay(case: Case, by: User) -> None:
    claim, now = case.claim, case.now
    found, eligibility = case.judged
    contact_ids = [item.contact_id for item in case.items]
    entry = credit(
        wallet=claim.professional.wallet,
        amount_cents=sum(item.price_cents for item in case.items),
        kind=WalletEntry.Kind.REFUND,
        cause=f"claim:{claim.public_id}",
        now=now,
    )
    mark_refunded(contact_ids=contact_ids, now=now)
    unfreeze_contacts(contact_ids=contact_ids)
    assert claim.terms is not None  # A submitted claim has them (submitted_claim_is_frozen).
    snapshot = freeze(found, claim.terms.as_rules(), case.today, eligibility)
    decision = move(
        claim,
        Claim.State.APPROVED,
        kind=Happened.APPROVED,
        by=by,
        now=now,
        decided_at=now,
        decided_by=by,
        decision_reason="",
        stood_on={"snapshot": snapshot, "four_eyes": case.four_eyes},
        decision_snapshot=snapshot,
        four_eyes_applied_at=now if case.four_eyes else None,
        refund_entry=entry,
    )
    tell(claim, "claim_approved", now=now, amount_cents=entry.amount_cents)
    ask_for_second_look(decision=decision, now=now)
    claim_decided.send(sender=Claim, claim=claim, now=now)


def _tell(case: Case, by: User) -> GuaranteeError:
    """Writes down, and to the professional, what newly fails; what an approval answers to that."""
    event = note(
        case.claim,
        kind=Happened.PROBLEM,
        by=by,
        now=case.now,
        reason=",".join(each.code for each in case.newly_failing),
        stood_on={each.code: case.causes[each.code] for each in case.newly_failing},
    )
    last_day = case.today + DAYS_TO_PUT_RIGHT
    tell(
        case.claim,
        "claim_problem",
        event=event,
        now=case.now,
        problems=[in_the_readers_language(each) for each in case.newly_failing],
        last_day=last_day,
    )
    return GuaranteeError(
        "requirement_failing",
        _(
            "Not approved. Not met now: %(requirements)s. The professional has been told by mail and has until "
            "%(day)s to put it right."
        )
        % {
            "requirements": titles(case.newly_failing),
            "day": long_date(last_day),
        },
    )

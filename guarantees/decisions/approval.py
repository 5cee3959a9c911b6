"""Approving a claim: the one place where the guarantee pays (G15)."""

from datetime import datetime

from django.db import transaction
from django.utils.functional import lazy
from django.utils.translation import gettext as _

from billing.models import WalletEntry
from billing.wallet import credit, open_wallet
from guarantees.blockers import DAYS_TO_PUT_RIGHT, REVIEW, Action, Case, names
from guarantees.errors import GuaranteeError, refuse
from guarantees.letters import tell
from guarantees.models import Claim
from guarantees.moves import Happened, lock_claim, move, note
from guarantees.signals import claim_decided
from guarantees.snapshots import freeze
from guarantees.wording import long_date, sentence
from marketplace.contacts import mark_refunded, unfreeze_contacts
from profiles.models import User


def approve_claim(*, claim: Claim, by: User, now: datetime) -> Claim:
    """Credits the balance with the sum that was paid for the claim's contacts, once, and says so by mail (G15).

    Approved already: returns it and does nothing, from however many tabs. Judges again, inside the lock, only
    whether no job was won, the plan, the payments, and that the business is not suspended. Where one of those fails
    the professional is told by mail, once, and has 15 days: that much is kept, and GuaranteeError
    ("requirement_failing") is raised. Else raises GuaranteeError with what `Case.blockers` says of Action.APPROVE,
    and leaves nothing behind.
    """
    with transaction.atomic():
        open_wallet(professional=claim.professional)
        claim = lock_claim(claim)
        if claim.state == Claim.State.APPROVED and by.has_perm(REVIEW):
            return claim
        case = Case(claim, now)
        refuse(case.blockers(Action.APPROVE, by))
        if case.failing:
            refusal = _tell_what_is_missing(case, by)
        else:
            refusal = None
            _pay(case, by)
    if refusal:  # Raised after the commit, which keeps that the professional was told.
        raise refusal
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
    move(
        claim,
        Claim.State.APPROVED,
        kind=Happened.APPROVED,
        by=by,
        now=now,
        decided_at=now,
        decided_by=by,
        decision_reason="",
        decision_snapshot=freeze(found, claim.terms.as_rules(), case.today, eligibility),
        four_eyes_applied_at=now if case.four_eyes else None,
        refund_entry=entry,
    )
    tell(claim, "claim_approved", now=now, amount_cents=entry.amount_cents)
    claim_decided.send(sender=Claim, claim=claim, now=now)


def _tell_what_is_missing(case: Case, by: User) -> GuaranteeError:
    """Writes down, and to the professional, what fails; the requirements told of before block before this."""
    event = note(
        case.claim,
        kind=Happened.PROBLEM,
        by=by,
        now=case.now,
        reason=",".join(each.code for each in case.newly_failing),
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
            "requirements": names(case.newly_failing),
            "day": long_date(last_day),
        },
    )

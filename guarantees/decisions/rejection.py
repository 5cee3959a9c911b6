"""Rejecting a claim: plainly, or as false (G16, G17)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from guarantees.blockers import Action, Case
from guarantees.errors import GuaranteeError, refuse
from guarantees.letters import tell
from guarantees.models import Claim, ClaimEvent
from guarantees.moves import Happened, lock_claim, move
from guarantees.second_looks import ask_for_second_look
from guarantees.signals import claim_decided
from guarantees.snapshots import freeze
from guarantees.wording import positions
from marketplace.contacts import unfreeze_contacts
from profiles.models import Suspension, User
from profiles.plain_text import many_lines
from profiles.suspensions import suspend


def reject_claim(*, claim: Claim, by: User, reason: str, now: datetime) -> Claim:
    """Rejects a claim whose requirements are not met; the professional reads `reason`, and how to appeal (G17).

    Rejected already: returns it and does nothing. Raises GuaranteeError: reason_needed, or what `Case.blockers` says
    of Action.REJECT.
    """
    reason = many_lines(reason)
    with transaction.atomic():
        claim = lock_claim(claim)
        if claim.state == Claim.State.REJECTED and claim.decided_by_id == by.pk:
            return claim
        case = Case(claim, now)
        refuse(case.blockers(Action.REJECT, by))
        if not reason:
            raise GuaranteeError(
                "reason_needed",
                _("Please write the reason. The professional reads it, so tell nothing a homeowner said."),
                field="reason",
            )
        event = _decide(case, Claim.State.REJECTED, Happened.REJECTED, by, reason)
        tell(claim, "claim_rejected", event=event, now=now, reason=reason)
        claim_decided.send(sender=Claim, claim=claim, now=now)
    return claim


def reject_claim_as_false(
    *, claim: Claim, by: User, reason: str, now: datetime, without_asking: str = ""
) -> Claim:
    """Rejects a claim that holds false information, and suspends the profile (G16, G19).

    Each contact found false was asked about as a doubt, and the answer came or its five days passed; where one was
    not asked about, `without_asking` says why. `reason` is kept for staff: the professional is told which contacts,
    that it was found by our verification, and how to appeal, never what a homeowner said.
    Decided so already: returns it and does nothing. Raises GuaranteeError: reason_needed, or what `Case.blockers`
    says of Action.REJECT_AS_FALSE.
    """
    reason, without_asking = many_lines(reason), many_lines(without_asking)
    with transaction.atomic():
        claim = lock_claim(claim)
        if claim.state == Claim.State.REJECTED_AS_FALSE and claim.decided_by_id == by.pk:
            return claim
        case = Case(claim, now)
        refuse(case.blockers(Action.REJECT_AS_FALSE, by))
        if not reason:
            raise GuaranteeError("reason_needed", _("Please write the reason."), field="reason")
        if case.not_asked and not without_asking:
            raise GuaranteeError(
                "not_asked",
                _(
                    "The professional was not asked about %(contacts)s. Ask first, or write why you decide without."
                )
                % {"contacts": positions(case.not_asked)},
                field="without_asking",
            )
        # The mail of the decision tells of both, with the contacts that it is about.
        suspension = _suspend(claim, by, now, tells=False)
        kept = reason
        if case.not_asked:
            kept = _("%(reason)s\n\nDecided without asking about %(contacts)s: %(why)s") % {
                "reason": reason,
                "contacts": positions(case.not_asked),
                "why": without_asking,
            }
        event = _decide(
            case, Claim.State.REJECTED_AS_FALSE, Happened.REJECTED_AS_FALSE, by, kept, suspension=suspension
        )
        tell(claim, "claim_rejected_as_false", event=event, now=now, false_items=case.false_items)
        claim_decided.send(sender=Claim, claim=claim, now=now)
    return claim


def _suspend(claim: Claim, by: User, now: datetime, *, tells: bool) -> Suspension:
    # The owner reads this reason, in their language.
    with translation.override(claim.professional.owner.language or None):
        reason = _("A claim on the guarantee held information that our verification found to be false.")
    return suspend(professional=claim.professional, reason=reason, decided_by=by, now=now, tells=tells)


def suspend_for_what_was_false(*, suspension: Suspension, now: datetime, **kwargs: Any) -> None:
    """Receives `suspension_lifted`. A business that was suspended for another cause when a claim of it was found false
    was not suspended anew: where that other suspension is lifted, the finding suspends by itself, in the name of
    whoever decided it (G16).

    Lifting is not refused instead: the other suspension may have been wrong, and must be possible to lift whatever
    becomes of the claim. The new one can be lifted alone, on purpose, or with the claim by an appeal (G19).
    """
    claim = (
        Claim.objects.filter(suspension=suspension, state=Claim.State.REJECTED_AS_FALSE)
        .select_related("suspension", "professional__owner", "decided_by")
        .first()
    )
    if claim is None or claim.own_suspension:
        return
    assert claim.decided_by is not None  # It is rejected.
    claim.suspension = _suspend(claim, claim.decided_by, now, tells=True)
    claim.save(update_fields=["suspension"])


def _decide(
    case: Case,
    to: Claim.State,
    kind: Happened,
    by: User,
    reason: str,
    *,
    suspension: Suspension | None = None,
) -> ClaimEvent:
    claim, now = case.claim, case.now
    found, eligibility = case.judged
    assert claim.terms is not None  # A submitted claim has them (submitted_claim_is_frozen).
    snapshot = freeze(found, claim.terms.as_rules(), case.today, eligibility)
    unfreeze_contacts(contact_ids=[item.contact_id for item in case.items])
    decision = move(
        claim,
        to,
        kind=kind,
        by=by,
        now=now,
        reason=reason,
        stood_on={
            "snapshot": snapshot,
            "four_eyes": case.four_eyes,
            "grounds": case.grounds if to == Claim.State.REJECTED else [],
            "suspension": None if suspension is None else suspension.pk,
        },
        decided_at=now,
        decided_by=by,
        decision_reason=reason,
        decision_snapshot=snapshot,
        four_eyes_applied_at=now if case.four_eyes else None,
        suspension=suspension,
    )
    ask_for_second_look(decision=decision, now=now)
    return decision

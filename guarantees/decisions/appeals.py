"""Appeals, heard by somebody else than who decided (G19)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from base.erased import ERASED
from base.links import absolute
from guarantees.appeals import answered, appeal_cause, speaks_of_erased, why_not_heard_by
from guarantees.blockers import Action, Case
from guarantees.errors import GuaranteeError, refuse
from guarantees.extra_days import give_for_upheld_appeal
from guarantees.letters import tell
from guarantees.models import Appeal, Claim, VerdictEvent
from guarantees.moves import Happened, is_refused, lock_claim, move, note
from mail import outbox
from marketplace.contacts import freeze_contacts
from profiles.businesses import lock
from profiles.models import Suspension, User
from profiles.plain_text import many_lines
from profiles.suspensions import lift_suspension


def uphold_appeal(*, claim: Claim, by: User, reason: str, now: datetime) -> Claim:
    """The claim stands again as it was submitted, with its date; the finding is cleared, the suspension that came
    with it lifted, and the days lost become extra days (G19). What the first decision stood on stays with its event
    (G13, G18): the claim's own fields are those of the decision that stands.

    Findings of *false* are taken back, the other verdicts stand. A draft begun meanwhile is withdrawn: its stories
    stay with the contacts. A contact returned meanwhile stays returned, and approval will be refused for it, since
    no contact is credited twice. Raises GuaranteeError: reason_needed, or what `Case.blockers` says of
    Action.UPHOLD_APPEAL.
    """
    reason = many_lines(reason)
    with transaction.atomic():
        claim = lock_claim(claim)
        case = Case(claim, now)
        refuse(case.blockers(Action.UPHOLD_APPEAL, by))
        _reason_needed(reason)
        decided_at, suspension = claim.decided_at, claim.own_suspension
        assert decided_at is not None  # The claim is rejected.
        answered(decided=claim, state=Appeal.State.UPHELD, answer=reason, by=by, now=now)
        kept = ERASED if speaks_of_erased(claim) else reason
        if suspension and suspension.lifted_at is None:
            lift_suspension(suspension=suspension, by=by, reason=kept, now=now)
        for draft in Claim.objects.select_for_update(no_key=True).filter(
            professional=claim.professional, state=Claim.State.DRAFT
        ):
            move(draft, Claim.State.WITHDRAWN, kind=Happened.WITHDRAWN, by=None, now=now)
        for item in case.false_items:
            VerdictEvent.objects.create(
                item=item, actor=by, from_state=item.verdict, to_state="", reason=kept, at=now
            )
            item.verdict, item.verdict_by, item.verdict_at = "", None, None
            item.save(update_fields=["verdict", "verdict_by", "verdict_at"])
        freeze_contacts(
            contacts=[item.contact for item in case.items if item.contact.returned_at is None], now=now
        )
        event = move(
            claim,
            Claim.State.SUBMITTED,
            kind=Happened.APPEAL_UPHELD,
            by=by,
            now=now,
            reason=kept,
            decided_at=None,
            decided_by=None,
            decision_reason="",
            decision_snapshot=None,
            four_eyes_applied_at=None,
            suspension=None,
        )
        days_lost = give_for_upheld_appeal(
            claim=claim,
            decided_at=decided_at,
            reason=_("Appeal upheld: the days from the decision to the appeal."),
            by=by,
            now=now,
        )
        tell(claim, "claim_appeal_upheld", event=event, now=now, days_lost=days_lost)
    return claim


def refuse_appeal(*, claim: Claim, by: User, reason: str, now: datetime) -> Claim:
    """The decision stands; the professional is told, with the reason (G19). It can be upheld later all the same.

    Refused already by `by` since the decision: returns the claim and does nothing. Raises GuaranteeError:
    reason_needed, or what `Case.blockers` says of Action.REFUSE_APPEAL.
    """
    reason = many_lines(reason)
    with transaction.atomic():
        claim = lock_claim(claim)
        if is_refused(claim, by):
            return claim
        refuse(Case(claim, now).blockers(Action.REFUSE_APPEAL, by))
        _reason_needed(reason)
        answered(decided=claim, state=Appeal.State.REFUSED, answer=reason, by=by, now=now)
        kept = ERASED if speaks_of_erased(claim) else reason
        event = note(claim, kind=Happened.APPEAL_REFUSED, by=by, now=now, reason=kept)
        tell(claim, "claim_appeal_refused", event=event, now=now, reason=reason)
    return claim


def uphold_appeal_against_suspension(
    *, suspension: Suspension, by: User, reason: str, now: datetime
) -> Suspension:
    """Lifts the suspension, which answers the appeal; the days lost are proposed as extra days (G5, G19).

    Lifted already: returns it and does nothing. Raises GuaranteeError or ProfileError: no_permission, own_decision,
    own_business, nothing_written.
    """
    refuse(why_not_heard_by(suspension, by))
    return lift_suspension(suspension=suspension, by=by, reason=reason, now=now)


def refuse_appeal_against_suspension(
    *, suspension: Suspension, by: User, reason: str, now: datetime
) -> Appeal:
    """The suspension stands; the owner is told, with the reason. It can be lifted later all the same (G19).

    Answered already: returns the appeal and does nothing. Raises GuaranteeError: no_permission, own_decision,
    own_business, reason_needed.
    """
    reason = many_lines(reason)
    with transaction.atomic():
        professional = lock(suspension.professional)
        suspension = Suspension.objects.get(pk=suspension.pk)
        refuse(why_not_heard_by(suspension, by))
        appeal = Appeal.objects.against(suspension).get()
        if appeal.state != Appeal.State.WAITING:
            return appeal
        _reason_needed(reason)
        answered(decided=suspension, state=Appeal.State.REFUSED, answer=reason, by=by, now=now)
        outbox.write(
            kind="guarantees/suspension_appeal_refused",
            cause=appeal_cause(appeal),
            to=professional.owner.email,
            language=professional.owner.language,
            context={
                "business": professional.name,
                "reason": reason,
                "link": absolute("guarantees:suspension"),
            },
            now=now,
        )
        appeal.refresh_from_db()
    return appeal


def _reason_needed(reason: str) -> None:
    if not reason:
        raise GuaranteeError("reason_needed", _("Please write the reason."), field="reason")

"""One decision on a claim as the office takes it: what it means, what it would do, and doing it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from base.money import money
from guarantees import decisions
from guarantees.blockers import TARGETS, Action, Case
from guarantees.decisions.preview import Outcome, carry_out, preview
from guarantees.errors import GuaranteeError
from guarantees.failures import DAYS_TO_PUT_RIGHT
from guarantees.forms import FalseForm, ReasonForm
from guarantees.models import Claim
from guarantees.wording import long_date
from profiles.suspensions import is_suspended


def read_by_owner() -> str:
    return _("The owner can read the reason on the page of their appeal: tell nothing that a homeowner said.")


class Decision:
    """What `by` is about to decide on the claim of `case`; `data`: what they typed for it."""

    ACTIONS: ClassVar = (
        Action.APPROVE,
        Action.TELL,
        Action.REJECT,
        Action.REJECT_AS_FALSE,
        Action.UPHOLD_APPEAL,
        Action.REFUSE_APPEAL,
    )

    def __init__(self, case: Case, action: Action, by: Any, data: QueryDict | None = None) -> None:
        self.case = case
        self.action = action
        self.by = by
        self.data = data

    @cached_property
    def blockers(self) -> list[GuaranteeError]:
        """Why it cannot be taken now; empty: it can."""
        return self.case.blockers(self.action, self.by)

    @cached_property
    def form(self) -> forms.Form | None:
        if self.action in (Action.APPROVE, Action.TELL):
            return None
        if self.action == Action.REJECT_AS_FALSE and self.case.not_asked:
            return FalseForm(self.data, auto_id=f"{self.action}_%s")
        return ReasonForm(self.data, auto_id=f"{self.action}_%s")

    @property
    def meaning(self) -> str:
        return {
            Action.APPROVE: _(
                "Credits the balance with what was paid for these contacts, and says so by mail."
            ),
            Action.TELL: _(
                "Tells the professional by mail what fails now. They have %(days)s days to put it right; after that "
                "the claim may be rejected."
            )
            % {"days": DAYS_TO_PUT_RIGHT.days},
            Action.REJECT: _("The professional reads the reason, and how to appeal."),
            Action.REJECT_AS_FALSE: _(
                "The profile is suspended, if it is not already. The professional is told which contacts, that our "
                "verification found it, and how to appeal; this reason stays with us."
            ),
            Action.UPHOLD_APPEAL: self._upheld,
            Action.REFUSE_APPEAL: _("The decision stands. The professional reads the reason."),
        }[self.action]

    @property
    def _upheld(self) -> str:
        claim = self.case.claim
        sentences = [
            _(
                "The claim stands again with its date, findings of “false” are cleared, and the days lost are added "
                "to the claim window."
            )
        ]
        if claim.own_suspension and claim.own_suspension.lifted_at is None:
            sentences.append(_("The suspension that came with it is lifted."))
        elif is_suspended(claim.professional):
            sentences.append(_("The business stays suspended for another reason."))
        return " ".join([*sentences, read_by_owner()])

    @property
    def done(self) -> str:
        """What was done, in a sentence."""
        sentence = {
            Action.APPROVE: _(
                "Approved. The balance of %(business)s has been credited, and they have been told by mail."
            ),
            Action.TELL: _("%(business)s has been told by mail what is missing, and has %(days)s days."),
            Action.REJECT: _(
                "Rejected. %(business)s has been told by mail, with the reason and how to appeal."
            ),
            Action.REJECT_AS_FALSE: _(
                "Rejected as false. %(business)s is suspended and has been told by mail, with how to appeal."
            ),
            Action.UPHOLD_APPEAL: _(
                "Appeal upheld. The claim of %(business)s stands again, and they have been told by mail."
            ),
            Action.REFUSE_APPEAL: _("Appeal refused. %(business)s has been told by mail."),
        }[self.action]
        return sentence % {
            "business": self.case.claim.professional.name,
            "days": DAYS_TO_PUT_RIGHT.days,
        }

    def preview(self) -> Outcome:
        """What it would do."""
        return preview(claim=self.case.claim, act=self._act, now=self.case.now)

    def take(self, previewed: str) -> None:
        """Does it, if it does what was `previewed`. Raises Refusal."""
        carry_out(claim=self.case.claim, act=self._act, previewed=previewed, now=self.case.now)

    @property
    def _act(self) -> Callable[[], Claim]:
        """The one function that takes it."""
        who = {"claim": self.case.claim, "by": self.by, "now": self.case.now}
        reason, without_asking = (self.typed.get(name, "") for name in ("reason", "without_asking"))
        functions: dict[Action, Callable[..., Claim]] = {
            Action.APPROVE: decisions.approve_claim,
            Action.TELL: decisions.tell_what_is_missing,
            Action.REJECT: partial(decisions.reject_claim, reason=reason),
            Action.REJECT_AS_FALSE: partial(
                decisions.reject_claim_as_false, reason=reason, without_asking=without_asking
            ),
            Action.UPHOLD_APPEAL: partial(decisions.uphold_appeal, reason=reason),
            Action.REFUSE_APPEAL: partial(decisions.refuse_appeal, reason=reason),
        }
        return partial(functions[self.action], **who)

    @property
    def typed(self) -> dict[str, str]:
        """The texts that go with it from the page to the preview, and from there to the deciding."""
        data = self.data or QueryDict()
        return {name: str(data[name]) for name in ("reason", "without_asking") if data.get(name)}


def words_of(outcome: Outcome, decision: Decision) -> list[tuple[str, str]]:
    """What a decision would do, each as a title and a sentence."""
    business, case = outcome.claim.professional.name, decision.case
    return [
        (_("State"), _state(outcome, case)),
        (_("Balance"), _balance(outcome, business)),
        (_("Profile"), _profile(outcome, business)),
        *[(_("Extra days"), f"{extra.days} · {extra.reason}") for extra in outcome.extra_days],
        (_("Their chance"), _chance(outcome, case)),
        *([(_("Four eyes"), _four_eyes(decision))] if decision.action in TARGETS else []),
    ]


def _state(outcome: Outcome, case: Case) -> str:
    before, after = case.claim.get_state_display(), outcome.claim.get_state_display()
    if before == after:
        return _("The claim stays “%(state)s”.") % {"state": before}
    return _("The claim is “%(before)s” and becomes “%(after)s”.") % {"before": before, "after": after}


def _balance(outcome: Outcome, business: str) -> str:
    entry = outcome.entry
    if entry is None:
        return _("Nothing is credited.")
    return _(
        "The balance of %(business)s goes from %(before)s to %(after)s: %(amount)s are credited, the sum that was "
        "actually paid for the %(count)s contacts."
    ) % {
        "business": business,
        "before": money(entry.balance_after_cents - entry.amount_cents),
        "after": money(entry.balance_after_cents),
        "amount": money(entry.amount_cents),
        "count": outcome.claim.items.count(),
    }


def _profile(outcome: Outcome, business: str) -> str:
    if outcome.suspended:
        return _(
            "The profile of %(business)s is suspended at once: hidden, no purchases, no claims, no renewals."
        ) % {"business": business}
    if outcome.lifted:
        return _("The suspension of %(business)s is lifted.") % {"business": business}
    if outcome.is_suspended:
        return _("%(business)s is suspended already, and stays so.") % {"business": business}
    return _("Nobody is suspended.")


def _chance(outcome: Outcome, case: Case) -> str:
    """What becomes of the one chance (G10)."""
    match outcome.claim.state:
        case Claim.State.APPROVED:
            return _("Used: this business can never claim the guarantee again.")
        case Claim.State.REJECTED_AS_FALSE:
            return _("Gone: no other claim, unless an appeal is upheld.")
        case Claim.State.REJECTED:
            until = case.judged[1].claim_until
            if until is None or until < case.today:
                return _("The claim window is over. A claim is possible again only with extra days.")
            return _("They may claim again until %(day)s.") % {"day": long_date(until)}
    if outcome.draft_withdrawn:
        return _("This claim is the one again; the draft begun meanwhile is withdrawn, its stories stay.")
    return _("This claim stays the one undecided claim.")


def _four_eyes(decision: Decision) -> str:
    above = settings.GUARANTEE_FOUR_EYES_ABOVE
    if above is None:
        return _("Do not apply: no limit is set.")
    limit = {"limit": money(above)}
    if not decision.case.four_eyes:
        return _("Do not apply: the refund is not above %(limit)s.") % limit
    if any(blocker.code == "four_eyes" for blocker in decision.blockers):
        return (
            _("Apply: the refund is above %(limit)s. You gave a verdict, so somebody else decides.") % limit
        )
    return (
        _("Apply: the refund is above %(limit)s. You gave none of the verdicts, so you may decide.") % limit
    )

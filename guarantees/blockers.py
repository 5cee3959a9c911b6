"""Why something cannot be done with a claim now: asked by the functions, to refuse, and by the pages, to say so.

Every rule about who may do what with a claim, and when, stands here once (G2, G14 to G19).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base.days import marketplace_day
from guarantees import facts, failures, rules
from guarantees.contradictions import SEES_WORD, is_contradiction
from guarantees.errors import GuaranteeError
from guarantees.models import Appeal, Claim, ClaimItem, ClaimQuestion
from guarantees.moves import is_refused, not_now
from guarantees.own_business import why_not_own
from guarantees.wording import long_date, positions, title, titles
from profiles.models import User

REVIEW = "guarantees.review_claim"
HEAR_APPEAL = "guarantees.hear_appeal"
DAYS_TO_INFORM = timedelta(days=15)  # G17
DAYS_TO_CLEAR_A_DOUBT = timedelta(days=5)  # G16


class Action(models.TextChoices):
    """What can be done with a claim that has been submitted."""

    GIVE_VERDICT = "give_verdict", gettext_lazy("Give a verdict")
    ASK = "ask", gettext_lazy("Ask the professional")
    TELL = "tell", gettext_lazy("Tell what is missing")
    APPROVE = "approve", gettext_lazy("Approve and refund")
    REJECT = "reject", gettext_lazy("Reject")
    REJECT_AS_FALSE = "reject_as_false", gettext_lazy("Reject as false")
    WITHDRAW = "withdraw", gettext_lazy("Withdraw")
    UPHOLD_APPEAL = "uphold_appeal", gettext_lazy("Uphold the appeal")
    REFUSE_APPEAL = "refuse_appeal", gettext_lazy("Refuse the appeal")


@dataclass
class Case:
    """A claim with all that a decision on it looks at; read once, kept for the length of one question."""

    claim: Claim
    now: datetime

    @cached_property
    def today(self) -> date:
        return marketplace_day(self.now)

    @cached_property
    def items(self) -> list[ClaimItem]:
        return list(self.claim.items.select_related("contact__lead").prefetch_related("questions"))

    @cached_property
    def false_items(self) -> list[ClaimItem]:
        return [item for item in self.items if item.verdict == ClaimItem.Verdict.FALSE]

    @cached_property
    def unsettled(self) -> set[int]:
        """The questions that no verdict has settled."""
        questions = ClaimQuestion.objects.unsettled().filter(item__claim=self.claim)
        return set(questions.values_list("pk", flat=True))

    def is_settled(self, question: ClaimQuestion) -> bool:
        """Whether a verdict but *false*, given after it was asked, has settled the question (G16, G17).

        Else a claim on which the reviewer needs no answer any more could be neither approved nor rejected. For good:
        where the contact is found false later, the professional is asked anew.
        """
        return question.pk not in self.unsettled

    @cached_property
    def waited_for(self) -> list[tuple[ClaimQuestion, ClaimItem]]:
        """Questions that neither an answer nor a verdict has ended, with their items."""
        return [
            (question, item)
            for item in self.items
            for question in item.questions.all()
            if question.answered_at is None and not self.is_settled(question)
        ]

    @cached_property
    def doubtful(self) -> list[ClaimItem]:
        """Contacts with a doubt on which no verdict was given since: an answer, however good, does not free them."""
        return [
            item
            for item in self.items
            if any(question.is_doubt and not self.is_settled(question) for question in item.questions.all())
        ]

    def is_wanted_anew(self, item: ClaimItem) -> bool:
        """Whether the verdict on `item` has to be given once more, be it the same: something has come up since."""
        return is_contradiction(item) or self.was_asked_since(item)

    def was_asked_since(self, item: ClaimItem) -> bool:
        """Whether a question was asked since a verdict on `item` that a verdict can settle (G16, G17)."""
        unsettled = any(not self.is_settled(question) for question in item.questions.all())
        return unsettled and item.verdict != ClaimItem.Verdict.FALSE

    @cached_property
    def not_asked(self) -> list[ClaimItem]:
        """Contacts found false about which the professional was not asked: never, or not since a verdict settled the
        doubt before they had answered (G16)."""
        return [
            item
            for item in self.false_items
            if not any(
                question.is_doubt and (question.answered_at or not self.is_settled(question))
                for question in item.questions.all()
            )
        ]

    @cached_property
    def credited(self) -> list[ClaimItem]:
        """Contacts whose price has gone back already: with one of them the claim can never be approved (M7)."""
        return [item for item in self.items if item.contact.returned_at or item.contact.refunded_at]

    @cached_property
    def judged(self) -> tuple[rules.Facts, rules.Eligibility]:
        """Facts as of now and what they give. The claim itself is not another one that would be in its way."""
        found = facts.load_facts([self.claim.professional_id], self.today)[self.claim.professional_id].facts
        if self.claim.is_open:
            found = replace(found, has_open_claim=False)
        assert self.claim.terms is not None  # A submitted claim has them (submitted_claim_is_frozen).
        return found, rules.evaluate(found, self.claim.terms.as_rules(), self.today)

    @cached_property
    def causes(self) -> dict[str, list[str]]:
        """Of the requirements judged again, those that fail now, each with the facts by which it does (G15)."""
        return failures.causes_of(self.claim.professional, *self.judged, self.today)

    @cached_property
    def failing(self) -> list[rules.Requirement]:
        return [each for each in self.judged[1].requirements if each.code in self.causes]

    @cached_property
    def told(self) -> dict[str, date]:
        """Requirement that fails now and was told to the professional → the last day to put it right (G15)."""
        return failures.told_of(self.claim, self.causes)

    @cached_property
    def newly_failing(self) -> list[rules.Requirement]:
        return [each for each in self.failing if each.code not in self.told]

    @cached_property
    def is_appealed(self) -> bool:
        """Whether an appeal waits that would lift what suspends the business."""
        return Appeal.objects.waiting().against_suspensions_of(self.claim.professional).exists()

    @cached_property
    def grounds(self) -> list[str]:
        """What a plain rejection stands on, by codes: requirements that were told and not put right in time (G15), a
        question left unanswered (G17), a contact that was credited already (M7). Empty: on nothing but its reason."""
        found = [
            code
            for code, last_day in self.told.items()
            if last_day < self.today and not (code == "not_suspended" and self.is_appealed)
        ]
        if self.claim.state == Claim.State.MORE_INFORMATION:
            # The answer is waited for first; then what is not met is judged.
            found = []
            if any(question.answer_by < self.today for question, _item in self.waited_for):
                found.append("answer")
        elif self.credited:
            found.append("credited")
        return found

    @cached_property
    def four_eyes(self) -> bool:
        """Whether the refund is so high that whoever decides must have given none of the verdicts (G18)."""
        above = settings.GUARANTEE_FOUR_EYES_ABOVE
        return above is not None and (self.claim.amount_cents or 0) > above

    def blockers(self, action: Action, by: User) -> list[GuaranteeError]:
        """Why `by` cannot do `action` with the claim now, each a sentence; empty: it can be done.

        Only what is known beforehand: that a reason must be written is said by the functions that take one.
        """
        if action == Action.WITHDRAW:
            who = self._owner(by)
        else:
            who = self._staff(by, HEAR_APPEAL if action in APPEALS else REVIEW)
        if who:
            return who
        if not self._state_allows(action):
            return [GuaranteeError("move_not_allowed", not_now(self.claim))]
        match action:
            case Action.TELL:
                return self._against_telling()
            case Action.APPROVE:
                return [*self._against_approval(by), *self._four_eyes(by)]
            case Action.REJECT:
                return [*self._against_rejection(), *self._four_eyes(by)]
            case Action.REJECT_AS_FALSE:
                return [*self._against_rejection_as_false(), *self._four_eyes(by)]
            case Action.WITHDRAW:
                return self._against_withdrawal()
            case Action.UPHOLD_APPEAL | Action.REFUSE_APPEAL:
                return self._against_appeal(action, by)
        return []

    def _owner(self, by: User) -> list[GuaranteeError]:
        if self.claim.professional.owner_id == by.pk:
            return []
        return [GuaranteeError("not_the_owner", _("Only the owner of the business can do this."))]

    def _staff(self, by: User, permission: str) -> list[GuaranteeError]:
        if not by.has_perm(permission):
            return [GuaranteeError("no_permission", _("Your role does not allow this."))]
        return why_not_own(self.claim.professional, by)

    def _state_allows(self, action: Action) -> bool:
        state = self.claim.state
        if action in (Action.GIVE_VERDICT, Action.ASK, Action.TELL):
            return self.claim.is_open
        if action in APPEALS:
            return state in (Claim.State.REJECTED, Claim.State.REJECTED_AS_FALSE)
        # More information wanted is ended by the answer or by a verdict, before a claim can be approved.
        if action == Action.APPROVE and state == Claim.State.MORE_INFORMATION:
            return True
        return TARGETS[action] in Claim.MOVES[state]

    def _against_telling(self) -> list[GuaranteeError]:
        """Whatever else is in the way: else a claim with two things in its way could never be decided (G15)."""
        if self.newly_failing:
            return []
        return [
            GuaranteeError(
                "nothing_to_tell", _("Nothing fails of which the professional has not been told already.")
            )
        ]

    def _against_approval(self, by: User) -> list[GuaranteeError]:
        found = self._another_false()
        missing = sum(not item.verdict for item in self.items)
        if missing:
            found.append(
                GuaranteeError(
                    "verdict_missing",
                    ngettext(
                        "%(count)s contact has no verdict yet.",
                        "%(count)s contacts have no verdict yet.",
                        missing,
                    )
                    % {"count": missing},
                )
            )
        if self.false_items:
            found.append(
                GuaranteeError(
                    "false_verdict",
                    _("Found false: %(contacts)s. With that, the claim can only be rejected as false.")
                    % {"contacts": positions(self.false_items)},
                )
            )
        answered = [
            item for item in self.doubtful if item not in {each for _question, each in self.waited_for}
        ]
        if answered and not self.false_items:
            found.append(
                GuaranteeError(
                    "doubt_stands",
                    _("A doubt was answered: %(contacts)s. Give the verdict after the answer.")
                    % {"contacts": positions(answered)},
                )
            )
        # Of one that was found false nothing more is wanted.
        contradictions = [
            item for item in self.items if is_contradiction(item) and item not in self.false_items
        ]
        if contradictions:
            if by.has_perm(SEES_WORD):
                sentence = _(
                    "The homeowner says that they hired this business: %(contacts)s. Confirm it after what the "
                    "homeowner said, or find it false."
                ) % {"contacts": positions(contradictions)}
            else:  # Neither which contact it is, nor what was said of it.
                sentence = _(
                    "Before it is approved, somebody who may see what homeowners said has to look at this claim."
                )
            found.append(GuaranteeError("contradiction", sentence))
        if self.claim.state == Claim.State.MORE_INFORMATION:
            found.append(
                GuaranteeError(
                    "answer_awaited",
                    _("The professional's answer is waited for: %(contacts)s.")
                    % {"contacts": positions(item for _question, item in self.waited_for)},
                )
            )
        if self.credited:
            found.append(
                GuaranteeError(
                    "contact_credited",
                    _(
                        "Credited already, and no contact is credited twice: %(contacts)s. Reject the claim; "
                        "the business may make a new one."
                    )
                    % {"contacts": positions(self.credited)},
                )
            )
        # Of what the professional knows nothing yet, approving tells them.
        for requirement in self.failing:
            if requirement.code in self.told:
                found.append(
                    GuaranteeError(
                        "requirement_failing",
                        _(
                            "Not met now: %(requirement)s. The professional was told; their last day to put it "
                            "right is %(day)s."
                        )
                        % {
                            "requirement": title(requirement),
                            "day": long_date(self.told[requirement.code]),
                        },
                    )
                )
        return found

    def _against_rejection(self) -> list[GuaranteeError]:
        if self.false_items or self.doubtful:
            return [
                GuaranteeError(
                    "only_as_false",
                    _(
                        "A finding of “false” or a doubt still stands: %(contacts)s. The claim can only be "
                        "rejected as false, unless another verdict is given."
                    )
                    % {"contacts": positions([*self.false_items, *self.doubtful])},
                )
            ]
        # Also if something else has begun to fail since: an unpaid invoice lapses the plan.
        if self.grounds:
            return []
        if self.claim.state == Claim.State.MORE_INFORMATION:
            last = min((question.answer_by for question, _item in self.waited_for), default=self.today)
            return [
                GuaranteeError(
                    "answer_awaited",
                    _("The professional has until %(day)s to answer.") % {"day": long_date(last)},
                )
            ]
        if self.newly_failing:
            return [
                GuaranteeError(
                    "not_told_yet",
                    _(
                        "Not met now: %(requirements)s. The professional has to be told first, and has %(days)s days: "
                        "press “Tell what is missing”."
                    )
                    % {
                        "requirements": titles(self.newly_failing),
                        "days": failures.DAYS_TO_PUT_RIGHT.days,
                    },
                )
            ]
        if "not_suspended" in self.told and self.is_appealed:
            return [
                GuaranteeError(
                    "appeal_waits",
                    _("The suspension of this business is appealed against. That appeal is answered first."),
                )
            ]
        if told := list(self.told.values()):
            return [
                GuaranteeError(
                    "time_to_put_right",
                    _("The professional was told what is missing and has until %(day)s to put it right.")
                    % {"day": long_date(min(told))},
                )
            ]
        return []

    def _against_rejection_as_false(self) -> list[GuaranteeError]:
        if not self.false_items:
            return [GuaranteeError("no_false_verdict", _("No contact has the verdict “false”."))]
        waiting = [
            question.answer_by
            for question, item in self.waited_for
            if question.is_doubt
            and item.verdict == ClaimItem.Verdict.FALSE
            and question.answer_by >= self.today
        ]
        if waiting:
            return [
                GuaranteeError(
                    "answer_awaited",
                    _("The professional was asked and has until the end of %(day)s to answer.")
                    % {"day": long_date(max(waiting))},
                )
            ]
        return []

    def _another_false(self) -> list[GuaranteeError]:
        """After *rejected as false* there is a refund only if the appeal against that very finding is upheld (G10)."""
        others = self.claim.professional.claims.exclude(pk=self.claim.pk)
        if not others.filter(state=Claim.State.REJECTED_AS_FALSE).exists():
            return []
        return [
            GuaranteeError(
                "another_claim_false",
                _(
                    "Another claim of this business was rejected as false. The appeal against that comes first."
                ),
            )
        ]

    def _against_withdrawal(self) -> list[GuaranteeError]:
        if self.claim.is_open and (self.false_items or self.doubtful):
            # The professional learns nothing here that they have not been asked about.
            return [
                GuaranteeError(
                    "under_doubt",
                    _(
                        "The claim cannot be withdrawn while we are clearing up a doubt about one of its contacts."
                    ),
                )
            ]
        return []

    def _four_eyes(self, by: User) -> list[GuaranteeError]:
        if self.four_eyes and any(item.verdict and item.verdict_by_id == by.pk for item in self.items):
            return [
                GuaranteeError(
                    "four_eyes",
                    _("The refund is so high that somebody who gave none of the verdicts has to decide."),
                )
            ]
        return []

    def _against_appeal(self, action: Action, by: User) -> list[GuaranteeError]:
        found = []
        if self.claim.decided_by_id == by.pk:
            found.append(
                GuaranteeError(
                    "own_decision", _("You decided this claim, so somebody else hears the appeal.")
                )
            )
        elif any(item.verdict_by_id == by.pk for item in self.false_items):
            found.append(
                GuaranteeError(
                    "own_finding",
                    _("You found a contact of this claim false, so somebody else hears the appeal."),
                )
            )
        if action == Action.REFUSE_APPEAL and is_refused(self.claim):
            found.append(
                GuaranteeError(
                    "already_refused",
                    _("An appeal against this decision has been refused already, and the professional told."),
                )
            )
        if action == Action.UPHOLD_APPEAL:
            if self.claim.professional.closed_at is not None:
                found.append(
                    GuaranteeError(
                        "closed_account",
                        _(
                            "The account of this business is closed, so a claim of it cannot stand again. The "
                            "decision stays as it is."
                        ),
                    )
                )
            others = self.claim.professional.claims.exclude(pk=self.claim.pk)
            found += self._another_false()
            if others.filter(state=Claim.State.APPROVED).exists():
                found.append(
                    GuaranteeError("already_refunded", _("Another claim of this business has been refunded."))
                )
            if others.open().exists():
                found.append(
                    GuaranteeError(
                        "another_claim_open",
                        _("Another claim of this business is open. It has to be decided first."),
                    )
                )
        return found


APPEALS = (Action.UPHOLD_APPEAL, Action.REFUSE_APPEAL)
TARGETS = {
    Action.APPROVE: Claim.State.APPROVED,
    Action.REJECT: Claim.State.REJECTED,
    Action.REJECT_AS_FALSE: Claim.State.REJECTED_AS_FALSE,
    Action.WITHDRAW: Claim.State.WITHDRAWN,
}


def blockers(claim: Claim, action: Action, by: User, now: datetime) -> list[GuaranteeError]:
    """As `Case.blockers`, for one action."""
    return Case(claim, now).blockers(action, by)

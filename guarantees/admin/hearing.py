"""The answer to one appeal as the office gives it: what it would do, and doing it (G19)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property, partial

from django.http import QueryDict
from django.utils.translation import gettext as _

from base.errors import Refusal
from guarantees import decisions
from guarantees.admin.decision import Decision, read_by_owner, words_of
from guarantees.appeals import why_not_heard_by
from guarantees.blockers import Action, Case
from guarantees.decisions.answers import Answer, give_answer, preview_answer
from guarantees.decisions.preview import Outcome
from guarantees.errors import GuaranteeError
from guarantees.forms import ReasonForm
from guarantees.models import Appeal
from profiles.models import Suspension, User


class Hearing:
    """What `by` is about to answer to `appeal`; `data`: what they typed for it. Of an appeal against a claim it is the
    decision on that claim, as its own page takes it."""

    def __init__(
        self, appeal: Appeal, action: Action, by: User, now: datetime, data: QueryDict | None = None
    ) -> None:
        self.appeal = appeal
        self.action = action
        self.by = by
        self.now = now
        self.data = data
        # Why what was sent was not done.
        self.refusal: Refusal | None = None

    @cached_property
    def _decision(self) -> Decision | None:
        if self.appeal.claim is None:
            return None
        return Decision(Case(self.appeal.claim, self.now), self.action, self.by, self.data)

    @property
    def _suspension(self) -> Suspension:
        assert self.appeal.suspension is not None  # appeal_against_one_thing
        return self.appeal.suspension

    @cached_property
    def blockers(self) -> Sequence[GuaranteeError]:
        """Why it cannot be answered so now; empty: it can."""
        return self._decision.blockers if self._decision else why_not_heard_by(self._suspension, self.by)

    @cached_property
    def form(self) -> ReasonForm:
        form = ReasonForm(self.data, auto_id=f"{self.action}_%s")
        if self.refusal and self.refusal.field in form.fields and form.is_valid():
            form.add_error(self.refusal.field, str(self.refusal))
        return form

    @property
    def typed(self) -> dict[str, str]:
        reason = str(self.data["reason"]) if self.data and self.data.get("reason") else ""
        return {"reason": reason} if reason else {}

    @property
    def meaning(self) -> str:
        if self._decision:
            return self._decision.meaning
        if self.action == Action.UPHOLD_APPEAL:
            lifted = _(
                "The suspension is lifted and the owner is told by mail. The days lost are proposed as extra days."
            )
            return f"{lifted} {read_by_owner()}"
        return _("The decision stands. The professional reads the reason.")

    def preview(self) -> Outcome | Answer:
        """What it would do."""
        if self._decision:
            return self._decision.preview()
        return preview_answer(appeal=self.appeal, act=self._act, now=self.now)

    def take(self, previewed: str) -> None:
        """Does it, if it does what was `previewed`. Raises Refusal."""
        if self._decision:
            self._decision.take(previewed)
        else:
            give_answer(appeal=self.appeal, act=self._act, previewed=previewed, now=self.now)

    def words(self, outcome: Outcome | Answer) -> list[tuple[str, str]]:
        """What it would do, each as a title and a sentence."""
        if self._decision and isinstance(outcome, Outcome):
            return words_of(outcome, self._decision)
        business = {"business": self.appeal.professional.name}
        if self.action == Action.REFUSE_APPEAL:
            profile = _("The suspension of %(business)s stands.")
        else:
            profile = _("The suspension of %(business)s is lifted.")
            if outcome.is_suspended:  # What was found false suspends by itself.
                profile = f"{profile} {_('The business stays suspended for another reason.')}"
        return [(_("Profile"), profile % business)]

    @property
    def _act(self) -> Callable[[], object]:
        if self.action == Action.UPHOLD_APPEAL:
            answer: Callable[..., object] = decisions.uphold_appeal_against_suspension
        else:
            answer = decisions.refuse_appeal_against_suspension
        reason = self.typed.get("reason", "")
        return partial(answer, suspension=self._suspension, by=self.by, reason=reason, now=self.now)

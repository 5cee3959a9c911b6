"""One claim under review: what its page shows, and what its buttons do. Every rule is asked elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.errors import Refusal
from guarantees import decisions
from guarantees.admin.asked import Asked, asked_about
from guarantees.admin.signals import Noticed, noticed_about
from guarantees.blockers import Action, Case, is_contradiction
from guarantees.errors import GuaranteeError
from guarantees.forms import FalseForm, ItemReviewForm, ReasonForm
from guarantees.models import Claim, ClaimItem, ClaimQuestion
from guarantees.moves import Happened
from guarantees.snapshots import replay
from guarantees.wording import STATUS_WORDS, title
from marketplace.contacts import record_homeowner_word
from marketplace.first_contact import clock_of
from marketplace.models import Contact
from marketplace.seen import shown_to_staff

VERDICT_BADGES = {"": "", "confirmed": "ok", "unreachable": "warn", "false": "error"}
STATUS_BADGES = {"met": "ok", "waiting": "warn", "unmet": "warn", "lost": "error"}


@dataclass
class Evidence:
    """One contact of the claim with everything that speaks for or against its story."""

    item: ClaimItem
    form: ItemReviewForm
    case: Case
    # What its homeowner was asked by mail, in this claim and in others, and their answers (G14).
    asked: list[Asked]
    page: ReviewPage

    @property
    def contact(self) -> Contact:
        return self.item.contact

    @property
    def anchor(self) -> str:
        return f"contact-{self.item.position}"

    @property
    def badge(self) -> str:
        return VERDICT_BADGES[self.item.verdict]

    @property
    def clock(self) -> Any:
        return clock_of(self.contact, self.case.now)

    @property
    def review(self) -> Any:
        return getattr(self.contact, "review", None)

    @property
    def was_won(self) -> bool:
        """Marked as won earlier and corrected since: a signal, no more (G2)."""
        return self.contact.outcome != Contact.Outcome.WON and any(
            event.to_state == Contact.Outcome.WON for event in self.contact.events.all()
        )

    @property
    def outcomes(self) -> list[tuple[Any, str]]:
        return [(event, str(Contact.Outcome(event.to_state).label)) for event in self.contact.events.all()]

    @property
    def words(self) -> list[tuple[Any, str]]:
        return [(event, str(Contact.Word(event.to_state).label)) for event in self.contact.word_events.all()]

    @property
    def verdicts(self) -> list[tuple[Any, str]]:
        """The verdicts as they were given; an empty one was cleared by an appeal."""
        return [
            (event, str(ClaimItem.Verdict(event.to_state).label) if event.to_state else _("taken back"))
            for event in self.item.events.all()
        ]

    @property
    def questions(self) -> list[tuple[ClaimQuestion, bool]]:
        """Each with whether its answer is no longer waited for, since a verdict settled it."""
        return [(question, self.case.is_settled(question)) for question in self.item.questions.all()]

    @property
    def signals(self) -> list[Noticed]:
        """What speaks against its story, as far as the reader may see it."""
        return self.page.noticed.get(self.item.contact_id, [])

    @property
    def is_contradiction(self) -> bool:
        return is_contradiction(self.item)


@dataclass
class Button:
    """A decision: whether it can be taken now, and if not, why not."""

    action: Action
    blockers: list[GuaranteeError]
    form: forms.Form | None

    @property
    def meaning(self) -> str:
        return {
            Action.APPROVE: _(
                "Credits the balance with what was paid for these contacts, and says so by mail."
            ),
            Action.TELL: _(
                "Tells the professional by mail what fails now. They have 15 days to put it right; after that the "
                "claim may be rejected."
            ),
            Action.REJECT: _("The professional reads the reason, and how to appeal."),
            Action.REJECT_AS_FALSE: _(
                "Suspends the profile. The professional is told which contacts, that our verification found it, "
                "and how to appeal; this reason stays with us."
            ),
            Action.UPHOLD_APPEAL: _(
                "The claim stands again with its date, findings of “false” are cleared, the suspension is lifted, "
                "and the days lost are added to the claim window."
            ),
            Action.REFUSE_APPEAL: _("The decision stands. The professional reads the reason."),
        }[self.action]


class ReviewPage:
    """A claim as `user` sees it at `now`, with the forms to work on it."""

    DECISIONS: ClassVar = (
        Action.APPROVE,
        Action.TELL,
        Action.REJECT,
        Action.REJECT_AS_FALSE,
        Action.UPHOLD_APPEAL,
        Action.REFUSE_APPEAL,
    )

    def __init__(self, claim: Claim, user: Any, now: datetime) -> None:
        self.claim = claim
        self.user = user
        self.now = now
        self.case = Case(claim, now)
        self.refused = False
        self._data: QueryDict | None = None
        self._texts: dict[Action, QueryDict] = {}

    @cached_property
    def sees_homeowner(self) -> bool:
        """The details of who made the counted requests; that they are shown is written down (X5)."""
        leads = [each.item.contact.lead for each in self.evidence]
        return shown_to_staff(leads=leads, user=self.user, now=self.now)

    @cached_property
    def sees_word(self) -> bool:
        return self.user.has_perm("marketplace.view_homeowner_word")

    @cached_property
    def can_review(self) -> bool:
        """Whether verdicts, words and questions can be entered now."""
        return not self.case.blockers(Action.GIVE_VERDICT, self.user)

    @cached_property
    def why_not_review(self) -> list[GuaranteeError]:
        return self.case.blockers(Action.GIVE_VERDICT, self.user)

    @cached_property
    def evidence(self) -> list[Evidence]:
        items = self.claim.items.select_related(
            "contact__lead__category", "contact__lead__province", "contact__review", "verdict_by"
        ).prefetch_related(
            "contact__diary__written_by",
            "contact__events__actor",
            "contact__word_events__actor",
            "questions__asked_by",
            "events__actor",
        )
        asked = asked_about([item.contact_id for item in items], self.claim) if self.sees_word else {}
        return [
            Evidence(item, self._form(item), self.case, asked.get(item.contact_id, []), self)
            for item in items
        ]

    @cached_property
    def noticed(self) -> dict[int | None, list[Noticed]]:
        """What speaks against the claim, by contact; asked for by what is shown, and not where verdicts are saved."""
        return noticed_about(self.claim, self.user, self.now)

    @property
    def signals(self) -> list[Noticed]:
        """What speaks against the claim as a whole, as far as the reader may see it."""
        return self.noticed.get(None, [])

    def _form(self, item: ClaimItem) -> ItemReviewForm:
        # What has come up since has to be looked at, and the verdict chosen again, by hand (G2, G16).
        stale = self.case.is_wanted_anew(item) and item.verdict != ClaimItem.Verdict.FALSE
        initial = {
            "verdict": "" if stale else item.verdict,
            "note": item.note,
        }
        if self.sees_word:
            initial["word"] = item.contact.homeowner_word
        form = ItemReviewForm(self._data, prefix=f"item-{item.pk}", initial=initial)
        if not item.verdict and not item.contact.lead.details_shown:
            # It counts as could not be reached (M1). Proposed, and saved with what is saved next: unlike other
            # suggestions, it is no guess.
            form.initial["verdict"] = ClaimItem.Verdict.UNREACHABLE
            form.initial["note"] = _("The homeowner has withdrawn their data.")
        if not self.sees_word:
            del form.fields["word"]
        return form

    def anchor_of(self, item_id: str) -> str:
        """Where on the page the contact of that item stands."""
        return next((each.anchor for each in self.evidence if str(each.item.pk) == item_id), "contacts")

    def save(self, data: QueryDict) -> list[str]:
        """Records what was changed, contact by contact, and asks; what was done, each a sentence.

        What is refused stands beside its contact, sets `refused`, and stops the asking.
        """
        self._data = data
        verdicts = words = 0
        questions: dict[int, str] = {}
        for each in self.evidence:
            form = each.form
            if not form.is_valid():
                self.refused = True
                continue
            if form.cleaned_data["question"]:
                questions[each.item.pk] = form.cleaned_data["question"]
            try:
                if form.was_changed("word"):
                    words += self._save_word(each)
                if form.was_changed("verdict"):
                    verdicts += self._save_verdict(each)
            except Refusal as refusal:
                field = refusal.field if refusal.field in form.fields else None
                form.add_error(field, str(refusal))
                self.refused = True
        done = []
        if verdicts:
            done.append(ngettext("%(n)s verdict saved.", "%(n)s verdicts saved.", verdicts) % {"n": verdicts})
        if words:
            done.append(
                ngettext("%(n)s homeowner's word recorded.", "%(n)s homeowners' words recorded.", words)
                % {"n": words}
            )
        purpose = data.get("purpose", "")
        if purpose in ClaimQuestion.Purpose.values and not self.refused:
            # Raises with the sentence; what was saved above stays saved.
            asked = decisions.ask_questions(
                claim=self.claim, questions=questions, purpose=purpose, by=self.user, now=self.now
            )
            done.append(
                ngettext(
                    "%(n)s question asked; the professional has been told by mail.",
                    "%(n)s questions asked; the professional has been told by mail.",
                    len(asked),
                )
                % {"n": len(asked)}
            )
        return done

    def _save_word(self, each: Evidence) -> int:
        word = each.form.cleaned_data.get("word", "")
        if not self.sees_word or not word or word == each.contact.homeowner_word:
            return 0
        record_homeowner_word(contact=each.contact, word=word, by=self.user, now=self.now)
        return 1

    def _save_verdict(self, each: Evidence) -> int:
        sent = each.form.cleaned_data
        if not sent["verdict"]:
            raise GuaranteeError("verdict_needed", _("Please choose a verdict."), field="verdict")
        decisions.give_verdict(
            item=each.item,
            verdict=sent["verdict"],
            note=sent["note"],
            reason=sent["reason"],
            by=self.user,
            now=self.now,
        )
        return 1

    def decide(self, action: Action, data: QueryDict) -> str:
        """Takes the decision; what was done, in a sentence. Raises Refusal."""
        arguments = {"claim": self.claim, "by": self.user, "now": self.now}
        reason = data.get("reason", "")
        name = {"business": self.claim.professional.name}
        do: dict[Action, tuple[Callable[[], Any], str]] = {
            Action.APPROVE: (
                lambda: decisions.approve_claim(**arguments),
                _(
                    "Approved. The balance of %(business)s has been credited, and they have been told by mail."
                ),
            ),
            Action.TELL: (
                lambda: decisions.tell_what_is_missing(**arguments),
                _("%(business)s has been told by mail what is missing, and has 15 days."),
            ),
            Action.REJECT: (
                lambda: decisions.reject_claim(**arguments, reason=reason),
                _("Rejected. %(business)s has been told by mail, with the reason and how to appeal."),
            ),
            Action.REJECT_AS_FALSE: (
                lambda: decisions.reject_claim_as_false(
                    **arguments, reason=reason, without_asking=data.get("without_asking", "")
                ),
                _("Rejected as false. %(business)s has been suspended and told by mail, with how to appeal."),
            ),
            Action.UPHOLD_APPEAL: (
                lambda: decisions.uphold_appeal(**arguments, reason=reason),
                _("Appeal upheld. The claim of %(business)s stands again, and they have been told by mail."),
            ),
            Action.REFUSE_APPEAL: (
                lambda: decisions.refuse_appeal(**arguments, reason=reason),
                _("Appeal refused. %(business)s has been told by mail."),
            ),
        }
        act, done = do[action]
        act()
        return done % name

    def with_text(self, action: Action, data: QueryDict) -> ReviewPage:
        """The page with what had been typed for a decision that was refused."""
        self._texts[action] = data
        return self

    @cached_property
    def buttons(self) -> list[Button]:
        """The decisions that belong to the claim's state, each with why it cannot be taken, if so."""
        if self.claim.is_open:
            telling = [Action.TELL] if self.case.newly_failing else []
            actions = [Action.APPROVE, *telling, Action.REJECT, Action.REJECT_AS_FALSE]
        elif self.claim.state in (Claim.State.REJECTED, Claim.State.REJECTED_AS_FALSE):
            actions = [Action.UPHOLD_APPEAL, Action.REFUSE_APPEAL]
        else:
            actions = []
        return [
            Button(action, self.case.blockers(action, self.user), self._decision_form(action))
            for action in actions
        ]

    def _decision_form(self, action: Action) -> forms.Form | None:
        if action in (Action.APPROVE, Action.TELL):
            return None
        data = self._texts.get(action)
        if action == Action.REJECT_AS_FALSE and self.case.not_asked:
            return FalseForm(data, auto_id=f"{action}_%s")
        return ReasonForm(data, auto_id=f"{action}_%s")

    @cached_property
    def will_be_refused(self) -> list[str]:
        """Requirements that fail now and of which the professional has not been told: approving tells them (G15)."""
        if not self.claim.is_open:
            return []
        return [title(each) for each in self.case.newly_failing]

    @cached_property
    def requirements(self) -> list[dict[str, str]]:
        """Each requirement as it was frozen at submission, and as it stands now."""
        assert self.claim.submission_snapshot is not None  # The queue holds submitted claims only.
        frozen = replay(self.claim.submission_snapshot)
        now = self.case.judged[1]
        return [
            {
                "title": title(then),
                "then": str(STATUS_WORDS[then.status]),
                "then_badge": STATUS_BADGES[then.status],
                "now": str(STATUS_WORDS[today.status]),
                "now_badge": STATUS_BADGES[today.status],
            }
            for then, today in zip(frozen.requirements, now.requirements, strict=True)
        ]

    @cached_property
    def not_met_now(self) -> list[str]:
        return [title(each) for each in self.case.judged[1].requirements if each.status != "met"]

    @cached_property
    def history(self) -> list[tuple[Any, str, str, bool]]:
        """Each event with its words, its reason, and whether four eyes applied to the decision (G18)."""
        return [
            (
                event,
                str(Happened(event.kind).label),
                ", ".join(
                    title(each)
                    for code in event.reason.split(",")
                    for each in self.case.judged[1].requirements
                    if each.code == code
                )
                if event.kind == Happened.PROBLEM
                else event.reason,
                bool(event.stood_on.get("four_eyes")),
            )
            for event in self.claim.events.select_related("actor")
        ]

    @cached_property
    def mails(self) -> list[Any]:
        """What the owner wrote to the claims address (G12)."""
        return list(self.claim.mails.select_related("mail").prefetch_related("mail__attachments"))

    @cached_property
    def verdict_count(self) -> int:
        return sum(bool(each.item.verdict) for each in self.evidence)

    @cached_property
    def extra_days(self) -> list[Any]:
        return list(self.claim.professional.extra_days.select_related("given_by"))

"""One claim under review: what its page shows, and what its buttons do. Every rule is asked elsewhere."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import Http404, QueryDict
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.errors import Refusal
from guarantees import decisions
from guarantees.admin.asked import Asked, asked_about
from guarantees.admin.decision import Decision
from guarantees.admin.evidence import Evidence
from guarantees.admin.signals import Noticed, noticed_about
from guarantees.blockers import Action, Case
from guarantees.contradictions import SEES_WORD, is_contradiction
from guarantees.errors import GuaranteeError
from guarantees.forms import ItemReviewForm
from guarantees.looking import in_words
from guarantees.models import Claim, ClaimItem, ClaimQuestion
from guarantees.moves import Happened
from guarantees.noticed import earlier_reviews
from guarantees.seen import seen_of
from guarantees.wording import STATUS_WORDS, title
from marketplace.contacts import record_homeowner_word
from marketplace.models import Review
from marketplace.seen import shown_to_staff

STATUS_BADGES = {"met": "ok", "waiting": "warn", "unmet": "warn", "lost": "error"}


class ReviewPage:
    """A claim as `user` sees it at `now`, with the forms to work on it."""

    def __init__(self, claim: Claim, user: Any, now: datetime) -> None:
        self.claim = claim
        self.user = user
        self.now = now
        self.case = Case(claim, now)
        self.refused = False
        # Of what was sent: the forms that were refused and what their reader had seen, and questions not asked yet.
        self._forms: dict[int, ItemReviewForm] = {}
        self._had_seen: dict[int, str] = {}
        self._not_asked: dict[int, str] = {}
        self._given_by_others: list[str] = []
        self._typed: dict[Action, Decision] = {}

    @cached_property
    def sees_homeowner(self) -> bool:
        """The details of who made the counted requests; that they are shown is written down (X5)."""
        leads = [each.item.contact.lead for each in self.evidence]
        return shown_to_staff(leads=leads, user=self.user, now=self.now)

    @cached_property
    def sees_word(self) -> bool:
        return self.user.has_perm(SEES_WORD)

    @cached_property
    def can_review(self) -> bool:
        """Whether verdicts, words and questions can be entered now."""
        return not self.why_not_review

    @cached_property
    def why_not_review(self) -> list[GuaranteeError]:
        return self.case.blockers(Action.GIVE_VERDICT, self.user)

    @cached_property
    def others_looking(self) -> list[str]:
        """Who else has the claim open, each in a sentence; the queue's query has read them."""
        return [in_words(look, self.now) for look in self.claim.others_looking]  # type: ignore[attr-defined]

    @cached_property
    def evidence(self) -> list[Evidence]:
        # Asked before the rest is read: what comes in between counts as not seen.
        seen = seen_of(self.claim.items.all(), self.user) | self._had_seen
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
        return [self._evidence(item, asked.get(item.contact_id, []), seen[item.pk]) for item in items]

    @cached_property
    def noticed(self) -> dict[int | None, list[Noticed]]:
        """What speaks against the claim, by contact; asked for by what is shown, and not where verdicts are saved."""
        return noticed_about(self.claim, self.user, self.now)

    # Whether the page in the browser has them already.
    signals_stay = False

    @property
    def signals(self) -> list[Noticed]:
        """What speaks against the claim as a whole, as far as the reader may see it."""
        return [each for each in self.noticed.get(None, []) if each.review is None]

    @cached_property
    def earlier_reviews(self) -> list[tuple[Review, list[Noticed]]]:
        """The reviews by earlier clients that counted when the claim was made (G8), the newest first, each with what
        speaks against it."""
        about = self.noticed.get(None, [])
        return [
            (review, [each for each in about if each.review == review.pk])
            for review in earlier_reviews(self.claim)
        ]

    def _evidence(self, item: ClaimItem, asked: list[Asked], seen: str) -> Evidence:
        form = self._forms.get(item.pk) or self._form(item, None)
        form.initial["seen"] = seen
        return Evidence(item, form, self.case, asked, self, seen)

    def is_wanted_anew(self, item: ClaimItem) -> bool:
        """As the case says, but that what a homeowner said does not show by it to who may not see that (G2)."""
        return self.case.was_asked_since(item) or (self.sees_word and is_contradiction(item))

    def may_read_note(self, writer_id: int | None) -> bool:
        """A note tells what the homeowner said: it is read by who may see that, and by who wrote it (G2)."""
        return self.sees_word or writer_id == self.user.pk

    def _form(self, item: ClaimItem, data: QueryDict | None) -> ItemReviewForm:
        # What has come up since has to be looked at, and the verdict chosen again, by hand (G2, G16).
        stale = self.is_wanted_anew(item) and item.verdict != ClaimItem.Verdict.FALSE
        initial = {
            "verdict": "" if stale else item.verdict,
            "note": item.note if self.may_read_note(item.verdict_by_id) else "",
            "question": self._not_asked.get(item.pk, ""),
        }
        if self.sees_word:
            initial["word"] = item.contact.homeowner_word
        form = ItemReviewForm(data, prefix=f"item-{item.pk}", initial=initial)
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
        verdicts = words = 0
        questions: dict[int, str] = {}
        for each in self.evidence:
            word, verdict = self._save_one(each, data)
            words, verdicts = words + word, verdicts + verdict
            if each.form.is_valid() and each.form.cleaned_data["question"]:
                questions[each.item.pk] = each.form.cleaned_data["question"]
        self._not_asked = questions
        self._look_again()
        done = list(self._given_by_others)
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

    def save_contact(self, item_id: int, data: QueryDict) -> Evidence:
        """Records what was changed about one contact; the contact as it is then, with `said` about it.

        What is refused stands beside it, with what was typed, and sets `refused`. Raises Http404 for a contact of
        another claim.
        """
        each = self._of(item_id)
        word, verdict = self._save_one(each, data)
        if not self.refused:
            self._not_asked = {item_id: each.form.cleaned_data["question"]}
        # A verdict changes no signal: they are worked out anew where something else has come to light.
        self.signals_stay = not word and not self.refused
        self._look_again()
        each = self._of(item_id)
        if not self.refused:
            each.is_saved = bool(word or verdict)
            said = self._given_by_others or [
                self._saved(each) if each.is_saved else _("Nothing was changed.")
            ]
            each.said = " ".join(said)
        return each

    def _saved(self, each: Evidence) -> str:
        said = {"number": each.item.position, "verdict": each.item.get_verdict_display() or _("no verdict")}
        said["time"] = date_format(localtime(self.now), "TIME_FORMAT")
        return _("Contact %(number)s: %(verdict)s. Saved at %(time)s.") % said

    def _of(self, item_id: int) -> Evidence:
        for each in self.evidence:
            if each.item.pk == item_id:
                return each
        raise Http404

    def _save_one(self, each: Evidence, data: QueryDict) -> tuple[int, int]:
        """How many words and verdicts were recorded of one contact; what is refused stands in its form."""
        form = each.form = self._form(each.item, data)
        words = verdicts = 0
        told = False
        if form.is_valid():
            try:
                # The verdict first: else their own word would be one that came since what they had seen.
                if form.was_changed("verdict"):
                    verdicts = self._save_verdict(each)
                if form.was_changed("word"):
                    words = self._save_word(each)
            except Refusal as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
                told = refusal.code == "changed_meanwhile"
        if form.errors:
            self.refused = True
            self._forms[each.item.pk] = form
            # Whoever was refused for something else has not been told of what is new, and is when they send it again.
            if not told:
                self._had_seen[each.item.pk] = str(form["seen"].value() or "")
        return words, verdicts

    def _look_again(self) -> None:
        """What was saved, by whomever, is read anew; only forms that were refused keep what was typed."""
        self.claim.refresh_from_db(fields=["state"])
        self.case = Case(self.claim, self.now)
        for name in ("evidence", "can_review", "why_not_review"):
            self.__dict__.pop(name, None)

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
        given = decisions.give_verdict(
            item=each.item,
            verdict=sent["verdict"],
            note=sent["note"],
            reason=sent["reason"],
            by=self.user,
            now=self.now,
            seen=sent["seen"],
        )
        if given.verdict_by_id == self.user.pk:
            return 1
        said = {"number": given.position, "who": given.verdict_by}
        self._given_by_others.append(
            _("Contact %(number)s: %(who)s gave the same verdict meanwhile, so nothing was changed.") % said
        )
        return 0

    def decision(self, action: Action, data: QueryDict | None = None) -> Decision:
        """A decision on the claim; `data`: what was typed for it."""
        return Decision(self.case, action, self.user, data)

    def with_text(self, decision: Decision) -> ReviewPage:
        """The page with what had been typed for a decision that was refused."""
        self._typed[decision.action] = decision
        return self

    @cached_property
    def decisions(self) -> list[Decision]:
        """The decisions that belong to the claim's state."""
        if self.claim.is_open:
            telling = [Action.TELL] if self.case.newly_failing else []
            actions = [Action.APPROVE, *telling, Action.REJECT, Action.REJECT_AS_FALSE]
        elif self.claim.state in (Claim.State.REJECTED, Claim.State.REJECTED_AS_FALSE):
            actions = [Action.UPHOLD_APPEAL, Action.REFUSE_APPEAL]
        else:
            actions = []
        typed = {action: decision.data for action, decision in self._typed.items()}
        return [self.decision(action, typed.get(action)) for action in actions]

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
        # What was found then, whatever today's code would find in the same facts (G13).
        frozen = self.claim.submission_snapshot["verdict"]["requirements"]
        then = {each["code"]: each["status"] for each in frozen}
        return [
            {
                "title": title(each),
                "then": str(STATUS_WORDS[then[each.code]]) if each.code in then else "–",
                "then_badge": STATUS_BADGES[then[each.code]] if each.code in then else "info",
                "now": str(STATUS_WORDS[each.status]),
                "now_badge": STATUS_BADGES[each.status],
            }
            for each in self.case.judged[1].requirements
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

"""One contact of a claim as its reviewer sees it: everything that speaks for or against its story (G14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from guarantees.admin.asked import Asked
from guarantees.admin.signals import Noticed
from guarantees.blockers import Case
from guarantees.contradictions import is_contradiction
from guarantees.forms import ItemReviewForm
from guarantees.models import ClaimItem, ClaimQuestion, GuaranteeTerms
from marketplace.first_contact import Clock, ClockState, clock_of
from marketplace.models import Contact, DiaryEntry, Review

if TYPE_CHECKING:
    from guarantees.admin.review import ReviewPage

VERDICT_BADGES = {"": "", "confirmed": "ok", "unreachable": "warn", "false": "error"}
CLOCK_BADGES = {ClockState.IN_TIME: "ok", ClockState.LATE: "warn", ClockState.OVERDUE: "warn"}
# Of a diary so many entries are read at once: the first, by which the 24 hours are judged. The others unfold.
DIARY_SHOWN = 4


@dataclass
class Evidence:
    """`asked`: what its homeowner was asked by mail, in this claim and in others, and their answers."""

    item: ClaimItem
    form: ItemReviewForm
    case: Case
    asked: list[Asked]
    page: ReviewPage
    # What there was to be read of it, as `guarantees.seen` tells it: sent back with the verdict.
    seen: str
    # What has become of what was sent, in a sentence, and whether something was saved.
    said: str = ""
    is_saved: bool = False

    @property
    def contact(self) -> Contact:
        return self.item.contact

    @property
    def title(self) -> str:
        """With what was written in it of a telephone or an address for who sees the details (M5)."""
        lead = self.contact.lead
        return lead.title_for_buyers if self.page.sees_homeowner else lead.masked_title

    @property
    def town(self) -> str:
        """As the title."""
        lead = self.contact.lead
        return lead.town_for_buyers if self.page.sees_homeowner else lead.masked_town

    @property
    def anchor(self) -> str:
        return f"contact-{self.item.position}"

    @property
    def badge(self) -> str:
        return VERDICT_BADGES[self.item.verdict]

    @property
    def is_undecided(self) -> bool:
        """Whether a verdict is still to be given, or given once more."""
        return not self.item.verdict or self.page.is_wanted_anew(self.item)

    @property
    def clock(self) -> Clock:
        """By the hours of the terms that bind the business (G20, G21)."""
        return clock_of(self.contact, self.case.now, within=self._terms.to_first_contact)

    @property
    def clock_badge(self) -> str:
        ignored = self._terms.first_contact == GuaranteeTerms.FirstContact.IGNORE
        return "" if ignored else CLOCK_BADGES.get(self.clock.state, "")

    @property
    def _terms(self) -> GuaranteeTerms:
        terms = self.case.claim.terms
        assert terms is not None  # A submitted claim has them (submitted_claim_is_frozen).
        return terms

    @property
    def diary(self) -> list[DiaryEntry]:
        return list(self.contact.diary.all())[:DIARY_SHOWN]

    @property
    def diary_folded(self) -> list[DiaryEntry]:
        return list(self.contact.diary.all())[DIARY_SHOWN:]

    @property
    def review(self) -> Review | None:
        return getattr(self.contact, "review", None)

    @property
    def outcomes(self) -> list[tuple[Any, str]]:
        return [(event, str(Contact.Outcome(event.to_state).label)) for event in self.contact.events.all()]

    @property
    def words(self) -> list[tuple[Any, str]]:
        return [(event, str(Contact.Word(event.to_state).label)) for event in self.contact.word_events.all()]

    @property
    def verdicts(self) -> list[tuple[Any, str, str]]:
        """The verdicts as they were given, each with its note; an empty one was cleared by an appeal."""
        return [
            (
                event,
                str(ClaimItem.Verdict(event.to_state).label) if event.to_state else _("taken back"),
                event.reason if self.page.may_read_note(event.actor_id) else "",
            )
            for event in self.item.events.all()
        ]

    @property
    def note(self) -> str:
        return self.item.note if self.page.may_read_note(self.item.verdict_by_id) else ""

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

"""One contact of a claim as its reviewer sees it: everything that speaks for or against its story (G14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from guarantees.admin.asked import Asked
from guarantees.admin.signals import Noticed
from guarantees.blockers import Case, is_contradiction
from guarantees.forms import ItemReviewForm
from guarantees.models import ClaimItem, ClaimQuestion
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
    # What has just been saved, in a sentence.
    said: str = ""

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
    def is_undecided(self) -> bool:
        """Whether a verdict is still to be given, or given once more."""
        return not self.item.verdict or self.case.is_wanted_anew(self.item)

    @property
    def seen(self) -> int:
        """The latest verdict that is in front of the reader, by its event; 0 before the first."""
        return max((event.pk for event in self.item.events.all()), default=0)

    @property
    def clock(self) -> Clock:
        return clock_of(self.contact, self.case.now)

    @property
    def clock_badge(self) -> str:
        return CLOCK_BADGES.get(self.clock.state, "")

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

"""What to do next with a contact, and why (G22)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from marketplace.models import Contact, DiaryEntry

Kind = DiaryEntry.Kind

# Somebody who did not answer is tried again the next day; after three attempts in a row, in writing.
CALL_AGAIN_AFTER = timedelta(days=1)
CALLS_BEFORE_WRITING = 3
# A summary is worth most while both still remember what was said.
SUMMARY_WITHIN = timedelta(hours=24)
# A quote has been read and compared after some days.
ASK_ABOUT_QUOTE_AFTER = timedelta(days=3)
# After a week without a word, a job is on its way to somebody else.
IN_TOUCH_AGAIN_AFTER = timedelta(days=7)


class Step(TextChoices):
    CALL_FIRST = "call_first", _("Call now")
    CALL_AGAIN = "call_again", _("Call again")
    WRITE = "write", _("Send a message")
    SUMMARY = "summary", _("Send a summary of what you agreed")
    QUOTE = "quote", _("Give your quote")
    ASK_ABOUT_QUOTE = "ask_about_quote", _("Ask about your quote")
    IN_TOUCH = "in_touch", _("Get in touch again")


WHY = {
    Step.CALL_FIRST: _(
        "A call works better than a message: homeowners tend to choose among those they have spoken to, and "
        "whoever calls first is usually the first to visit. If nobody answers, leave a message with your name."
    ),
    Step.CALL_AGAIN: _(
        "Nobody answered. Another time of day often does it: before nine, at lunch, or after six."
    ),
    Step.WRITE: _(
        "You have called several times. "
        "A short message that says who you are, and when you can visit, is easy to answer."
    ),
    Step.SUMMARY: _(
        "Write to the homeowner what you agreed and what happens next. It shows that you listened, and avoids "
        "misunderstandings later."
    ),
    Step.QUOTE: _(
        "You have seen or heard what is wanted. A written quote with a date is what a homeowner decides on."
    ),
    Step.ASK_ABOUT_QUOTE: _(
        "Ask whether something in your quote is unclear. Many jobs are decided by who asks."
    ),
    Step.IN_TOUCH: _(
        "It has been quiet for a while. Ask whether the job still stands, or write down how it ended."
    ),
}


@dataclass(frozen=True, slots=True)
class NextStep:
    step: Step
    due_at: datetime

    @property
    def why(self) -> str:
        return str(WHY[self.step])


def next_step(contact: Contact, diary: Sequence[DiaryEntry]) -> NextStep | None:
    """The recommended next follow-up; None once the contact has an outcome or was returned.

    `diary`: all of the contact's entries, by when they happened.
    """
    if contact.returned_at is not None or contact.outcome != Contact.Outcome.OPEN:
        return None
    if contact.first_contact_at is None:
        return NextStep(Step.CALL_FIRST, contact.first_contact_due_at)
    told = [entry for entry in diary if entry.kind != Kind.NOTE]
    last = told[-1]
    if last.kind == Kind.CALL_UNANSWERED:
        attempts = _calls_in_a_row(told)
        step = Step.WRITE if attempts >= CALLS_BEFORE_WRITING else Step.CALL_AGAIN
        return NextStep(step, last.happened_at + CALL_AGAIN_AFTER)
    if last.kind == Kind.QUOTE:
        return NextStep(Step.ASK_ABOUT_QUOTE, last.happened_at + ASK_ABOUT_QUOTE_AFTER)
    if last.kind in (Kind.CALL, Kind.VISIT):
        return NextStep(Step.SUMMARY, last.happened_at + SUMMARY_WITHIN)
    spoken = any(entry.kind in (Kind.CALL, Kind.VISIT, Kind.INCOMING) for entry in told)
    quoted = any(entry.kind == Kind.QUOTE for entry in told)
    if spoken and not quoted:
        return NextStep(Step.QUOTE, last.happened_at + ASK_ABOUT_QUOTE_AFTER)
    return NextStep(Step.IN_TOUCH, last.happened_at + IN_TOUCH_AGAIN_AFTER)


def _calls_in_a_row(told: Sequence[DiaryEntry]) -> int:
    number = 0
    for entry in reversed(told):
        if entry.kind != Kind.CALL_UNANSWERED:
            break
        number += 1
    return number

"""What to do next with a contact, why, and by when (G22)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.days import end_of_day, marketplace_day
from marketplace.errors import MarketplaceError
from marketplace.models import Contact, DiaryEntry, Step

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
# Nobody plans a call for later than this; a year typed wrongly does.
REMIND_WITHIN = timedelta(days=366)

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
    """`due_at`: by when it is suggested, or the last moment of the day that the professional chose (`chosen`)."""

    step: Step
    due_at: datetime
    chosen: date | None = None

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
    suggested = _suggested(diary)
    if contact.remind_on is None:
        return suggested
    last_moment = end_of_day(contact.remind_on) - timedelta(seconds=1)
    return NextStep(suggested.step, last_moment, contact.remind_on)


def _suggested(diary: Sequence[DiaryEntry]) -> NextStep:
    """By the diary of a contact that was reached."""
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


def remember_next_step(contact: Contact) -> None:
    """Keeps what the diary leads to on the contact itself, whose row is locked: the list of the day is found and
    sorted by it, whatever the number of contacts and the length of their diaries."""
    step = next_step(contact, list(contact.diary.all()))
    contact.next_step, contact.next_step_due_at = (step.step, step.due_at) if step else ("", None)
    contact.save(update_fields=["next_step", "next_step_due_at", "remind_on"])


def let_reminder_go(contact: Contact, entry: DiaryEntry) -> None:
    """A reminder has served once something was done on its day or later; notes alone leave it standing."""
    if (
        contact.remind_on
        and entry.kind != Kind.NOTE
        and marketplace_day(entry.happened_at) >= contact.remind_on
    ):
        contact.remind_on = None


def choose_reminder(*, contact: Contact, day: date | None, now: datetime) -> Contact:
    """Puts the next step off, or forward, to a day of the professional's own choosing; None: back to the suggestion.

    The first call cannot be put off: its 24 hours run whatever is chosen (G21). A homeowner's question stays overdue.
    Raises MarketplaceError: returned, ended (it has an outcome), not_called, bad_day.
    """
    with transaction.atomic():
        fresh = Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.pk)
        if fresh.returned_at is not None:
            raise MarketplaceError(
                "returned", _("You returned this contact, so nothing is left to do with it.")
            )
        if fresh.outcome != Contact.Outcome.OPEN:
            raise MarketplaceError(
                "ended", _("You have said how this contact ended, so nothing is left to do.")
            )
        if fresh.first_contact_at is None:
            raise MarketplaceError(
                "not_called", _("Call first: the 24 hours run, whatever day you choose."), field="day"
            )
        today = marketplace_day(now)
        if day is not None and not today <= day <= today + REMIND_WITHIN:
            raise MarketplaceError("bad_day", _("Choose a day from today to a year from now."), field="day")
        fresh.remind_on = day
        remember_next_step(fresh)
        return fresh

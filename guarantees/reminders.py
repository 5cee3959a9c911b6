"""Reminders of the dates of the guarantee, each once (G4, G5, G6).

The database is the schedule (X3): whom today can concern is found by dates and rows, they are judged by the same
loader and rules as their page, a batch at a time, and what the day asks of them is told unless it was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max

from base.days import marketplace_day
from base.jobs import for_each
from guarantees import rules
from guarantees.concerned import concerned
from guarantees.facts import BATCH, judge_many
from guarantees.models import Claim, Reminder, StoppedReminder
from guarantees.reminder_letters import remind
from guarantees.reminder_rules import Asked, reminder_of
from profiles.models import Professional


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder to be written to one business, and what it tells of."""

    asked: Asked
    verdict: rules.Eligibility
    has_draft: bool


def remind_of_guarantee(*, now: datetime) -> int:
    """Writes every reminder that the day asks for and that was not written; returns how many.

    Each in a transaction of its own with its mail: two workers, or two runs, write it once.
    """
    today = marketplace_day(now)
    return sum(_write(batch, today, now) for batch in due(today))


def due(today: date, *, batch: int = BATCH) -> Iterator[dict[int, Due]]:
    """What is to be written on `today` (local), by the businesses' row numbers, a batch at a time: memory does not
    grow with their number."""
    last = 0
    while ids := list(
        concerned(today).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:batch]
    ):
        yield _due_of(ids, today)
        last = ids[-1]


def _due_of(ids: list[int], today: date) -> dict[int, Due]:
    drafts, submitted = _claims_of(ids)
    told = set(Reminder.objects.filter(professional__in=ids).values_list("professional_id", "kind", "about"))
    stopped = set(
        StoppedReminder.objects.filter(professional__in=ids).values_list("professional_id", "topic")
    )
    found = {}
    for pk, verdict in judge_many(ids, today).items():
        asked = reminder_of(verdict, today, draft_on=drafts.get(pk), submitted_before=pk in submitted)
        if (
            asked is not None
            and (pk, asked.kind, asked.about) not in told
            and (pk, Reminder.TOPIC_OF[asked.kind]) not in stopped
        ):
            found[pk] = Due(asked, verdict, pk in drafts)
    return found


def _claims_of(ids: list[int]) -> tuple[dict[int, date], set[int]]:
    """On which local date the draft of each was last touched, and who ever submitted a claim."""
    drafts: dict[int, date] = {}
    submitted: set[int] = set()
    for pk, state, begun_at, submitted_at, told_at in (
        Claim.objects.filter(professional__in=ids)
        .order_by()
        .annotate(told_at=Max("professional__contacts__story__written_at"))
        .values_list("professional_id", "state", "begun_at", "submitted_at", "told_at")
    ):
        if state == Claim.State.DRAFT:
            drafts[pk] = marketplace_day(max(begun_at, told_at or begun_at))
        if submitted_at is not None:
            submitted.add(pk)
    return drafts, submitted


def _write(found: Mapping[int, Due], today: date, now: datetime) -> int:
    still = concerned(today).select_for_update(no_key=True, of=("self",)).select_related("owner")
    return for_each(
        Professional.objects.filter(pk__in=found),
        lambda pk: _remind(still.filter(pk=pk).first(), found[pk], today, now),
        what="remind of the guarantee",
        batch=BATCH,
    )


def _remind(professional: Professional | None, due: Due, today: date, now: datetime) -> bool:
    """`professional` is locked and looked at again: None where since the batch was judged it ceased to be concerned.
    What was bought or returned in these seconds is judged by the next run."""
    topic = Reminder.TOPIC_OF[due.asked.kind]
    if professional is None or professional.stopped_reminders.filter(topic=topic).exists():
        return False
    reminder, made = Reminder.objects.get_or_create(
        professional=professional, kind=due.asked.kind, about=due.asked.about, defaults={"sent_at": now}
    )
    if made:
        remind(reminder, due.verdict, has_draft=due.has_draft, today=today, now=now)
    return made

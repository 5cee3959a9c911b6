"""Reminders of the dates of the guarantee, each once (G4, G5, G6).

The database is the schedule (X3): whom today can concern is found by dates and rows, they are judged by the same
loader and rules as their page, a batch at a time, and what the day asks of them is told unless it was.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Max

from base.days import marketplace_day
from base.jobs import one_batch
from guarantees import rules
from guarantees.concerned import concerned
from guarantees.facts import BATCH, judge_many, load_facts
from guarantees.mailed import judge_by_mails, last_day_by
from guarantees.models import Claim, ClaimMail, Reminder, StoppedReminder
from guarantees.reminder_letters import letter_of
from guarantees.reminder_rules import Asked, reminder_of
from mail import outbox
from profiles.models import Professional

# So many are written in one transaction: enough that its commit costs little, and so few that no business waits long
# for its own row, which a purchase locks too.
TOGETHER = 50


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder to be written to one business, and what it tells of."""

    asked: Asked
    verdict: rules.Eligibility
    has_draft: bool


def remind_of_guarantee(*, now: datetime) -> int:
    """Writes every reminder that the day asks for and that was not written; returns how many.

    Each in the transaction of its mail, some together: two workers, or two runs, write it once, and one that fails is
    left for the next run without holding up the rest.
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
    by_mail = _judged_by_mail(ids, today)
    found = {}
    for pk, as_of_today in judge_many(ids, today).items():
        verdict = by_mail.get(pk, as_of_today)
        asked = reminder_of(verdict, today, draft_on=drafts.get(pk), submitted_before=pk in submitted)
        if asked is not None:
            found[pk] = Due(asked, verdict, pk in drafts)
    return _untold(found)


def _judged_by_mail(ids: list[int], today: date) -> dict[int, rules.Eligibility]:
    """How the drafts are judged to which a mail gives time; the last day to claim is the last to submit them (G12)."""
    mails: dict[int, list[ClaimMail]] = defaultdict(list)
    good = ClaimMail.objects.of_drafts().good_on(today).filter(claim__professional__in=ids)
    for mail in good.select_related("claim"):
        mails[mail.claim.professional_id].append(mail)
    found = {}
    for pk, known in load_facts(mails, today).items():
        _day, verdict, by = judge_by_mails(mails[pk], known, today)
        # On the day of a mail that came before the waiting month was over, it never can be submitted.
        if by is not None and not any(each.status == "waiting" for each in verdict.requirements):
            found[pk] = replace(verdict, claim_until=last_day_by(by, verdict))
    return found


def _untold(found: Mapping[int, Due]) -> dict[int, Due]:
    """Without those who were told of it, and those who do not want to be."""
    told = set(
        Reminder.objects.filter(professional__in=found).values_list("professional_id", "kind", "about")
    )
    stopped = set(
        StoppedReminder.objects.filter(professional__in=found).values_list("professional_id", "topic")
    )
    return {
        pk: due
        for pk, due in found.items()
        if (pk, due.asked.kind, due.asked.about) not in told
        and (pk, Reminder.TOPIC_OF[due.asked.kind]) not in stopped
    }


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
    still = concerned(today).order_by("pk")
    ids = sorted(found)
    written = 0
    for first in range(0, len(ids), TOGETHER):
        some = ids[first : first + TOGETHER]
        _claimed, done, _failed = one_batch(
            still.filter(pk__in=some),
            lambda claimed: _remind({pk: found[pk] for pk in claimed}, today, now),
            what="remind of the guarantee",
            batch=TOGETHER,
        )
        written += done
    return written


def _remind(found: Mapping[int, Due], today: date, now: datetime) -> int:
    """Those of `found` are locked and still concerned: what was told or stopped since the batch was judged is looked at
    again. What was bought or returned in these seconds is judged by the next run."""
    due_still = _untold(found)
    businesses = Professional.objects.filter(pk__in=due_still).select_related("owner").in_bulk()
    reminders = Reminder.objects.bulk_create(
        Reminder(professional=businesses[pk], kind=each.asked.kind, about=each.asked.about, sent_at=now)
        for pk, each in due_still.items()
    )
    outbox.write_many(
        [
            letter_of(
                reminder,
                due_still[reminder.professional_id].verdict,
                has_draft=due_still[reminder.professional_id].has_draft,
                today=today,
                now=now,
            )
            for reminder in reminders
        ],
        now=now,
    )
    return len(reminders)

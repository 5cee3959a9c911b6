"""The figures of the guarantee, counted once a day over all professionals: the pages only read them.

Who is counted in each kind of figure is said here; what the kinds are, at `DailyFigure.Kind`.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil

from django.db import transaction
from django.db.models import Count, F, Q, Sum

from base.days import add_months, end_of_day, marketplace_day
from guarantees import rules
from guarantees.facts import BATCH, in_batches, load_facts
from guarantees.first_fifteen import MIN_COUNTED, FirstFifteen, first_fifteen, where_most_are
from guarantees.models import Claim, ClaimItem, CountedDay, DailyFigure, HomeownerSurvey
from marketplace.models import Contact
from profiles.models import Professional

Kind = DailyFigure.Kind
# Decisions and homeowners' words are measured over the claims of so many months.
MEASURED_MONTHS = 12
# Whoever was asked lately may yet answer, and is counted before that only if they did.
TIME_TO_ANSWER = timedelta(days=3)
# What is missing where nothing is: it can be claimed today.
NOTHING = "nothing"
# While contacts are missing, these two are as well, and say nothing more.
_SAID_BY_CONTACTS = ("bought_in_time", "waiting_month")


@dataclass(slots=True)
class Tally:
    """What was counted so far: by kind and key, the sum of amounts, and how many."""

    amounts: Counter[tuple[str, str]] = field(default_factory=Counter)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, kind: str, key: str, *, amount: int, count: int = 1) -> None:
        self.amounts[kind, key] += amount
        self.counts[kind, key] += count


def is_counted(now: datetime) -> bool:
    """Whether the figures of today are there."""
    return CountedDay.objects.filter(day=marketplace_day(now)).exists()


def count_guarantee(*, now: datetime, batch: int = BATCH) -> bool:
    """Counts today's figures and writes them, all at once; False: they are there, and nothing is done.

    Two runs at once both count, and one of them writes. One that is stopped has written nothing. Who buys or claims
    meanwhile is counted as their batch finds them: nothing is locked.
    """
    if is_counted(now):
        return False
    today = marketplace_day(now)
    tally = tally_of(today, batch=batch)
    with transaction.atomic():
        counted, is_ours = CountedDay.objects.get_or_create(day=today, defaults={"counted_at": now})
        if is_ours:
            DailyFigure.objects.bulk_create(
                DailyFigure(counted=counted, kind=kind, key=key, amount=tally.amounts[kind, key], count=count)
                for (kind, key), count in tally.counts.items()
            )
    return is_ours


def tally_of(today: date, *, batch: int = BATCH) -> Tally:
    """All figures as of `today`: at most 9 queries for each batch of professionals, and a bounded amount of memory."""
    tally = Tally()
    for ids in in_batches(batch):
        _professionals(tally, ids, today)
    for (kind, key), count in list(tally.counts.items()):
        # A trade in one province that is never shown need not be kept.
        if kind == Kind.WINNERS_BY_BOTH and count < MIN_COUNTED:
            del tally.counts[kind, key]
    _claims(tally)
    since = end_of_day(add_months(today, -MEASURED_MONTHS))
    _decisions(tally, since)
    _homeowners(tally, since, end_of_day(today - TIME_TO_ANSWER))
    return tally


def _professionals(tally: Tally, ids: Collection[int], today: date) -> None:
    settled: dict[int, FirstFifteen] = {}
    closed = set(
        Professional.objects.filter(pk__in=ids, closed_at__isnull=False).values_list("pk", flat=True)
    )
    for pk, known in load_facts(ids, today).items():
        if known.facts.contracted_on is None:
            continue
        # Who has gone claims nothing any more; whether they had won a job is counted all the same (M15).
        if pk not in closed:
            _at_stake(tally, known.facts, known.judge(today))
        first = first_fifteen(known.facts, known.terms.as_rules(), today)
        if first is not None:
            settled[pk] = first
    _winners(tally, settled)


def _at_stake(tally: Tally, facts: rules.Facts, verdict: rules.Eligibility) -> None:
    """What one professional could still claim: what they paid so far for the contacts that count. What is claimed
    already stands with the claims."""
    if verdict.status == "no_longer" or facts.has_open_claim or not verdict.counted:
        return
    amount, until = verdict.amount_cents, verdict.claim_until
    assert until is not None  # They have contracted.
    missing = [each.code for each in verdict.requirements if each.status != "met"]
    if "contacts" in missing:
        missing = [code for code in missing if code not in _SAID_BY_CONTACTS]
    tally.add(Kind.AT_STAKE, "", amount=amount)
    tally.add(Kind.AT_STAKE_BY_MONTH, f"{until:%Y-%m}", amount=amount)
    for code in missing or [NOTHING]:
        tally.add(Kind.AT_STAKE_BY_MISSING, code, amount=amount)


def _winners(tally: Tally, settled: Mapping[int, FirstFifteen]) -> None:
    """Each professional once, where most of their first contacts are (M15)."""
    places = {
        pk: (category, province)
        for pk, category, province in Contact.objects.filter(professional__in=settled)
        .order_by()
        .values_list("pk", "lead__category", "lead__province")
    }
    for first in settled.values():
        category = where_most_are(places[pk][0] for pk in first.contacts)
        province = where_most_are(places[pk][1] for pk in first.contacts)
        for kind, key in (
            (Kind.WINNERS, ""),
            (Kind.WINNERS_BY_CATEGORY, f"{category}"),
            (Kind.WINNERS_BY_PROVINCE, f"{province}"),
            (Kind.WINNERS_BY_BOTH, f"{category}:{province}"),
        ):
            tally.add(kind, key, amount=int(first.won))


def _claims(tally: Tally) -> None:
    """Every claim that was ever submitted, by its state."""
    for state, count, amount in (
        Claim.objects.exclude(submitted_at=None)
        .order_by()
        .values("state")
        .annotate(number=Count("pk"), asked=Sum("amount_cents"))
        .values_list("state", "number", "asked")
    ):
        tally.add(Kind.CLAIMS, state, amount=amount, count=count)


def _decisions(tally: Tally, since: datetime) -> None:
    """How long the decisions that stand took, from the submission on."""
    decided = Claim.objects.filter(state__in=Claim.DECIDED, decided_at__gte=since).order_by()
    minutes = sorted(
        (decided_at - submitted_at) // timedelta(minutes=1)
        for submitted_at, decided_at in decided.values_list("submitted_at", "decided_at")
        if submitted_at is not None and decided_at is not None  # A decided claim has both.
    )
    if minutes:
        # The shortest time within which so many of a hundred were decided.
        ninety_fifth = minutes[ceil(len(minutes) * 0.95) - 1]
        for key, amount in (("50", round(statistics.median(minutes))), ("95", ninety_fifth)):
            tally.add(Kind.DECIDED_AFTER, key, amount=amount, count=len(minutes))


def _homeowners(tally: Tally, since: datetime, asked_before: datetime) -> None:
    """Of the homeowners who were asked by mail, and answered or had time to, how many answered (G14); and of the
    contacts in claims whose homeowner has said something, on whichever way, on how many it was that they hired the
    business, which says that it won nothing (G2), whatever a reviewer found since. A word after the refund may be of a
    job that came later (G24)."""
    had_time = Q(sent_at__lt=asked_before) | Q(answered_at__isnull=False)
    asked = HomeownerSurvey.objects.filter(had_time, sent_at__gte=since).aggregate(
        surveys=Count("pk"), answered=Count("answered_at")
    )
    hired = Q(homeowner_word=Contact.Word.HIRED_THEM)
    found = (
        Contact.objects.filter(
            Q(refunded_at=None) | Q(homeowner_word_at__lt=F("refunded_at")),
            pk__in=ClaimItem.objects.filter(claim__submitted_at__gte=since).values("contact"),
        )
        .exclude(homeowner_word="")
        .order_by()
        .aggregate(
            said=Count("pk"),
            contradicted=Count("pk", filter=hired & ~Q(outcome=Contact.Outcome.WON)),
        )
    )
    if asked["surveys"]:
        tally.add(Kind.ANSWERS, "", amount=asked["answered"], count=asked["surveys"])
    if found["said"]:
        tally.add(Kind.CONTRADICTIONS, "", amount=found["contradicted"], count=found["said"])

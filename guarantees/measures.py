"""How fast the guarantee is judged, beside the same judgement as one statement in SQL, and its figures counted."""

import statistics
import tracemalloc
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.contrib import admin
from django.db import transaction
from django.db.models import Count
from django.test import RequestFactory
from django.utils import timezone

from base.days import marketplace_day
from base.measure import Measurement, by_hand_connection, in_turn, milliseconds, queries_of
from base.registry import measured
from guarantees.concerned import concerned
from guarantees.counting import count_guarantee, tally_of
from guarantees.facts import in_batches, judge, judge_many, load_facts
from guarantees.figures import sheets_of
from guarantees.models import Claim, ClaimItem, CountedDay, DailyFigure, Ending, Reminder
from guarantees.public_numbers import public_numbers
from guarantees.reminders import due, remind_of_guarantee
from guarantees.snapshots import freeze
from mail.models import OutgoingMail
from marketplace.models import Contact, DiaryEntry
from profiles.models import Professional, User

# The whole verdict for the default terms. Kept apart from the product: two readings of one rule that must agree.
BY_HAND = """
WITH counted AS (
  SELECT * FROM (
    SELECT c.*, row_number() OVER (PARTITION BY professional_id ORDER BY bought_at, id) AS n
    FROM marketplace_contact c WHERE returned_at IS NULL AND (%(one)s::bigint IS NULL OR professional_id = %(one)s)
  ) numbered WHERE n <= 15
), deals AS (
  SELECT c.professional_id, count(*) AS n, bool_or(outcome = 'won') AS won, max(bought_on) AS last_on,
         sum(c.price_cents) AS amount, count(r.id) AS reviews,
         bool_or(EXISTS (SELECT FROM marketplace_returnrequest q WHERE q.contact_id = c.id AND q.state = 'asked'))
           AS pending
  FROM counted c LEFT JOIN marketplace_review r
    ON r.contact_id = c.id AND r.state = 'published' AND r.own_hand = '' AND r.handling >= 4
  GROUP BY 1
), earlier AS (
  SELECT professional_id, count(DISTINCT author_key) AS people FROM marketplace_review
  WHERE contact_id IS NULL AND state = 'published' AND own_hand = ''
    AND (%(one)s::bigint IS NULL OR professional_id = %(one)s) GROUP BY 1
), pictures AS (
  SELECT professional_id, max(photos) FILTER (WHERE use = 'project') AS project,
         max(photos) FILTER (WHERE use = 'work') AS work, bool_or(use = 'logo') AS logo
  FROM (SELECT professional_id, use, project_id, count(DISTINCT content_hash) AS photos FROM profiles_photo
        WHERE %(one)s::bigint IS NULL OR professional_id = %(one)s GROUP BY 1, 2, 3) p GROUP BY 1
), answers AS (
  SELECT professional_id, count(*) AS n FROM profiles_answer
  WHERE %(one)s::bigint IS NULL OR professional_id = %(one)s GROUP BY 1
), plans AS (
  SELECT DISTINCT p.professional_id FROM billing_period p JOIN billing_invoice i ON i.id = p.invoice_id
  WHERE starts_on <= %(today)s AND ends_on >= %(today)s
    AND NOT (i.due_on < %(today)s::date - 14 AND (i.paid_on IS NULL OR i.paid_on > %(today)s)
             AND (i.credited_on IS NULL OR i.credited_on > %(today)s))
    AND (%(one)s::bigint IS NULL OR p.professional_id = %(one)s)
), debts AS (
  SELECT DISTINCT c.professional_id FROM billing_invoice i JOIN billing_customer c ON c.id = i.customer_id
  WHERE i.paid_on IS NULL AND i.credited_on IS NULL AND i.due_on < %(today)s
    AND (%(one)s::bigint IS NULL OR c.professional_id = %(one)s)
), dates AS (
  SELECT id, description_length, p_day, c_day, extra,
         least(p_day, CASE WHEN c_day = (date_trunc('month', c_day) + interval '1 month - 1 day')::date
                           THEN date_trunc('month', c_day)::date - 1
                           ELSE (c_day - interval '1 month')::date END) AS b_day
  FROM (
    SELECT p.id, description_length, (first_contracted_on + interval '3 months')::date AS p_day, extra,
           (first_contracted_on + interval '3 months')::date + 15 + extra AS c_day
    FROM profiles_professional p,
         LATERAL (SELECT coalesce(sum(days), 0)::int AS extra FROM guarantees_extradays e
                  WHERE e.professional_id = p.id) x
    WHERE %(one)s::bigint IS NULL OR p.id = %(one)s
  ) d
)
SELECT dates.id, CASE
    WHEN p_day IS NULL THEN 'not_yet'
    WHEN won OR last_on > p_day OR %(today)s > c_day OR (coalesce(deals.n, 0) < 15 AND %(today)s > b_day)
      OR (deals.n = 15 AND (last_on + interval '1 month')::date > c_day)
      OR EXISTS (SELECT FROM guarantees_claim c
                 WHERE c.professional_id = dates.id AND c.state IN ('approved', 'rejected_as_false')) THEN 'no_longer'
    WHEN deals.n = 15 AND %(today)s >= (last_on + interval '1 month')::date AND NOT pending AND reviews >= 1
      AND logo AND description_length > 200 AND project >= 2 AND work >= 4 AND people >= 2
      AND coalesce(answers.n, 0) >= (SELECT count(*) FROM profiles_question)
      AND plans.professional_id IS NOT NULL AND debts.professional_id IS NULL
      AND NOT EXISTS (SELECT FROM profiles_suspension s WHERE s.professional_id = dates.id AND lifted_at IS NULL)
      AND NOT EXISTS (SELECT FROM guarantees_claim c
                      WHERE c.professional_id = dates.id AND c.state IN ('submitted', 'more_information'))
    THEN 'eligible' ELSE 'not_yet' END AS status, amount
FROM dates LEFT JOIN deals ON deals.professional_id = dates.id
  LEFT JOIN earlier ON earlier.professional_id = dates.id LEFT JOIN pictures ON pictures.professional_id = dates.id
  LEFT JOIN answers ON answers.professional_id = dates.id LEFT JOIN plans ON plans.professional_id = dates.id
  LEFT JOIN debts ON debts.professional_id = dates.id
"""


@measured
def eligibility(repeats: int) -> list[Measurement]:
    """One professional as the page loads it, and all of them, in the batches in which the figures are counted."""
    today = marketplace_day(timezone.now())
    # With twenty contacts, of whom fifteen count.
    professional = Professional.objects.filter(contacts__isnull=False, pk__gt=8).order_by("pk")[0]
    everybody = Professional.objects.count()
    ours: Counter[str] = Counter()
    hand: Counter[str] = Counter()

    def judge_everybody() -> None:
        ours.clear()
        for ids in in_batches():
            ours.update(verdict.status for verdict in judge_many(ids, today).values())

    with closing(by_hand_connection()) as raw, raw.cursor() as cursor:

        def one_by_hand() -> None:
            cursor.execute(BY_HAND, {"one": professional.pk, "today": today})
            cursor.fetchall()
            raw.commit()

        def everybody_by_hand() -> None:
            cursor.execute("DROP TABLE IF EXISTS verdict")
            cursor.execute("CREATE TEMP TABLE verdict AS " + BY_HAND, {"one": None, "today": today})
            cursor.execute("SELECT status, count(*) FROM verdict GROUP BY 1")
            hand.clear()
            hand.update(dict(cursor.fetchall()))
            raw.commit()

        one = in_turn(
            "eligibility of one professional, as the page loads it",
            ours=lambda: judge(professional, today),
            by_hand=one_by_hand,
            repeats=repeats * 20,
            goal="ratio ≤ 20, ≤ 6 queries",
        )
        everyone = in_turn(
            f"eligibility of all {everybody:,}",
            ours=judge_everybody,
            by_hand=everybody_by_hand,
            repeats=repeats,
            goal="ratio ≤ 12, ≤ 8 queries per 2,000, ≤ 300 MB",
            memory=True,
        )
    note = f"{ours['eligible']:,} eligible, both agree" if ours == hand else f"ours {ours}, by hand {hand}"
    return [one, replace(everyone, note=note)]


@measured
def figures(repeats: int) -> list[Measurement]:
    """The figures counted over all professionals, as the nightly job does, and the page that reads them."""
    now = timezone.now()
    today = marketplace_day(now)
    everybody = Professional.objects.count()
    tracemalloc.start()
    queries = queries_of(lambda: tally_of(today))
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    counted = sorted(milliseconds(lambda: tally_of(today)) for _ in range(repeats))
    count_guarantee(now=now)
    for days in range(1, 90):
        _count_again(CountedDay.objects.get(day=today), today - timedelta(days=days))
    latest = CountedDay.objects.get(day=today)
    pages = [
        (
            "the figures' page for staff, with 90 days",
            lambda: [sheet.shown for sheet in sheets_of(latest).values()],
        ),
        ("the honest numbers, for everybody", public_numbers),
    ]
    goal = "4 queries, however many professionals"
    return [
        Measurement(
            f"the figures of a day, over {everybody:,}",
            ours_median=statistics.median(counted),
            ours_p95=counted[-1],
            queries=queries,
            peak_mb=peak,
            goal="≤ 9 queries per 2,000, ≤ 300 MB",
            note=f"{latest.figures.count()} figures",
        ),
        *(_page(name, read, goal, repeats * 20) for name, read in pages),
    ]


def _count_again(counted: CountedDay, day: date) -> None:
    """An older day with the same figures."""
    older = CountedDay.objects.create(day=day, counted_at=counted.counted_at)
    DailyFigure.objects.bulk_create(
        DailyFigure(counted=older, kind=each.kind, key=each.key, amount=each.amount, count=each.count)
        for each in counted.figures.all()
    )


def _page(name: str, read: Callable[[], object], goal: str, repeats: int) -> Measurement:
    queries = queries_of(read)
    times = sorted(milliseconds(read) for _ in range(repeats))
    return Measurement(
        name,
        ours_median=statistics.median(times),
        ours_p95=times[round(0.95 * (len(times) - 1))],
        queries=queries,
        goal=goal,
    )


@measured
def nightly_reminders(repeats: int) -> list[Measurement]:
    """The reminders of a day on which everybody whom it concerns is due at once, and the run that finds all written."""
    now = timezone.now()
    today = marketplace_day(now)
    everybody, looked_at = Professional.objects.count(), concerned(today).count()
    written = 0

    def write() -> None:
        nonlocal written
        written = remind_of_guarantee(now=now)

    took = milliseconds(write)
    first = written
    queries = queries_of(write)
    again = [milliseconds(write) for _ in range(repeats)]
    each = (took - statistics.median(again)) / max(1, first)
    tracemalloc.start()
    for _batch in due(today):
        pass
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    name = f"nightly reminders over {everybody:,} professionals"
    measured_here = [
        Measurement(
            operation=f"{name}: the first run",
            ours_median=took,
            goal="≤ 5 ms a mail",
            note=f"{looked_at:,} judged, whom the day concerns; {first:,} mails, {each:.2f} ms each beside the judging",
        ),
        Measurement(
            operation=f"{name}: when all is written",
            ours_median=statistics.median(again),
            ours_p95=max(again),
            queries=queries,
            peak_mb=peak,
            goal="≤ 60 s, ≤ 14 queries per 2,000 judged, ≤ 300 MB",
            note=f"{looked_at:,} judged, {written:,} mails",
        ),
    ]
    Reminder.objects.all().delete()
    OutgoingMail.objects.filter(cause__startswith="reminder:").delete()
    return measured_here


@measured
def reviewing(repeats: int) -> list[Measurement]:
    """The reviewer's page of a claim, with one diary entry a contact and with thirty, and the queue of thirty claims;
    all made for it and taken away again."""
    now = timezone.now()
    with transaction.atomic():
        claims = _make_claims(30, now)
        for claim, entries in zip(claims[:2], (1, 30), strict=True):
            _write_diaries(claim, entries, now)
        request = RequestFactory().get("/")
        request.user = User.objects.create_superuser(email="measures@quince.invalid")
        office = admin.site.get_model_admin(Claim)

        def page_of(claim: Claim) -> Callable[[], object]:
            return lambda: office.change_view(request, str(claim.pk))

        page_of(claims[0])(), page_of(claims[1])()  # What is written down once a day is written down.
        small = queries_of(page_of(claims[0]))
        page = _page(
            "the reviewer's page, with 15 contacts and 450 entries",
            page_of(claims[1]),
            "≤ 60 queries, however many entries",
            repeats * 5,
        )
        queue = _page(
            "the reviewers' queue, with 30 claims",
            lambda: office.changelist_view(request).render(),  # type: ignore[attr-defined]
            "≤ 8 queries, however many claims",
            repeats * 5,
        )
        transaction.set_rollback(True)
    return [replace(page, note=f"{small} queries with 15 entries"), queue]


def _make_claims(count: int, now: datetime) -> list[Claim]:
    """Submitted claims of as many businesses with fifteen contacts, straight into the tables."""
    today = marketplace_day(now)
    fifteen = Contact.objects.order_by().values("professional").annotate(n=Count("pk")).filter(n__gte=15)
    ids = sorted(fifteen.values_list("professional", flat=True)[:count])
    claims, items = [], []
    for pk, found in load_facts(ids, today).items():
        verdict = found.judge(today)
        claim = Claim(
            professional_id=pk,
            state=Claim.State.SUBMITTED,
            begun_at=now,
            submitted_at=now,
            made_on=today,
            terms=found.terms,
            amount_cents=verdict.amount_cents,
            submission_snapshot=freeze(found.facts, found.terms.as_rules(), today, verdict),
        )
        claims.append(claim)
        items += [
            ClaimItem(
                claim=claim, contact_id=contact, position=n, price_cents=0, story="…", ending=Ending.OTHER
            )
            for n, contact in enumerate(verdict.counted, start=1)
        ]
    Claim.objects.bulk_create(claims)
    ClaimItem.objects.bulk_create(items)
    return claims


def _write_diaries(claim: Claim, entries: int, now: datetime) -> None:
    DiaryEntry.objects.filter(contact__claim_items__claim=claim).delete()
    DiaryEntry.objects.bulk_create(
        DiaryEntry(contact_id=contact, kind=DiaryEntry.Kind.NOTE, happened_at=now, written_at=now, text="…")
        for contact in claim.items.values_list("contact", flat=True)
        for _ in range(entries)
    )

"""How fast what is due is found among all tickets, and told of (S9), beside the same work by hand."""

import statistics
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from base.measure import Measurement, by_hand_connection, in_turn, milliseconds, queries_of
from base.registry import measured
from mail.models import OutgoingMail
from support.models import Wait
from support.response_times import check_response_times

DUE = (1_000, 10_000)
BATCH = 500


FIND_DUE = """
SELECT id FROM support_wait
WHERE (ended_at IS NULL OR breached_at IS NOT NULL) AND breach_told_at IS NULL AND due_at < %(now)s
ORDER BY due_at, id LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED
"""
FIND_SOON = """
SELECT id FROM support_wait
WHERE ended_at IS NULL AND warned_at IS NULL AND breached_at IS NULL AND warn_at <= %(now)s AND due_at >= %(now)s
ORDER BY warn_at, id LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED
"""


@measured
def desk_response_times(repeats: int) -> list[Measurement]:
    """The response-time check among all tickets, with nothing due, with a thousand and with ten thousand."""
    now = timezone.now()
    number_open, ended = Wait.objects.open().count(), Wait.objects.exclude(ended_at=None).count()

    def check() -> None:
        check_response_times(now=now)

    with closing(by_hand_connection()) as raw, raw.cursor() as cursor:

        def nothing_by_hand() -> None:
            cursor.execute(FIND_DUE, {"now": now, "batch": BATCH})
            cursor.fetchall()
            cursor.execute(FIND_SOON, {"now": now, "batch": BATCH})
            cursor.fetchall()
            raw.rollback()

        results = [
            in_turn(
                f"response-time check, nothing due among {number_open:,} open and {ended:,} ended",
                ours=check,
                by_hand=nothing_by_hand,
                repeats=repeats * 20,
                goal="≤ 3 ms whatever the size, ≤ 2 queries",
            )
        ]
        for wanted in DUE:
            results.append(_check_due(raw, min(wanted, number_open), check, now, repeats))
    return results


def _check_due(raw: Any, number: int, check: Callable[[], None], now: datetime, repeats: int) -> Measurement:
    mine, hand, statements = [], [], 0
    for turn in range(repeats + 1):
        _make_due(number, now)
        if turn == 0:  # Not timed: this one is counted.
            statements = queries_of(check)
            continue
        mine.append(milliseconds(check))
        _make_due(number, now)
        hand.append(milliseconds(lambda: _tell_by_hand(raw, now)))
    _make_due(0, now)
    batches = -(-number // BATCH)
    return Measurement(
        f"… {number:,} late",
        ours_median=statistics.median(mine),
        ours_p95=max(mine),
        by_hand_median=statistics.median(hand),
        queries=statements,
        goal="ratio ≤ 4, ≤ 5 queries per batch",
        note=f"{statements / batches:.1f} queries for each {BATCH}; one mail to each reader, by hand one for each wait",
    )


def _make_due(number: int, now: datetime) -> None:
    """So many of the open waits passed their time an hour ago and nobody was told; of the rest nothing is due."""
    OutgoingMail.objects.all().delete()
    Wait.objects.open().exclude(breached_at=None).update(
        breached_at=None,
        breach_told_at=None,
        due_at=now + timedelta(days=1),
        warn_at=now + timedelta(hours=12),
    )
    ids = list(Wait.objects.open().order_by("-pk").values_list("pk", flat=True)[:number])
    late = now - timedelta(hours=1)
    Wait.objects.filter(pk__in=ids).update(asked_at=late - timedelta(days=1), warn_at=late, due_at=late)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE support_wait")


def _tell_by_hand(raw: Any, now: datetime) -> None:
    """Batches with SKIP LOCKED, the flags set and a row in the outbox for each."""
    with raw.cursor() as cursor:
        while True:
            cursor.execute(FIND_DUE, {"now": now, "batch": BATCH})
            due = [row[0] for row in cursor.fetchall()]
            if not due:
                raw.rollback()
                return
            cursor.execute(
                "UPDATE support_wait SET breached_at = %s, breach_told_at = %s WHERE id = ANY(%s)",
                [now, now, due],
            )
            values = ", ".join(
                cursor.mogrify(
                    "('support/late', %s, 'lead@quince.invalid', '', '', '', '', 'es-mx', 'Subject', %s, %s, 'queued',"
                    " 0, '', %s, %s)",
                    [f"wait:{pk}", f"Wait {pk} is late", uuid.uuid4().hex, now, now],
                ).decode()
                for pk in due
            )
            cursor.execute(
                "INSERT INTO mail_outgoingmail (kind, cause, recipient, reply_to, in_reply_to, unsubscribe_url,"
                " calendar, language, subject, text, message_id, state, attempts, last_error, written_at, due_at)"
                " VALUES " + values + " ON CONFLICT DO NOTHING"
            )
            raw.commit()

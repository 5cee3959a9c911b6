"""How fast the desk's figures are, and a deadline by itself."""

import statistics
from contextlib import closing

from django.conf import settings
from django.utils import timezone

from base.measure import Measurement, by_hand_connection, in_turn, milliseconds, queries_of
from base.registry import measured
from support.desk_calendar import deadline, working_calendar
from support.figures import heads_of, period, sheets_of
from support.models import Wait

BY_MONTH = """
SELECT date_trunc('month', asked_at AT TIME ZONE %(zone)s) AS month, count(*),
       count(*) FILTER (WHERE ended_at <= due_at), percentile_disc(0.5) WITHIN GROUP (ORDER BY took_seconds),
       percentile_disc(0.95) WITHIN GROUP (ORDER BY took_seconds)
FROM support_wait WHERE ending = 'answer' AND asked_at >= %(since)s GROUP BY 1 ORDER BY 1
"""


@measured
def desk_figures(repeats: int) -> list[Measurement]:
    """The figures of twelve months, all sheets, as the page for the desk lead has them; by hand the sheet by month."""
    now = timezone.now()
    wanted = period(now=now)
    waits = Wait.objects.filter(asked_at__gte=wanted.bounds[0]).count()

    def all_sheets() -> None:
        heads_of(wanted, now=now)
        [sheet.shown for sheet in sheets_of(wanted, now=now).values()]

    with closing(by_hand_connection()) as raw, raw.cursor() as cursor:

        def one_by_hand() -> None:
            cursor.execute(BY_MONTH, {"zone": settings.DESK_TIME_ZONE, "since": wanted.bounds[0]})
            cursor.fetchall()
            raw.rollback()

        return [
            in_turn(
                f"the desk's figures of twelve months, {waits:,} waits",
                ours=all_sheets,
                by_hand=one_by_hand,
                repeats=repeats,
                goal="constant queries",
                note="by hand: the promise by month alone, one of ten sheets",
                memory=True,
            )
        ]


@measured
def desk_deadlines(repeats: int) -> list[Measurement]:
    """What a deadline costs by itself: the calendar read, and one working day counted on it."""
    now = timezone.now()

    def count() -> None:
        deadline(now, working_calendar())

    times = sorted(milliseconds(count) for _ in range(repeats * 20))
    return [
        Measurement(
            "a deadline, with its calendar read",
            ours_median=statistics.median(times),
            ours_p95=times[round(0.95 * (len(times) - 1))],
            queries=queries_of(count),
            goal="2 queries",
        )
    ]

"""How the product's speed is measured: the same work done by us and by hand in SQL, in turn, in one run."""

import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg2
from django.db import connection
from django.test.utils import CaptureQueriesContext


@dataclass(frozen=True, slots=True)
class Measurement:
    """One line of `bench`. Times in milliseconds; `queries` is the number of statements we sent; `goal` is the
    ratio (or other bound) that is aimed at, in words; `note` says what else was seen."""

    operation: str
    ours_median: float | None = None
    ours_p95: float | None = None
    by_hand_median: float | None = None
    queries: float | None = None
    peak_mb: float | None = None
    goal: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours ÷ by hand."""
        if self.ours_median is None or not self.by_hand_median:
            return None
        return self.ours_median / self.by_hand_median


def milliseconds(work: Callable[[], object]) -> float:
    """How long `work` took."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def queries_of(work: Callable[[], object]) -> int:
    """How many statements `work` sends, transaction control left out."""
    with CaptureQueriesContext(connection) as captured:
        work()
    control = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
    return sum(not query["sql"].startswith(control) for query in captured.captured_queries)


def in_turn(
    operation: str,
    *,
    ours: Callable[[], object],
    by_hand: Callable[[], object],
    repeats: int,
    goal: str = "",
    note: str = "",
    memory: bool = False,
) -> Measurement:
    """Runs both `repeats` times in turn, after one uncounted run of each; medians, and our 95th percentile."""
    queries = queries_of(ours)
    by_hand()
    peak = None
    if memory:
        tracemalloc.start()
        ours()
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    pairs = [(milliseconds(ours), milliseconds(by_hand)) for _ in range(repeats)]
    mine = sorted(pair[0] for pair in pairs)
    return Measurement(
        operation=operation,
        ours_median=statistics.median(mine),
        ours_p95=mine[min(len(mine) - 1, round(0.95 * (len(mine) - 1)))],
        by_hand_median=statistics.median(pair[1] for pair in pairs),
        queries=queries,
        peak_mb=peak,
        goal=goal,
        note=note,
    )


def by_hand_connection() -> Any:
    """A connection to the same database over the same driver, without Django in between. The caller closes it."""
    parameters = connection.get_connection_params()
    return psycopg2.connect(
        **{
            name: parameters[name]
            for name in ("dbname", "user", "password", "host", "port")
            if name in parameters
        }
    )

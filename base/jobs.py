"""The loops of a periodic job: what is due is found by looking, and one row that fails never stops the rest (X3)."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

logger = logging.getLogger(__name__)


def for_each(due: QuerySet[Any], act: Callable[[int], bool], *, what: str, batch: int = 200) -> int:
    """Calls `act` with the primary key of each row that is due, each in a transaction of its own; returns how many
    it did.

    `act` looks again under its lock and says whether there was something to do: so two workers, or two runs, do each
    once. One that fails is logged as "Could not `what` …" and left for the next run; the rest go on.
    """
    done = 0
    for pk in _keys(due, batch):
        try:
            with transaction.atomic():
                done += act(pk)
        except Exception:
            logger.exception("Could not %s %s %s", what, due.model.__name__, pk)
    return done


def in_batches(due: QuerySet[Any], act: Callable[[list[int]], int], *, what: str, batch: int = 500) -> int:
    """As `for_each`, for jobs whose rows are so many that a transaction for each would cost more than the work: `act`
    is called with the primary keys of a batch, locked, in one transaction; returns the sum of what it says it did.

    What `act` has done must be due no more. It is taken in the order of `due`, so that an index of that order serves
    it. What another worker has locked is left to it. Of a batch that fails, each row is tried on its own; one that
    fails so too is logged as "Could not `what` …" and left for the next run. Never inside a transaction.
    """
    done = 0
    failed: list[int] = []
    while True:
        claimed, did, failed_now = one_batch(due.exclude(pk__in=failed), act, what=what, batch=batch)
        done += did
        failed += failed_now
        if claimed < batch:
            return done


def one_batch(
    due: QuerySet[Any], act: Callable[[list[int]], int], *, what: str, batch: int
) -> tuple[int, int, list[int]]:
    """One round of `in_batches`: how many rows were locked, what `act` says it did, and the keys of those that
    failed."""
    claimed: list[int] = []
    try:
        with transaction.atomic():
            claimed = _locked(due, batch)
            return len(claimed), act(claimed) if claimed else 0, []
    except Exception:
        if not claimed:
            raise
        logger.exception("Could not %s a batch of %s, so each is tried alone", what, len(claimed))
    done, failed = 0, []
    for pk in claimed:
        try:
            with transaction.atomic():
                still_due = _locked(due.filter(pk=pk), 1)
                done += act(still_due) if still_due else 0
        except Exception:
            logger.exception("Could not %s %s %s", what, due.model.__name__, pk)
            failed.append(pk)
    return len(claimed), done, failed


def _locked(due: QuerySet[Any], batch: int) -> list[int]:
    """Where another worker has been meanwhile, a row is due no more."""
    return list(due.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)[:batch])


def _keys(due: QuerySet[Any], batch: int) -> Iterator[int]:
    """Primary keys, a batch at a time, each once, whatever becomes of the rows."""
    last = 0
    while True:
        keys = list(due.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:batch])
        yield from keys
        if len(keys) < batch:
            return
        last = keys[-1]

"""The loop of a periodic job: what is due is found by looking, and each row is done on its own (X3)."""

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


def _keys(due: QuerySet[Any], batch: int) -> Iterator[int]:
    """Primary keys, a batch at a time, each once, whatever becomes of the rows."""
    last = 0
    while True:
        keys = list(due.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:batch])
        yield from keys
        if len(keys) < batch:
            return
        last = keys[-1]

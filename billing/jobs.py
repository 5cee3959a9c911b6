"""How every job of billing goes about what is due: in batches, each row in a transaction of its own."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

logger = logging.getLogger(__name__)


def for_each(due: QuerySet[Any], act: Callable[[int], bool], batch: int, what: str) -> int:
    """Does `act` for the primary key of each row that is due, in order, in batches, and returns how often it did
    something. One that fails is logged and left for next time."""
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

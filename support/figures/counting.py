"""What the desk's sheets have in common: groups, ranks, and rows by month."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from django.db.models import (
    Count,
    F,
    Q,
    QuerySet,
    Window,
)
from django.db.models.functions import RowNumber, TruncMonth
from django.utils.translation import gettext as _

from base.sheets import Column, Row
from support.desk_calendar import desk_zone
from support.figures.period import Period

NOTHING = "–"


column = partial(Column, nothing=NOTHING)


def grouped(rows: Any, /, *by: Any, sums: Mapping[str, Any], **named: Any) -> Iterable[Mapping[str, Any]]:
    """One row for each value of `by` (and of what is `named`), with the sums of each."""
    found: Iterable[Mapping[str, Any]] = rows.values(*by, **named).annotate(**sums)
    return found


def month_of(field: str) -> TruncMonth:
    return TruncMonth(field, tzinfo=desk_zone())


def at_ranks(rows: QuerySet[Any], group: Any, value: str, per_cent: tuple[int, ...]) -> dict[Any, list[Any]]:
    """By group the value that so many per cent of the rows do not exceed (the nearest rank). One query."""
    if group is not None:
        rows = rows.annotate(group=group)
    within = [F("group")] if group is not None else None
    ranked = rows.annotate(
        of=Window(Count("pk"), partition_by=within),
        rank=Window(RowNumber(), partition_by=within, order_by=[F(value).asc(), F("pk").asc()]),
    )
    wanted = Q()
    for each in per_cent:
        # Whole numbers throughout: the rank is rounded up.
        wanted |= Q(rank=(F("of") * each + 99) / 100)
    names = ("group", "of", "rank", value) if group is not None else ("of", "rank", value)
    values: dict[Any, dict[int, Any]] = {}
    sizes: dict[Any, int] = {}
    for row in ranked.filter(wanted).values_list(*names):
        key, (of, rank, found) = (row[0] if group is not None else None), row[-3:]
        values.setdefault(key, {})[rank], sizes[key] = found, of
    return {
        key: [found[(sizes[key] * each + 99) // 100] for each in per_cent] for key, found in values.items()
    }


def whole_minutes(seconds: float) -> int:
    return -(-int(seconds) // 60)


def rows_by_month(
    period: Period, found: Mapping[date, Sequence[Any]], nothing: Sequence[Any]
) -> tuple[Row, ...]:
    """A row for each month from the first in which there was anything, with what is to be said of it at the end."""
    if not found:
        return ()
    shown = [month for month in period.months if month >= min(found)]
    running = _("still running")
    return tuple(
        (month, *found.get(month, nothing), running if period.runs(month) else "") for month in shown
    )


def month_columns(*columns: Column) -> tuple[Column, ...]:
    return (column(_("Month"), "month"), *columns, Column(_("Remark"), "text"))

"""The desk's sheets in the order of the page, and the few numbers at its head (S12)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from base.sheets import Sheet
from support.figures.allowances import gifts_by_month, sold_by_month, use_by_client, use_by_month
from support.figures.counting import column
from support.figures.period import Period
from support.figures.promises import (
    apart,
    half_and_most,
    promise_by_channel,
    promise_by_client,
    promise_by_month,
    promise_counts,
    share_kept,
    waits_asked,
)
from support.figures.questions import questions_by_month, ratings_by_month
from support.models import Wait

# Of clients the page shows so many, those with most first; the spreadsheet has all.
CLIENTS_SHOWN = 50


def sheets_of(period: Period, *, now: datetime, without: Collection[int] = ()) -> dict[str, Sheet]:
    """The sheets by their codes, in the order of the page; as many queries however much there is. `without`: clients of
    which the reader is told nothing by name, for they speak for them."""
    sheets = (
        promise_by_month(period, now),
        apart(period, now),
        promise_by_channel(period, now),
        promise_by_client(period, now, without),
        use_by_month(period),
        gifts_by_month(period),
        use_by_client(period, without),
        sold_by_month(period),
        questions_by_month(period),
        ratings_by_month(period),
    )
    return {sheet.code: sheet for sheet in sheets}


def heads_of(period: Period, *, now: datetime) -> Sequence[tuple[str, str]]:
    """The few numbers at the head of the page, each with its words. What was not measured is a dash."""
    waits = waits_asked(period.narrowed)
    counts = waits.aggregate(**promise_counts(now))
    half, most = half_and_most(waits, None).get(None, (None, None))
    share, minutes = column("", "share"), column("", "minutes")
    return [
        (share.shown(share_kept(counts)), _("answered within the promise")),
        (minutes.shown(half), _("working time within which half were answered")),
        (minutes.shown(most), _("working time within which 95 of 100 were answered")),
        (column("", "count").shown(Wait.objects.breached(now).count()), _("late and not answered now")),
    ]


def shown_of(sheets: Iterable[Sheet]) -> list[tuple[Sheet, list[Any], int]]:
    """What a page shows of each: its rows, and how many more there are in the spreadsheet."""
    return [(sheet, sheet.shown[:CLIENTS_SHOWN], max(0, len(sheet.rows) - CLIENTS_SHOWN)) for sheet in sheets]

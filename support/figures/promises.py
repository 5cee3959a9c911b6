"""What was promised and kept, by month, channel and client; and the waits that were neither kept nor broken (S12)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    F,
    Q,
    QuerySet,
)
from django.utils.translation import gettext as _

from base.sheets import Column, Row, Sheet
from support.figures.counting import (
    at_ranks,
    column,
    grouped,
    month_columns,
    month_of,
    rows_by_month,
    whole_minutes,
)
from support.figures.period import Period
from support.models import Ticket, Wait

Ending = Wait.Ending


def waits_asked(bounds: tuple[datetime, datetime]) -> QuerySet[Wait]:
    return Wait.objects.filter(asked_at__gte=bounds[0], asked_at__lt=bounds[1]).order_by()


def promise_counts(now: datetime) -> dict[str, Count]:
    """Each wait in one of them: what was late when it ended, whatever ended it, is late (`Wait.LATE`)."""
    in_time = Q(ended_at__lte=F("due_at"))
    return {
        "kept": Count("pk", filter=in_time & Q(ending__in=Wait.KEPT_BY)),
        "late": Count("pk", filter=Wait.LATE),
        "overdue": Count("pk", filter=Q(ended_at=None, due_at__lt=now)),
        "waiting": Count("pk", filter=Q(ended_at=None, due_at__gte=now)),
        "no_answer": Count("pk", filter=in_time & Q(ending=Ending.NO_ANSWER)),
        "by_client": Count("pk", filter=in_time & Q(ending=Ending.CLIENT)),
        "merged": Count("pk", filter=Q(ending=Ending.MERGED)),
    }


def share_kept(counts: Mapping[str, int]) -> Decimal | None:
    """The part of the promises that was kept; None where none was to be kept yet."""
    promised = counts["kept"] + counts["late"] + counts["overdue"]
    return Decimal(counts["kept"]) / promised if promised else None


def half_and_most(waits: QuerySet[Wait], group: Any) -> dict[Any, tuple[int, int]]:
    """By group (an expression; None: all together) within how many whole minutes of working time half of the answers
    came, and 95 of 100."""
    found = at_ranks(waits.filter(ending__in=Wait.KEPT_BY), group, "took_seconds", (50, 95))
    return {key: (whole_minutes(half), whole_minutes(most)) for key, (half, most) in found.items()}


def _promise_columns() -> tuple[Column, ...]:
    return (
        column(_("Within the promise"), "share"),
        column(_("Answered in time"), "count"),
        column(_("Answered late, or never"), "count"),
        column(_("Late, not answered yet"), "count"),
        column(_("Half within"), "minutes"),
        column(_("95 of 100 within"), "minutes"),
    )


def _promise(counts: Mapping[str, Any], ranks: tuple[int, int] | None) -> Row:
    half, most = ranks or (None, None)
    return share_kept(counts), counts["kept"], counts["late"], counts["overdue"], half, most


_NO_PROMISE: Row = (None, None, None, None, None, None)


_HOW_COUNTED = "kept", "late", "overdue"


def _any_promise(counts: Mapping[str, Any]) -> bool:
    return any(counts[name] for name in _HOW_COUNTED)


def promise_by_month(period: Period, now: datetime) -> Sheet:
    waits, month = waits_asked(period.bounds), month_of("asked_at")
    ranks = half_and_most(waits, month)
    found = {
        row["month"].date(): _promise(row, ranks.get(row["month"]))
        for row in grouped(waits, month=month, sums=promise_counts(now))
        if _any_promise(row)
    }
    return Sheet(
        "months",
        _("Answers within the promise, by month"),
        _(
            "Whoever asked in the month, by what they were promised then. What is late and not answered yet counts as "
            "not within the promise, and so does what was late before its client closed it or somebody said that it "
            "needs no answer; what is not due yet is not counted. Half, and 95 of 100, were answered within the "
            "working time that is named: of those answered, rounded up to whole minutes."
        ),
        month_columns(*_promise_columns()),
        rows_by_month(period, found, _NO_PROMISE),
    )


def apart(period: Period, now: datetime) -> Sheet:
    names = ("waiting", "no_answer", "by_client", "merged")
    rows = grouped(waits_asked(period.bounds), month=month_of("asked_at"), sums=promise_counts(now))
    found = {
        row["month"].date(): tuple(row[name] for name in names)
        for row in rows
        if any(row[name] for name in names)
    }
    return Sheet(
        "apart",
        _("What is neither kept nor broken"),
        _(
            "What was asked in the month and is counted in no share. What was late before it ended counts as late."
        ),
        month_columns(
            column(_("Not due yet"), "count"),
            column(_("Needed no answer"), "count"),
            column(_("Closed by the client"), "count"),
            column(_("Merged with another"), "count"),
        ),
        rows_by_month(period, found, (None,) * len(names)),
    )


def promise_by_channel(period: Period, now: datetime) -> Sheet:
    waits = waits_asked(period.narrowed)
    ranks = half_and_most(waits, F("ticket__channel"))
    found = {
        row["ticket__channel"]: row for row in grouped(waits, "ticket__channel", sums=promise_counts(now))
    }
    return Sheet(
        "channels",
        _("By the way it was asked"),
        _("%(period)s. The way by which the ticket was opened.") % {"period": period.in_words},
        (column(_("Way"), "text"), *_promise_columns()),
        tuple(
            (str(channel.label), *_promise(found[channel], ranks.get(channel)))
            for channel in Ticket.Channel
            if channel in found and _any_promise(found[channel])
        ),
    )


def promise_by_client(period: Period, now: datetime, without: Collection[int]) -> Sheet:
    # What was promised on a question that was linked to the wrong client is nobody's any more.
    waits = waits_asked(period.narrowed).filter(ticket__client__isnull=False)
    waits = waits.exclude(ticket__client__in=without)
    ranks = half_and_most(waits, F("ticket__client"))
    named = F("ticket__client__customer__name")
    rows = grouped(waits, "ticket__client", name=named, sums=promise_counts(now))
    found = sorted(
        (row for row in rows if _any_promise(row)),
        key=lambda row: (-sum(row[name] for name in _HOW_COUNTED), row["name"], row["ticket__client"]),
    )
    return Sheet(
        "clients",
        _("By client"),
        _("%(period)s, those who asked most first.") % {"period": period.in_words},
        (column(_("Client"), "text"), *_promise_columns()),
        tuple((row["name"], *_promise(row, ranks.get(row["ticket__client"]))) for row in found),
    )

"""The figures of the desk (S12) as tables, counted from the rows as they are whenever somebody looks.

A wait is counted in the month in which it was asked, by the desk's zone, and by what was promised then. Its promise is
kept by an answer or a call back in time; broken by one that came late, or by none although the time has passed, by the
clock. What needed no answer, what its client closed and what was merged is neither, and stands apart.

Half and 95 of 100 are real answers, each the first within which so many of them came (the nearest rank): counted by the
database, exactly and alike on PostgreSQL and SQLite, and said in whole minutes, rounded up, so that none that was late
reads as if it had been in time.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import (
    Avg,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Window,
)
from django.db.models.functions import RowNumber, TruncMonth
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from base.days import add_months
from base.sheets import Column, Row, Sheet
from support.desk_calendar import desk_day, desk_zone
from support.models import AllowanceEntry, Message, Quote, Ticket, Wait, Work
from support.models.allowances import Unit

MONTHS = 12
# Of clients the page shows so many, those with most first; the spreadsheet has all.
CLIENTS_SHOWN = 50
Ending = Wait.Ending
Kind = AllowanceEntry.Kind
NOTHING = "–"
column = partial(Column, nothing=NOTHING)


@dataclass(frozen=True, slots=True)
class Period:
    """Twelve months, of which the last one may still run. `only`: the month to which what is told by channel and by
    client is narrowed; None: all of them."""

    months: tuple[date, ...]
    only: date | None
    today: date

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        return _starts(self.months[0]), _starts(add_months(self.months[-1], 1))

    @property
    def narrowed(self) -> tuple[datetime, datetime]:
        return (_starts(self.only), _starts(add_months(self.only, 1))) if self.only else self.bounds

    def runs(self, month: date) -> bool:
        """Whether the month is not over."""
        return month == self.today.replace(day=1)

    @property
    def in_words(self) -> str:
        """Of what is narrowed."""
        if self.only:
            return self.name(self.only)
        said = {
            "first": date_format(self.months[0], "YEAR_MONTH_FORMAT"),
            "last": self.name(self.months[-1]),
        }
        return _("%(first)s to %(last)s") % said

    def name(self, month: date) -> str:
        named = date_format(month, "YEAR_MONTH_FORMAT")
        return _("%(month)s (still running)") % {"month": named} if self.runs(month) else named


def period(*, now: datetime, month: date | None = None) -> Period:
    """The twelve months that end with this one, by the desk's zone; or with `month` (its first day), and narrowed to
    it. Raises ValueError for a month to come."""
    today = desk_day(now)
    last = month or today.replace(day=1)
    if last > today or last.day != 1:
        raise ValueError(f"No figures of {last}.")
    return Period(tuple(add_months(last, -back) for back in reversed(range(MONTHS))), month, today)


def sheets_of(period: Period, *, now: datetime, without: Collection[int] = ()) -> dict[str, Sheet]:
    """The sheets by their codes, in the order of the page; as many queries however much there is. `without`: clients of
    which the reader is told nothing by name, for they speak for them."""
    sheets = (
        _months(period, now),
        _apart(period, now),
        _channels(period, now),
        _clients(period, now, without),
        _use(period),
        _given(period),
        _use_by_client(period, without),
        _sold(period),
        _questions(period),
        _ratings(period),
    )
    return {sheet.code: sheet for sheet in sheets}


def heads_of(period: Period, *, now: datetime) -> Sequence[tuple[str, str]]:
    """The few numbers at the head of the page, each with its words. What was not measured is a dash."""
    waits = _waits(period.narrowed)
    counts = waits.aggregate(**_counts(now))
    half, most = _ranks(waits, None).get(None, (None, None))
    share, minutes = column("", "share"), column("", "minutes")
    return [
        (share.shown(_share(counts)), _("answered within the promise")),
        (minutes.shown(half), _("working time within which half were answered")),
        (minutes.shown(most), _("working time within which 95 of 100 were answered")),
        (column("", "count").shown(Wait.objects.breached(now).count()), _("late and not answered now")),
    ]


def _starts(month: date) -> datetime:
    return datetime.combine(month, time.min, tzinfo=desk_zone())


def _waits(bounds: tuple[datetime, datetime]) -> QuerySet[Wait]:
    return Wait.objects.filter(asked_at__gte=bounds[0], asked_at__lt=bounds[1]).order_by()


def _grouped(rows: Any, /, *by: Any, sums: Mapping[str, Any], **named: Any) -> Iterable[Mapping[str, Any]]:
    """One row for each value of `by` (and of what is `named`), with the sums of each."""
    found: Iterable[Mapping[str, Any]] = rows.values(*by, **named).annotate(**sums)
    return found


def _month(field: str) -> TruncMonth:
    return TruncMonth(field, tzinfo=desk_zone())


def _counts(now: datetime) -> dict[str, Count]:
    answered = Q(ending__in=Wait.KEPT_BY)
    return {
        "kept": Count("pk", filter=answered & Q(ended_at__lte=F("due_at"))),
        "late": Count("pk", filter=answered & Q(ended_at__gt=F("due_at"))),
        "overdue": Count("pk", filter=Q(ended_at=None, due_at__lt=now)),
        "waiting": Count("pk", filter=Q(ended_at=None, due_at__gte=now)),
        "no_answer": Count("pk", filter=Q(ending=Ending.NO_ANSWER)),
        "by_client": Count("pk", filter=Q(ending=Ending.CLIENT)),
        "merged": Count("pk", filter=Q(ending=Ending.MERGED)),
    }


def _share(counts: Mapping[str, int]) -> Decimal | None:
    """The part of the promises that was kept; None where none was to be kept yet."""
    promised = counts["kept"] + counts["late"] + counts["overdue"]
    return Decimal(counts["kept"]) / promised if promised else None


def _ranks(waits: QuerySet[Wait], group: Any) -> dict[Any, tuple[int, int]]:
    """By group (an expression; None: all together) within how many whole minutes of working time half of the answers
    came, and 95 of 100."""
    found = _at_ranks(waits.filter(ending__in=Wait.KEPT_BY), group, "took_seconds", (50, 95))
    return {key: (_minutes(half), _minutes(most)) for key, (half, most) in found.items()}


def _at_ranks(rows: QuerySet[Any], group: Any, value: str, per_cent: tuple[int, ...]) -> dict[Any, list[Any]]:
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


def _minutes(seconds: float) -> int:
    return -(-int(seconds) // 60)


def _by_month(period: Period, found: Mapping[date, Sequence[Any]], nothing: Sequence[Any]) -> tuple[Row, ...]:
    """A row for each month from the first in which there was anything, with what is to be said of it at the end."""
    if not found:
        return ()
    shown = [month for month in period.months if month >= min(found)]
    running = _("still running")
    return tuple(
        (month, *found.get(month, nothing), running if period.runs(month) else "") for month in shown
    )


def _month_columns(*columns: Column) -> tuple[Column, ...]:
    return (column(_("Month"), "month"), *columns, Column(_("Remark"), "text"))


def _promise_columns() -> tuple[Column, ...]:
    return (
        column(_("Within the promise"), "share"),
        column(_("Answered in time"), "count"),
        column(_("Answered late"), "count"),
        column(_("Late, not answered yet"), "count"),
        column(_("Half within"), "minutes"),
        column(_("95 of 100 within"), "minutes"),
    )


def _promise(counts: Mapping[str, Any], ranks: tuple[int, int] | None) -> Row:
    half, most = ranks or (None, None)
    return _share(counts), counts["kept"], counts["late"], counts["overdue"], half, most


_NO_PROMISE: Row = (None, None, None, None, None, None)
_HOW_COUNTED = "kept", "late", "overdue"


def _any_promise(counts: Mapping[str, Any]) -> bool:
    return any(counts[name] for name in _HOW_COUNTED)


def _months(period: Period, now: datetime) -> Sheet:
    waits, month = _waits(period.bounds), _month("asked_at")
    ranks = _ranks(waits, month)
    found = {
        row["month"].date(): _promise(row, ranks.get(row["month"]))
        for row in _grouped(waits, month=month, sums=_counts(now))
        if _any_promise(row)
    }
    return Sheet(
        "months",
        _("Answers within the promise, by month"),
        _(
            "Whoever asked in the month, by what they were promised then. What is late and not answered yet counts as "
            "not within the promise; what is not due yet is not counted. Half, and 95 of 100, were answered within the "
            "working time that is named: of those answered, rounded up to whole minutes."
        ),
        _month_columns(*_promise_columns()),
        _by_month(period, found, _NO_PROMISE),
    )


def _apart(period: Period, now: datetime) -> Sheet:
    names = ("waiting", "no_answer", "by_client", "merged")
    rows = _grouped(_waits(period.bounds), month=_month("asked_at"), sums=_counts(now))
    found = {
        row["month"].date(): tuple(row[name] for name in names)
        for row in rows
        if any(row[name] for name in names)
    }
    return Sheet(
        "apart",
        _("What is neither kept nor broken"),
        _("What was asked in the month and is counted in no share."),
        _month_columns(
            column(_("Not due yet"), "count"),
            column(_("Needed no answer"), "count"),
            column(_("Closed by the client"), "count"),
            column(_("Merged with another"), "count"),
        ),
        _by_month(period, found, (None,) * len(names)),
    )


def _channels(period: Period, now: datetime) -> Sheet:
    waits = _waits(period.narrowed)
    ranks = _ranks(waits, F("ticket__channel"))
    found = {row["ticket__channel"]: row for row in _grouped(waits, "ticket__channel", sums=_counts(now))}
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


def _clients(period: Period, now: datetime, without: Collection[int]) -> Sheet:
    waits = _waits(period.narrowed).exclude(ticket__client__in=without)
    ranks = _ranks(waits, F("ticket__client"))
    named = F("ticket__client__customer__name")
    rows = _grouped(waits, "ticket__client", name=named, sums=_counts(now))
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


def _entries(bounds: tuple[datetime, datetime]) -> QuerySet[AllowanceEntry]:
    return AllowanceEntry.objects.filter(
        at__gte=bounds[0], at__lt=bounds[1], kind__in=(Kind.USED, Kind.REVERSED, Kind.BOUGHT)
    ).order_by()


def _amounts(*wanted: tuple[str, str]) -> dict[str, Sum]:
    """Sums by kind of entry and unit, without their sign."""
    sign = {Kind.USED: -1}
    return {
        f"{kind}_{unit}": Sum(
            F("amount") * sign.get(Kind(kind), 1), filter=Q(kind=kind, allowance__unit=unit)
        )
        for kind, unit in wanted
    }


_UNITS = (Unit.MINUTES, Unit.INTERVENTIONS)


def _use(period: Period) -> Sheet:
    wanted = [(kind, unit) for unit in _UNITS for kind in (Kind.USED, Kind.REVERSED)]
    return Sheet(
        "use",
        _("Support used, by month"),
        _("What was booked on allowances in the month, and what of earlier bookings was taken back in it."),
        _month_columns(
            column(_("Time used"), "minutes"),
            column(_("Time taken back"), "minutes"),
            column(_("Interventions used"), "count"),
            column(_("Interventions taken back"), "count"),
        ),
        _sums_by_month(period, _entries(period.bounds), _amounts(*wanted)),
    )


def _sums_by_month(period: Period, rows: QuerySet[Any], sums: Mapping[str, Any]) -> tuple[Row, ...]:
    found = {
        row["month"].date(): tuple(row[name] or None for name in sums)
        for row in _grouped(rows, month=_month("at"), sums=sums)
        if any(row[name] for name in sums)
    }
    return _by_month(period, found, (None,) * len(sums))


def _work(bounds: tuple[datetime, datetime]) -> QuerySet[Work]:
    return Work.objects.standing().filter(at__gte=bounds[0], at__lt=bounds[1]).order_by()


def _gifts() -> dict[str, Any]:
    courtesy, exception = Q(kind=Work.Kind.COURTESY), Q(kind=Work.Kind.EXCEPTION)
    in_minutes, in_times = Q(unit=Unit.MINUTES), Q(unit=Unit.INTERVENTIONS)
    return {
        "courtesies": Count("pk", filter=courtesy),
        "courtesy_minutes": Sum("amount", filter=courtesy),
        "exceptions": Count("pk", filter=exception),
        "exception_minutes": Sum("amount", filter=exception & in_minutes),
        "exception_interventions": Sum("amount", filter=exception & in_times),
    }


def _gift_columns() -> tuple[Column, ...]:
    return (
        column(_("Courtesies"), "count"),
        column(_("Time given as a courtesy"), "minutes"),
        column(_("Exceptions"), "count"),
        column(_("Time given as an exception"), "minutes"),
        column(_("Interventions given as an exception"), "count"),
    )


def _given(period: Period) -> Sheet:
    return Sheet(
        "given",
        _("Courtesies and exceptions, by month"),
        _(
            "Work that no allowance was charged for, in the month in which it was done; not what was taken back."
        ),
        _month_columns(*_gift_columns()),
        _sums_by_month(period, _work(period.bounds), _gifts()),
    )


def _use_by_client(period: Period, without: Collection[int]) -> Sheet:
    """Two queries: what was booked on allowances, and what was given besides."""
    kinds = (Kind.USED, Kind.REVERSED, Kind.BOUGHT)
    of_books = _entries(period.narrowed).exclude(allowance__client__in=without)
    booked = {
        row["allowance__client"]: row
        for row in _grouped(
            of_books,
            "allowance__client",
            name=F("allowance__client__customer__name"),
            sums=_amounts(*[(kind, unit) for unit in _UNITS for kind in kinds]),
        )
    }
    # A ticket without a client is nobody's, and so is what was given to whoever asked there.
    of_work = _work(period.narrowed).filter(ticket__client__isnull=False).exclude(kind=Work.Kind.ALLOWANCE)
    given = {
        row["ticket__client"]: row
        for row in _grouped(
            of_work.exclude(ticket__client__in=without),
            "ticket__client",
            name=F("ticket__client__customer__name"),
            sums=_gifts(),
        )
    }
    nothing: Mapping[str, Any] = {}

    def net(row: Mapping[str, Any], unit: str) -> int | None:
        return ((row.get(f"used_{unit}") or 0) - (row.get(f"reversed_{unit}") or 0)) or None

    rows = []
    for pk in {*booked, *given}:
        taken, free = booked.get(pk, nothing), given.get(pk, nothing)
        used = tuple(net(taken, unit) for unit in _UNITS)
        bought = tuple(taken.get(f"bought_{unit}") or None for unit in _UNITS)
        gifts = tuple(free.get(name) or None for name in _gifts())
        rows.append((pk, (taken or free)["name"], *used, *gifts, *bought))
    rows.sort(key=lambda row: (-(row[2] or 0), -(row[3] or 0), -(row[5] or 0), row[1], row[0]))
    return Sheet(
        "clients-use",
        _("Support used, given and sold, by client"),
        _("%(period)s, those who used most first. Of what was used, what was taken back is left out.")
        % {"period": period.in_words},
        (
            column(_("Client"), "text"),
            column(_("Time used"), "minutes"),
            column(_("Interventions used"), "count"),
            *_gift_columns(),
            column(_("Time bought besides"), "minutes"),
            column(_("Interventions bought besides"), "count"),
        ),
        tuple(row[1:] for row in rows),
    )


def _sold(period: Period) -> Sheet:
    """Quotes that were accepted, and what was bought on top of agreements."""
    first, after = period.months[0], add_months(period.months[-1], 1)
    found: dict[date, list[Any]] = {}
    quotes = Quote.objects.filter(agreement__signed_on__gte=first, agreement__signed_on__lt=after).order_by()
    totals = {"quotes": Count("pk"), "cents": Sum("price_cents")}
    for row in _grouped(quotes, month=TruncMonth("agreement__signed_on"), sums=totals):
        found[row["month"]] = [row["quotes"], row["cents"], None, None]
    bought = _amounts(*[(Kind.BOUGHT, unit) for unit in _UNITS])
    for row in _grouped(_entries(period.bounds), month=_month("at"), sums=bought):
        if any(row[name] for name in bought):
            of_month = found.setdefault(row["month"].date(), [None, None, None, None])
            of_month[2:] = [row[name] or None for name in bought]
    return Sheet(
        "sold",
        _("What was sold, by month"),
        _("Quotes by the day on which they were signed, and support that was bought besides."),
        _month_columns(
            column(_("Quotes accepted"), "count"),
            column(_("Their price"), "money"),
            column(_("Time bought besides"), "minutes"),
            column(_("Interventions bought besides"), "count"),
        ),
        _by_month(period, found, (None,) * 4),
    )


def _questions(period: Period) -> Sheet:
    begins, ends = period.bounds
    answers = Message.objects.filter(ticket=OuterRef("pk"), kind=Message.Kind.ANSWER).order_by("at", "pk")
    asked = (
        Ticket.objects.filter(kind=Ticket.Kind.QUESTION, asked_at__gte=begins, asked_at__lt=ends)
        .exclude(state__in=(Ticket.State.UNCONFIRMED, Ticket.State.EXPIRED, Ticket.State.MERGED))
        .annotate(first=Subquery(answers.values("at")[:1]), month=_month("asked_at"))
        .order_by()
    )
    took = ExpressionWrapper(F("first") - F("asked_at"), output_field=DurationField())
    halves = _at_ranks(asked.filter(first__isnull=False).annotate(took=took), F("month"), "took", (50,))
    found = {}
    for row in _grouped(asked, "month", sums={"asked": Count("pk"), "answered": Count("first")}):
        half: list[timedelta] = halves.get(row["month"], [])
        found[row["month"].date()] = (
            row["asked"],
            row["answered"],
            _minutes(half[0].total_seconds()) if half else None,
        )
    return Sheet(
        "questions",
        _("Questions of people who are no clients"),
        _(
            "They were promised no time, so none is kept or broken. Those that were confirmed; the time is that of the "
            "clock on the wall, by day and night, until the first answer."
        ),
        _month_columns(
            column(_("Asked"), "count"),
            column(_("Answered"), "count"),
            column(_("Half within"), "minutes"),
        ),
        _by_month(period, found, (None,) * 3),
    )


def _ratings(period: Period) -> Sheet:
    begins, ends = period.bounds
    rated = Ticket.objects.filter(rated_at__gte=begins, rated_at__lt=ends).order_by()
    stars: dict[str, Any] = {f"stars_{each}": Count("pk", filter=Q(rating=each)) for each in (5, 4, 3, 2, 1)}
    sums = {"ratings": Count("pk"), "mean": Avg("rating")} | stars
    found = {
        row["month"].date(): (
            row["ratings"],
            Decimal(str(row["mean"])),
            *(row[name] or None for name in stars),
        )
        for row in _grouped(rated, month=_month("rated_at"), sums=sums)
    }
    return Sheet(
        "ratings",
        _("Ratings, by month"),
        _("From 1 to 5, by the month in which they were given."),
        _month_columns(
            column(_("Ratings"), "count"),
            column(_("Mean"), "decimal"),
            *(column(f"{each}", "count") for each in (5, 4, 3, 2, 1)),
        ),
        _by_month(period, found, (None,) * 7),
    )


def shown_of(sheets: Iterable[Sheet]) -> list[tuple[Sheet, list[Any], int]]:
    """What a page shows of each: its rows, and how many more there are in the spreadsheet."""
    return [(sheet, sheet.shown[:CLIENTS_SHOWN], max(0, len(sheet.rows) - CLIENTS_SHOWN)) for sheet in sheets]

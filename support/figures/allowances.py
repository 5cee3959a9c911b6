"""What was used of allowances, what was given besides, and what was sold on top (S12)."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import (
    Count,
    F,
    Q,
    QuerySet,
    Sum,
)
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from base.days import add_months
from base.sheets import Column, Row, Sheet
from support.figures.counting import column, grouped, month_columns, month_of, rows_by_month
from support.figures.period import Period
from support.models import AllowanceEntry, Offer, Quote, Work
from support.models.allowances import Unit

Kind = AllowanceEntry.Kind


def _entries(bounds: tuple[datetime, datetime]) -> QuerySet[AllowanceEntry]:
    return AllowanceEntry.objects.filter(
        at__gte=bounds[0], at__lt=bounds[1], kind__in=(Kind.USED, Kind.REVERSED)
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


def _sold(bounds: tuple[datetime, datetime]) -> QuerySet[Offer]:
    """Offers that were paid, each once, with the moment at which its support was there (`at`)."""
    return (
        Offer.objects.filter(allowance__entries__kind=Kind.BOUGHT)
        .annotate(at=F("allowance__entries__at"))
        .filter(at__gte=bounds[0], at__lt=bounds[1])
        .order_by()
    )


def _sold_sums() -> dict[str, Any]:
    """Less what credit notes have taken back since, of the money and of the support."""
    price = F("price_cents") - F("prepayment__invoice__credited_cents")
    return {"offers": Count("pk"), "offers_cents": Sum(price)} | {
        f"bought_{unit}": Sum("allowance__given", filter=Q(unit=unit)) for unit in _UNITS
    }


def _sold_columns() -> tuple[Column, ...]:
    return (
        column(_("Offers paid"), "count"),
        column(_("Price of the offers"), "money"),
        column(_("Time bought besides"), "minutes"),
        column(_("Interventions bought besides"), "count"),
    )


def use_by_month(period: Period) -> Sheet:
    wanted = [(kind, unit) for unit in _UNITS for kind in (Kind.USED, Kind.REVERSED)]
    return Sheet(
        "use",
        _("Support used, by month"),
        _("What was booked on allowances in the month, and what of earlier bookings was taken back in it."),
        month_columns(
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
        for row in grouped(rows, month=month_of("at"), sums=sums)
        if any(row[name] for name in sums)
    }
    return rows_by_month(period, found, (None,) * len(sums))


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


def gifts_by_month(period: Period) -> Sheet:
    return Sheet(
        "given",
        _("Courtesies and exceptions, by month"),
        _(
            "Work that no allowance was charged for, in the month in which it was done; not what was taken back."
        ),
        month_columns(*_gift_columns()),
        _sums_by_month(period, _work(period.bounds), _gifts()),
    )


def use_by_client(period: Period, without: Collection[int]) -> Sheet:
    """Three queries: what was booked on allowances, what was given besides, and what was sold."""
    kinds = (Kind.USED, Kind.REVERSED)
    of_books = _entries(period.narrowed).exclude(allowance__client__in=without)
    booked = {
        row["allowance__client"]: row
        for row in grouped(
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
        for row in grouped(
            of_work.exclude(ticket__client__in=without),
            "ticket__client",
            name=F("ticket__client__customer__name"),
            sums=_gifts(),
        )
    }
    sold = {
        row["client"]: row
        for row in grouped(
            _sold(period.narrowed).exclude(client__in=without),
            "client",
            name=F("client__customer__name"),
            sums=_sold_sums(),
        )
    }
    nothing: Mapping[str, Any] = {}

    def net(row: Mapping[str, Any], unit: str) -> int | None:
        return ((row.get(f"used_{unit}") or 0) - (row.get(f"reversed_{unit}") or 0)) or None

    rows = []
    for pk in {*booked, *given, *sold}:
        taken, free, paid = booked.get(pk, nothing), given.get(pk, nothing), sold.get(pk, nothing)
        used = tuple(net(taken, unit) for unit in _UNITS)
        gifts = tuple(free.get(name) or None for name in _gifts())
        bought = tuple(paid.get(name) or None for name in _sold_sums())
        rows.append((pk, (taken or free or paid)["name"], *used, *gifts, *bought))
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
            *_sold_columns(),
        ),
        tuple(row[1:] for row in rows),
    )


def sold_by_month(period: Period) -> Sheet:
    """Quotes that were accepted, and what was sold on top of agreements."""
    first, after = period.months[0], add_months(period.months[-1], 1)
    found: dict[date, list[Any]] = {}
    quotes = Quote.objects.filter(agreement__signed_on__gte=first, agreement__signed_on__lt=after).order_by()
    totals = {"quotes": Count("pk"), "cents": Sum("price_cents")}
    for row in grouped(quotes, month=TruncMonth("agreement__signed_on"), sums=totals):
        found[row["month"]] = [row["quotes"], row["cents"], None, None, None, None]
    sums = _sold_sums()
    for row in grouped(_sold(period.bounds), month=month_of("at"), sums=sums):
        of_month = found.setdefault(row["month"].date(), [None] * 6)
        of_month[2:] = [row[name] or None for name in sums]
    return Sheet(
        "sold",
        _("What was sold, by month"),
        _(
            "Quotes by the day on which they were signed, and offers of more support by that on which they were paid, "
            "less what credit notes have taken back since."
        ),
        month_columns(
            column(_("Quotes accepted"), "count"),
            column(_("Price of the quotes"), "money"),
            *_sold_columns(),
        ),
        rows_by_month(period, found, (None,) * 6),
    )

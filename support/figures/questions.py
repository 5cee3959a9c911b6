"""Questions of whoever is no client, apart from every promise, and what was said of answers (S12)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Avg,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
)
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from base.sheets import Sheet
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
from support.models import Message, Ticket


def questions_by_month(period: Period) -> Sheet:
    begins, ends = period.bounds
    answers = Message.objects.filter(ticket=OuterRef("pk"), kind=Message.Kind.ANSWER).order_by("at", "pk")
    asked = (
        Ticket.objects.filter(kind=Ticket.Kind.QUESTION, asked_at__gte=begins, asked_at__lt=ends)
        .exclude(state__in=(Ticket.State.UNCONFIRMED, Ticket.State.EXPIRED, Ticket.State.MERGED))
        .annotate(first=Subquery(answers.values("at")[:1]), month=month_of("asked_at"))
        .order_by()
    )
    took = ExpressionWrapper(F("first") - F("asked_at"), output_field=DurationField())
    halves = at_ranks(asked.filter(first__isnull=False).annotate(took=took), F("month"), "took", (50,))
    found = {}
    for row in grouped(asked, "month", sums={"asked": Count("pk"), "answered": Count("first")}):
        half: list[timedelta] = halves.get(row["month"], [])
        found[row["month"].date()] = (
            row["asked"],
            row["answered"],
            whole_minutes(half[0].total_seconds()) if half else None,
        )
    return Sheet(
        "questions",
        _("Questions of people who are no clients"),
        _(
            "They were promised no time, so none is kept or broken. Those that were confirmed; the time is that of the "
            "clock on the wall, by day and night, until the first answer."
        ),
        month_columns(
            column(pgettext("questions", "Asked"), "count"),
            column(_("Answered"), "count"),
            column(_("Half within"), "minutes"),
        ),
        rows_by_month(period, found, (None,) * 3),
    )


def ratings_by_month(period: Period) -> Sheet:
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
        for row in grouped(rated, month=month_of("rated_at"), sums=sums)
    }
    return Sheet(
        "ratings",
        _("Ratings, by month"),
        _("From 1 to 5, by the month in which they were given."),
        month_columns(
            column(_("Ratings"), "count"),
            column(_("Mean"), "decimal"),
            *(column(f"{each}", "count") for each in (5, 4, 3, 2, 1)),
        ),
        rows_by_month(period, found, (None,) * 7),
    )

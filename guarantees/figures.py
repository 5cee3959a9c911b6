"""The figures of the guarantee as tables: of one day, read from what was counted then.

A page shows a sheet, a spreadsheet gets it: both from the same rows. Where nothing was measured, there is no row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.sheets import Column, Row, Sheet
from guarantees.counting import NOTHING, TIME_TO_ANSWER
from guarantees.models import Claim, CountedDay, DailyFigure
from marketplace.models import Category, Province

Kind = DailyFigure.Kind
# So far back the trend goes.
TREND = timedelta(days=90)
_TREND_KINDS = (Kind.AT_STAKE, Kind.WINNERS, Kind.ANSWERS, Kind.DECIDED_AFTER)

# In the order of the requirements; those that time alone or a claim settles are not among them.
MISSING_WORDS = {
    NOTHING: gettext_lazy("Nothing: it can be claimed today"),
    "contacts": gettext_lazy("Contacts are still to be bought"),
    "waiting_month": gettext_lazy("The waiting month is not over"),
    "profile": gettext_lazy("The profile is not complete"),
    "contact_review": gettext_lazy("A positive review from a contact"),
    "earlier_reviews": gettext_lazy("Reviews from earlier clients"),
    "plan": gettext_lazy("No plan in force"),
    "payments": gettext_lazy("An invoice is past due"),
    "returns_settled": gettext_lazy("A return is undecided"),
    "first_contact": gettext_lazy("A first contact is still to be made"),
    "not_suspended": gettext_lazy("Suspended"),
}


Values: TypeAlias = Mapping[tuple[str, str], DailyFigure]


def sheets_of(counted: CountedDay) -> dict[str, Sheet]:
    """The sheets of one day by their codes, in the order of the page; 4 queries, however much was counted."""
    values = {(each.kind, each.key): each for each in counted.figures.exclude(kind=Kind.WINNERS_BY_BOTH)}
    sheets = (
        _months(values),
        _missing(values),
        _claims(values),
        _decisions(values),
        _homeowners(values),
        _winners(values),
        _trend(counted),
    )
    return {sheet.code: sheet for sheet in sheets}


def of_kind(values: Values, kind: str) -> dict[str, DailyFigure]:
    """The figures of a kind by their keys."""
    return {key: figure for (of, key), figure in sorted(values.items()) if of == kind}


def share(figure: DailyFigure | None) -> Decimal | None:
    """The part that a figure holds of its whole, from 0 to 1; None: nothing was measured."""
    return Decimal(figure.amount) / figure.count if figure and figure.count else None


def _days(figure: DailyFigure | None) -> Decimal | None:
    return None if figure is None else Decimal(figure.amount) / (24 * 60)


def _money_columns(first: Column, of: str) -> tuple[Column, ...]:
    return first, Column(_("Amount"), "money"), Column(of, "count")


def _months(values: Values) -> Sheet:
    return Sheet(
        "months",
        _("By the month in which it can be claimed last"),
        _(
            "What professionals paid so far for the contacts that count, where the guarantee can still be claimed. "
            "What is claimed already stands with the claims."
        ),
        _money_columns(Column(_("Month"), "month"), _("Professionals")),
        tuple(
            (date.fromisoformat(f"{key}-01"), figure.amount, figure.count)
            for key, figure in of_kind(values, Kind.AT_STAKE_BY_MONTH).items()
        ),
    )


def _missing(values: Values) -> Sheet:
    found = of_kind(values, Kind.AT_STAKE_BY_MISSING)
    known = [code for code in MISSING_WORDS if code in found]
    return Sheet(
        "missing",
        _("By what is still missing"),
        _(
            "Who lacks several things is counted with each of them, so that the lines add up to more than there is."
        ),
        _money_columns(Column(_("What is missing"), "text"), _("Professionals")),
        tuple(
            (str(MISSING_WORDS.get(code, code)), found[code].amount, found[code].count)
            for code in [*known, *(code for code in found if code not in MISSING_WORDS)]
        ),
    )


def _claims(values: Values) -> Sheet:
    found = of_kind(values, Kind.CLAIMS)
    return Sheet(
        "claims",
        _("Claims"),
        _("Every claim that was ever submitted, by what has become of it."),
        _money_columns(Column(_("State"), "text"), _("Claims")),
        tuple(
            (str(state.label), found[state].amount, found[state].count)
            for state in Claim.State
            if state in found
        ),
    )


def _decisions(values: Values) -> Sheet:
    words = {"50": _("Half of them within"), "95": _("95 of 100 within")}
    return Sheet(
        "decisions",
        _("Days from submission to decision"),
        _("The decisions of the last twelve months that stand."),
        (Column(_("Decided"), "text"), Column(_("Days"), "days"), Column(_("Decisions"), "count")),
        tuple(
            (words[key], _days(figure), figure.count)
            for key, figure in of_kind(values, Kind.DECIDED_AFTER).items()
        ),
    )


def _homeowners(values: Values) -> Sheet:
    words = (
        (Kind.ANSWERS, _("Homeowners who answered, of those asked by mail")),
        (Kind.CONTRADICTIONS, _("Contradictions, of the contacts whose homeowner said something")),
    )
    return Sheet(
        "homeowners",
        _("What homeowners said"),
        _(
            "Of the contacts in claims submitted in the last twelve months. Who was asked by mail is counted once they "
            "have answered, or have had %(days)s days to do so. A contradiction: the homeowner, asked or not, hired "
            "the business before any refund, and the business says that it won nothing."
        )
        % {"days": TIME_TO_ANSWER.days},
        _share_columns(Column(_("Share of what"), "text"), _("Contacts"), _("Of how many")),
        tuple(_share_row(word, values[kind, ""]) for kind, word in words if (kind, "") in values),
    )


def _share_columns(first: Column, part: str, whole: str) -> tuple[Column, ...]:
    return first, Column(_("Share"), "share"), Column(part, "count"), Column(whole, "count")


def _share_row(first: str, figure: DailyFigure) -> Row:
    return first, share(figure), figure.amount, figure.count


def _winners(values: Values) -> Sheet:
    rows = [_share_row(_("All"), values[Kind.WINNERS, ""])] if (Kind.WINNERS, "") in values else []
    for kind, names in (
        (Kind.WINNERS_BY_CATEGORY, {str(each.pk): str(each) for each in Category.objects.all()}),
        (Kind.WINNERS_BY_PROVINCE, {str(each.pk): str(each) for each in Province.objects.all()}),
    ):
        named = [(names[key], figure) for key, figure in of_kind(values, kind).items() if key in names]
        rows += [_share_row(name, figure) for name, figure in sorted(named, key=lambda pair: pair[0])]
    return Sheet(
        "winners",
        _("New professionals who won a job with their first contacts"),
        _(
            "Who contracted in the last 24 months, and whose first contacts are settled; each counted once, by trade "
            "and by province, where most of these contacts are. The public page shows what at least 30 are counted in."
        ),
        _share_columns(Column(_("Where"), "text"), _("Won"), _("Counted")),
        tuple(rows),
    )


def _trend(counted: CountedDay) -> Sheet:
    days: dict[date, dict[str, DailyFigure]] = {}
    for figure in (
        DailyFigure.objects.filter(
            kind__in=_TREND_KINDS,
            key__in=("", "50"),
            counted__day__lte=counted.day,
            counted__day__gt=counted.day - TREND,
        )
        .select_related("counted")
        .order_by("counted__day")
    ):
        days.setdefault(figure.counted.day, {})[figure.kind] = figure
    return Sheet(
        "trend",
        _("Day by day"),
        _("What was counted on each of the last 90 days."),
        (
            Column(_("Day"), "day"),
            Column(_("Can still be claimed"), "money"),
            Column(_("Professionals"), "count"),
            Column(_("Won a job"), "share"),
            Column(_("Homeowners who answered"), "share"),
            Column(_("Median days to decision"), "days"),
        ),
        tuple(
            (
                day,
                found[Kind.AT_STAKE].amount if Kind.AT_STAKE in found else None,
                found[Kind.AT_STAKE].count if Kind.AT_STAKE in found else None,
                share(found.get(Kind.WINNERS)),
                share(found.get(Kind.ANSWERS)),
                _days(found.get(Kind.DECIDED_AFTER)),
            )
            for day, found in days.items()
        ),
    )


def heads_of(sheets: Mapping[str, Sheet], day: date) -> Sequence[tuple[str, str]]:
    """The few numbers at the head of the page, each with its words; what was not measured on `day` is left out."""
    trend = sheets["trend"]
    return [
        (column.shown(value), column.title)
        for row in trend.rows
        if row[0] == day
        for column, value in list(zip(trend.columns, row, strict=True))[1:]
        if value is not None
    ]

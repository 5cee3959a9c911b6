"""Figures as tables: a page shows a sheet, a spreadsheet gets it, both from the same rows.

Where nothing was measured there is no row, or an empty cell: never a zero, and never all of it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from base.money import money
from base.spreadsheets import amount

ColumnKind: TypeAlias = Literal[
    "text", "day", "month", "money", "count", "share", "days", "minutes", "decimal"
]
Row: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """What stands in a column: whole cents, a count, a share from 0 to 1, days, whole minutes, or a decimal number, as
    numbers; or a text, a day, the first day of a month. `nothing` is shown where nothing was measured."""

    title: str
    kind: ColumnKind
    nothing: str = ""

    @property
    def heading(self) -> str:
        """The title of a spreadsheet's column, which holds bare numbers: it says in what they are counted."""
        return f"{self.title} ({_('min')})" if self.kind == "minutes" else self.title

    def shown(self, value: Any) -> str:
        """`value` as the reader's language writes it; `nothing` where there is nothing."""
        if value is None:
            return self.nothing
        match self.kind:
            case "money":
                return money(value)
            case "count":
                return number_format(value, force_grouping=True)
            case "share":
                return per_cent(value, digits=1)
            case "days" | "decimal":
                return number_format(round(value, 1), 1)
            case "minutes":
                return in_hours(value)
            case "day":
                return date_format(value, "SHORT_DATE_FORMAT")
            case "month":
                return date_format(value, "YEAR_MONTH_FORMAT")
        return str(value)

    def written(self, value: Any) -> object:
        """`value` as a spreadsheet reads it, the same in every language."""
        if value is None:
            return ""
        match self.kind:
            case "money":
                return amount(value)
            case "share":
                return _rounded(value, 1)
            case "days" | "decimal":
                return round(value, 1)
            case "month":
                return f"{value:%Y-%m}"
        return value


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: `code` is its address; `about` says who is counted; `bar` is the column that is drawn."""

    code: str
    title: str
    about: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    bar: int = 1

    @property
    def shown(self) -> list[tuple[int, list[tuple[Column, str]]]]:
        """Each row as it is shown: how long its bar is, of 100, and its cells with their columns."""
        # A share is drawn as part of the whole, an amount as part of the largest.
        whole = 1 if self.columns[self.bar].kind == "share" else self._largest
        return [
            (
                round(100 * (row[self.bar] or 0) / whole) if whole else 0,
                [(column, column.shown(value)) for column, value in zip(self.columns, row, strict=True)],
            )
            for row in self.rows
        ]

    @property
    def _largest(self) -> Any:
        return max((row[self.bar] or 0 for row in self.rows), default=0)

    @property
    def lines(self) -> list[list[object]]:
        """The rows of a spreadsheet, the titles first."""
        written = [
            [column.written(value) for column, value in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]
        return [[column.heading for column in self.columns], *written]


def per_cent(part: Decimal, *, digits: int = 0) -> str:
    """A share from 0 to 1 as the reader's language writes it. Rounded first: Django's own formats cut digits off. What
    is not all is never written as all."""
    return f"{number_format(_rounded(part, digits), digits)} %"


def _rounded(part: Decimal, digits: int) -> Decimal:
    rounded = round(part * 100, digits)
    return Decimal(100) - Decimal(10) ** -digits if part < 1 and rounded >= 100 else rounded


def in_hours(minutes: int) -> str:
    """Whole minutes as people say them: 2 h 30 min, however many hours."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return str(_("%(minutes)s min") % {"minutes": rest})
    said = {"hours": number_format(hours, force_grouping=True), "minutes": rest}
    return str(_("%(hours)s h %(minutes)s min") % said if rest else _("%(hours)s h") % said)

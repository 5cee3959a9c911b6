"""Rows as a file for spreadsheets: plain CSV that opens the same everywhere.

Commas between cells, a point before decimals, dates as 2026-01-31, whatever the reader's language: what a program
reads must not depend on who asked for it. UTF-8 with the mark by which spreadsheets know it.
"""

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.http import StreamingHttpResponse
from django.utils import translation

_BYTE_ORDER_MARK = "\ufeff"
# With one of these a spreadsheet takes a text for a formula, and runs it.
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Line:
    """What csv.writer writes to: hands back the line that it is given."""

    def write(self, line: str) -> str:
        return line


def safe_text(text: str) -> str:
    """`text` so that no spreadsheet runs it: behind an apostrophe where it would be a formula."""
    text = text.replace("\x00", "")
    begins = text.lstrip(" ")
    return f"'{text}" if begins.startswith(_FORMULA_BEGINS) else text


def amount(cents: int) -> Decimal:
    """Whole cents as a cell that can be summed: -200.00. Not escaped: it is ours, whatever its sign."""
    return Decimal(cents).scaleb(-2)


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The lines of a file, one at a time, however many rows there are. Texts are made safe, other cells written."""
    writer = csv.writer(_Line())
    yield _BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([safe_text(cell) if isinstance(cell, str) else cell for cell in row])


def csv_response(rows: Iterable[Iterable[object]], *, name: str) -> StreamingHttpResponse:
    """The rows as a download called `name`, sent while they are read, in the language of now."""
    language = translation.get_language()

    def spoken() -> Iterator[str]:
        with translation.override(language):
            yield from csv_lines(rows)

    return StreamingHttpResponse(
        spoken(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )

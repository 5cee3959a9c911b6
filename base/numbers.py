"""Numbers as papers have them: one after the other in a year, none twice and none left out (M14)."""

import re
from typing import Any

from django.db import models


class YearlyNumber(models.Model):
    """The last number given in a year. Each kind of paper has a table of its own."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


def next_number(series: type[YearlyNumber], year: int) -> int:
    """The next number of a year. Call it inside a transaction.

    Numbers of a year have no gap: the row of the year is locked until the caller's transaction ends, so an issue that
    is rolled back gives its number back, and nobody can have taken the next one meanwhile.
    """
    rows: Any = series._default_manager
    number, _made = rows.select_for_update(no_key=True).get_or_create(year=year)
    number.last += 1
    number.save(update_fields=["last"])
    return int(number.last)


def read_yearly_number(said: str, letter: str) -> dict[str, int] | None:
    """The row that a whole number names (“P-2026-000015”, of papers whose letter is P), as its columns say it."""
    numbered = re.fullmatch(r"([A-Z])-([0-9]{4})-([0-9]{6})", said.strip().upper())
    if numbered is None or numbered[1] != letter:
        return None
    return {"year": int(numbered[2]), "sequence": int(numbered[3])}

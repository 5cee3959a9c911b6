"""The share of new professionals who win a job with their first contacts, as everybody may see it (M15)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from base.sheets import per_cent
from guarantees.figures import share
from guarantees.first_fifteen import MIN_COUNTED
from guarantees.models import CountedDay, DailyFigure
from marketplace.models import Category, Province

Kind = DailyFigure.Kind
KINDS = (Kind.WINNERS, Kind.WINNERS_BY_CATEGORY, Kind.WINNERS_BY_PROVINCE, Kind.WINNERS_BY_BOTH)


@dataclass(frozen=True, slots=True)
class Shown:
    """One line: where, the share as the reader's language writes it, and of how many."""

    where: str
    share: str
    won: int
    counted: int


@dataclass(frozen=True, slots=True)
class PublicNumbers:
    """What can be said on a day; `whole` is None where nothing can. `too_few`: trades and provinces in which somebody
    is counted, and fewer than can be shown."""

    day: date
    whole: Shown | None
    by_category: list[Shown]
    by_province: list[Shown]
    by_both: list[Shown]
    too_few: list[str]


def public_numbers() -> PublicNumbers | None:
    """Those of the latest day that was counted, in 4 queries; None: none was."""
    latest = CountedDay.objects.first()
    if latest is None:
        return None
    figures = list(latest.figures.filter(kind__in=KINDS))
    categories = {str(each.pk): str(each) for each in Category.objects.all()}
    provinces = {str(each.pk): str(each) for each in Province.objects.all()}
    both = {
        f"{category}:{province}": f"{categories[category]}, {provinces[province]}"
        for category, _, province in (each.key.partition(":") for each in figures)
        if category in categories and province in provinces
    }
    whole = [each for each in _lines(figures, Kind.WINNERS, {"": ""}) if each.counted >= MIN_COUNTED]
    lines = {
        kind: _lines(figures, kind, names)
        for kind, names in (
            (Kind.WINNERS_BY_CATEGORY, categories),
            (Kind.WINNERS_BY_PROVINCE, provinces),
            (Kind.WINNERS_BY_BOTH, both),
        )
    }
    shown = {kind: [each for each in of if each.counted >= MIN_COUNTED] for kind, of in lines.items()}
    return PublicNumbers(
        day=latest.day,
        whole=whole[0] if whole else None,
        by_category=shown[Kind.WINNERS_BY_CATEGORY],
        by_province=shown[Kind.WINNERS_BY_PROVINCE],
        by_both=shown[Kind.WINNERS_BY_BOTH],
        too_few=[
            each.where
            for kind in (Kind.WINNERS_BY_CATEGORY, Kind.WINNERS_BY_PROVINCE)
            for each in lines[kind]
            if each.counted < MIN_COUNTED
        ],
    )


def _lines(figures: Iterable[DailyFigure], kind: str, names: Mapping[str, str]) -> list[Shown]:
    """The figures of a kind, by name; what is no longer there has none."""
    return sorted(
        (
            Shown(
                names[each.key],
                per_cent(share(each) or Decimal(0)),
                each.amount,
                each.count,
            )
            for each in figures
            if each.kind == kind and each.key in names
        ),
        key=lambda line: line.where,
    )

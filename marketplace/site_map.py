"""The map of the public pages that search engines are given (M13), cut into files of a bounded size."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse

from base.registry import public_pages, public_rows
from marketplace.directory import provinces_with_somebody, public
from marketplace.models import Category, Review
from marketplace.public_profile import page_address
from profiles.models import Photo, Professional

DIRECTORY = "directory"
PROFESSIONALS = "professionals"
# A file holds the professionals of so many ids, so that none reads the others: by number of page, the last of them
# would read everybody. The standard allows 50,000 addresses.
IDS_IN_A_FILE = 5_000
_SECTION = re.compile(rf"{PROFESSIONALS}-(?P<number>[1-9][0-9]{{0,8}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """A page, by its path, and when it last changed, where that is known."""

    path: str
    lastmod: datetime | None = None


def sections(today: date) -> list[str]:
    """The names of the files of the map in which something stands on `today`: the directory, and the professionals by
    their ids. Each file is asked for its first alone."""
    highest = Professional.objects.aggregate(highest=Max("pk"))["highest"] or 0
    return [DIRECTORY] + [
        f"{PROFESSIONALS}-{number}"
        for number in range(1, -(-highest // IDS_IN_A_FILE) + 1)
        if _in_file(number, _offered(today)).exists()
    ]


def entries_of(section: str, today: date) -> list[Entry] | None:
    """What stands in a file on `today`; None: there is no such file, for an empty one is none."""
    if section == DIRECTORY:
        return list(_directory(today))
    named = _SECTION.fullmatch(section)
    if named is None:
        return None
    return [
        Entry(page_address(each), getattr(each, "changed"))  # noqa: B009 - annotated
        for each in _in_file(int(named["number"]), _professionals(today))
    ] or None


def _in_file(number: int, professionals: QuerySet[Professional]) -> QuerySet[Professional]:
    last = number * IDS_IN_A_FILE
    return professionals.filter(pk__gt=last - IDS_IN_A_FILE, pk__lte=last)


def _directory(today: date) -> Iterator[Entry]:
    """The pages on which somebody stands, after those that apps above publish: a question for each trade, none for
    each professional."""
    yield from (Entry(reverse(name)) for name in public_pages)
    yield from (Entry(path, changed) for rows in public_rows for path, changed in rows())
    yield Entry(reverse("marketplace:directory"))
    for category in Category.objects.all():
        provinces = list(provinces_with_somebody(category, today))
        if provinces:
            yield Entry(reverse("marketplace:directory_of_category", args=[category.slug]))
        for province in provinces:
            yield Entry(reverse("marketplace:directory_of_pair", args=[category.slug, province.slug]))


def _offered(today: date) -> QuerySet[Professional]:
    """Whoever's page search engines may offer."""
    return public(today).filter(description_length__gt=0)


def _professionals(today: date) -> QuerySet[Professional]:
    """They, with the last change of what stands on their page."""

    def newest(rows: QuerySet[Any], by: str) -> Coalesce:
        latest = rows.filter(**{f"{by}__isnull": False}).order_by(f"-{by}").values(by)[:1]
        return Coalesce(Subquery(latest), F("created_at"))

    return (
        _offered(today)
        .annotate(
            changed=Greatest(
                newest(Professional.history.filter(id=OuterRef("pk")), "history_date"),
                newest(Photo.objects.filter(professional=OuterRef("pk")), "uploaded_at"),
                newest(Review.objects.counting().filter(professional=OuterRef("pk")), "published_at"),
            )
        )
        .only("public_id", "name")
        .order_by("pk")
    )

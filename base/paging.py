"""Pages by key: the next page begins after the last row shown, however many rows there are."""

import uuid
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

ModelT = TypeVar("ModelT", bound=Model)


@dataclass(frozen=True, slots=True)
class Slice(Generic[ModelT]):
    """`older` is what the address says of the next page, None on the last: the public id of the last row shown,
    after the value it was sorted by where that may change."""

    rows: list[ModelT]
    older: uuid.UUID | str | None
    first: bool


def newest_first(
    rows: QuerySet[ModelT], request: HttpRequest, *, by: str, size: int, among: QuerySet[ModelT] | None = None
) -> Slice[ModelT]:
    """One page of `rows`, newest `by` first: `in_order` for the order that most lists have."""
    return in_order(rows, request, order=(f"-{by}", "-pk"), size=size, among=among)


def in_order(
    rows: QuerySet[ModelT],
    request: HttpRequest,
    *,
    order: tuple[str, ...],
    size: int,
    among: QuerySet[ModelT] | None = None,
    moving: bool = False,
) -> Slice[ModelT]:
    """One page of `rows`, after the row that `?older=` names by its public id.

    `order` is as in `order_by`; its last field is unique, and none is ever empty. The named row is looked for in
    `among` (default: `rows`), for it may have left them since. `moving`: the first field, a whole number, changes
    while people turn pages, so the address carries the value at which the page ended, and nobody misses the rows
    that the named one has passed since. An address that names no such row gives the first page.
    """
    fields = [name.removeprefix("-") for name in order]
    values = _anchor(request, fields, rows if among is None else among, moving)
    if values is not None:
        rows = rows.filter(_after(list(zip(order, values, strict=True))))
    found = list(rows.order_by(*order)[: size + 1])
    shown = found[:size]
    older: uuid.UUID | str | None = None
    if len(found) > size:
        older = getattr(shown[-1], "public_id")  # noqa: B009 - of any model with one
        if moving:
            older = f"{getattr(shown[-1], fields[0])}_{older}"
    return Slice(shown, older, first=values is None)


def _anchor(
    request: HttpRequest, fields: list[str], among: QuerySet[Any], moving: bool
) -> tuple[Any, ...] | None:
    """The values by which the row that the address names is sorted."""
    said, _, named = request.GET.get("older", "").rpartition("_")
    try:
        public_id = uuid.UUID(named)
        value = int(said) if moving else None
    except ValueError:
        return None
    if value is not None and not -(2**31) <= value < 2**31:
        return None
    values = among.order_by().filter(public_id=public_id).values_list(*fields).first()
    if values is None or not moving:
        return values
    return (value, *values[1:])


def _after(order: list[tuple[str, Any]]) -> Q:
    """What comes after a row with these values, written so that an index of the same order finds its beginning."""
    (name, value), *rest = order
    field, beyond = (name[1:], "lt") if name.startswith("-") else (name, "gt")
    further = Q(**{f"{field}__{beyond}": value})
    if not rest:
        return further
    return Q(**{f"{field}__{beyond}e": value}) & (further | _after(rest))

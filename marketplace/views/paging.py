"""Pages by key: the next page begins after the last row shown, however many rows there are."""

import uuid
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

ModelT = TypeVar("ModelT", bound=Model)


@dataclass(frozen=True, slots=True)
class Slice(Generic[ModelT]):
    """`older` is the public id after which the next page begins, None on the last."""

    rows: list[ModelT]
    older: uuid.UUID | None
    first: bool


def newest_first(
    rows: QuerySet[ModelT], request: HttpRequest, *, by: str, size: int, among: QuerySet[ModelT] | None = None
) -> Slice[ModelT]:
    """One page of `rows`, newest `by` first, after the row that `?older=` names by its public id.

    That row is looked for in `among` (default: `rows`), for it may have left them since. An address that names
    no such row gives the first page.
    """
    anchor = None
    try:
        named = uuid.UUID(request.GET.get("older", ""))
    except ValueError:
        pass
    else:
        every = rows if among is None else among
        anchor = every.order_by().filter(public_id=named).values_list(by, "pk").first()
    if anchor is not None:
        moment, pk = anchor
        rows = rows.filter(Q(**{f"{by}__lte": moment}) & (Q(**{f"{by}__lt": moment}) | Q(pk__lt=pk)))
    found = list(rows.order_by(f"-{by}", "-pk")[: size + 1])
    shown = found[:size]
    older = getattr(shown[-1], "public_id") if len(found) > size else None  # noqa: B009 - of any model with one
    return Slice(shown, older, first=anchor is None)

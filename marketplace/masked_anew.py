"""Requests that were written before the masking was improved: found, and masked as those of today (M5)."""

from collections.abc import Iterator

from django.db.models import QuerySet

from base.jobs import for_each
from marketplace.leads import FREE_TEXTS, MASKED, hide_details
from marketplace.models import Lead

_BATCH = 500


def masked_otherwise(leads: QuerySet[Lead], *, batch: int = _BATCH) -> Iterator[dict[int, list[str]]]:
    """Those of `leads` of which strangers are shown something else than their texts as they are masked today: their
    primary keys, with the columns that say so, of each `batch` of rows that is read. Changes nothing."""
    # What masking reads, and what it writes: the rest of a million rows stays where it is.
    read = leads.only(*FREE_TEXTS, *MASKED, "homeowner_phone", "homeowner_email").order_by("pk")
    last = 0
    while rows := list(read.filter(pk__gt=last)[:batch]):
        yield {lead.pk: columns for lead in rows if (columns := hide_details(lead))}
        last = rows[-1].pk


def mask_anew(leads: QuerySet[Lead], *, batch: int = _BATCH) -> int:
    """Masks each of `leads` that needs it; returns how many. May run twice, be stopped, or run on two workers.

    One that fails is logged, and the rest go on. For the command `mask_leads`, and for the migration that comes with
    a better masking, which passes the requests as they are at that migration.
    """
    return sum(
        for_each(leads.filter(pk__in=wrong), lambda pk: _mask(leads, pk), what="mask")
        for wrong in masked_otherwise(leads, batch=batch)
        if wrong
    )


def _mask(leads: QuerySet[Lead], pk: int) -> bool:
    """Reads again under the lock: who was corrected or erased meanwhile is not shown by what was read before."""
    lead = leads.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    columns = hide_details(lead)
    if columns:
        lead.save(update_fields=columns)
    return bool(columns)

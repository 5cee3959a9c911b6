"""Where the ledger entries of the guarantee come from, as a statement says it (M8)."""

from collections.abc import Collection, Mapping

from django.urls import reverse
from django.utils.translation import gettext as _

from base.registry import Origin, origin_of
from billing.models import WalletEntry
from guarantees.models import Claim, LaterJob


@origin_of(WalletEntry.Kind.REFUND)
def refunds(entries: Collection[int]) -> Mapping[int, Origin]:
    rows = Claim.objects.filter(refund_entry__in=entries).values_list("refund_entry", "public_id")
    return {
        entry: Origin(_("Guarantee refund"), reverse("guarantees:claim_status", args=[public_id]))
        for entry, public_id in rows
    }


@origin_of(WalletEntry.Kind.LATER_JOB)
def later_jobs(entries: Collection[int]) -> Mapping[int, Origin]:
    """Which contact it was, its page says."""
    rows = LaterJob.objects.filter(entry__in=entries).values_list("entry", "contact__public_id")
    return {
        entry: Origin(
            _("Contact that became a job after the refund"),
            reverse("marketplace:contact", args=[public_id]),
        )
        for entry, public_id in rows
        if entry is not None
    }

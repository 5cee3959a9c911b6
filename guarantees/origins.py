"""Where the ledger entries of the guarantee come from, as a statement says it (M8)."""

from collections.abc import Collection, Mapping

from django.urls import reverse
from django.utils.translation import gettext as _

from base.registry import Origin, origin_of
from billing.models import WalletEntry
from guarantees.models import Claim


@origin_of(WalletEntry.Kind.REFUND)
def refunds(entries: Collection[int]) -> Mapping[int, Origin]:
    rows = Claim.objects.filter(refund_entry__in=entries).values_list("refund_entry", "public_id")
    return {
        entry: Origin(_("Guarantee refund"), reverse("guarantees:claim_status", args=[public_id]))
        for entry, public_id in rows
    }

"""Where the ledger entries of contacts come from, as a statement says it (M8)."""

from collections.abc import Collection, Mapping

from django.urls import reverse
from django.utils.translation import gettext as _

from base.registry import Origin, origin_of
from billing.models import WalletEntry
from marketplace.models import Contact


@origin_of(WalletEntry.Kind.PURCHASE)
def purchases(entries: Collection[int]) -> Mapping[int, Origin]:
    return _contacts("purchase_entry", entries, _("Contact bought"))


@origin_of(WalletEntry.Kind.RETURN)
def returns(entries: Collection[int]) -> Mapping[int, Origin]:
    return _contacts("return_entry", entries, _("Contact returned"))


def _contacts(column: str, entries: Collection[int], words: str) -> Mapping[int, Origin]:
    """By the title of the request as strangers are shown it, for statements are handed on (M5); until nothing is
    kept of who asked for it (X5)."""
    rows = Contact.objects.filter(**{f"{column}__in": entries}).values_list(
        column, "public_id", "lead__title", "lead__title_masked", "lead__anonymised_at"
    )
    return {
        entry: Origin(
            words if anonymised_at or not title else f"{words}: {title_masked or title}",
            reverse("marketplace:contact", args=[public_id]),
        )
        for entry, public_id, title, title_masked, anonymised_at in rows
    }

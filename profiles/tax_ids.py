"""The tax id of a business: the guarantee belongs to it, once (G10)."""

from django.utils.translation import gettext as _

from base.tax_ids import GENERIC_RFCS, normal_tax_id, tax_id_kind
from profiles.errors import ProfileError

_HOMOCLAVE = 3


def read_tax_id(text: str) -> str:
    """`text` as it is stored and compared; empty stays empty. Raises ProfileError "tax_id_invalid" for its form."""
    tax_id = normal_tax_id(text)
    if not tax_id:
        return ""
    if tax_id_kind(tax_id) is None or tax_id in GENERIC_RFCS:
        raise ProfileError(
            "tax_id_invalid",
            _(
                "This is not the tax id of a business. Copy it from a tax document: an RFC has 12 characters for a "
                "company and 13 for a person."
            ),
            field="tax_id",
        )
    return tax_id


def stem(tax_id: str) -> str:
    """Letters and date of an RFC, without its homoclave: two that share it may well be one business (G10)."""
    return tax_id[:-_HOMOCLAVE] if tax_id_kind(tax_id) == "rfc" else ""

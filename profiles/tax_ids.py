"""Tax ids, written one way, so that the same business cannot be entered twice by a space or a hyphen (G10)."""

import re
from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _

from profiles.errors import ProfileError

_SEPARATORS = re.compile(r"[\s.\-‐‑–—/_]+")
_RFC = re.compile(r"[A-ZÑ&]{3,4}(\d\d)(\d\d)(\d\d)[A-Z\d]{2}[A\d]")
_ANY = re.compile(r"[A-Z0-9]{8,20}")


def read_tax_id(text: str) -> str:
    """`text` in capitals without separators; empty stays empty.

    In Mexico it must have the form of an RFC: letters, a date, and three of the homoclave. Raises ProfileError.
    """
    tax_id = _SEPARATORS.sub("", text).upper()
    if not tax_id:
        return ""
    if settings.PHONENUMBER_DEFAULT_REGION == "MX":
        if not _is_rfc(tax_id):
            raise ProfileError(
                "tax_id_invalid",
                _(
                    "This is not an RFC. It has 12 characters for a company or 13 for a person: VEGA850312KX4."
                ),
                field="tax_id",
            )
    elif not _ANY.fullmatch(tax_id):
        raise ProfileError(
            "tax_id_invalid", _("This is not a tax id: it has 8 to 20 letters and digits."), field="tax_id"
        )
    return tax_id


def _is_rfc(tax_id: str) -> bool:
    found = _RFC.fullmatch(tax_id)
    if not found:
        return False
    year, month, day = (int(part) for part in found.groups())
    try:
        date(2000 + year, month, day)  # 2000 was a leap year, as was 1900 + 4 n: the century is not written.
    except ValueError:
        return False
    return True


def stem(tax_id: str) -> str:
    """Letters and date of an RFC without its homoclave: two that share it may be one person (G10)."""
    return tax_id[:-3] if _is_rfc(tax_id) else ""

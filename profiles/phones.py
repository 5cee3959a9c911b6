"""Telephone numbers, read as people write them."""

import re

from django.conf import settings
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber, to_python
from phonenumbers import region_code_for_number

from profiles.errors import ProfileError

# Abolished in Mexico in 2019 but still written: +52 1 … (as WhatsApp shows it), 044, 045, 01.
_OLD_MOBILE = re.compile(r"^(\+|00)521(?=\d{10}$)")
_OLD_PREFIX = re.compile(r"^(044|045|01)(?=\d{10}$)")
_PUNCTUATION = re.compile(r"[\s().\-‐‑–—/]+")


def read_phone(text: str, *, field: str = "phone") -> str:
    """`text` as an international number (+525512345678); empty stays empty. Raises ProfileError."""
    digits = _PUNCTUATION.sub("", text)
    if not digits:
        return ""
    if settings.PHONENUMBER_DEFAULT_REGION == "MX":
        digits = _OLD_PREFIX.sub("", _OLD_MOBILE.sub("+52", digits))
    number = to_python(digits, region=settings.PHONENUMBER_DEFAULT_REGION)
    if not isinstance(number, PhoneNumber) or not number.is_valid():
        raise ProfileError(
            "phone_invalid",
            _(
                "This is not a telephone number that can be called. Write it with its area code: 55 1234 5678."
            ),
            field=field,
        )
    return number.as_e164


def is_of_this_country(number: str | PhoneNumber) -> bool:
    """Whether a telephone number (as `read_phone` gives it) belongs to the marketplace's own country."""
    region: str | None = region_code_for_number(to_python(number))
    return region == settings.PHONENUMBER_DEFAULT_REGION

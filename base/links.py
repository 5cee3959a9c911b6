"""Signed links for people without an account: they cannot be guessed or changed, and they end."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse


def sign(purpose: str, value: str) -> str:
    """A token that says `value`, good for `purpose` alone."""
    return signing.TimestampSigner(salt=f"link:{purpose}").sign(value)


def unsign(purpose: str, token: str, *, max_age: timedelta | None) -> str:
    """What `sign` was given. Raises signing.BadSignature if forged, SignatureExpired if older than `max_age` (None:
    the link ends by something else than its age)."""
    return signing.TimestampSigner(salt=f"link:{purpose}").unsign(token, max_age=max_age)


def absolute(viewname: str, *args: object, **kwargs: object) -> str:
    """The full address of a page, for mails."""
    return settings.SITE_URL + reverse(viewname, args=args or None, kwargs=kwargs or None)

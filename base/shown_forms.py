"""Telling people from programs by the form itself, without sending anybody to a third party.

A form carries, signed, when it was first shown and an id of its own. A program fills a form in faster than anybody
reads it, or keeps one for days; and the same form sent twice (double click, retry) is known by its id.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.signing import BadSignature, Signer

# Nobody reads, fills in and sends a form in less.
AT_LEAST = timedelta(seconds=3)
AT_MOST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class ShownForm:
    """A form as it stands in somebody's browser."""

    purpose: str
    form_id: uuid.UUID
    shown_at: datetime

    @property
    def token(self) -> str:
        """What the form carries in a hidden field."""
        return _signer(self.purpose).sign(f"{self.form_id.hex}.{int(self.shown_at.timestamp())}")

    def is_too_fast(self, now: datetime) -> bool:
        return now - self.shown_at < AT_LEAST

    def is_too_old(self, now: datetime) -> bool:
        return now - self.shown_at > AT_MOST


def show_form(purpose: str, now: datetime, *, form_id: uuid.UUID | None = None) -> ShownForm:
    """A form that is shown now; `form_id` is that of one which was shown too long ago, with what was typed in it."""
    return ShownForm(purpose, form_id or uuid.uuid4(), now)


def read_form(purpose: str, token: str) -> ShownForm | None:
    """The form that a token was made for; None if it is forged or cut off."""
    try:
        form_id, _dot, seconds = _signer(purpose).unsign(token).partition(".")
    except BadSignature:
        return None
    return ShownForm(purpose, uuid.UUID(form_id), datetime.fromtimestamp(int(seconds), tz=UTC))


def _signer(purpose: str) -> Signer:
    return Signer(salt=f"form:{purpose}")

"""Reading what a gateway sent: signed or not, nothing of it is believed to have the right shape."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from billing.gateways import WebhookRefused
from billing.models import RefusedWebhook

LARGEST = 2**63 - 1
_UNKEPT = re.compile("[\x00\ud800-\udfff]")


def unreadable() -> WebhookRefused:
    return WebhookRefused(RefusedWebhook.Reason.UNREADABLE)


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body holds. Raises WebhookRefused, also of one nested deeper than anybody nests."""
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise unreadable() from error
    if not isinstance(values, dict):
        raise unreadable()
    return values


def section(values: dict[str, Any], name: str) -> dict[str, Any]:
    """A part of it that holds fields itself; empty where it is missing."""
    found = values.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise unreadable()
    return found


def text(values: dict[str, Any], name: str, *, most: int = 120, required: bool = False) -> str:
    """A short text; empty where it is missing. Of an object that was sent whole, its id."""
    found = values.get(name)
    if isinstance(found, dict):
        found = found.get("id")
    if found is None and not required:
        return ""
    # What a column cannot hold is refused here, not by the database: null bytes, and halves of a letter.
    if not isinstance(found, str) or len(found) > most or _UNKEPT.search(found) or (required and not found):
        raise unreadable()
    return found


def cents(values: dict[str, Any], name: str) -> int | None:
    """An amount in whole cents; None where it is missing."""
    found = values.get(name)
    if found is None:
        return None
    if not isinstance(found, int) or isinstance(found, bool) or abs(found) > LARGEST:
        raise unreadable()
    return found


def flag(values: dict[str, Any], name: str) -> bool:
    """Yes or no; it may not be missing."""
    found = values.get(name)
    if not isinstance(found, bool):
        raise unreadable()
    return found


def moment(values: dict[str, Any], name: str) -> datetime:
    """Seconds since 1970; it may not be missing."""
    found = cents(values, name)
    if found is None:
        raise unreadable()
    try:
        return datetime.fromtimestamp(found, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise unreadable() from error

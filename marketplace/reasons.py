"""Reasons and notes that the office writes down, made fit to keep."""

from marketplace.errors import MarketplaceError
from marketplace.written import refuse_too_long
from profiles.plain_text import length_as_read, many_lines

REASON_AT_MOST = 2000  # characters


def read_reason(text: str, *, field: str, missing: str = "") -> str:
    """`text` without controls, trimmed. `missing`: what is said where nothing is left; empty: nothing may be.

    Raises MarketplaceError for `field`: reason_missing, too_long.
    """
    reason = many_lines(text)
    if length_as_read(reason) == 0:
        if missing:
            raise MarketplaceError("reason_missing", missing, field=field)
        return ""
    refuse_too_long(reason, field=field, most=REASON_AT_MOST)
    return reason

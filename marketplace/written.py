"""What people write, refused where it is longer than can be kept."""

from marketplace.errors import MarketplaceError
from profiles.plain_text import too_long


def refuse_too_long(text: str, *, field: str, most: int, code: str = "too_long") -> None:
    """Raises MarketplaceError `code` for `field` if `text` has more than `most` characters. Ask it of the text as it
    is kept: some characters become two when they are made fit."""
    sentence = too_long(text, most)
    if sentence:
        raise MarketplaceError(code, sentence, field=field)

"""Locks on what has no row yet: until a transaction ends, nobody else is at the same thing."""

import zlib
from enum import IntEnum

from django.db import connection


class Of(IntEnum):
    """What a text that is locked names: the same text of another kind is another lock."""

    ANSWERED_SENDER = 1516
    BANK_TRANSFER = 1517
    DESK_MAIL = 1518
    CLIENT_ADDRESS = 1519


def one_after_the_other(of: Of, text: str) -> None:
    """Waits until no other transaction holds `text`, and holds it until this one ends. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)", [int(of), zlib.crc32(text.encode()) - 2**31]
            )

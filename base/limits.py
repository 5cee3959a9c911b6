"""How often somebody may do something: counted in the cache that all processes share, as sign-ins are.

What is counted is kept as a hash and for one window only, so no address of anybody's stands in the cache.
"""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils.crypto import salted_hmac


def take(purpose: str, who: str, *, most: int, window: timedelta, now: datetime) -> bool:
    """Takes one of the `most` turns that `who` has in this window of time; False if none is left.

    Each turn is a key of its own, taken by `add`, which every cache does for one caller alone: two at once never
    take the same turn, also where counting up would lose one. So keep `most` to some dozens.
    """
    seconds = window.total_seconds()
    period = int(now.timestamp() // seconds)
    key = salted_hmac(f"limit:{purpose}", f"{who}:{period}", algorithm="sha256").hexdigest()
    return any(cache.add(f"limit:{key}:{turn}", True, timeout=seconds) for turn in range(most))

"""How often somebody may do something: counted in the cache that all processes share, as sign-ins are.

What is counted is kept as a hash and for one window only, so no address of anybody's stands in the cache.

Who is told that no turn is left, and who is not: whoever sits on a network may hear that it was used much; of a mail
address or a telephone it is never said, for whoever types it need not be whose it is.
"""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils.crypto import salted_hmac


def take(purpose: str, who: str, *, most: int, window: timedelta, now: datetime) -> bool:
    """Takes one of the `most` turns that `who` has in this window of time; False if none is left.

    Each turn is a key of its own, taken by `add`, which every cache does for one caller alone: two at once never
    take the same turn, also where counting up would lose one. Beside them stands from which turn on to try: a hint,
    which may be late or lost and then costs a few tries more. Once all are taken, a refusal is one read.
    """
    seconds = window.total_seconds()
    period = int(now.timestamp() // seconds)
    digest = salted_hmac(f"limit:{purpose}", f"{who}:{period}", algorithm="sha256").hexdigest()
    key = f"limit:{digest}"
    first = cache.get(key, 0)
    if first >= most:
        return False
    taken = next(
        (turn for turn in range(first, most) if cache.add(f"{key}:{turn}", True, timeout=seconds)), most
    )
    cache.set(key, taken + 1, timeout=seconds)
    return taken < most

"""Both sides are told when four fifths of an allowance are used, and when nothing is left: once each (S7)."""

from datetime import datetime

from support import letters
from support.models import Allowance, Ticket
from support.splits import almost_used, used_up
from support.staff import whoever_has


def tell_of_use(allowance: Allowance, ticket: Ticket, now: datetime) -> None:
    """Call it in the transaction of the entry that used some of `allowance`, which is locked, for work on `ticket`.

    An entry that passes both marks at once tells of the second alone. What is taken back and used again is not told
    again; where more is added to an allowance, that larger one is told of anew (`allowances.add_to`).
    """
    if used_up(allowance.given, allowance.left) and allowance.told_used_up_at is None:
        allowance.told_used_up_at = now
        allowance.told_almost_used_at = allowance.told_almost_used_at or now
        allowance.save(update_fields=["told_used_up_at", "told_almost_used_at"])
        letters.allowance_used_up(allowance, ticket, whoever_has(ticket), now)
    elif almost_used(allowance.given, allowance.left) and allowance.told_almost_used_at is None:
        allowance.told_almost_used_at = now
        allowance.save(update_fields=["told_almost_used_at"])
        letters.allowance_almost_used(allowance, ticket, whoever_has(ticket), now)

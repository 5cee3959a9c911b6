"""Until which day a contact may be given back, and a return is to be decided (M7): pure, imports nothing of Django."""

from dataclasses import dataclass
from datetime import date, timedelta

# A return may be asked for until the end of this local day after the purchase, inclusive.
ASKED_WITHIN = timedelta(days=7)
# Staff decide by the end of this local day after it was asked for.
DECIDED_WITHIN = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class LastDays:
    """The last local days, inclusive, on which a return can be asked for by the calendar alone.

    `ordinary`: for what was wrong with the request. `withdrew`: because the homeowner withdrew it; None: that is no
    reason here.
    """

    ordinary: date
    withdrew: date | None

    @property
    def latest(self) -> date:
        """The last of them, for whatever reason."""
        return self.withdrew or self.ordinary


def last_days(*, bought_on: date, withdrawn_on: date | None) -> LastDays:
    """From the local dates of the purchase and of the homeowner's withdrawal, which is never before it.

    Where the homeowner withdrew the request while the seven days were open, seven more begin with that day, for
    that reason alone: whoever bought in the last seven days may return it (M1, M7).
    """
    ordinary = bought_on + ASKED_WITHIN
    if withdrawn_on is None or withdrawn_on > ordinary:
        return LastDays(ordinary, withdrew=None)
    return LastDays(ordinary, withdrew=withdrawn_on + ASKED_WITHIN)


def earliest_purchase(today: date) -> date:
    """What was bought before this day cannot be asked for on `today` for any reason: seven days from the purchase,
    and seven more where the homeowner withdrew on the last of them."""
    return today - 2 * ASKED_WITHIN


def decide_by(asked_on: date) -> date:
    """The last local day on which the promised decision is in time, inclusive."""
    return asked_on + DECIDED_WITHIN

"""What of a piece of work an allowance takes, and what can become of the rest (S5, S6, S7). Pure."""

from dataclasses import dataclass

from support.courtesy import COURTESY_MINUTES


@dataclass(frozen=True, slots=True)
class Split:
    """`taken` whole units from the allowance and `rest` beyond what is left of it: together what was logged. A rest
    that is `short` may be a courtesy; any may be an exception, or wait for an offer."""

    taken: int
    rest: int
    short: bool


def split(amount: int, left: int, courtesy_left: int) -> Split:
    """Of `amount` whole units with `left` in the allowance (nothing, where there is none) and `courtesy_left` minutes
    that can still be given away on the ticket: none, where interventions are counted."""
    taken = min(amount, left)
    rest = amount - taken
    return Split(taken=taken, rest=rest, short=0 < rest <= courtesy_left)


def courtesy_left(given: int) -> int:
    """Whole minutes that can still be a courtesy on a ticket on which `given` were (S5)."""
    return max(0, COURTESY_MINUTES - given)


def credited_share(amount: int, credited_cents: int, total_cents: int) -> int:
    """How many of `amount` whole units that were bought for `total_cents` go back with `credited_cents` of that (S6):
    what is begun of a unit stays the client's."""
    return amount * credited_cents // total_cents


def almost_used(given: int, left: int) -> bool:
    """Whether four fifths or more of an allowance are used (S7)."""
    return given > 0 and 5 * (given - left) >= 4 * given


def used_up(given: int, left: int) -> bool:
    """Whether nothing is left of an allowance of which something was given."""
    return given > 0 and left == 0

"""Who won a job in their first contacts, as a pure decision: what the public figures count (M15).

Counted is a professional whose first contacts are settled: all that the guarantee counts were bought, or the time to
buy them is over, and the waiting months after that have passed too, for homeowners to make up their minds. Whoever
wins early is counted no earlier than whoever does not: else the share would look better than it is.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from guarantees import rules

# The share is that of new professionals: of those who contracted first within so many months.
NEW_FOR_MONTHS = 24
# Where fewer are counted, nothing is said in public (M15).
MIN_COUNTED = 30
Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class FirstFifteen:
    """A professional's settled first contacts, by their ids in the order of purchase; whether one of them was won."""

    contacts: tuple[int, ...]
    won: bool


def first_fifteen(facts: rules.Facts, terms: rules.Terms, today: date) -> FirstFifteen | None:
    """What is counted of a professional on `today` (local); None: nothing, or nothing yet.

    Not who contracted longer ago than `NEW_FOR_MONTHS`, nor who bought nothing in their time. What was bought after it
    does not matter, nor what was returned (G1, G3).
    """
    start = facts.contracted_on
    if start is None or start < rules.add_months(today, -NEW_FOR_MONTHS):
        return None
    deadline = rules.purchase_deadline(start, terms)
    bought = [each for each in rules.counted_contacts(facts.contacts, terms) if each.bought_on <= deadline]
    if not bought:
        return None
    over_on = bought[-1].bought_on if len(bought) == terms.contacts else deadline
    if today < rules.add_months(over_on, terms.waiting_months):
        return None
    return FirstFifteen(tuple(each.id for each in bought), any(each.won for each in bought))


def where_most_are(places: Iterable[Place]) -> Place:
    """The place that is there most often; of several, the one that comes first. There is one at least."""
    return Counter(places).most_common(1)[0][0]

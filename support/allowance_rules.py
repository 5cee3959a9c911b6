"""Whether an allowance can be used on a day (S7): pure, nothing of Django.

What is said here, what is refused, and what a page shows are one and the same; `AllowanceQuerySet.usable` says "usable"
once more for the database, and a test holds the two together.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class State(StrEnum):
    """What an allowance is on a day."""

    USABLE = "usable"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    # The plan that includes it has lapsed, for its invoice is unpaid (M9).
    UNPAID = "unpaid"
    USED_UP = "used_up"


@dataclass(frozen=True, slots=True)
class Days:
    """The local date of one moment in both calendars (X1): they differ for some hours of every day.

    What a plan includes is dated by billing, so it begins and ends with the marketplace's days (S13); whatever else was
    agreed or bought is the desk's.
    """

    desk: date
    marketplace: date

    def of(self, *, plan: bool) -> date:
        """By which an allowance is judged: that of a `plan`, or another."""
        return self.marketplace if plan else self.desk


def state_of(*, today: date, starts_on: date, ends_on: date | None, left: int, plan_in_force: bool) -> State:
    """The state on `today`, the date of its own calendar (`Days.of`); both bounds are inclusive local dates.

    `left` is in whole units; an allowance of no plan is as one whose plan is in force. Where several hold, the first of
    them in this order is told: not started, ended, unpaid, used up.
    """
    if today < starts_on:
        return State.NOT_STARTED
    if ends_on is not None and today > ends_on:
        return State.ENDED
    if not plan_in_force:
        return State.UNPAID
    return State.USABLE if left else State.USED_UP

"""First and last days of a plan's periods (M9)."""

from datetime import date, timedelta

from base.days import add_months


def first_and_last_day(anchor: date, start: date, months: int) -> tuple[date, date]:
    """The stretch of `months` calendar months that begins on `start`, a day that months added to `anchor` reach.

    Months are added once from the anchor, so that the end of a short month is not carried on: from 31 January,
    by the month, the stretches begin on 31 Jan, 28 Feb, 31 Mar. A stretch ends the day before the next begins.
    """
    passed = 0
    while add_months(anchor, passed) < start:
        passed += 1
    return start, add_months(anchor, passed + months) - timedelta(days=1)


def next_stretch(anchor: date, after: date, months: int, today: date) -> tuple[date, date]:
    """First and last day of the period that follows the last day `after`, when it is added on `today`.

    It begins the day after. If whole periods have passed since (the job was down that long), it is the one that
    holds `today`: what has passed whole was nobody's fault who would pay for it.
    """
    start, end = first_and_last_day(anchor, after + timedelta(days=1), months)
    while end < today:
        start, end = first_and_last_day(anchor, end + timedelta(days=1), months)
    return start, end

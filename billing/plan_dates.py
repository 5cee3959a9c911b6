"""First and last days of a plan's periods (M9)."""

from datetime import date, timedelta

from base.days import add_months
from billing.models import Period

# A renewal is announced this long before the last day.
NOTICE_BEFORE = timedelta(days=3)


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


def begun_and_until(last: Period, today: date) -> tuple[date | None, date]:
    """Of a plan that is in force on `today`, whose last period is `last`: the first day of a period that has begun and
    that the jobs have not written yet, if there is one, and the last day, as they will write it."""
    if last.ends_on >= today:
        return None, last.ends_on
    if last.renewal_announced_at is None:
        return None, today + NOTICE_BEFORE
    subscription = last.subscription
    return next_stretch(subscription.counted_from, subscription.runs_until, subscription.plan.months, today)

"""Plans that end for good without anybody having cancelled them (M9)."""

from datetime import datetime

from base.days import marketplace_day
from billing.models import Invoice, Period, Subscription, SubscriptionEvent
from profiles.models import User


def close_plan(subscription: Subscription, now: datetime, *, by: User | None = None) -> None:
    """No period is added any more, whatever is paid or taken back later. The caller holds the professional's lock."""
    subscription.cancelled_on = marketplace_day(now)
    subscription.save(update_fields=["cancelled_on"])
    SubscriptionEvent.objects.create(
        subscription=subscription, actor=by, to_state=SubscriptionEvent.Step.CLOSED, at=now
    )


def close_what_ended(invoice: Invoice, now: datetime) -> None:
    """Closes the plan of this invoice if it was lapsed when its days were over.

    Until then the dates of its invoices alone say that it has ended; the bank, taking a payment back or giving it
    back, moves them. So this comes before. The caller holds the professional's lock.
    """
    ended = Subscription.objects.lapsed_at_the_end().filter(
        periods__in=Period.objects.of_invoice(invoice),
        cancelled_on=None,
        runs_until__lt=marketplace_day(now),
    )
    for subscription in ended:
        close_plan(subscription, now)

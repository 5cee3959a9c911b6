"""What beat starts: it looks for what is due, so running it late, twice or at once does no harm."""

from celery import shared_task
from django.utils import timezone

from billing import dunning, gateway_inbox, payments, subscriptions


@shared_task(name="billing.renew_plans")
def renew_plans() -> None:
    """Everything that follows from the dates of plans: lapses are told, periods added, renewals announced."""
    now = timezone.now()
    subscriptions.note_lapses(now=now)
    subscriptions.renew_plans(now=now)
    subscriptions.announce_renewals(now=now)


@shared_task(name="billing.remind_of_invoices")
def remind_of_invoices() -> None:
    """Reminds of unpaid invoices, each step once."""
    dunning.remind_of_invoices(now=timezone.now())


@shared_task(name="billing.process_payments")
def process_payments() -> None:
    """Events of the gateway that still wait, payments that nobody finished, and pages of what is to be paid no more."""
    now = timezone.now()
    gateway_inbox.process_payments(now=now)
    payments.close_pages(now=now)

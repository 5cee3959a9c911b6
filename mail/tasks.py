"""What the worker does for mail."""

from celery import shared_task
from django.utils import timezone

from mail import outbox


@shared_task(name="mail.send_due_mail", ignore_result=True)
def send_due_mail() -> None:
    """Sends what is due, batch after batch, until nothing is."""
    while outbox.send_due(now=timezone.now()):
        pass


@shared_task(name="mail.clear_old_mail", ignore_result=True)
def clear_old_mail() -> None:
    """Clears the bodies of mails that ended 30 days ago (M5)."""
    outbox.clear_old(now=timezone.now())

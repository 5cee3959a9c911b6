"""What the worker does for mail."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from mail import inbox, kept_files, mailboxes, outbox


@shared_task(name="mail.send_due_mail", ignore_result=True)
def send_due_mail() -> None:
    """Sends what is due, batch after batch, until nothing is."""
    while outbox.send_due(now=timezone.now()):
        pass


@shared_task(name="mail.clear_old_mail", ignore_result=True)
def clear_old_mail() -> None:
    """Clears the bodies of mails that ended 30 days ago (M5)."""
    outbox.clear_old(now=timezone.now())


@shared_task(name="mail.poll_mailbox", ignore_result=True)
def poll_mailbox() -> None:
    """Fetches what lies in the mailbox, where there is one (S10)."""
    if settings.INBOX_URL:
        mailboxes.poll(url=settings.INBOX_URL, now=timezone.now())


@shared_task(name="mail.handle_incoming", ignore_result=True)
def handle_incoming() -> None:
    """Handles what was received, batch after batch, until nothing is due."""
    while inbox.handle_due(now=timezone.now()):
        pass


@shared_task(name="mail.clear_incoming", ignore_result=True)
def clear_incoming() -> None:
    """Clears messages that nobody needs any more, and files that a killed process left behind."""
    now = timezone.now()
    inbox.clear_old(now=now)
    kept_files.sweep(now=now)

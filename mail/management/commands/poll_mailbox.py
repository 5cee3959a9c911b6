"""What the tasks `mail.poll_mailbox` and `mail.handle_incoming` do, by hand."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from mail import inbox
from mail.mailboxes import MailboxError, poll


class Command(BaseCommand):
    help = "Fetches what lies in the mailbox of INBOX_URL, and handles what is due, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many wait to be handled")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        now = timezone.now()
        if dry_run:
            self.stdout.write(f"{inbox.due(now).count()} to handle, {inbox.to_clear(now).count()} to clear.")
            return
        if not settings.INBOX_URL:
            raise CommandError("INBOX_URL is not set: there is no mailbox to look into.")
        try:
            fetched = poll(url=settings.INBOX_URL, now=now)
        except MailboxError as error:
            raise CommandError(str(error)) from error
        # Not before what was just written down.
        handled = 0
        while batch := inbox.handle_due(now=timezone.now()):
            handled += batch
        self.stdout.write(f"{fetched} fetched, {handled} handled.")

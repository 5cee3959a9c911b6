from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from mail import outbox


class Command(BaseCommand):
    help = "Sends the mails that are due and clears the bodies of old ones, as the worker does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        now = timezone.now()
        if dry_run:
            self.stdout.write(f"{outbox.due(now)} to send, {outbox.old(now).count()} to clear.")
            return
        sent = 0
        while batch := outbox.send_due(now=now):
            sent += batch
        self.stdout.write(f"{sent} sent, {outbox.clear_old(now=now)} cleared.")

"""What the task `billing.process_payments` does, by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from billing import gateway_inbox, payments


class Command(BaseCommand):
    help = "Carries out what the payment gateway told, gives up unfinished payments, closes pages of what is settled."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what is due and change nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        now = timezone.now()
        if dry_run:
            events = gateway_inbox.waiting_events(now).count()
            given_up = gateway_inbox.abandoned_payments(now).count()
            closed = payments.pages_to_close(now).count()
        else:
            events, given_up = gateway_inbox.process_payments(now=now)
            closed = payments.close_pages(now=now)
        verb = "due" if dry_run else "done"
        self.stdout.write(
            f"{verb}: {events} messages of the gateway, {given_up} payments given up, {closed} pages closed"
        )

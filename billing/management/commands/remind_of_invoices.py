"""What the task `billing.remind_of_invoices` does, by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from base.days import marketplace_day
from billing import dunning


class Command(BaseCommand):
    help = "Reminds of unpaid invoices: before they are due, when they are past due, before the plan lapses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what is due and send nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        now = timezone.now()
        if dry_run:
            today = marketplace_day(now)
            count = sum(dunning.to_remind(stretch, today).count() for stretch in dunning.SCHEDULE)
        else:
            count = dunning.remind_of_invoices(now=now)
        self.stdout.write(f"{'due' if dry_run else 'done'}: {count} reminders of invoices")

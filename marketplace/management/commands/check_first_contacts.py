"""The 24-hour check, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marketplace.first_contact import check_first_contacts, count_due


class Command(BaseCommand):
    help = "Reminds of contacts that nobody has called yet, and tells whose 24 hours have passed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            reminders, late = count_due(now=now)
            self.stdout.write(f"Due: {reminders} reminders, {late} late notices. Nothing was written.")
            return
        reminders, late = check_first_contacts(now=now)
        self.stdout.write(f"Written: {reminders} reminders, {late} late notices.")

"""The reminders to homeowners who were asked about a contact of a claim, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from guarantees.survey import remind_homeowners, to_remind


class Command(BaseCommand):
    help = (
        "Reminds homeowners who were asked about a contact of a claim three days ago and have not answered."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            self.stdout.write(f"Due: {to_remind(now).count()} reminders. Nothing was written.")
            return
        self.stdout.write(f"Written: {remind_homeowners(now=now)} reminders.")

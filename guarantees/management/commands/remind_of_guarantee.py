"""The reminders of the guarantee's dates, by hand or from another scheduler."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from base.days import marketplace_day
from guarantees.reminders import due, remind_of_guarantee


class Command(BaseCommand):
    help = "Reminds businesses of the last day to buy, the first and last to claim, and drafts that lie."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            found: Counter[str] = Counter()
            for batch in due(marketplace_day(now)):
                found.update(each.asked.kind for each in batch.values())
            self.stdout.write(f"Due: {found.total()} reminders. Nothing was written.")
            for kind, number in sorted(found.items()):
                self.stdout.write(f"  {kind}: {number}")
            return
        self.stdout.write(f"Written: {remind_of_guarantee(now=now)} reminders.")

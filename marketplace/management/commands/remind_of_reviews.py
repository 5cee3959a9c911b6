"""The reminders of reviews, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marketplace.reviews import remind_of_reviews, to_remind


class Command(BaseCommand):
    help = "Reminds whoever was asked for a review five days ago and has not written it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            self.stdout.write(f"Due: {to_remind(now).count()} reminders. Nothing was written.")
            return
        self.stdout.write(f"Written: {remind_of_reviews(now=now)} reminders.")

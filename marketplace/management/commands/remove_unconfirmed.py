"""The removal of requests that nobody confirmed, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marketplace.asking import never_confirmed, remove_unconfirmed


class Command(BaseCommand):
    help = "Removes requests that were not confirmed within 7 days, with their photos and details."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            self.stdout.write(f"Due: {never_confirmed(now).count()} requests. Nothing was removed.")
            return
        self.stdout.write(f"Removed: {remove_unconfirmed(now=now)} requests.")

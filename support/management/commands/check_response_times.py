"""The response-time check, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from support.response_times import check_response_times, count_due


class Command(BaseCommand):
    help = "Warns of answers that are due soon, records those that are late, and tells of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            warnings, breaches = count_due(now=now)
            self.stdout.write(f"Due: {warnings} warnings, {breaches} breaches. Nothing was written.")
            return
        warnings, breaches = check_response_times(now=now)
        self.stdout.write(f"Told: {warnings} warnings, {breaches} breaches.")

"""The calls that the telephone exchange has told of and that are not logged yet, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from support.exchange import carry_out_events, waiting


class Command(BaseCommand):
    help = "Logs the calls of which the telephone exchange has told and which were not logged at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what waits.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self.stdout.write(f"Waiting: {waiting().count()} messages. Nothing was written.")
            return
        self.stdout.write(f"Carried out: {carry_out_events(now=timezone.now())} messages.")

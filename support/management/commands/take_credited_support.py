"""Support that goes with earlier credit notes, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from support.credited import owing_support, take_earlier_credits


class Command(BaseCommand):
    help = "Takes back the support that credit notes from before it followed them gave back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self.stdout.write(f"Due: {owing_support().count()} offers. Nothing was written.")
            return
        self.stdout.write(f"Taken back: {take_earlier_credits(now=timezone.now())} offers.")

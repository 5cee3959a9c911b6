"""The agreements of plans that were contracted before there was a desk, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from support.plans import sign_earlier_plans, unsigned


class Command(BaseCommand):
    help = "Signs the agreements of plans that have none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self.stdout.write(f"Due: {unsigned().count()} agreements. Nothing was written.")
            return
        self.stdout.write(f"Signed: {sign_earlier_plans(now=timezone.now())} agreements.")

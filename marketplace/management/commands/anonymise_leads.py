"""Requests whose time is over lose their person: by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marketplace.anonymising import anonymise_leads, to_anonymise


class Command(BaseCommand):
    help = (
        "Anonymises requests twelve months after their publication, and those whose homeowner asked for it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            self.stdout.write(f"Due: {to_anonymise(now).count()} requests. Nothing was changed.")
            return
        self.stdout.write(f"Anonymised: {anonymise_leads(now=now)} requests.")

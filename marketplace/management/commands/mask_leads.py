"""Requests masked as they would be today: by hand, after an upgrade that masks more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from marketplace.masked_anew import mask_anew, masked_otherwise
from marketplace.models import Lead


class Command(BaseCommand):
    help = "Masks contact details in the texts of requests that were written before the masking was improved."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            due = sum(map(len, masked_otherwise(Lead.objects.all())))
            self.stdout.write(f"Due: {due} requests. Nothing was changed.")
            return
        self.stdout.write(f"Masked anew: {mask_anew(Lead.objects.all())} requests.")

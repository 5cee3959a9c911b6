"""The daily mail about new jobs, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marketplace.matching import send_digests, to_digest


class Command(BaseCommand):
    help = "Writes today's mail about new requests to whoever wants one a day and has not had it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count who is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            self.stdout.write(f"Due: {to_digest(now).count()} professionals. Nothing was written.")
            return
        self.stdout.write(f"Written: {send_digests(now=now)} daily mails.")

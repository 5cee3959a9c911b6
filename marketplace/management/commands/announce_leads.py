"""Mails about new jobs at once, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marketplace.matching import announce_leads, to_announce


class Command(BaseCommand):
    help = "Writes about newly published requests to whoever wants to hear of them at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            self.stdout.write(f"Due: {to_announce(now).count()} requests. Nothing was written.")
            return
        leads, mails = announce_leads(now=now)
        self.stdout.write(f"Announced: {leads} requests, in {mails} mails.")

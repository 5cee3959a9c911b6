"""The end of requests' thirty days, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marketplace.expiry import expire_leads, leads_to_expire


class Command(BaseCommand):
    help = "Writes down which requests have expired, and tells their homeowners."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            self.stdout.write(f"Due: {leads_to_expire(now).count()} requests. Nothing was written.")
            return
        self.stdout.write(f"Expired: {expire_leads(now=now)} requests.")

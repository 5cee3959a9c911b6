"""Which answers reached nobody, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from support.undelivered import resume_undelivered, to_resume, undelivered_calls


class Command(BaseCommand):
    help = "Lets clients wait again whose answer came back or could not be sent, and tells the consultant."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            tickets, calls = len(to_resume(now)), undelivered_calls(now).count()
            self.stdout.write(f"Due: {tickets} tickets, {calls} calls. Nothing was written.")
            return
        self.stdout.write(f"Resumed: {resume_undelivered(now=now)} tickets and calls.")

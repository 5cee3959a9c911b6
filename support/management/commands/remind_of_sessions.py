"""The reminders of planned sessions, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from support.sessions import remind_of_sessions, to_remind_of


class Command(BaseCommand):
    help = "Reminds clients and consultants of the sessions that begin within a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            self.stdout.write(f"Due: {to_remind_of(now).count()} sessions. Nothing was written.")
            return
        self.stdout.write(f"Reminded of: {remind_of_sessions(now=now)} sessions.")

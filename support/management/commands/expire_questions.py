"""The end of questions that nobody confirmed, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from support.questions import expire_questions, never_confirmed


class Command(BaseCommand):
    help = "Ends and erases questions that were not confirmed within 7 days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            self.stdout.write(f"Due: {never_confirmed(now).count()} questions. Nothing was erased.")
            return
        self.stdout.write(f"Erased: {expire_questions(now=now)} questions.")

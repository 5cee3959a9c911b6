"""The erasure of questions that were closed long ago, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from support.forgetting import forget_questions, to_forget


class Command(BaseCommand):
    help = "Erases questions of people who are no clients, some time after they were closed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            self.stdout.write(f"Due: {to_forget(now).count()} questions. Nothing was erased.")
            return
        self.stdout.write(f"Erased: {forget_questions(now=now)} questions.")

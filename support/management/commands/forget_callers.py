"""Takes the numbers of old calls of nobody known out of them, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from support.forgetting_calls import forget_callers, to_forget


class Command(BaseCommand):
    help = "Forgets who called a year ago and is no client."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count them.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            self.stdout.write(f"To forget: {to_forget(now).count()} calls. Nothing was written.")
            return
        self.stdout.write(f"Forgotten: {forget_callers(now=now)} callers.")

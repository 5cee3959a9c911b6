"""What the task `support.forget_searches` does, by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from support.desk_calendar import desk_day
from support.library import forget_searches, old_searches


class Command(BaseCommand):
    help = (
        "Deletes what was looked for in the library more than a year ago, or once and more than a month ago."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say how many and delete nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        today = desk_day(timezone.now())
        number = old_searches(today).count() if dry_run else forget_searches(today=today)
        self.stdout.write(f"{'due' if dry_run else 'done'}: {number} searches")

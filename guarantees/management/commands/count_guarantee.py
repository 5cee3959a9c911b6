"""The figures of today, by hand or from another scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from base.days import marketplace_day
from guarantees.counting import count_guarantee, is_counted
from profiles.models import Professional


class Command(BaseCommand):
    help = "Counts the figures of the guarantee over all professionals, once a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        today = marketplace_day(now)
        if options["dry_run"]:
            due = 0 if is_counted(now) else Professional.objects.count()
            self.stdout.write(f"Due for {today}: {due} professionals. Nothing was written.")
        elif count_guarantee(now=now):
            self.stdout.write(f"Counted the figures of {today}.")
        else:
            self.stdout.write(f"The figures of {today} were counted before; nothing was done.")

"""What the task `profiles.forget_networks` does, by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from base.days import marketplace_day
from profiles.networks import forget_networks, old_networks


class Command(BaseCommand):
    help = "Deletes the networks from which no business has worked for half a year."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say how many and delete nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        today = marketplace_day(timezone.now())
        number = old_networks(today).count() if dry_run else forget_networks(today=today)
        self.stdout.write(f"{'due' if dry_run else 'done'}: {number} networks")

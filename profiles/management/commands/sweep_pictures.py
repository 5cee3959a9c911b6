"""What the task `profiles.sweep_pictures` does, by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from profiles.picture_files import leftover_files, sweep_files


class Command(BaseCommand):
    help = (
        "Deletes stored pictures and documents, older than a day, that no row names: what a killed process or a "
        "refused transaction left behind."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say which they are and delete nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        now = timezone.now()
        if dry_run:
            for file in leftover_files(now=now):
                self.stdout.write(f"{file.place.storage}: {file}")
        else:
            self.stdout.write(f"done: {sweep_files(now=now)} files")

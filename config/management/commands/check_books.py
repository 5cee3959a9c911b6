import sys
from typing import Any

from django.core.management.base import BaseCommand

from base.registry import invariants


class Command(BaseCommand):
    help = "Checks every invariant of money, contacts and claims; ends with 1 if one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        broken_places = 0
        for invariant in invariants:
            broken = list(invariant.broken())
            broken_places += len(broken)
            self.stdout.write(f"{'BROKEN' if broken else 'ok':6}  {invariant.name}")
            for line in broken:
                self.stdout.write(f"        {line}")
        if broken_places:
            self.stdout.write(self.style.ERROR(f"The books do not hold: {broken_places} broken."))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"The books hold: {len(invariants)} invariants."))

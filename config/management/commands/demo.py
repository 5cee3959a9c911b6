"""`manage.py demo`: loads the demo world and prints who can sign in."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.demo.desk import CLIENT
from config.demo.lives import CHARACTERS, load
from config.demo.world import PASSWORD, STAFF


class Command(BaseCommand):
    help = "Loads the demo world. Loading it again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--now", help="the moment it is loaded as of, in ISO form with its zone; default: now"
        )

    def handle(self, *args: Any, now: str | None, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The demo world has staff with a known password. Set DEMO=1 where you want that."
            )
        moment = datetime.fromisoformat(now) if now else timezone.now()
        if moment.tzinfo is None:
            raise CommandError("--now needs a zone: 2026-11-22T10:00-06:00")
        made = load(moment)
        self.stdout.write(
            f"Demo world: {len(made)} professionals made, {len(CHARACTERS) - len(made)} were there."
        )
        self.stdout.write(f"\nWho can sign in at {settings.SITE_URL}/accounts/login/, all with {PASSWORD}\n")
        for character in CHARACTERS:
            self.stdout.write(f"  {character.email:38} {character.stage}")
        self.stdout.write(f"  {CLIENT:38} a client of the desk, with a quote to answer")
        for key, (_first, _last, groups) in STAFF.items():
            self.stdout.write(f"  {key + '@demo.quince.example':38} staff: {', '.join(groups)}, at /admin/")
        self.stdout.write(f"  {'admin@demo.quince.example':38} staff: everything, at /admin/")

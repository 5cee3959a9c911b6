"""What the task `billing.renew_plans` does, by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from base.days import marketplace_day
from billing import subscriptions
from billing.models import Subscription


class Command(BaseCommand):
    help = "Renews the plans whose last day has passed, announces renewals, and notes what has lapsed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what is due and change nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        now = timezone.now()
        today = marketplace_day(now)
        if dry_run:
            lapsed = subscriptions.lapses_to_note(today).count()
            renewed = Subscription.objects.due_for_renewal(today).count()
            announced = subscriptions.renewals_to_announce(today).count()
        else:
            lapsed = subscriptions.note_lapses(now=now)
            renewed = subscriptions.renew_plans(now=now)
            announced = subscriptions.announce_renewals(now=now)
        verb = "due" if dry_run else "done"
        self.stdout.write(f"{verb}: {lapsed} lapses, {renewed} renewals, {announced} announcements")

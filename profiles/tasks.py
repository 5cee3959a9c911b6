"""What beat starts: it finds what is left over by looking, so running it late, twice or at once does no harm."""

from celery import shared_task
from django.utils import timezone

from base.days import marketplace_day
from profiles import api_keys, networks
from profiles.picture_files import sweep_files


@shared_task(name="profiles.sweep_pictures")
def sweep_pictures() -> None:
    """Once a day: deletes the pictures and documents, of every kind, that a killed process left behind."""
    sweep_files(now=timezone.now())


@shared_task(name="profiles.forget_networks")
def forget_networks() -> None:
    """Deletes the networks from which no business has worked for half a year (G8, X5)."""
    networks.forget_networks(today=marketplace_day(timezone.now()))


@shared_task(name="profiles.forget_repeated_requests")
def forget_repeated_requests() -> None:
    """Deletes what was remembered of requests by name that nobody repeats any more."""
    api_keys.forget_repeated(now=timezone.now())

"""What beat starts: it finds what is left over by looking, so running it late, twice or at once does no harm."""

from celery import shared_task
from django.utils import timezone

from profiles import photos


@shared_task(name="profiles.sweep_photos")
def sweep_photos() -> None:
    """Deletes files that a killed process left behind."""
    photos.sweep_files(now=timezone.now())

"""What beat asks for. The database is the schedule: it looks whether today was counted (X3)."""

from celery import shared_task
from django.utils import timezone

from guarantees import counting


@shared_task(name="guarantees.count_guarantee")
def count_guarantee() -> None:
    """Once an hour from the small hours on: counts the figures of a day that has none yet."""
    counting.count_guarantee(now=timezone.now())

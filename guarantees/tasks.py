"""What beat asks for. The database is the schedule: each of these finds what is due by looking (X3)."""

from celery import shared_task
from django.utils import timezone

from guarantees import counting, reminders, survey


@shared_task(name="guarantees.count_guarantee")
def count_guarantee() -> None:
    """Once an hour from the small hours on: counts the figures of a day that has none yet."""
    counting.count_guarantee(now=timezone.now())


@shared_task(name="guarantees.remind_of_guarantee")
def remind_of_guarantee() -> None:
    """A few times a day: whom the day asks to be reminded of a date of their guarantee (G4, G5, G6)."""
    reminders.remind_of_guarantee(now=timezone.now())


@shared_task(name="guarantees.remind_homeowners")
def remind_homeowners() -> None:
    """Once an hour, by day: who was asked about a contact of a claim three days ago and has not answered (G14)."""
    survey.remind_homeowners(now=timezone.now())

"""What beat asks for. The database is the schedule: each of these finds what is due by looking (X3)."""

from celery import shared_task
from django.utils import timezone

from support import plans, sessions, undelivered


@shared_task(name="support.remind_of_sessions")
def remind_of_sessions() -> None:
    """Every few minutes: which sessions begin within a day (S4)."""
    sessions.remind_of_sessions(now=timezone.now())


@shared_task(name="support.sign_earlier_plans")
def sign_earlier_plans() -> None:
    """Once an hour: which plans have no agreement, for they were contracted before there was a desk (S13)."""
    plans.sign_earlier_plans(now=timezone.now())


@shared_task(name="support.undelivered")
def resume_undelivered() -> None:
    """Every few minutes: which answers came back, so that whoever waits for them goes on waiting (S2)."""
    undelivered.resume_undelivered(now=timezone.now())

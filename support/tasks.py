"""What beat asks for. The database is the schedule: each of these finds what is due by looking (X3)."""

from celery import shared_task
from django.utils import timezone

from support import plans, response_times, sessions


@shared_task(name="support.check_response_times")
def check_response_times() -> None:
    """Once a minute: whose time for an answer is nearly over, and whose has passed (S9). Pages judge by the clock."""
    response_times.check_response_times(now=timezone.now())


@shared_task(name="support.remind_of_sessions")
def remind_of_sessions() -> None:
    """Every few minutes: which sessions begin within a day (S4)."""
    sessions.remind_of_sessions(now=timezone.now())


@shared_task(name="support.sign_earlier_plans")
def sign_earlier_plans() -> None:
    """Once an hour: which plans have no agreement, for they were contracted before there was a desk (S13)."""
    plans.sign_earlier_plans(now=timezone.now())

"""What beat asks for. The database is the schedule: each of these finds what is due by looking (X3)."""

from celery import shared_task
from django.utils import timezone

from support import (
    credited,
    exchange,
    forgetting,
    forgetting_calls,
    library,
    plans,
    questions,
    response_times,
    sessions,
    undelivered,
)
from support.desk_calendar import desk_day


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


@shared_task(name="support.take_earlier_credits")
def take_earlier_credits() -> None:
    """Once an hour: what was credited before support followed credit notes (S6)."""
    credited.take_earlier_credits(now=timezone.now())


@shared_task(name="support.undelivered")
def resume_undelivered() -> None:
    """Every few minutes: which answers came back, so that whoever waits for them goes on waiting (S2)."""
    undelivered.resume_undelivered(now=timezone.now())


@shared_task(name="support.expire_questions")
def expire_questions() -> None:
    """Once an hour: which questions were not confirmed in time (S10)."""
    questions.expire_questions(now=timezone.now())


@shared_task(name="support.forget_questions")
def forget_questions() -> None:
    """Once a day: which questions were closed long ago (X5)."""
    forgetting.forget_questions(now=timezone.now())


@shared_task(name="support.forget_searches")
def forget_searches() -> None:
    """Once a day: what was looked for in the library more than a year ago (S11, X5)."""
    library.forget_searches(today=desk_day(timezone.now()))


@shared_task(name="support.log_exchange_calls")
def log_exchange_calls() -> None:
    """Every minute: which messages of the telephone exchange were stored and not carried out (S3)."""
    exchange.carry_out_events(now=timezone.now())


@shared_task(name="support.forget_callers")
def forget_callers() -> None:
    """Once a day: which callers who were nobody's are to be forgotten (X5)."""
    forgetting_calls.forget_callers(now=timezone.now())

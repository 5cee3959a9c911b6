"""The mail about days that were added to the claim window."""

from datetime import datetime

from django.conf import settings
from django.utils import translation

from base import links
from base.days import marketplace_day
from guarantees import calendar_days
from guarantees.facts import judge
from guarantees.models import ExtraDays
from mail import outbox


def tell_given(given: ExtraDays, *, why: str, now: datetime) -> None:
    """Tells the owner the new last day to claim, with its date for the calendar. `why` is that of the proposal they
    were given by, or empty: what staff wrote by hand is for staff.

    Not where the days change nothing: nothing can be claimed any more, or no plan was ever contracted.
    """
    professional, today = given.professional, marketplace_day(now)
    verdict = judge(professional, today)
    if verdict.status == "no_longer" or verdict.claim_until is None:
        return
    owner = professional.owner
    with translation.override(owner.language or settings.LANGUAGE_CODE):
        calendar = calendar_days.claiming(professional, verdict, today, now=now)
    outbox.write(
        kind="guarantees/extra_days_given",
        cause=f"extra_days:{given.pk}",
        to=owner.email,
        language=owner.language,
        context={
            "business": professional.name,
            "days": given.days,
            "why": why,
            "claim_until": verdict.claim_until,
            "buy_by": verdict.buy_by if verdict.claim_from is None else None,
            "overview_link": links.absolute("guarantees:overview"),
        },
        calendar=calendar,
        now=now,
    )

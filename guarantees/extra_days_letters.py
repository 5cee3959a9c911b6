"""The mail about days that were added to the claim window."""

from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.utils import translation

from base import links
from base.days import marketplace_day
from guarantees import calendar_days, rules
from guarantees.facts import load_facts
from guarantees.models import ExtraDays
from mail import outbox


def tell_given(given: ExtraDays, *, why: str, now: datetime) -> None:
    """Tells the owner the new last day to claim, with its date for the calendar, and by how many days it has moved.
    `why` is that of the proposal they were given by, or empty: what staff wrote by hand is for staff.

    Not where the days change nothing: nothing can be claimed any more, no plan was ever contracted, or the wait keeps
    the window open as long as that anyway (`extend_for_wait`).
    """
    professional, today = given.professional, marketplace_day(now)
    known = load_facts([professional.pk], today)[professional.pk]
    verdict = known.judge(today)
    without = replace(known.facts, extra_days=known.facts.extra_days - given.days)
    before = rules.evaluate(without, known.terms.as_rules(), today).claim_until
    if verdict.status == "no_longer" or verdict.claim_until is None or verdict.claim_until == before:
        return
    assert before is not None
    owner = professional.owner
    with translation.override(owner.language or settings.LANGUAGE_CODE):
        calendar = calendar_days.every_day(professional, verdict, today, now=now)
    outbox.write(
        kind="guarantees/extra_days_given",
        cause=f"extra_days:{given.pk}",
        to=owner.email,
        language=owner.language,
        context={
            "business": professional.name,
            "days": (verdict.claim_until - before).days,
            "why": why,
            "claim_until": verdict.claim_until,
            "buy_by": verdict.buy_by if verdict.claim_from is None else None,
            "overview_link": links.absolute("guarantees:overview"),
        },
        calendar=calendar,
        now=now,
    )

"""Of the requirements judged again at approval, which fail, and by which facts: what a telling was about (G15).

A business that puts one invoice right and leaves the next one unpaid has failed anew, and is told anew, with fifteen
days of its own; one that leaves the first unpaid has not, whatever else becomes of it meanwhile.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from base.days import marketplace_day
from billing.models import Invoice, Period
from guarantees import rules
from guarantees.models import Claim, ClaimEvent
from guarantees.moves import Happened
from profiles.models import Professional

DAYS_TO_PUT_RIGHT = timedelta(days=15)  # G15
# Judged again when a claim is approved, and nothing else: never dates or profile (G15).
JUDGED_AGAIN = ("no_job_won", "plan", "payments", "not_suspended")


def causes_of(
    professional: Professional, found: rules.Facts, eligibility: rules.Eligibility, today: date
) -> dict[str, list[str]]:
    """Code of each requirement judged again that is not met on `today` → the facts by which it fails, as ids."""
    causes = {}
    for requirement in eligibility.requirements:
        if requirement.status == "met":
            continue
        match requirement.code:
            case "no_job_won":
                won = {contact.id for contact in found.contacts if contact.won}
                causes["no_job_won"] = [str(pk) for pk in eligibility.counted if pk in won]
            case "payments":
                unpaid = Invoice.objects.past_due(today).filter(customer__professional=professional)
                causes["payments"] = [str(pk) for pk in unpaid.order_by("pk").values_list("pk", flat=True)]
            case "plan":
                causes["plan"] = _why_no_plan(professional, today)
            case "not_suspended":
                causes["not_suspended"] = _suspensions(professional)
    return causes


def told_of(claim: Claim, causes: Mapping[str, list[str]]) -> dict[str, date]:
    """Requirement that fails now and was told to the professional → the last day to put it right (G15).

    A telling is about what failed then: it holds as long as something of that still fails.
    """
    found: dict[str, date] = {}
    events = ClaimEvent.objects.filter(
        claim=claim, kind__in=[Happened.PROBLEM, Happened.APPEAL_UPHELD]
    ).order_by("at", "id")
    for event in events:
        if event.kind == Happened.APPEAL_UPHELD:  # The claim began anew: so does the time.
            found = {}
            continue
        for code, told in event.stood_on.items():
            if set(told) & set(causes.get(code, ())):
                found.setdefault(code, marketplace_day(event.at) + DAYS_TO_PUT_RIGHT)
    return found


def _why_no_plan(professional: Professional, today: date) -> list[str]:
    """The unpaid periods that lapse the last subscription, and its last period where that has ended. During a
    suspension nothing is renewed, so that one that ended is another failure in each (G19, M9)."""
    begun = Period.objects.filter(professional=professional, starts_on__lte=today).order_by("ends_on", "pk")
    last = begun.last()
    if last is None:
        return ["none"]
    lapsed = begun.lapsed(today).filter(subscription=last.subscription_id).values_list("pk", flat=True)
    ended = [" ".join([f"ended {last.pk}", *_suspensions(professional)])] if last.ends_on < today else []
    return [*(f"lapsed {pk}" for pk in lapsed), *ended]


def _suspensions(professional: Professional) -> list[str]:
    standing = professional.suspensions.standing().order_by("pk")
    return [str(pk) for pk in standing.values_list("pk", flat=True)]

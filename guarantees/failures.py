"""Of the requirements judged again at approval, which fail, and by which facts: what a telling was about (G15).

A business that puts one invoice right and leaves the next one unpaid has failed anew, and is told anew, with fifteen
days of its own; one that leaves the first unpaid has not, whatever else becomes of it meanwhile.
"""

from datetime import date

from billing.models import Invoice, Period
from guarantees import rules
from profiles.models import Professional

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

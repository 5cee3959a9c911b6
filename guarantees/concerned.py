"""Whom a day may concern, found by dates and rows alone; judging them is for who asks."""

from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from base.days import add_months
from guarantees.models import Claim, ClaimMail, ExtraDays, GuaranteeTerms
from profiles.models import Professional, Suspension


def concerned(today: date, *, look_back: timedelta = timedelta(0)) -> QuerySet[Professional]:
    """Whose window may be open on `today` (local), or was so little as `look_back` before it, and who could still claim
    as far as rows tell: not the closed, the suspended, those who were refunded or rejected as false, nor those whose
    claim is open."""
    here = OuterRef("pk")
    over = Claim.objects.filter(
        professional=here,
        state__in=[*Claim.OPEN, Claim.State.APPROVED, Claim.State.REJECTED_AS_FALSE],
    )
    return Professional.objects.filter(
        # Those to whom days were given, or a mail gives some, are few, and need no date of their own here.
        Q(first_contracted_on__gte=_earliest(today - look_back))
        | Q(pk__in=ExtraDays.objects.values("professional"))
        | Q(pk__in=ClaimMail.objects.of_drafts().good_on(today).values("claim__professional")),
        ~Exists(Suspension.objects.standing().filter(professional=here)),
        ~Exists(over),
        first_contracted_on__lte=today,
        closed_at=None,
    )


def _earliest(today: date) -> date:
    """No S before this has its window open today, by any version of the terms."""
    starts = []
    for terms in GuaranteeTerms.objects.all():
        months = terms.purchase_months + (terms.waiting_months if terms.extend_for_wait else 0)
        # Counted back, a month that is too short for its day may lead some days too far.
        starts.append(add_months(today - timedelta(days=terms.grace_days), -months) - timedelta(days=3))
    return min(starts)

"""When a contact was last judged: what a homeowner says while that is going on comes after it (G2)."""

from datetime import datetime
from typing import Any

from django.db.models import Max

from guarantees.models import Claim, ClaimItem
from marketplace.models import Contact


def last_verdict_on(*, contact: Contact, **kwargs: Any) -> datetime | None:
    """Receives `homeowner_speaks`, with the contact locked. The open claim that counts it is locked after it, in the
    order of the house: a verdict is given before the word, or by somebody whom the word then meets."""
    counting = Claim.objects.open().filter(items__contact=contact).values("pk")
    list(Claim.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=counting).values_list("pk"))
    judged = ClaimItem.objects.filter(contact=contact).aggregate(last=Max("verdict_at"))
    last: datetime | None = judged["last"]
    return last

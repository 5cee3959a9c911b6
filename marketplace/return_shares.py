"""How much of what a professional bought comes back, for staff to see beside each return (M7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, Q

from marketplace.models import Contact, ReturnRequest
from profiles.models import Professional

State = ReturnRequest.State
LATELY = timedelta(days=90)
# All professionals' share is a yardstick, not a figure of the books: an hour old is as good.
YARDSTICK_KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Share:
    """Contacts bought, those of them returned, and requests for one that were refused or withdrawn."""

    bought: int
    returned: int
    refused: int
    withdrawn: int

    @property
    def per_cent(self) -> int | None:
        """Returned of bought, rounded; None: nothing was bought."""
        return round(100 * self.returned / self.bought) if self.bought else None


@dataclass(frozen=True, slots=True)
class Shares:
    """By when the contacts were bought: in the last 90 days, and ever; beside them what all professionals return."""

    lately: Share
    ever: Share
    all_lately: int | None
    all_ever: int | None


def shares_of(professional: Professional, now: datetime) -> Shares:
    """One professional's, in one statement; the yardstick costs another once an hour."""
    lately, ever = _shares(professional, now)
    kept = cache.get("marketplace:return_shares")
    if kept is None:
        kept = _yardstick(now)
        cache.set("marketplace:return_shares", kept, YARDSTICK_KEPT.total_seconds())
    return Shares(lately, ever, *kept)


def _yardstick(now: datetime) -> tuple[int | None, int | None]:
    """What all professionals return, of the last 90 days and of ever, in per cent: plain counts over the contacts
    alone, for there are many of them, and a page waits."""
    lately, returned = Q(bought_at__gte=now - LATELY), Q(returned_at__isnull=False)
    found = Contact.objects.order_by().aggregate(
        lately_bought=Count("pk", filter=lately),
        lately_returned=Count("pk", filter=lately & returned),
        ever_bought=Count("pk"),
        ever_returned=Count("pk", filter=returned),
    )
    return (
        Share(found["lately_bought"], found["lately_returned"], 0, 0).per_cent,
        Share(found["ever_bought"], found["ever_returned"], 0, 0).per_cent,
    )


def _shares(professional: Professional, now: datetime) -> tuple[Share, Share]:
    since = Q(bought_at__gte=now - LATELY)
    refused, withdrawn = Q(returns__state=State.REFUSED), Q(returns__state=State.WITHDRAWN)
    counted: dict[str, Count] = {}
    for name, period in (("lately", since), ("ever", Q())):
        # Distinct: a contact stands there once for each return that was asked for.
        counted[f"{name}_bought"] = Count("pk", distinct=True, filter=period)
        counted[f"{name}_returned"] = Count("pk", distinct=True, filter=period & Q(returned_at__isnull=False))
        counted[f"{name}_refused"] = Count("returns", filter=period & refused)
        counted[f"{name}_withdrawn"] = Count("returns", filter=period & withdrawn)
    found = Contact.objects.filter(professional=professional).order_by().aggregate(**counted)
    lately, ever = (
        Share(*(found[f"{name}_{what}"] for what in ("bought", "returned", "refused", "withdrawn")))
        for name in ("lately", "ever")
    )
    return lately, ever

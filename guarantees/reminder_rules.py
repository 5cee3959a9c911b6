"""Which reminder a day asks for, if any: pure, as `guarantees.rules`, and by its verdict.

Each kind has its stretch of days rather than one day, so that a worker that was down sends the one that is still true,
not those that it missed. A day asks for one reminder at most.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from guarantees.rules import Eligibility

Kind: TypeAlias = Literal["buy_by_far", "buy_by_near", "can_claim", "closing_far", "closing_near", "draft"]

# Days before the last day to buy (B), and before the last day to claim (C).
BUY_BY_FAR, BUY_BY_NEAR = 14, 3
CLOSING_FAR, CLOSING_NEAR = 7, 1
# After so many days without a touch a draft lies, while it could be submitted.
DRAFT_LIES_AFTER = timedelta(days=3)
# That the claim can be made is news for so long; later the end of the window is what matters.
NEWS_FOR = timedelta(days=13)


@dataclass(frozen=True, slots=True)
class Asked:
    """A reminder that a day asks for; `about` is the date that it speaks of: B, E or the last day to claim."""

    kind: Kind
    about: date


def reminder_of(
    verdict: Eligibility, today: date, *, draft_on: date | None = None, submitted_before: bool = False
) -> Asked | None:
    """What `today` (local) asks for, by its `verdict`.

    `draft_on` is the local date on which the draft that there is was last touched; `submitted_before` whether a claim
    was ever submitted: then it needs no telling that one can be made. Nothing to whom nothing can help any more (a
    requirement is lost), who is suspended, or whose claim is open (G10, G19, G23).
    """
    status = {each.code: each.status for each in verdict.requirements}
    if verdict.status == "no_longer" or status["not_suspended"] != "met" or status["first_claim"] != "met":
        return None
    if verdict.buy_by is None or verdict.claim_until is None:
        return None
    if verdict.claim_from is None:
        return _to_buy(verdict.buy_by, today)
    return _to_claim(verdict.claim_from, verdict.claim_until, today, draft_on, submitted_before)


def _to_buy(buy_by: date, today: date) -> Asked | None:
    left = (buy_by - today).days
    if left > BUY_BY_FAR:
        return None
    return Asked("buy_by_near" if left <= BUY_BY_NEAR else "buy_by_far", buy_by)


def _to_claim(
    first: date, last: date, today: date, draft_on: date | None, submitted_before: bool
) -> Asked | None:
    left = (last - today).days
    if today == first and not submitted_before:
        return Asked("can_claim", first)
    # Also before the first day: where the two are close, it is the more pressing to know.
    if left <= CLOSING_NEAR:
        return Asked("closing_near", last)
    if left <= CLOSING_FAR:
        return Asked("closing_far", last)
    if today < first:
        return None
    if draft_on is not None:
        return Asked("draft", last) if today >= max(first, draft_on) + DRAFT_LIES_AFTER else None
    return Asked("can_claim", first) if today <= first + NEWS_FOR and not submitted_before else None

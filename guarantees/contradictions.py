"""Where the homeowner and the professional say the opposite of each other about a job (G2)."""

from guarantees.models import ClaimItem
from marketplace.models import Contact
from profiles.models import User

SEES_WORD = "marketplace.view_homeowner_word"


def is_contradiction(item: ClaimItem) -> bool:
    """The homeowner hired this business, the professional says otherwise, and nobody has confirmed since (G2)."""
    contact = item.contact
    if contact.homeowner_word != Contact.Word.HIRED_THEM or contact.outcome == Contact.Outcome.WON:
        return False
    return not (
        item.verdict == ClaimItem.Verdict.CONFIRMED
        and item.verdict_at is not None
        and contact.homeowner_word_at is not None
        and item.verdict_at > contact.homeowner_word_at
    )


def may_not_settle(item: ClaimItem, verdict: str, by: User) -> bool:
    """Whether that verdict would settle a contradiction of which `by` cannot see the other half."""
    return verdict == ClaimItem.Verdict.CONFIRMED and is_contradiction(item) and not by.has_perm(SEES_WORD)

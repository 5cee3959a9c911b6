"""What one contact more, or one given back, would change for the guarantee: pure, as the rules are (G1, G6)."""

from dataclasses import dataclass, replace
from datetime import date

from guarantees.rules import Facts, Terms, buy_by


@dataclass(frozen=True, slots=True)
class NextPurchase:
    """What the next purchase would mean for the guarantee.

    `number` is its place among the contacts not returned, from 1; `counts` whether that is within the terms'
    number; `trapped` whether it would count and be made after B, so that no claim could ever follow (G6).
    """

    number: int
    counts: bool
    trapped: bool


def next_purchase(facts: Facts, terms: Terms, on: date) -> NextPurchase:
    """What one more contact bought on `on`, after all the others, would be (G1, G6)."""
    number = 1 + sum(not contact.returned for contact in facts.contacts)
    counts = number <= terms.contacts
    # Whichever number it gets, the last counted one cannot be bought before it.
    trapped = (
        counts
        and facts.contracted_on is not None
        and on > buy_by(facts.contracted_on, terms, facts.extra_days)
    )
    return NextPurchase(number, counts, trapped)


def if_returned(facts: Facts, contact_id: int) -> Facts:
    """The facts with that contact given back, to show beforehand what a return would do (G1).

    Raises ValueError where the facts hold no such contact, or it is returned already.
    """
    if not any(contact.id == contact_id and not contact.returned for contact in facts.contacts):
        raise ValueError(f"no contact {contact_id} that could be returned")
    return replace(
        facts,
        contacts=tuple(
            replace(contact, returned=True, return_pending=False) if contact.id == contact_id else contact
            for contact in facts.contacts
        ),
    )

"""What a professional may suppose ("if I give this one back, if I buy on that day, if the review comes"): pure, as
`guarantees.rules`, and judged by it."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from guarantees import rules
from guarantees.contact_changes import if_returned


@dataclass(frozen=True, slots=True)
class Assumption:
    """What is supposed; without any of it, things stay as they are.

    `given_back`: ids of contacts whose return is accepted. `buys`: so many are bought on `buy_on`, after all others.
    `praised`: homeowners of counted contacts write the positive reviews that are missing. `vouched_for`: earlier
    clients write theirs. `plan_paid`: a plan is in force and nothing is past due; where none ever was, it is
    contracted today.
    """

    given_back: frozenset[int] = frozenset()
    buys: int = 0
    buy_on: date | None = None
    praised: bool = False
    vouched_for: bool = False
    plan_paid: bool = False


def suppose(facts: rules.Facts, terms: rules.Terms, today: date, assumption: Assumption) -> rules.Facts:
    """The facts as they would be. What is bought later has no price yet, and no row: its ids are below zero.

    Raises ValueError for a contact that there is not, or that was returned already.
    """
    if assumption.plan_paid:
        facts = replace(
            facts,
            contracted_on=facts.contracted_on or today,
            plan_in_force=True,
            payments_current=True,
        )
    for contact_id in sorted(assumption.given_back):
        facts = if_returned(facts, contact_id)
    if assumption.buys and assumption.buy_on is not None:
        facts = _bought(facts, terms, today, assumption.buys, assumption.buy_on)
    if assumption.praised:
        facts = _praised(facts, terms)
    if assumption.vouched_for:
        facts = replace(facts, earlier_reviews=max(facts.earlier_reviews, terms.earlier_reviews))
    return facts


def judge_supposed(
    facts: rules.Facts, terms: rules.Terms, today: date, assumption: Assumption
) -> rules.Eligibility:
    """The verdict as it would be: on the day of the purchases, where some are supposed, for whoever still lacks
    others afterwards must buy them no earlier; else on `today`."""
    day = today if assumption.buy_on is None else assumption.buy_on
    return rules.evaluate(suppose(facts, terms, today, assumption), terms, day)


def missing_then(facts: rules.Facts, terms: rules.Terms, given_back: frozenset[int]) -> int:
    """How many counted contacts would be missing if those were given back."""
    return terms.contacts - len(
        rules.counted_contacts((each for each in facts.contacts if each.id not in given_back), terms)
    )


def _bought(facts: rules.Facts, terms: rules.Terms, today: date, number: int, on: date) -> rules.Facts:
    """`number` more, bought on `on`; they, and those that may still be called in time, are called in time."""
    contacts = facts.contacts
    if on > today:
        (first_contact,) = (
            each for each in rules.evaluate(facts, terms, today).requirements if each.code == "first_contact"
        )
        still_open = first_contact.detail["open"]
        assert isinstance(still_open, tuple)
        contacts = [
            replace(each, hours_to_first_contact=0.0) if each.id in still_open else each for each in contacts
        ]
    # After all the others, also those of the same day.
    moment = datetime.combine(on, time.max, tzinfo=UTC)
    if contacts:
        moment = max(moment, max(each.bought_at for each in contacts) + timedelta(microseconds=1))
    new = (
        rules.ContactFact(
            id=each,
            bought_at=moment,
            bought_on=on,
            price_cents=0,
            returned=False,
            return_pending=False,
            won=False,
            hours_to_first_contact=0.0,
            positive_review=False,
        )
        for each in range(-number, 0)
    )
    return replace(facts, contacts=(*contacts, *new))


def _praised(facts: rules.Facts, terms: rules.Terms) -> rules.Facts:
    """Those without a review get theirs in the order of purchase, until there are enough."""
    counted = rules.counted_contacts(facts.contacts, terms)
    missing = terms.contact_reviews - sum(each.positive_review for each in counted)
    praised = {each.id for each in [each for each in counted if not each.positive_review][: max(missing, 0)]}
    return replace(
        facts,
        contacts=tuple(
            replace(each, positive_review=True) if each.id in praised else each for each in facts.contacts
        ),
    )

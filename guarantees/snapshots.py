"""What a claim was judged by, frozen as ids, numbers and dates without personal data (G13).

A snapshot holds the complete facts, the terms, the date and the verdict that they gave, so that it can be judged
again years later, when profile, reviews and plan have long changed, and must come to the same verdict.
"""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from guarantees import rules

VERSION = 1


def freeze(
    facts: rules.Facts, terms: rules.Terms, today: date, eligibility: rules.Eligibility
) -> dict[str, Any]:
    """A dict for JSON of all that `eligibility` was made from, and of itself."""
    return {
        "version": VERSION,
        "today": today.isoformat(),
        "terms": asdict(terms),
        "facts": _plain(asdict(facts)),
        "verdict": _plain(asdict(eligibility)),
    }


def thaw(snapshot: dict[str, Any]) -> tuple[rules.Facts, rules.Terms, date]:
    """What was frozen: facts, terms, date. Raises ValueError for a snapshot of another version."""
    if snapshot["version"] != VERSION:
        raise ValueError(f"snapshot of version {snapshot['version']}")
    facts = dict(snapshot["facts"])
    contracted_on = facts.pop("contracted_on")
    contacts = tuple(
        rules.ContactFact(
            **{
                **contact,
                "bought_at": datetime.fromisoformat(contact["bought_at"]),
                "bought_on": date.fromisoformat(contact["bought_on"]),
            }
        )
        for contact in facts.pop("contacts")
    )
    return (
        rules.Facts(
            contracted_on=None if contracted_on is None else date.fromisoformat(contracted_on),
            contacts=contacts,
            **facts,
        ),
        rules.Terms(**snapshot["terms"]),
        date.fromisoformat(snapshot["today"]),
    )


def replay(snapshot: dict[str, Any]) -> rules.Eligibility:
    """The verdict that the frozen facts give today's code."""
    return rules.evaluate(*thaw(snapshot))


def replays(snapshot: dict[str, Any]) -> bool:
    """Whether today's code still comes to the verdict that was frozen."""
    return bool(_plain(asdict(replay(snapshot))) == snapshot["verdict"])


def _plain(value: Any) -> Any:
    """`value` as JSON gives it back: dates as text, sequences as lists."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):  # A datetime is one too.
        return value.isoformat()
    return value

"""What a claim was judged by, frozen as ids, numbers and dates without personal data (G13).

A snapshot holds the complete facts, the terms, the date and the verdict that they gave, so that it can be judged
again years later, when profile, reviews and plan have long changed, and must come to the same verdict.

Whoever changes the shape of facts, terms or verdict raises VERSION, keeps the reader of the old shape in `_READERS`
(it says what the old one did not ask), and adds a frozen snapshot of the new shape to tests/guarantees/frozen.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, TypeAlias

from guarantees import rules

VERSION = 1
Thawed: TypeAlias = tuple[rules.Facts, rules.Terms, date]


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


def thaw(snapshot: dict[str, Any]) -> Thawed:
    """What was frozen: facts, terms, date. Raises ValueError for a snapshot that no version has made."""
    version = snapshot.get("version")
    # True is 1 to a dict, and no version.
    if type(version) is not int or version not in _READERS:
        raise ValueError(f"snapshot of version {version}")
    try:
        return _READERS[version](snapshot)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"snapshot of version {version} with another shape: {error}") from error


def _read_1(snapshot: dict[str, Any]) -> Thawed:
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


_READERS: dict[int, Callable[[dict[str, Any]], Thawed]] = {1: _read_1}


def replay(snapshot: dict[str, Any]) -> rules.Eligibility:
    """The verdict that the frozen facts give today's code."""
    return rules.evaluate(*thaw(snapshot))


def differences(snapshot: dict[str, Any]) -> list[str]:
    """Where today's code comes to another verdict than was frozen, a line for each place; a snapshot that cannot be
    read is one. For commands, so in no language."""
    try:
        again, frozen = _plain(asdict(replay(snapshot))), snapshot["verdict"]
        if again == frozen:
            return []
        was, now = _places(frozen), _places(again)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        return [f"cannot be read: {error!r}"]
    differ = [name for name in was | now if was.get(name) != now.get(name)]
    return [f"{name}: {now.get(name)}, was {was.get(name)}" for name in differ] or ["in another order"]


def _places(verdict: dict[str, Any]) -> dict[str, Any]:
    """A verdict as one level: its fields, and each requirement by its code."""
    fields = {name: value for name, value in verdict.items() if name != "requirements"}
    return fields | {each["code"]: each for each in verdict["requirements"]}


def _plain(value: Any) -> Any:
    """`value` as JSON gives it back: dates as text, sequences as lists."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):  # A datetime is one too.
        return value.isoformat()
    return value

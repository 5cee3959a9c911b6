"""What is frozen at submission and decision can be judged again for ever (G13)."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given

from guarantees import snapshots
from guarantees.rules import ContactFact, Terms, evaluate
from tests.guarantees.test_rules import facts_of
from tests.guarantees.test_rules_properties import cases, quiet


@quiet
@given(cases())
def test_what_was_frozen_thaws_to_the_same_and_gives_the_same_verdict(case):
    facts, terms, today = case
    verdict = evaluate(facts, terms, today)
    kept = json.loads(json.dumps(snapshots.freeze(facts, terms, today, verdict)))

    thawed, terms_again, today_again = snapshots.thaw(kept)
    assert (terms_again, today_again) == (terms, today)
    assert tuple(thawed.contacts) == tuple(facts.contacts)
    assert snapshots.replay(kept) == verdict
    assert snapshots.replays(kept)


def test_a_moment_is_kept_to_the_microsecond_and_hours_to_the_last_digit():
    contact = ContactFact(
        id=7,
        bought_at=datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC),
        bought_on=date(2026, 1, 31),
        price_cents=12_345,
        returned=False,
        return_pending=False,
        won=False,
        hours_to_first_contact=1 / 3,
        positive_review=True,
    )
    facts = facts_of(contacts=[contact])
    kept = json.loads(
        json.dumps(
            snapshots.freeze(facts, Terms(), date(2026, 2, 1), evaluate(facts, Terms(), date(2026, 2, 1)))
        )
    )
    assert snapshots.thaw(kept)[0].contacts == (contact,)


def test_a_verdict_that_was_tampered_with_does_not_replay():
    facts = facts_of(contacts=[])
    kept = snapshots.freeze(facts, Terms(), date(2026, 2, 1), evaluate(facts, Terms(), date(2026, 2, 1)))
    kept["verdict"]["amount_cents"] += 1
    assert not snapshots.replays(kept)


def test_a_snapshot_of_an_unknown_version_is_refused():
    with pytest.raises(ValueError, match="version 2"):
        snapshots.thaw({"version": 2})


def test_a_snapshot_holds_ids_numbers_and_dates_and_no_personal_data():
    """Every text in it is a code of the rules or a date."""
    facts = facts_of(contacts=[])
    kept = snapshots.freeze(facts, Terms(), date(2026, 2, 1), evaluate(facts, Terms(), date(2026, 2, 1)))
    assert set(kept) == {"version", "today", "terms", "facts", "verdict"}
    assert set(kept["facts"]) == set(facts.__dataclass_fields__)

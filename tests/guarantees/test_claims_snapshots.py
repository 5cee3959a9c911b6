"""What is frozen at submission and decision can be judged again for ever (G13)."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

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
    assert snapshots.differences(kept) == []


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
    assert snapshots.differences(kept) != []


def test_a_snapshot_of_an_unknown_version_is_refused():
    with pytest.raises(ValueError, match="version 2"):
        snapshots.thaw({"version": 2})


def test_a_snapshot_holds_ids_numbers_and_dates_and_no_personal_data():
    """Every text in it is a code of the rules or a date."""
    facts = facts_of(contacts=[])
    kept = snapshots.freeze(facts, Terms(), date(2026, 2, 1), evaluate(facts, Terms(), date(2026, 2, 1)))
    assert set(kept) == {"version", "today", "terms", "facts", "verdict"}
    assert set(kept["facts"]) == set(facts.__dataclass_fields__)


FROZEN = sorted((Path(__file__).parent / "frozen").glob("version_*.json"))


@pytest.mark.parametrize("file", FROZEN, ids=lambda file: file.stem)
def test_what_was_frozen_once_is_judged_the_same_for_ever(file):
    """These files are never made anew: whoever changes the rules or the shape keeps reading them."""
    assert snapshots.differences(json.loads(file.read_text())) == []


def test_every_version_there_is_can_be_read_and_has_a_frozen_example():
    examples = {json.loads(file.read_text())["version"] for file in FROZEN}
    assert examples == set(snapshots._READERS) == set(range(1, snapshots.VERSION + 1))


def test_the_frozen_examples_come_to_every_verdict():
    verdicts = [json.loads(file.read_text())["verdict"] for file in FROZEN]
    assert {verdict["status"] for verdict in verdicts} == {"eligible", "not_yet", "no_longer"}
    stands = {each["status"] for verdict in verdicts for each in verdict["requirements"]}
    assert stands == {"met", "unmet", "waiting", "lost"}


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"version": True},
        {"version": "1"},
        {"version": 1},
        {"version": 1, "facts": None},
        {"version": 1, "facts": {"contracted_on": 3, "contacts": []}, "terms": {}, "today": "2026-01-01"},
    ],
)
def test_a_snapshot_that_nobody_can_read_is_told_and_stops_nothing(broken):
    (line,) = snapshots.differences(broken)
    assert line.startswith("cannot be read: ValueError")


def test_it_says_where_a_verdict_differs():
    kept = json.loads((FROZEN[0].parent / "version_1_eligible.json").read_text())
    kept["verdict"]["status"] = "not_yet"
    kept["verdict"]["requirements"][8]["status"] = "unmet"
    assert snapshots.differences(kept) == [
        "status: eligible, was not_yet",
        "plan: {'code': 'plan', 'status': 'met', 'met_on': None, 'detail': {}}, "
        "was {'code': 'plan', 'status': 'unmet', 'met_on': None, 'detail': {}}",
    ]

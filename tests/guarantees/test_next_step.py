"""The one thing to do next: every place that a professional can stand in has one (G23)."""

import dataclasses
import re
from datetime import date

import pytest
from django.utils import translation

from guarantees import rules
from guarantees.next_step import next_step
from tests.guarantees.test_wording import COMPLETE, START, TERMS, WORLDS, contacts


def step(facts, terms=TERMS, today=date(2026, 2, 10), claim=None):
    return next_step(facts, terms, rules.evaluate(facts, terms, today), today, claim)


@pytest.mark.parametrize("language", ["en", "es-mx", "it"])
@pytest.mark.parametrize("name", WORLDS)
def test_there_is_always_one_and_it_leads_somewhere(name, language):
    facts, terms, today = WORLDS[name]
    with translation.override(language):
        found = step(facts, terms, today)
    assert found.url.startswith("/")
    for text in (found.title, found.sentence, found.button):
        assert text and not re.search(r"%\(|None", text)
    assert found.by is None or found.by >= today


@pytest.mark.parametrize(
    ("changes", "today", "code", "by"),
    [
        ({}, date(2026, 2, 10), "claim", date(2026, 4, 25)),
        ({}, date(2026, 2, 9), "wait", date(2026, 4, 25)),
        ({"suspended": True}, date(2026, 2, 10), "appeal", None),
        ({"rejected_as_false": True}, date(2026, 2, 10), "appeal", None),
        ({"payments_current": False}, date(2026, 2, 10), "pay", None),
        ({"plan_in_force": False}, date(2026, 2, 10), "contract_again", date(2026, 4, 25)),
        ({"payments_current": False, "plan_in_force": False}, date(2026, 2, 10), "pay", None),
        ({"work_photos": 3}, date(2026, 2, 10), "profile", date(2026, 4, 25)),
        ({"earlier_reviews": 1}, date(2026, 2, 10), "earlier_reviews", date(2026, 4, 25)),
        ({"contacts": contacts(15)}, date(2026, 2, 10), "contact_review", date(2026, 4, 25)),
        ({"contacts": contacts(14)}, date(2026, 3, 18), "buy", date(2026, 3, 18)),
        ({"contacts": contacts(14)}, date(2026, 3, 19), "buy", date(2026, 3, 25)),
        ({"contacts": contacts(14)}, date(2026, 3, 25), "buy", date(2026, 3, 25)),
        ({"contacts": contacts(14)}, date(2026, 3, 26), "go_on", None),
        ({"contacts": (), "has_logo": False}, START, "profile", date(2026, 4, 25)),
        ({"contacts": contacts(1), "has_logo": False}, date(2026, 1, 20), "buy", date(2026, 3, 18)),
        ({"contracted_on": None, "contacts": ()}, START, "contract", None),
    ],
)
def test_the_most_pressing_comes_first(changes, today, code, by):
    found = step(dataclasses.replace(COMPLETE, **changes), today=today)
    assert (found.code, found.by) == (code, by)


def test_a_return_that_waits_for_us_is_said_to():
    pending = dataclasses.replace(COMPLETE.contacts[3], return_pending=True)
    facts = dataclasses.replace(COMPLETE, contacts=(*COMPLETE.contacts[:3], pending, *COMPLETE.contacts[4:]))
    found = step(facts)
    assert (found.code, found.title) == ("wait", "Wait for our decision on a return")


def test_a_new_contact_is_called_before_anything_else_unless_the_terms_ignore_it():
    """G21."""
    facts = dataclasses.replace(
        COMPLETE, contacts=contacts(1, hours_to_first_contact=None), payments_current=False
    )
    assert step(facts, today=date(2026, 1, 11)).code == "call"
    assert step(facts, rules.Terms(first_contact="ignore"), date(2026, 1, 11)).code == "pay"

"""No page, mail or sentence prints a request's title as it was written, but where its reader may read it (M1, M5)."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from guarantees.claims import missing_stories
from guarantees.templatetags.guarantee import return_meaning
from marketplace.withdrawal import withdraw_lead
from tests.making import NOW, buy, contract, fund, make_plan

APPS = ("base", "billing", "config", "guarantees", "mail", "marketplace", "profiles")
RAW = re.compile(r"\blead(?:\.|__)(?:title|town)\b")
# Its homeowner's own pages and mails; the office, which knows who it is; what judges, masks, searches or erases it.
MAY = {
    "marketplace/admin",
    "marketplace/anonymising.py",
    "marketplace/day.py",
    "marketplace/held.py",
    # Of nobody: made up to be measured.
    "marketplace/measures",
    "marketplace/origins.py",
    # Handed to the business's own telephone or mail program, while the homeowner is in reach.
    "marketplace/attempts.py",
    "templates/marketplace/confirm.html",
    "templates/marketplace/homeowner.html",
    "templates/marketplace/homeowner_data.html",
    "templates/marketplace/homeowner_erase.html",
    "templates/marketplace/homeowner_review.html",
    "templates/marketplace/homeowner_withdraw.html",
    "templates/marketplace/review_by_link.html",
}


def test_titles_and_towns_are_printed_through_what_hides_details():
    root = Path(settings.BASE_DIR)
    files = [path for app in APPS for path in (root / app).rglob("*.py")]
    files += [path for kind in ("html", "txt") for path in (root / "templates").rglob(f"*.{kind}")]
    raw = {str(path.relative_to(root)) for path in files if RAW.search(path.read_text())}
    assert [name for name in sorted(raw) if not name.startswith(tuple(MAY))] == []
    # Nothing is allowed that is not needed any more.
    assert [name for name in sorted(MAY) if not any(each.startswith(name) for each in raw)] == []


@pytest.fixture
def contacts(pro):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    return buy(pro, 16, now=NOW, title="Un baño, 55 1234 5678")


def test_what_is_said_of_the_guarantee_names_withdrawn_requests_without_details(contacts, pro, time_machine):
    time_machine.move_to(NOW, tick=False)
    for contact in (contacts[0], contacts[15]):
        contact.lead = withdraw_lead(lead=contact.lead, now=NOW)
    lacks = missing_stories(contacts[:1], {})[0].sentence
    moves_up = " ".join(return_meaning(contacts[1])["meaning"].sentences)
    for said in (str(lacks), moves_up):
        assert ("Un baño" in said, "1234" in said) == (True, False)

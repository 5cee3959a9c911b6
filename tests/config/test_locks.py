"""Locks on rows that others point at do not stop those who only point at them (PostgreSQL)."""

import contextlib
import re
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError
from django.db.models import QuerySet

from marketplace import returns
from marketplace.models import ReturnRequest, Review
from marketplace.reviews import own_page
from tests.making import NOW, buy, contract, fund
from tests.together import together


def test_no_lock_is_stronger_than_it_has_to_be():
    """FOR UPDATE also stops every insert of a row that points at the locked one, in whatever order the other has
    taken its locks. Our keys never change, so FOR NO KEY UPDATE keeps out all who would change the row, and no more.
    """
    root = Path(settings.BASE_DIR)
    files = [
        path
        for path in root.glob("[a-z]*/**/*.py")
        if path.relative_to(root).parts[0] not in ("tests", "var")
    ]
    assert len(files) > 200
    lock = re.compile(r"select_for_update\((?!\s*no_key=True)")
    too_strong = [path.relative_to(root) for path in files if lock.search(path.read_text())]
    assert too_strong == []


def review_and_return(pro, monkeypatch) -> list:
    """The homeowner reviews while the business asks to return: each holds its first lock when the other begins."""
    contract(pro)
    fund(pro)
    contact = buy(pro, now=NOW)[0]
    both_hold_one = threading.Barrier(2)

    def then_wait(module, name):
        real = getattr(module, name)

        def wait(*args, **kwargs):
            result = real(*args, **kwargs)
            with contextlib.suppress(threading.BrokenBarrierError):
                both_hold_one.wait(timeout=10)
            return result

        monkeypatch.setattr(module, name, wait)

    then_wait(own_page, "address_key")  # Holds the contact, and is about to point at the business.
    then_wait(returns, "_lock_professional")  # Holds the business, and is about to lock the contact.
    return together(
        lambda: own_page.review_from_page(
            contact=contact,
            author_name="Lucía",
            handling=5,
            workmanship=None,
            text="They called at once and were kind to everybody in the house.",
            user=None,
            browser_of=None,
            network="",
            now=NOW,
        ),
        lambda: returns.ask_return(
            contact=contact,
            reason="duplicate",
            explanation="It came twice, with the same words.",
            by=pro.owner,
            now=NOW,
        ),
    )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_homeowner_reviews_while_the_business_asks_to_return(pro, monkeypatch):
    results = review_and_return(pro, monkeypatch)
    assert [type(result) for result in results] == [Review, ReturnRequest]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_with_stronger_locks_the_two_would_stop_each_other(pro, monkeypatch):
    """Negative control: with FOR UPDATE the database ends one of them."""
    real = QuerySet.select_for_update
    monkeypatch.setattr(
        QuerySet, "select_for_update", lambda self, **options: real(self, **(options | {"no_key": False}))
    )
    results = review_and_return(pro, monkeypatch)
    assert [result for result in results if isinstance(result, OperationalError)]

"""What the tests of claims stand on."""

import pytest

from base.registry import invariants
from tests.guarantees.claim_making import confirm_all, make_submitted


@pytest.fixture
def books_hold(db):
    """After whatever a test has done, every invariant holds."""
    yield
    broken = [line for each in invariants for line in each.broken()]
    assert broken == []


@pytest.fixture
def submitted(pro):
    return make_submitted(pro)


@pytest.fixture
def confirmed(submitted, reviewer):
    return confirm_all(submitted, reviewer)


@pytest.fixture
def office(client_of, reviewer):
    """The browser of a reviewer."""
    return client_of(reviewer)

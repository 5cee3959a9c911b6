"""The cast, and what every test stands on."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import translation

from base.pdf import can_make_pdf
from base.private_files import not_public
from tests import making

# A shared machine may be slow: a deadline would fail for its sake, not for the code's.
hypothesis.settings.register_profile(
    "quince", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("quince")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("pango"):
            item.user_properties.append(("pango", can_make_pdf()))
            if not can_make_pdf():
                item.add_marker(
                    pytest.mark.skip(reason="needs weasyprint and pango: requirements/extras.txt")
                )
    needs_it = [item for item in items if item.get_closest_marker("postgres")]
    for item in needs_it:
        item.user_properties.append(("postgres", connection.vendor))
        if connection.vendor != "postgresql":
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: set DATABASE_URL"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A transactional test ends with a flush, which the triggers of append-only tables refuse: they are lifted
    for the length of the flush alone. It also takes what migrations wrote, so that is put back after it."""
    from base.append_only import lifted
    from guarantees.models import GuaranteeTerms
    from support.models import OpeningHours

    with django_db_blocker.unblock():
        written_by_migrations = [
            (model, list(model.objects.all())) for model in (GuaranteeTerms, OpeningHours)
        ]
    flush = TransactionTestCase._fixture_teardown

    def flush_and_put_back(case: TransactionTestCase) -> None:
        with lifted():
            flush(case)
        for model, rows in written_by_migrations:
            model.objects.bulk_create(rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush_and_put_back)
        yield


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign-in throttling counts in the cache: no test goes on with another's count."""
    monkeypatch.setattr(caches["default"], "key_prefix", f"tests-{uuid.uuid4()}")


@pytest.fixture(autouse=True)
def _speaks_english() -> Iterator[None]:
    """A page asked for in Spanish leaves Spanish active in the thread: no test inherits another's language."""
    with translation.override("en"):
        yield


@pytest.fixture
def private_files(tmp_path: Path) -> Iterator[Path]:
    """Where files lie that no public address leads to: an empty folder of this test's own."""
    storage = not_public()  # Columns hold it from when they were made, so this very one is moved.
    before = vars(storage).copy()
    vars(storage).pop("base_location", None), vars(storage).pop("location", None)
    storage._location = tmp_path / "private"  # type: ignore[attr-defined]
    yield tmp_path / "private"
    vars(storage).clear()
    vars(storage).update(before)


@pytest.fixture
def client_of() -> Callable[..., Client]:
    """A browser in which somebody is signed in: `client_of(pro)` is its owner's, `client_of(user)` that user's."""

    def sign_in(who: Any) -> Client:
        browser = Client()
        browser.force_login(getattr(who, "owner", who), "allauth.account.auth_backends.AuthenticationBackend")
        return browser

    return sign_in


@pytest.fixture
def pro(db):
    """A business that has just been opened, Reformas Hidalgo. Its owner is `pro.owner`."""
    return making.make_pro("Reformas Hidalgo", email="pro@example.com")


@pytest.fixture
def other_pro(db):
    """Another business, Pinturas Juárez."""
    return making.make_pro("Pinturas Juárez", email="other-pro@example.com")


@pytest.fixture
def stranger(db):
    """Somebody signed in who has no business and no role."""
    return making.make_user("stranger@example.com")


@dataclass(frozen=True, slots=True)
class Homeowner:
    """The person who asks for a job; has no account."""

    name: str = "Lucía Fernández"
    email: str = "lucia@example.com"
    phone: str = "+525555123456"


@pytest.fixture
def homeowner() -> Homeowner:
    return Homeowner()


@pytest.fixture
def moderator(db):
    return making.make_staff("moderator")


@pytest.fixture
def reviewer(db):
    return making.make_staff("reviewer")


@pytest.fixture
def other_reviewer(db):
    return making.make_staff("reviewer", email="other-reviewer@example.com")


@pytest.fixture
def finance(db):
    return making.make_staff("finance")


@pytest.fixture
def appeals(db):
    return making.make_staff("appeals")


@pytest.fixture
def consultant(db):
    return making.make_staff("consultant")

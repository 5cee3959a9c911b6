"""A letter of its own, so that no test of the outbox depends on what another app writes."""

from pathlib import Path

import pytest
from django.core.files.storage import storages

from base.registry import invariants
from mail import outbox
from mail.models import OutgoingMail
from tests.mail import routes
from tests.making import NOW

CONTEXT = {"pet": "Firulais", "cents": 123_450, "at": NOW, "said": "Bye."}


@pytest.fixture(autouse=True)
def _letters_of_these_tests(settings):
    here = Path(__file__).parent / "templates"
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [*settings.TEMPLATES[0]["DIRS"], here]}]


@pytest.fixture
def write():
    """Writes the letter pets/found to Ana about Firulais, unless told otherwise; the row."""

    def write_one(*, context=None, **changes) -> OutgoingMail:
        letter = {
            "kind": "pets/found",
            "cause": "pet:15",
            "to": "ana@example.com",
            "language": "en",
            "context": CONTEXT | (context or {}),
            "now": NOW,
        } | changes
        outbox.write(**letter)
        return OutgoingMail.objects.get(cause=letter["cause"], kind=letter["kind"], recipient=letter["to"])

    return write_one


@pytest.fixture
def pets_are_taken(settings, tmp_path, monkeypatch):
    """What comes for the pets has a route; files lie in `tmp_path`. In the end the books hold."""
    settings.MAIL_ROUTES = ["tests.mail.routes.takes_pets"]
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"
    monkeypatch.setattr(storages["private"], "location", str(tmp_path))
    routes.CALLS.clear()
    yield
    assert [line for each in invariants for line in each.broken()] == []

"""What the tests of the desk's office send, and to whom it belongs."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from support.agreements import Line, sign_agreement
from support.clients import open_client
from support.models import Agreement, Client, Quote
from support.quotes import make_quote
from tests.making import make_staff
from tests.support.making import registrar

ROME = ZoneInfo("Europe/Rome")
# A Monday.
NOW = datetime(2026, 11, 2, 10, tzinfo=ROME)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
HOURS = {"kind": "tool", "what": "Website", "unit": "minutes", "amount": "2:30"}


def make_lead_of_the_desk() -> Any:
    return make_staff("desk lead")


def make_client(name: str = "Studio Bianchi", email: str = "anna@example.com") -> Client:
    """Somebody who is no business of the marketplace, with the person who signs."""
    return open_client(name=name, email=email, language="en", now=NOW, by=registrar())


def make_agreement(client: Client, by: Any, **changes: Any) -> Agreement:
    said: dict[str, Any] = {
        "title": "Website",
        "text": "Ten pages.",
        "lines": [Line(kind="tool", what="Website", unit="minutes", amount=600)],
        "signed": Agreement.Signed.PAPER,
        "signed_by": "Anna Bianchi",
        "by": by,
        "now": NOW,
    }
    return sign_agreement(client=client, **(said | changes))


def make_draft(client: Client, by: Any, **changes: Any) -> Quote:
    said: dict[str, Any] = {
        "title": "Website",
        "text": "Ten pages.",
        "lines": [Line(kind="tool", what="Website", unit="minutes", amount=150)],
        "price_cents": 250_000,
        "valid_until": datetime(2026, 11, 30).date(),
        "now": NOW,
    }
    return make_quote(client=client, by=by, **(said | changes))


def pdf(content: bytes = PDF, name: str = "signed.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def lines(*rows: dict[str, Any], before: int = 0) -> dict[str, Any]:
    """The lines as a page sends them; the first `before` of them were there already."""
    sent = {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": before}
    for number, row in enumerate(rows):
        blank = {"kind": "service", "what": "", "unit": "", "amount": "", "expires_on": ""}
        for name, value in (blank | {"no_support_reason": "", "allowance": ""} | row).items():
            sent[f"lines-{number}-{name}"] = value
    return sent


def quote_of(to: Client, /, *rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    said = {
        "client": to.pk,
        "title": "Website",
        "text": "Ten pages.",
        "price": "2500.00",
        "valid_until": "2026-11-30",
        "form_id": uuid4(),
        "seen": 1,
    }
    return said | lines(*(rows or (HOURS,))) | changes


def paper_of(to: Client, /, *rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    said = {
        "client": to.pk,
        "title": "Website",
        "text": "Ten pages.",
        "signed_on": "2026-11-01",
        "signed_by": "Anna Bianchi",
        "document": pdf(),
        "form_id": uuid4(),
    }
    return said | lines(*(rows or (HOURS,))) | changes


def told(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def costs(browser: Any, addresses: list[str]) -> dict[str, int]:
    """How many statements each page takes."""
    counted = {}
    for address in addresses:
        browser.get(address)  # Warms what is remembered between pages.
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200, address
        counted[address] = len(queries)
    return counted


def cost_the_same(browser: Any, addresses: list[str], grow: Callable[[int], Any]) -> None:
    """With one row of each thing and with thirty; `grow` makes another of each."""
    grow(0)
    with_one = costs(browser, addresses)
    for number in range(1, 30):
        grow(number)
    assert costs(browser, addresses) == with_one

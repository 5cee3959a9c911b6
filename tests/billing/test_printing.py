"""Printed from the browser, an invoice and a statement carry what they say and nothing to press (X1)."""

import os
import re
import subprocess
from pathlib import Path
from shutil import which

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse

from billing.models import Invoice
from tests.making import at, contract, fund

pytestmark = pytest.mark.skipif(
    not (which("chromium") and which("pdftotext")) and "CI" not in os.environ,
    reason="Chromium and pdftotext are not installed.",
)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(at("2026-03-20 12:00"), tick=False):
        yield


def printed(page: str, tmp_path: Path, *, styled: bool = True) -> str:
    """What stands on the paper, when a page is printed with the product's style sheet, or without any."""
    sheet = Path(settings.BASE_DIR, "static/quince.css").read_text() if styled else ""
    page = re.sub(
        r"<link\b[^>]*>|<script\b.*?</script>", "", page, flags=re.DOTALL
    )  # Nothing else is loaded.
    file, paper = tmp_path / "page.html", tmp_path / "page.pdf"
    file.write_text(page.replace("</head>", f"<style>{sheet}</style></head>"))
    browser = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path}/profile",
    ]
    subprocess.run(
        [*browser, "--no-pdf-header-footer", f"--print-to-pdf={paper}", file.as_uri()],
        capture_output=True,
        timeout=120,
        check=True,
    )
    text = subprocess.run(
        ["pdftotext", "-layout", paper, "-"], capture_output=True, text=True, timeout=60, check=True
    )
    return " ".join(text.stdout.split())


def test_an_unpaid_invoice_is_printed_with_how_to_pay_it_and_without_what_is_pressed(
    pro, client_of, tmp_path
):
    contract(pro, paid=False)
    invoice = Invoice.objects.get()
    page = client_of(pro).get(reverse("billing:invoice", args=[invoice.public_id])).content.decode()
    paper = printed(page, tmp_path)
    for said in (invoice.number, pro.name, "MX$430.17", "MX$68.83", "MX$499.00", "How to pay it"):
        assert said in paper
    everything = printed(page, tmp_path, styled=False)
    for pressed in ("Skip to the content", "Guarantee Balance Profile", "Español"):
        assert pressed in everything
        assert pressed not in paper


def test_a_statement_is_printed_with_its_sums_and_without_what_is_pressed(pro, client_of, tmp_path):
    contract(pro)
    fund(pro, 123_456)
    page = client_of(pro).get("/account/statement/2026-01/").content.decode()
    paper = printed(page, tmp_path)
    for said in ("Statement of January 2026", pro.name, "MX$1,234.56"):
        assert said in paper
    everything = printed(page, tmp_path, styled=False)
    for pressed in (
        "Skip to the content",
        "Guarantee Balance Profile",
        "Spreadsheet (CSV)",
        "Show",
        "Español",
    ):
        assert pressed in everything
        assert pressed not in paper

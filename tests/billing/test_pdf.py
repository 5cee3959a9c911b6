"""Statements, invoices and credit notes as PDF: where it can be made it says what the page says, where not there is
none; and it fetches nothing."""

import pytest
import time_machine
from django.urls import reverse

from base import pdf
from billing.credit_notes import issue_credit_note
from billing.models import Invoice, WalletEntry
from billing.views import statements
from billing.wallet import credit, open_wallet
from tests.making import NOW, at, buy, contract, fund


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(at("2026-03-20 12:00"), tick=False):
        yield


@pytest.fixture
def browser(pro, client_of):
    return client_of(pro)


def text_of(response):
    return " ".join(response.content.decode().split())


def words_on(document):
    """What stands on the pages of a laid out document, by weasyprint's own boxes."""
    return " ".join(
        box.text for page in document.pages for box in page._page_box.descendants() if hasattr(box, "text")
    )


@pytest.mark.pango
def test_a_pdf_says_what_the_page_says(pro, browser, monkeypatch):
    contract(pro)
    fund(pro, 123_456)
    (contact,) = buy(pro)
    laid_out = []
    real = pdf.document_of
    monkeypatch.setattr(pdf, "document_of", lambda html: laid_out.append(real(html)) or laid_out[-1])
    response = browser.get("/account/statement/2026-01/pdf/")
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert response["Content-Disposition"] == 'attachment; filename="quince-2026-01.pdf"'
    assert response.content.startswith(b"%PDF-")
    said = words_on(laid_out[0])
    for words in ("Statement of January 2026", pro.name, "MX$1,234.56", "−MX$200.00", "MX$1,034.56"):
        assert words in said
    assert contact.lead.title in said


@pytest.mark.pango
def test_a_pdf_of_many_entries_has_pages(pro, browser, monkeypatch):
    wallet = open_wallet(professional=pro)
    for n in range(80):
        credit(wallet=wallet, amount_cents=1, kind=WalletEntry.Kind.CORRECTION, cause=f"test:{n}", now=NOW)
    laid_out = []
    real = pdf.document_of
    monkeypatch.setattr(pdf, "document_of", lambda html: laid_out.append(real(html)) or laid_out[-1])
    assert browser.get("/account/statement/2026-01/pdf/").status_code == 200
    assert len(laid_out[0].pages) > 1
    monkeypatch.setattr(statements, "PDF_LINES_AT_MOST", 79)
    assert browser.get("/account/statement/2026-01/pdf/").status_code == 404
    assert "/pdf/" not in text_of(browser.get("/account/statement/2026-01/"))


def test_a_month_too_long_for_a_pdf_says_where_it_all_is(pro, browser, monkeypatch):
    fund(pro, 1_000)
    fund(pro, 1_000)
    monkeypatch.setattr(statements, "can_make_pdf", lambda: True)
    said = "This month has 2 entries, too many for a PDF: the spreadsheet has them all."
    assert said not in text_of(browser.get("/account/statement/2026-01/"))
    monkeypatch.setattr(statements, "PDF_LINES_AT_MOST", 1)
    page = text_of(browser.get("/account/statement/2026-01/"))
    assert said in page
    assert "/pdf/" not in page
    monkeypatch.setattr(statements, "can_make_pdf", lambda: False)
    assert said not in text_of(browser.get("/account/statement/2026-01/"))


@pytest.mark.pango
def test_where_it_can_be_made_it_is_offered(browser):
    assert "/account/statement/2026-01/pdf/" in text_of(browser.get("/account/statement/2026-01/"))


def test_where_it_cannot_be_made_it_is_not_offered_and_not_there(pro, browser, monkeypatch):
    contract(pro)
    invoice = Invoice.objects.get()
    note = issue_credit_note(invoice=invoice, reason="Menos.", by=None, now=NOW, amount_cents=1)

    def no_pango(name):
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(pdf.importlib, "import_module", no_pango)
    pdf.can_make_pdf.cache_clear()
    try:
        for page in (
            "/account/statement/2026-01/",
            f"/account/invoices/{invoice.public_id}/",
            f"/account/credit-notes/{note.public_id}/",
        ):
            assert "/pdf/" not in text_of(browser.get(page))
            assert browser.get(f"{page}pdf/").status_code == 404
    finally:
        pdf.can_make_pdf.cache_clear()


@pytest.mark.pango
@pytest.mark.parametrize("kind", ["invoice", "credit note"])
def test_an_invoice_and_a_credit_note_as_pdf(pro, browser, kind):
    contract(pro, paid=False)
    invoice = Invoice.objects.get()
    note = issue_credit_note(invoice=invoice, reason="<b>Menos</b> & más", by=None, now=NOW, amount_cents=100)
    address = (
        reverse("billing:invoice_pdf", args=[invoice.public_id])
        if kind == "invoice"
        else reverse("billing:credit_note_pdf", args=[note.public_id])
    )
    response = browser.get(address)
    number = invoice.number if kind == "invoice" else note.number
    assert response["Content-Disposition"] == f'attachment; filename="{number}.pdf"'
    assert response.content.startswith(b"%PDF-")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/x.png", "https://example.com/x", "file:///etc/passwd", "ftp://example.com/x",
        "data:text/plain,x", "own:../manage.py", "own:/etc/passwd", "own:nothing.svg", "/etc/passwd", "",
    ],
)  # fmt: skip
def test_a_pdf_fetches_nothing_but_our_own_static_files(address):
    with pytest.raises(ValueError, match="may not fetch"):
        pdf.own_file(address)


@pytest.mark.pango
def test_whatever_is_written_on_a_page_nothing_is_fetched(monkeypatch):
    import urllib.request

    asked = []
    monkeypatch.setattr(urllib.request.OpenerDirector, "open", lambda *said, **more: asked.append(said))
    hostile = (
        '<link rel=stylesheet href="http://127.0.0.1:1/a.css"><style>@import "http://127.0.0.1:1/b.css";</style>'
        '<img src="file:///etc/passwd"><img src="http://127.0.0.1:1/c.png"><p style="background:url(ftp://x/y)">x'
        '<object data="http://127.0.0.1:1/d"></object><link rel=attachment href="file:///etc/passwd">'
    )
    assert pdf.pdf_of(hostile).startswith(b"%PDF-")
    assert asked == []


def test_the_style_of_pdfs_is_a_static_file():
    assert b"@page" in pdf.own_file("own:print.css")

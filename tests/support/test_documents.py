"""Documents are PDF, by what is in them, and of a size (S4)."""

import pytest
from django.core.files.base import ContentFile
from django.http import Http404

from support.documents import as_kept, document_response
from support.errors import SupportError
from support.models import Quote
from tests.support.office import PDF, pdf


def refusal_of(document):
    with pytest.raises(SupportError) as refused:
        as_kept(document)
    assert refused.value.field == "document"
    return refused.value.code


def test_a_pdf_is_kept_under_a_name_that_cannot_be_guessed():
    kept, again = as_kept(pdf(name="../Contract of Anna.pdf")), as_kept(pdf())
    assert kept.read() == PDF
    assert kept.name.endswith(".pdf")
    assert "Anna" not in kept.name and kept.name != again.name


def test_nothing_is_no_document():
    assert as_kept(None) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"<html><script>", b"\x89PNG\r\n", PDF[:20], b" " * 2000 + PDF, PDF + b" " * 2000],
    ids=["empty", "html", "png", "cut off", "late", "more behind it"],
)
def test_what_is_no_whole_pdf_is_refused_whatever_its_name(content):
    assert refusal_of(pdf(content)) == "no_pdf"


def test_a_pdf_is_one_whatever_its_name():
    assert as_kept(pdf(name="contract.exe")).name.endswith(".pdf")


def test_the_largest_is_kept_and_one_byte_more_is_refused(settings):
    settings.DESK_DOCUMENT_MAX_BYTES = len(PDF)
    assert as_kept(pdf()).read() == PDF
    assert refusal_of(pdf(PDF + b"\n")) == "too_large"


def test_it_is_handed_out_to_be_saved_and_never_shown(private_files):
    quote = Quote()
    quote.document.save("a.pdf", ContentFile(PDF), save=False)
    response = document_response(quote.document, "P-2026-000001")
    assert response.content == PDF
    assert response["Content-Disposition"] == 'attachment; filename="P-2026-000001.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    quote.document.storage.delete(quote.document.name)
    with pytest.raises(Http404):
        document_response(Quote(document=quote.document.name).document, "P-2026-000001")


def test_where_there_is_none_there_is_nothing():
    with pytest.raises(Http404):
        document_response(Quote().document, "P")

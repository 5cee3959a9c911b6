"""Documents are PDF, by what is in them, and of a size (S4)."""

import os
from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import Http404

from profiles.picture_files import leftover_files, sweep_files
from support.agreements import Line, sign_agreement
from support.documents import as_kept, document_response, same_document
from support.errors import SupportError
from support.models import Agreement, Quote
from support.quotes import change_quote
from tests.support.office import NOW, PDF, make_agreement, make_draft, pdf


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


def test_the_same_document_is_told_by_its_bytes(private_files):
    quote = Quote()
    assert not same_document(quote.document, pdf())
    quote.document.save("a.pdf", ContentFile(PDF), save=False)
    assert same_document(quote.document, pdf(name="b.pdf"))
    assert not same_document(quote.document, pdf(PDF + b"\n"))
    quote.document.storage.delete(quote.document.name)
    assert not same_document(Quote(document=quote.document.name).document, pdf())


def aged(folder):
    """Every kept file, as if it had been written two days before NOW; their names."""
    old = (NOW - timedelta(days=2)).timestamp()
    paths = [path for path in folder.rglob("*") if path.is_file()]
    for path in paths:
        os.utime(path, (old, old))
    return {path.relative_to(folder).as_posix() for path in paths}


def test_what_a_refused_transaction_leaves_behind_is_swept_and_what_a_row_names_stays(
    studio, desk_lead, private_files
):
    """The document is written before its row; the row is rolled back with what is refused, and the file is not."""
    said = {"title": "Website", "text": "", "by": desk_lead, "now": NOW}
    line = Line(kind="service", what="Talk", unit="minutes", amount=60, expires_on=date(2026, 11, 1))
    with pytest.raises(SupportError), transaction.atomic():
        sign_agreement(client=studio, lines=[line], signed=Agreement.Signed.PAPER, document=pdf(), **said)
    draft = make_draft(studio, desk_lead, document=pdf())
    kept = {
        draft.document.name,
        make_agreement(studio, desk_lead, document=pdf()).current.document.name,
    }
    (left,) = aged(private_files) - kept
    assert left.startswith("agreements/")
    assert [str(file) for file in leftover_files(now=NOW)] == [left]
    assert (sweep_files(now=NOW), sweep_files(now=NOW)) == (1, 0)
    assert aged(private_files) == kept


def test_a_draft_that_gets_another_document_leaves_the_first_to_the_sweep(studio, desk_lead, private_files):
    draft = make_draft(studio, desk_lead, document=pdf())
    first = draft.document.name
    changed = change_quote(
        quote=draft,
        title="Website",
        text="",
        lines=[Line(kind="service", what="Talk")],
        price_cents=1,
        valid_until=draft.valid_until,
        document=pdf(PDF + b"\n"),
        by=desk_lead,
        now=NOW,
    )
    assert aged(private_files) == {first, changed.document.name}
    assert [str(file) for file in leftover_files(now=NOW)] == [first]


def test_a_document_of_a_quote_that_only_an_agreement_names_stays(studio, desk_lead, private_files):
    draft = make_draft(studio, desk_lead, document=pdf())
    make_agreement(studio, desk_lead, document=draft.document)
    Quote.objects.update(document="")
    assert aged(private_files) == {draft.document.name}
    assert list(leftover_files(now=NOW)) == []


def test_a_document_of_today_is_none_of_the_leftovers(db, private_files):
    Quote().document.save("a.pdf", ContentFile(PDF), save=False)
    assert aged(private_files)
    assert list(leftover_files(now=NOW - timedelta(days=2))) == []
    assert len(list(leftover_files(now=NOW))) == 1

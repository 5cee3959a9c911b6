"""Documents of quotes and agreements: PDF alone, kept where no public address leads (S4)."""

import secrets

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from base.private_files import STORAGE
from mail.kept_files import as_download
from profiles.picture_files import Place
from support.errors import SupportError

# An agreement may name a quote's document: what was signed is the very file that was sent.
OF_AGREEMENTS, OF_QUOTES = Place(STORAGE, "agreements"), Place(STORAGE, "quotes")
# Programs that write PDFs put a few bytes before the first line of one, and behind its last.
LOOKED_AT = 1024


def as_kept(document: File | None) -> File | None:
    """A document as it is kept, under a name that cannot be guessed; one that is kept already stays as it is.

    It is judged by what is in it, never by its name. Raises SupportError: "too_large", "no_pdf".
    """
    if document is None or isinstance(document, FieldFile):
        return document or None
    most = settings.DESK_DOCUMENT_MAX_BYTES
    if document.size > most:
        raise SupportError(
            "too_large",
            _(
                "The document has %(size)s, and at most %(most)s are kept. Save it smaller, then choose it again."
            )
            % {"size": filesizeformat(document.size), "most": filesizeformat(most)},
            field="document",
        )
    document.seek(0)
    content = bytes(document.read())
    if b"%PDF-" not in content[:LOOKED_AT] or b"%%EOF" not in content[-LOOKED_AT:]:
        raise SupportError(
            "no_pdf",
            _("This file is not a whole PDF. Save the document as PDF, then choose it again."),
            field="document",
        )
    return ContentFile(content, name=f"{secrets.token_hex(16)}.pdf")


def same_document(kept: FieldFile, sent: File) -> bool:
    """Whether what is sent is what is kept, byte for byte; no, where that is gone."""
    if not kept:
        return False
    try:
        with kept.open("rb") as file:
            content = file.read()
    except FileNotFoundError:
        return False
    sent.seek(0)
    return bool(content == bytes(sent.read()))


def document_response(document: FieldFile, name: str) -> HttpResponse:
    """A document to be saved as "<name>.pdf". Whether the reader may have it was asked before. Raises Http404 where
    there is none, or it is gone."""
    if not document:
        raise Http404
    try:
        with document.open("rb") as file:
            return as_download(file.read(), f"{name}.pdf")
    except FileNotFoundError as error:
        raise Http404 from error

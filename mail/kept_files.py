"""The messages themselves: one file each, whole, where no public address leads."""

import logging
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from base.private_files import not_public
from mail.models import IncomingMail
from mail.reading import attachments_in

FOLDER = "incoming"
# Long enough that no message that is just being stored is taken for a leftover.
SWEEP_AFTER = timedelta(days=1)
# Heads and text come first: a page of many messages reads no file whole.
BEGINNING = 128_000

logger = logging.getLogger(__name__)


def keep(raw: bytes) -> str:
    """Writes a message under a name that cannot be guessed; returns the name."""
    token = secrets.token_hex(16)
    return not_public().save(f"{FOLDER}/{token[:2]}/{token}.eml", ContentFile(raw))


def message_of(mail: IncomingMail) -> bytes:
    """The whole message. Raises FileNotFoundError where it was cleared."""
    if not mail.raw:
        raise FileNotFoundError
    with mail.raw.open("rb") as file:
        return bytes(file.read())


def has_html(mail: IncomingMail) -> bool:
    """Whether a message, as far as its beginning tells, has an HTML of its own beside its text; False where it was
    cleared."""
    if not mail.raw:
        return False
    try:
        with mail.raw.open("rb") as file:
            return b"text/html" in bytes(file.read(BEGINNING)).lower()
    except FileNotFoundError:
        return False


def delete(names: Iterable[str]) -> None:
    """Deletes files; one that cannot be deleted is left to the sweep."""
    storage = not_public()
    for name in filter(None, names):
        try:
            storage.delete(name)
        except OSError:
            logger.exception("A message could not be deleted; the sweep will try again")


def leftover(*, now: datetime) -> Iterator[str]:
    """Names of files, older than a day, that no row has."""
    storage = not_public()
    known = set(IncomingMail.objects.exclude(raw="").values_list("raw", flat=True))
    for name in _files_in(storage, FOLDER):
        if name not in known and storage.get_modified_time(name) < now - SWEEP_AFTER:
            yield name


def sweep(*, now: datetime) -> int:
    """Deletes what a killed process left behind; returns how many files. Runs again without harm."""
    names = list(leftover(now=now))
    delete(names)
    return len(names)


def as_download(content: bytes, name: str) -> HttpResponse:
    """A stranger's file as something to save: never shown, never run, in no cache. Whether the reader may have it was
    asked before."""
    return HttpResponse(
        content,
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": content_disposition_header(True, name) or "attachment",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def attachment_response(mail: IncomingMail, position: int) -> HttpResponse:
    """One attachment, by its place in the message. Raises Http404 where there is none, or it was cleared."""
    attached = mail.attachments.filter(position=position).first()
    try:
        found = attachments_in(message_of(mail)) if attached else ()
    except FileNotFoundError as error:
        raise Http404 from error
    for each in found:
        if attached and each.position == position:
            return as_download(each.content, attached.name)
    raise Http404


def message_response(mail: IncomingMail) -> HttpResponse:
    """The message as it came. Raises Http404 where it was cleared."""
    try:
        return as_download(message_of(mail), f"{mail.pk}.eml")
    except FileNotFoundError as error:
        raise Http404 from error


def _files_in(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _files_in(storage, f"{folder}/{name}")

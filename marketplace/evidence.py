"""Pictures with which a return is explained: kept out of the public's reach, and gone with the person (M7, X5)."""

import logging
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from base import limits
from marketplace.errors import MarketplaceError
from marketplace.models import Contact, Lead, ReturnEvidence, ReturnRequest
from marketplace.models.returns import not_public
from profiles.errors import ProfileError
from profiles.pictures import Picture, read_picture

FOLDER = "evidence"
PICTURES_AT_MOST = 5
# Of one business, refused ones too: decoding is dear.
PICTURES_AN_HOUR = 30
# Long enough that no upload still under way is taken for a leftover.
SWEEP_AFTER = timedelta(days=1)

logger = logging.getLogger(__name__)


def read_evidence(uploads: Sequence[File], *, contact: Contact, now: datetime) -> list[Picture]:
    """Decodes what was uploaded, before any transaction: encoded anew, without a word of the original.

    Raises MarketplaceError for "evidence": too_many_pictures, too_many_uploads, and what `read_picture` refuses.
    """
    if len(uploads) > PICTURES_AT_MOST:
        raise _too_many()
    pictures = []
    for upload in uploads:
        _count(contact, now)
        try:
            pictures.append(read_picture(upload, field="evidence"))
        except ProfileError as refusal:
            raise MarketplaceError(refusal.code, refusal.sentence, field="evidence") from refusal
    return pictures


def add_evidence(*, return_request: ReturnRequest, pictures: Sequence[Picture], now: datetime) -> None:
    """Keeps pictures with a return that waits for its decision; the same picture again is the one that is there.

    Raises MarketplaceError: return_decided, too_many_pictures. Then none of them is kept.
    """
    stored: list[str] = []
    try:
        with transaction.atomic():
            asked = ReturnRequest.objects.select_for_update(of=("self",)).get(pk=return_request.pk)
            if asked.state != ReturnRequest.State.ASKED:
                raise MarketplaceError(
                    "return_decided",
                    _("This return has been decided or withdrawn in the meantime, so nothing was changed."),
                    field="evidence",
                )
            kept = set(asked.evidence.values_list("content_hash", flat=True))
            new = {picture.content_hash: picture for picture in pictures if picture.content_hash not in kept}
            if len(kept) + len(new) > PICTURES_AT_MOST:
                raise _too_many()
            for picture in new.values():
                stored.append(_keep(asked, picture, now))
    except BaseException:
        _delete_files(stored)
        raise


def remove_evidence(lead: Lead) -> None:
    """Takes away every picture of every return of this request, for it may show the homeowner's details: part of
    anonymising (X5). The files go once that is certain. Call inside the transaction that anonymises."""
    evidence = ReturnEvidence.objects.filter(return_request__contact__lead=lead)
    names = list(evidence.values_list("image", flat=True))
    evidence.delete()
    transaction.on_commit(lambda: _delete_files(names))


def picture_response(evidence: ReturnEvidence) -> HttpResponse:
    """The file, as something to keep and never as a page; in no cache. Whether the reader may see it was asked
    before. Raises Http404 where it was removed."""
    try:
        with evidence.image.open("rb") as file:
            content = file.read()
    except FileNotFoundError as error:
        raise Http404 from error
    return HttpResponse(
        content,
        content_type="image/webp",
        headers={
            "Content-Disposition": f'attachment; filename="{evidence.public_id}.webp"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def leftover_files(*, now: datetime) -> Iterator[str]:
    """Names of stored files, older than a day, that no return has."""
    storage = not_public()
    known = set(ReturnEvidence.objects.values_list("image", flat=True))
    for name in _files_in(storage, FOLDER):
        if name not in known and storage.get_modified_time(name) < now - SWEEP_AFTER:
            yield name


def sweep_evidence(*, now: datetime) -> int:
    """Deletes what a killed process left behind; returns how many files. Runs again without harm."""
    names = list(leftover_files(now=now))
    _delete_files(names)
    return len(names)


def _too_many() -> MarketplaceError:
    return MarketplaceError(
        "too_many_pictures",
        _("A return takes up to %(most)d pictures. Choose those that show it best.")
        % {"most": PICTURES_AT_MOST},
        field="evidence",
    )


def _count(contact: Contact, now: datetime) -> None:
    """So many files an hour of one business, refused ones too."""
    if not limits.take(
        "evidence", str(contact.professional_id), most=PICTURES_AN_HOUR, window=timedelta(hours=1), now=now
    ):
        raise MarketplaceError(
            "too_many_uploads",
            _("You have sent %(most)d pictures within an hour. Go on in an hour.")
            % {"most": PICTURES_AN_HOUR},
            field="evidence",
        )


def _keep(asked: ReturnRequest, picture: Picture, now: datetime) -> str:
    """Writes the file, under a name that cannot be guessed, and then its row; returns the name."""
    evidence = ReturnEvidence(return_request=asked, content_hash=picture.content_hash, uploaded_at=now)
    token = secrets.token_hex(16)
    evidence.image.save(f"{FOLDER}/{token[:2]}/{token}.webp", ContentFile(picture.large), save=False)
    try:
        evidence.save()
    except BaseException:
        _delete_files([evidence.image.name])
        raise
    return str(evidence.image.name)


def _files_in(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _files_in(storage, f"{folder}/{name}")


def _delete_files(names: Iterable[str | None]) -> None:
    storage = not_public()
    for name in names:
        if not name:
            continue
        try:
            storage.delete(name)
        except OSError:
            logger.exception("A file of a return could not be deleted; the sweep will try again")

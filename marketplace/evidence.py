"""Pictures with which a return is explained: kept out of the public's reach, and gone with the person (M7, X5)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from base import limits
from base.erased import ERASED
from marketplace.errors import MarketplaceError
from marketplace.models import Contact, ReturnEvent, ReturnEvidence, ReturnRequest
from profiles.errors import ProfileError
from profiles.picture_files import Place, delete, files_of, forget_files, store
from profiles.pictures import Picture, read_picture

EVIDENCE = Place("private", "evidence")
PICTURES_AT_MOST = 5
# Of one business, refused ones too: decoding is dear.
PICTURES_AN_HOUR = 30


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
    stored: list[ReturnEvidence] = []
    try:
        with transaction.atomic():
            asked = ReturnRequest.objects.select_for_update(no_key=True, of=("self",)).get(
                pk=return_request.pk
            )
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
        delete(file for evidence in stored for file in files_of(evidence))
        raise


def remove_evidence(asked: QuerySet[ReturnRequest]) -> None:
    """Takes away every picture of these returns, with whomever they are about or whoever sent them (X5). The files go
    once that is certain. Call inside the transaction that erases."""
    evidence = ReturnEvidence.objects.filter(return_request__in=asked)
    forget_files(list(evidence))
    evidence.delete()


def forget_person(asked: QuerySet[ReturnRequest]) -> None:
    """Takes whomever these returns are about out of them: the pictures, what was told, and why it was decided as it
    was (X5). Call inside the transaction that erases."""
    remove_evidence(asked)
    ReturnEvent.objects.filter(return_request__in=asked).update(reason="")
    asked.update(explanation=ERASED)


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


def _keep(asked: ReturnRequest, picture: Picture, now: datetime) -> ReturnEvidence:
    """Writes the file, and then its row."""
    evidence = ReturnEvidence(return_request=asked, content_hash=picture.content_hash, uploaded_at=now)
    evidence.image.name = store(EVIDENCE, image=picture.large)["image"]
    try:
        evidence.save()
    except BaseException:
        delete(files_of(evidence))
        raise
    return evidence

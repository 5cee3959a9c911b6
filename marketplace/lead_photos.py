"""Pictures that a homeowner sends with their request: kept while the form is filled in, then the request's own.

What was uploaded with a form that has something else wrong is not lost: its files stay where those of all requests
are, which no public address leads to, and the form carries their names, signed. Nobody has to delete what comes to
nothing: no row has it, so it is swept.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.core.files import File
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

from marketplace.errors import MarketplaceError
from marketplace.models import Lead, LeadPhoto
from profiles.networks import take_turn
from profiles.picture_files import SWEEP_AFTER, Place, forget_files, store
from profiles.pictures import read_picture

LEAD_PHOTOS = Place("private", "photos")
MOST_PHOTOS = 6
# Decoding is dear, also of what is refused then: so many files from one network in an hour.
PHOTOS_AN_HOUR = 60
# Well before the sweep takes the files away.
KEPT_FOR = SWEEP_AFTER / 2
_SALT = "lead photos"
_SHOWN = "a kept lead photo"


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """A picture that waits for its request, decoded and stored."""

    image: str
    thumbnail: str
    content_hash: str
    width: int
    height: int
    kept_at: int  # seconds since 1970

    def is_gone(self, now: datetime) -> bool:
        """Whether it may have been swept, or soon will be."""
        return self.kept_at <= (now - KEPT_FOR).timestamp()

    @property
    def image_token(self) -> str:
        """What the address of the picture carries while the form is put right: nobody else is given it."""
        return signing.dumps(self.image, salt=_SHOWN)

    @property
    def thumbnail_token(self) -> str:
        """As `image_token`."""
        return signing.dumps(self.thumbnail, salt=_SHOWN)


def keep_photo(upload: File, *, network: str, now: datetime) -> KeptPhoto:
    """Decodes and stores a picture. Needs no transaction.

    Raises MarketplaceError "too_many_uploads", or ProfileError: what is wrong with the file (`read_picture`).
    """
    window = timedelta(hours=1)
    if not take_turn(network, "lead photos", most=PHOTOS_AN_HOUR, window=window, now=now):
        raise MarketplaceError(
            "too_many_uploads",
            _(
                "Too many photos have come from your connection within an hour. Go on without them, or in an hour."
            ),
            field="photos",
        )
    picture = read_picture(upload, field="photos")
    return KeptPhoto(
        **store(LEAD_PHOTOS, image=picture.large, thumbnail=picture.thumbnail),
        content_hash=picture.content_hash,
        width=picture.width,
        height=picture.height,
        kept_at=int(now.timestamp()),
    )


def seal(kept: Iterable[KeptPhoto], form_id: uuid.UUID) -> str:
    """What the form with this id carries of the pictures that were sent with it before."""
    return signing.dumps([asdict(photo) for photo in kept], salt=f"{_SALT}:{form_id}")


def unseal(text: str, form_id: uuid.UUID) -> list[KeptPhoto]:
    """The pictures that `seal` was given; none if it is forged, or of another form."""
    try:
        found = signing.loads(text, salt=f"{_SALT}:{form_id}")
    except signing.BadSignature:
        return []
    return [KeptPhoto(**each) for each in found]


def kept_file(token: str) -> FieldFile | None:
    """The file of a picture that waits for its request, by its token, as long as it is kept for the form; or None."""
    try:
        name = signing.loads(token, salt=_SHOWN, max_age=KEPT_FOR)
    except signing.BadSignature:
        return None
    return LeadPhoto(image=name).image


def chosen(kept: Iterable[KeptPhoto]) -> list[KeptPhoto]:
    """Of the pictures that were sent, those that a request takes: each photograph once, the first `MOST_PHOTOS`."""
    once: dict[str, KeptPhoto] = {}
    for photo in kept:
        once.setdefault(photo.content_hash, photo)
    return list(once.values())[:MOST_PHOTOS]


def attach(lead: Lead, kept: Iterable[KeptPhoto], now: datetime) -> None:
    """Gives a request its pictures; call it in the transaction that makes the request."""
    LeadPhoto.objects.bulk_create(
        LeadPhoto(
            lead=lead,
            image=photo.image,
            thumbnail=photo.thumbnail,
            content_hash=photo.content_hash,
            width=photo.width,
            height=photo.height,
            uploaded_at=now,
        )
        for photo in chosen(kept)
    )


def remove_photos(lead: Lead, *, but: Iterable[KeptPhoto] = ()) -> None:
    """Removes all pictures of a request; their files go once that is certain, save those of `but`. Call it in the
    transaction of its cause (withdrawn, anonymised, never confirmed). None there: does nothing."""
    still_used = {photo.image for photo in but}
    photos = [photo for photo in lead.photos.all() if photo.image.name not in still_used]
    lead.photos.all().delete()
    forget_files(photos)

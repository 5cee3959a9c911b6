"""A business's logo and photos: kept, counted once, and taken away with their files."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from base import limits
from profiles.businesses import lock
from profiles.errors import ProfileError
from profiles.models import Photo, Professional, Project
from profiles.picture_files import PUBLIC_PHOTOS, delete, files_of, forget_files, store
from profiles.pictures import read_picture
from profiles.plain_text import fit

# Of one business, refused ones too.
PHOTOS_AN_HOUR = 120


def add_photo(
    *,
    professional: Professional,
    use: str,
    upload: File,
    now: datetime,
    project: Project | None = None,
    caption: str = "",
) -> Photo:
    """Adds a picture as `Photo.Use`; a new logo takes the place of the old one.

    The same photograph in the same place again is the photo that stands there (G7 counts it once anyway). Raises
    ProfileError: "too_many_photos", "project_gone", a caption "too_long", or what is wrong with the file (see
    `pictures.read_picture`), and "too_many_uploads" in an hour, also of files that were refused.
    """
    caption = fit(caption, field="caption", most=150)
    if use != Photo.Use.LOGO:
        _refuse_without_room(professional)  # Before the work of decoding, and again under the lock.
    _count_upload(professional, now)
    picture = read_picture(upload)
    photo = Photo(
        professional=professional,
        project=project,
        use=use,
        content_hash=picture.content_hash,
        width=picture.width,
        height=picture.height,
        caption=caption,
        uploaded_at=now,
    )
    try:
        with transaction.atomic():
            lock(professional)  # One at a time: a logo replaces one logo, and the limit is a limit.
            standing = _standing(photo)
            if standing:
                return standing
            _make_room(photo)
            files = store(PUBLIC_PHOTOS, image=picture.large, thumbnail=picture.thumbnail)
            photo.image.name, photo.thumbnail.name = files["image"], files["thumbnail"]
            photo.save()
    except BaseException:
        delete(files_of(photo))
        raise
    return photo


def change_caption(*, photo: Photo, caption: str) -> Photo:
    """Changes what is written under a photo. Raises ProfileError "too_long", or "photo_gone" if it was removed."""
    photo.caption = fit(caption, field="caption", most=150)
    if not Photo.objects.filter(pk=photo.pk).update(caption=photo.caption):
        raise ProfileError("photo_gone", _("This photo is no longer there."))
    return photo


def remove_photo(*, photo: Photo) -> None:
    """Removes a photo; its files go once that is certain. Gone already: does nothing."""
    with transaction.atomic():
        lock(photo.professional)
        Photo.objects.filter(pk=photo.pk).delete()
        forget_files([photo])


def _standing(photo: Photo) -> Photo | None:
    if (
        photo.project
        and not Project.objects.filter(pk=photo.project.pk, professional=photo.professional).exists()
    ):
        raise ProfileError("project_gone", _("This project is no longer there."))
    return Photo.objects.filter(
        professional=photo.professional,
        use=photo.use,
        project=photo.project,
        content_hash=photo.content_hash,
    ).first()


def _count_upload(professional: Professional, now: datetime) -> None:
    """Decoding is dear, also of what is refused then: so many files an hour."""
    if not limits.take(
        "photos", str(professional.pk), most=PHOTOS_AN_HOUR, window=timedelta(hours=1), now=now
    ):
        raise ProfileError(
            "too_many_uploads",
            _("You have sent %(most)d photos within an hour. Go on in an hour.") % {"most": PHOTOS_AN_HOUR},
            field="photo",
        )


def _make_room(photo: Photo) -> None:
    if photo.use == Photo.Use.LOGO:
        logos = Photo.objects.filter(professional=photo.professional, use=Photo.Use.LOGO)
        old = list(logos)
        logos.delete()
        forget_files(old)
    else:
        _refuse_without_room(photo.professional)


def _refuse_without_room(professional: Professional) -> None:
    photos = Photo.objects.filter(professional=professional).exclude(use=Photo.Use.LOGO)
    if photos.count() >= settings.PHOTOS_PER_PROFESSIONAL:
        raise ProfileError(
            "too_many_photos",
            _("A profile holds up to %(most)d photos. Remove one to add another.")
            % {"most": settings.PHOTOS_PER_PROFESSIONAL},
            field="photo",
        )

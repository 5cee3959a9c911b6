"""Files that come with messages: kept whole, under names that cannot be guessed, and handed out to be saved (S10)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from base.private_files import STORAGE
from mail.kept_files import as_download
from mail.reading import harmless_name
from profiles.picture_files import Place
from support.errors import SupportError
from support.models import Attachment, Message

OF_TICKETS = Place(STORAGE, "tickets")
# Of a file whose own name is none.
FILE_NAME = "file.bin"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file as it came: the name that its sender gave it, and what is in it."""

    name: str
    content: bytes


def read_files(uploads: Sequence[UploadedFile]) -> list[NewFile]:
    """The files of a form, as they are kept. Raises as `refuse_files`, before any of them is read."""
    _refuse_sizes([(str(upload.name), upload.size or 0) for upload in uploads])
    return [NewFile(str(upload.name), bytes(upload.read())) for upload in uploads]


def refuse_files(files: Sequence[NewFile]) -> None:
    """Raises SupportError "too_many_files" or "too_large". Of what comes by mail the inbox has judged the size."""
    _refuse_sizes([(file.name, len(file.content)) for file in files])


def _refuse_sizes(files: Sequence[tuple[str, int]]) -> None:
    if len(files) > settings.DESK_FILES_AT_MOST:
        raise SupportError(
            "too_many_files",
            _("At most %(most)s files can be sent with a message. Send the others with another one.")
            % {"most": settings.DESK_FILES_AT_MOST},
            field="files",
        )
    most = settings.DESK_FILE_MAX_BYTES
    for name, size in files:
        if size > most:
            raise SupportError(
                "too_large",
                _(
                    "“%(name)s” has %(size)s, and at most %(most)s are kept. Save it smaller, then choose it again."
                )
                % {
                    "name": harmless_name(name) or FILE_NAME,
                    "size": filesizeformat(size),
                    "most": filesizeformat(most),
                },
                field="files",
            )


def attach(message: Message, files: Sequence[NewFile]) -> None:
    """Keeps files with a message; call it inside its transaction. What a refused one leaves behind is swept."""
    for file in files:
        Attachment.objects.create(
            message=message,
            name=harmless_name(file.name) or FILE_NAME,
            size=len(file.content),
            file=ContentFile(file.content, name=secrets.token_hex(16)),
        )


def attachment_response(attachment: Attachment) -> HttpResponse:
    """A file to be saved, whatever it says that it is. Whether the reader may have it was asked before. Raises Http404
    where it is gone."""
    try:
        with attachment.file.open("rb") as file:
            return as_download(file.read(), attachment.name)
    except FileNotFoundError as error:
        raise Http404 from error

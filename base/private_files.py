"""Files that no public address leads to: where they lie, and how they are handed out to whoever may see them (M5)."""

from django.core.files.storage import Storage, storages
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpResponse

STORAGE = "private"


def not_public() -> Storage:
    """Where such files lie: for the columns that name them."""
    return storages[STORAGE]


def picture_response(picture: FieldFile, name: str, *, keep: bool = False) -> HttpResponse:
    """A WebP of ours, under `name`, in no cache. Whether the reader may see it was asked before.

    `keep`: as something to save, never shown by the browser. Raises Http404 where the file was removed.
    """
    try:
        with picture.open("rb") as file:
            content = file.read()
    except FileNotFoundError as error:
        raise Http404 from error
    return HttpResponse(
        content,
        content_type="image/webp",
        headers={
            "Content-Disposition": f'{"attachment" if keep else "inline"}; filename="{name}.webp"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )

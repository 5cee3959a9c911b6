"""What people send: what is too heavy or too many never reaches the disk whole."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt, csrf_protect

# In one form of who has an account: each takes its time to decode, and the reader waits.
MOST_FILES = 20


class BoundedUploads(FileUploadHandler):
    """Stands before the handlers that keep what comes, and passes on so many files of so many bytes each.

    The rest of the request is read all the same, so that what was typed in the form is not lost with it.
    """

    def __init__(self, *, most_files: int, most_bytes: int) -> None:
        super().__init__()
        self.most_files, self.most_bytes = most_files, most_bytes
        self.taken = self.size = 0
        self.surplus = 0
        self.too_heavy: list[str] = []

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.size = 0
        if self.taken >= self.most_files:
            self.surplus += 1
            raise SkipFile
        self.taken += 1

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.size += len(raw_data)
        if self.size > self.most_bytes:
            self.too_heavy.append(self.file_name or "")
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None  # Another handler has the file.


def bounded_uploads(
    *, most_files: int, too_much: Callable[[HttpRequest], HttpResponse]
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For views of a form with pictures that anybody may send. They find the `BoundedUploads` as `request.uploads`.

    `too_much` answers instead where the form is beyond what any browser sends (megabytes of text, hundreds of
    files, or more bytes in all than so many files have): nothing of it is done, and of so many bytes none is read.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        checked = csrf_protect(view)

        @wraps(view)
        def bounded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if (
                length_of(request)
                > most_files * settings.PHOTO_MAX_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            ):
                return too_much(request)
            uploads = BoundedUploads(most_files=most_files, most_bytes=settings.PHOTO_MAX_BYTES)
            request.upload_handlers = [uploads, *request.upload_handlers]
            request.uploads = uploads  # type: ignore[attr-defined]
            try:
                request.POST  # noqa: B018 - read here, for the check against forgery would read it first
            except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent, MultiPartParserError):
                return too_much(request)
            return checked(request, *args, **kwargs)

        # The check is made all the same, inside: handlers can be chosen only before anything was read.
        exempt = csrf_exempt(bounded)
        exempt.bounds_itself = True  # type: ignore[attr-defined]
        return exempt

    return decorate


def length_of(request: HttpRequest) -> int:
    """How many bytes follow, as the request says; more than that is never read of it."""
    try:
        return int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return 0

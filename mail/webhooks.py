"""Where a mail provider hands messages over, by django-anymail: written down at once, handled after."""

from datetime import datetime
from email import policy
from typing import Any

from anymail.inbound import AnymailInboundMessage
from anymail.signals import AnymailInboundEvent, inbound
from anymail.utils import get_request_basic_auth
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import FIELD, FILE, ChunkIter, LazyStream, Parser
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from mail.inbox import receive
from mail.models import IncomingMail

# What a message grows by on its way: base64 within JSON, and what the provider says of it besides.
_LARGER_BY = 2


@csrf_exempt
@require_POST
def provider_webhook(request: HttpRequest) -> HttpResponse:
    """A message from the provider that INBOUND_PROVIDER names. 200 once it is stored, whatever becomes of it; 400 for
    whoever does not know the secret; 404 where no provider, or no secret, is configured."""
    view = _view_of(settings.INBOUND_PROVIDER)
    if view is None or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404
    # Asked before anything is read: whoever does not know it makes us hold nothing.
    known = get_request_basic_auth(request) or ""
    if not constant_time_compare(known, settings.ANYMAIL["WEBHOOK_SECRET"]):
        return HttpResponse("not known", status=400, content_type="text/plain")
    announced = request.headers.get("Content-Length", "")
    if (
        not announced.isdecimal()
        or len(announced) > 12
        or int(announced) > settings.INBOX_MAX_BYTES * _LARGER_BY
    ):
        return HttpResponse("too large", status=413, content_type="text/plain")
    # Read here, for a message may be larger than what a form may send; from now on it is there.
    request._body = request.read(int(announced))
    request.upload_handlers = [_WholeFields(request)]
    response: HttpResponse = view(request)
    return response


# Its bound is its own, for mails are larger than forms: nothing in front of it need refuse it for its size.
provider_webhook.bounds_itself = True  # type: ignore[attr-defined]


class _WholeFields(FileUploadHandler):
    """Reads a form by Django's parser, fields of any size: its bound is for what people type, and Mailgun and SendGrid
    send the whole message as one field."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        fields, files = QueryDict(mutable=True), MultiValueDict[str, Any]()
        for kind, headers, stream in Parser(LazyStream(ChunkIter(input_data)), boundary):
            about: dict[str, Any] = headers.get("content-disposition", ("", {}))[1]
            name = about.get("name", b"").decode("utf-8", "replace")
            if kind == FIELD:
                fields.appendlist(name, stream.read().decode("utf-8", "replace"))
            elif kind == FILE:
                said, content_type = about["filename"].decode("utf-8", "replace"), headers.get("content-type")
                files.appendlist(
                    name,
                    SimpleUploadedFile(
                        said,
                        stream.read(),
                        content_type[0].strip() if content_type else "application/octet-stream",
                    ),
                )
        return fields, files


def _view_of(provider: str) -> Any:
    """Anymail's view for what that provider sends in; None if it knows none."""
    if not provider:
        return None
    from anymail.urls import urlpatterns  # Every provider's, so only where one is configured.

    wanted = f"{provider}_inbound_webhook"
    return next((each.callback for each in urlpatterns if each.name == wanted), None)


@receiver(inbound)
def store(sender: Any, event: AnymailInboundEvent, **kwargs: Any) -> None:
    """Writes a message down; what raises here is answered with 500, and the provider comes again."""
    # anymail calls this as a request comes in: here the clock is read.
    now: datetime = timezone.now()  # noqa: TID251
    message = event.message
    receive(
        _raw(event),
        recipient=message.envelope_recipient or "",
        received_at=event.timestamp,
        by=IncomingMail.Way.PROVIDER,
        spam=bool(message.spam_detected),
        now=now,
    )


def _raw(event: AnymailInboundEvent) -> bytes:
    """The message as it came, where the provider sends that; else as it can be put together again."""
    said = getattr(event.esp_event, "POST", event.esp_event)  # Some hand over the request, with a form in it.
    for name in ("RawEmail", "body-mime", "email"):
        whole = said.get(name) if hasattr(said, "get") else None
        if isinstance(whole, str) and whole:
            return whole.encode("utf-8", "surrogateescape")
    message: AnymailInboundMessage = event.message
    if message.envelope_sender == "" and "Return-Path" not in message:
        message["Return-Path"] = "<>"
    try:
        return message.as_bytes(policy=policy.SMTPUTF8)
    except (UnicodeError, ValueError, LookupError):
        return message.as_string(policy=policy.compat32).encode("utf-8", "surrogateescape")

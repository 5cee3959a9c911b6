"""Where the telephone exchange tells us of calls (S3)."""

import logging
from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from base import limits
from billing.gateways import WebhookRefused
from profiles.networks import network_key
from support import exchange

logger = logging.getLogger(__name__)

# Of one network, in an hour: who knocks for ever fills no log.
LOGGED = 10


@csrf_exempt
@require_POST
def events(request: HttpRequest) -> HttpResponse:
    """200 once it is stored, whatever becomes of it; 400 for whoever cannot prove to be the exchange; 404 where no
    secret is set."""
    now = timezone.now()
    secrets = exchange.secrets()
    if not secrets:
        _log(request, "no secret is set (DESK_CALLS_SECRETS)", now)
        raise Http404
    announced = request.headers.get("Content-Length", "")
    if len(announced) > 12 or (
        announced.isascii() and announced.isdigit() and int(announced) > exchange.LARGEST
    ):
        _log(request, "too large", now)
        return HttpResponse("too large", status=413, content_type="text/plain")
    try:
        taken = exchange.receive_event(
            body=request.body,
            signature=request.headers.get(exchange.HEADER, ""),
            secrets=secrets,
            now=now,
        )
    except WebhookRefused as refused:
        _log(request, str(refused.reason.label), now)
        return HttpResponse(refused.reason.value, status=400, content_type="text/plain")
    return HttpResponse("ok" if taken else "nothing to do", content_type="text/plain")


def _log(request: HttpRequest, why: str, now: datetime) -> None:
    if limits.take(
        "refused calls of the exchange", network_key(request), most=LOGGED, window=timedelta(hours=1), now=now
    ):
        logger.warning("A message to the address of the telephone exchange was refused: %s", why)

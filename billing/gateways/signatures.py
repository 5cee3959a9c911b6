"""Signing a webhook: `t=<seconds since 1970>,v1=<HMAC-SHA256 of "t.body">`, as Stripe signs its own."""

import hashlib
import hmac
import re
from datetime import datetime

from billing.gateways import TOLERANCE, WebhookRefused
from billing.models import RefusedWebhook

Reason = RefusedWebhook.Reason


def sign(body: bytes, secret: str, at: datetime) -> str:
    """The header that proves `body`."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_proof(seconds, body, secret)}"


def verify(body: bytes, header: str, secret: str, now: datetime) -> None:
    """Raises WebhookRefused: unsigned, forged, or old (signed too long ago, or in the future)."""
    if not header:
        raise WebhookRefused(Reason.UNSIGNED)
    parts = [part.partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t" and re.fullmatch(r"[0-9]{1,12}", value)]
    proofs = [value.encode() for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not proofs:
        raise WebhookRefused(Reason.FORGED)
    seconds = int(times[0])
    right = _proof(seconds, body, secret).encode()
    if not any(hmac.compare_digest(right, proof) for proof in proofs):
        raise WebhookRefused(Reason.FORGED)
    if abs(now.timestamp() - seconds) > TOLERANCE:
        raise WebhookRefused(Reason.OLD)


def _proof(seconds: int, body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), str(seconds).encode() + b"." + body, hashlib.sha256).hexdigest()

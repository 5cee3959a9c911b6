"""The test gateway: a page of our own that plays the bank, for development and the demonstration.

It goes the whole way that a real one goes: it signs its webhooks, and delivers them by HTTP to the same address.
"""

import json
import logging
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from base.links import absolute
from billing.gateways import HostedPage, Told
from billing.gateways.fields import cents, moment, read_object, text
from billing.gateways.signatures import sign, verify
from billing.models import GatewayEvent, GatewayPayment

logger = logging.getLogger(__name__)

Word = GatewayEvent.Word
HEADER = "Quince-Signature"
PAGE_LASTS = timedelta(days=1)
DELIVER_WITHIN = 10  # seconds

KINDS = {
    "payment.paid": Word.PAID,
    "payment.pending": Word.PENDING,
    "payment.failed": Word.FAILED,
    "payment.expired": Word.EXPIRED,
    "dispute.money_withdrawn": Word.REVERSED,
    "dispute.money_returned": Word.REVERSAL_UNDONE,
}


class SandboxGateway:
    code = "test"

    @property
    def name(self) -> Promise:
        return _("test gateway")

    def start(
        self, payment: GatewayPayment, *, description: str, return_url: str, cancel_url: str, now: datetime
    ) -> HostedPage:
        # Without a host: under whatever name the reader came here, the page is on this site, where forms may lead.
        address = reverse("sandbox", args=[payment.public_id])
        return HostedPage(address, f"page_{payment.public_id.hex}", now + PAGE_LASTS)

    def close(self, payment: GatewayPayment) -> None:
        """Nothing: its page asks how the payment stands."""

    def read_event(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Told:
        verify(body, headers.get(HEADER, ""), secret(), now)
        event = read_object(body)
        kind = text(event, "type", most=80, required=True)
        return Told(
            event_id=text(event, "id", required=True),
            kind=kind,
            word=KINDS.get(kind, Word.NOTED),
            happened_at=moment(event, "created"),
            payment=text(event, "payment", most=60),
            charge=text(event, "charge"),
            reversal=text(event, "reversal"),
            amount_cents=cents(event, "amount"),
            currency=text(event, "currency", most=10),
        )


def secret() -> str:
    """What webhooks are signed with: of this installation, and of no use for anything else."""
    return salted_hmac("billing.gateways.sandbox", settings.SECRET_KEY).hexdigest()


def event_of(payment: GatewayPayment, kind: str, *, now: datetime, reversal: str = "") -> bytes:
    """The body of the webhook by which this gateway tells that `kind` has come over a payment."""
    event = {
        "id": f"event_{uuid.uuid4().hex}",
        "type": kind,
        "created": int(now.timestamp()),
        "payment": str(payment.public_id),
        "charge": f"charge_{payment.public_id.hex}",
        "reversal": reversal,
        "amount": payment.amount_cents,
        "currency": payment.currency,
    }
    return json.dumps(event).encode()


def deliver(body: bytes, *, now: datetime) -> bool:
    """Posts a webhook to our own address as a gateway does; whether it was taken. Not inside a transaction."""
    request = urllib.request.Request(
        absolute("payment_webhook", "test"),
        data=body,
        headers={"Content-Type": "application/json", HEADER: sign(body, secret(), now)},
    )
    try:
        with urllib.request.urlopen(request, timeout=DELIVER_WITHIN) as answer:
            return 200 <= answer.status < 300
    except (urllib.error.URLError, OSError) as error:
        logger.warning("The test gateway could not deliver its webhook: %s", error)
        return False

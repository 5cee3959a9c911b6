"""Gateways: each takes a payment on a page of its own, and tells us what became of it by a signed webhook (M10).

The rest of the product speaks with the one that the settings name, through `Gateway`, and knows nothing of how any
of them calls things.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.utils.functional import Promise

from billing.models import GatewayEvent, GatewayPayment, RefusedWebhook

# A signature older than this, in seconds, proves nothing: who overheard it could send it again.
TOLERANCE = 300


@dataclass(frozen=True, slots=True)
class HostedPage:
    """Where the payer is sent (an address, or a path of this site), what the gateway calls that page, and until when
    it can be paid there."""

    address: str
    reference: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook says, in our words. Texts are empty, and the amount None, where it does not say."""

    event_id: str
    kind: str
    word: GatewayEvent.Word
    happened_at: datetime
    payment: str = ""
    charge: str = ""
    reversal: str = ""
    amount_cents: int | None = None
    currency: str = ""


class WebhookRefused(Exception):
    """A call of the webhook's address that proves nothing, and why."""

    def __init__(self, reason: RefusedWebhook.Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class GatewayUnavailable(Exception):
    """The gateway did not answer, or would not open a page; nothing was charged."""


class Gateway(Protocol):
    code: str

    @property
    def name(self) -> str | Promise:
        """What people call it."""

    def start(
        self, payment: GatewayPayment, *, description: str, return_url: str, cancel_url: str, now: datetime
    ) -> HostedPage:
        """Opens the page on which `payment` is paid. Asked again for the same payment, it is the same page.

        Speaks HTTP: never to be called inside a transaction. Raises GatewayUnavailable.
        """

    def close(self, payment: GatewayPayment) -> None:
        """Closes the page of `payment`: from now on nobody can pay there. Of a page that is closed already, or on
        which was paid this moment, nothing changes, and what is told of it comes as ever.

        Speaks HTTP: never to be called inside a transaction. Raises GatewayUnavailable.
        """

    def read_event(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Told:
        """What a webhook says, its signature verified on the raw body. Raises WebhookRefused."""


def find_gateway(code: str) -> Gateway | None:
    """The gateway of that code, if the settings let it work here: the test gateway only where there is no real
    money (DEBUG, DEMO), and a real one where its secrets are set, also when it is no longer where payments are
    started: what it was paid yesterday can be taken back tomorrow."""
    if code == "test" and settings.PAYMENT_GATEWAY == "test" and (settings.DEBUG or settings.DEMO):
        from billing.gateways.sandbox import SandboxGateway

        return SandboxGateway()
    if code == "stripe" and settings.STRIPE_SECRET_KEY and settings.STRIPE_WEBHOOK_SECRET:
        # Imported where it is configured: the library is large.
        from billing.gateways.stripe import StripeGateway

        return StripeGateway()
    return None


def current_gateway() -> Gateway | None:
    """Where payments are started, if they can be made online at all."""
    return find_gateway(settings.PAYMENT_GATEWAY)

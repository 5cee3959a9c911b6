"""Stripe: its hosted Checkout, and its webhooks. The only file that imports its library."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import stripe
from django.conf import settings

from billing.gateways import TOLERANCE, GatewayUnavailable, HostedPage, Told, WebhookRefused
from billing.gateways.fields import cents, flag, moment, read_object, section, text
from billing.models import GatewayEvent, GatewayPayment, RefusedWebhook

logger = logging.getLogger(__name__)

Word = GatewayEvent.Word
Reason = RefusedWebhook.Reason

# Somebody waits in front of a page: (seconds to connect, seconds to answer), and twice more at most.
TIMEOUT = (4, 12)
RETRIES = 2
LIVE_KEYS = ("sk_live_", "rk_live_")
# The name under which our id travels with a payment.
OUR_ID = "quince_payment"

# Money of a session. A completed one may still wait for the bank, which its payment_status says.
SESSION_WORDS = {
    "checkout.session.completed": Word.PAID,
    "checkout.session.async_payment_succeeded": Word.PAID,
    "checkout.session.async_payment_failed": Word.FAILED,
    "checkout.session.expired": Word.EXPIRED,
}
# Money that left us again, and came back. That a dispute was opened or closed moves nothing: an inquiry is opened
# without any money being withdrawn, and a dispute is closed whoever wins it.
DISPUTE_WORDS = {
    "charge.dispute.funds_withdrawn": Word.REVERSED,
    "charge.dispute.funds_reinstated": Word.REVERSAL_UNDONE,
}
# A refund is told on its own, with its own id and amount; charge.refunded tells the sum of all, and is only noted.
# The last is what older versions of the interface call the second.
REFUND_KINDS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
REFUND_DEAD = ("failed", "canceled")


class StripeGateway:
    code = "stripe"
    name = "Stripe"

    def start(
        self, payment: GatewayPayment, *, description: str, return_url: str, cancel_url: str, now: datetime
    ) -> HostedPage:
        our_id = str(payment.public_id)
        try:
            session = self._client().v1.checkout.sessions.create(
                {
                    "mode": "payment",
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": payment.currency.lower(),
                                "unit_amount": payment.amount_cents,
                                "product_data": {"name": description},
                            },
                        }
                    ],
                    "client_reference_id": our_id,
                    "metadata": {OUR_ID: our_id},
                    "payment_intent_data": {"description": description, "metadata": {OUR_ID: our_id}},
                    "success_url": return_url,
                    "cancel_url": cancel_url,
                },
                # Of our own id, never of the amount: two equal payments are two.
                {"idempotency_key": f"quince-{our_id}"},
            )
        except stripe.StripeError as error:
            # Its message may repeat what was sent; its kind is enough to know where to look.
            logger.warning("Stripe opened no page for payment %s: %s", our_id, type(error).__name__)
            raise GatewayUnavailable from error
        if not session.url:
            raise GatewayUnavailable
        return HostedPage(session.url, session.id, datetime.fromtimestamp(session.expires_at, UTC))

    def close(self, payment: GatewayPayment) -> None:
        try:
            self._client().v1.checkout.sessions.expire(payment.session)
        except stripe.InvalidRequestError:
            # It is open no more: paid, or expired by itself.
            return
        except stripe.StripeError as error:
            logger.warning(
                "Stripe did not close the page of payment %s: %s", payment.public_id, type(error).__name__
            )
            raise GatewayUnavailable from error

    def read_event(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Told:
        self._verify(body, headers.get("Stripe-Signature", ""))
        event = read_object(body)
        kind = text(event, "type", most=80, required=True)
        what = section(section(event, "data"), "object")
        said: dict[str, Any] = {}
        if kind in SESSION_WORDS:
            said = _of_session(kind, what)
        elif kind in DISPUTE_WORDS or kind in REFUND_KINDS:
            said = {
                "word": DISPUTE_WORDS.get(kind) or _word_of_refund(kind, text(what, "status")),
                "charge": text(what, "payment_intent") or text(what, "charge"),
                "reversal": text(what, "id", required=True),
                "amount_cents": cents(what, "amount"),
                "currency": text(what, "currency", most=10).upper(),
            }
        if flag(event, "livemode") != is_live(settings.STRIPE_SECRET_KEY):
            # One signing secret may serve both modes of an account. Kept as told, and of no effect.
            said["word"] = Word.OTHER_MODE
        return Told(
            event_id=text(event, "id", required=True),
            kind=kind,
            happened_at=moment(event, "created"),
            **({"word": Word.NOTED} | said),
        )

    @staticmethod
    def _verify(body: bytes, header: str) -> None:
        """By Stripe's own library, which looks at the clock itself."""
        if not header:
            raise WebhookRefused(Reason.UNSIGNED)
        secret = settings.STRIPE_WEBHOOK_SECRET
        try:
            stripe.WebhookSignature.verify_header(body, header, secret)
        # Bytes that are no text, and signatures in letters that no signature has, are beyond the library.
        except (stripe.SignatureVerificationError, UnicodeDecodeError, TypeError) as error:
            raise WebhookRefused(Reason.FORGED) from error
        try:
            stripe.WebhookSignature.verify_header(body, header, secret, tolerance=TOLERANCE)
        except stripe.SignatureVerificationError as error:
            raise WebhookRefused(Reason.OLD) from error

    @staticmethod
    def _client() -> stripe.StripeClient:
        base: Any = {"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else {}
        return stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            base_addresses=base,
            max_network_retries=RETRIES,
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
        )


def is_live(key: str) -> bool:
    """Whether a key, secret (`sk_live_…`) or restricted (`rk_live_…`), moves real money."""
    return key.startswith(LIVE_KEYS)


def _of_session(kind: str, session: dict[str, Any]) -> dict[str, Any]:
    word = SESSION_WORDS[kind]
    if text(session, "mode") != "payment":
        word = Word.NOTED
    elif kind == "checkout.session.completed" and text(session, "payment_status") != "paid":
        # Not yet, or nothing had to be paid: of the latter no other word ever comes.
        word = Word.PENDING
    return {
        "word": word,
        # Only what carries our mark is ours: other products may share the account.
        "payment": text(section(session, "metadata"), OUR_ID, most=60),
        "charge": text(session, "payment_intent"),
        "amount_cents": cents(session, "amount_total"),
        "currency": text(session, "currency", most=10).upper(),
    }


def _word_of_refund(kind: str, status: str) -> GatewayEvent.Word:
    dead = status in REFUND_DEAD
    if kind == "refund.created":
        return Word.NOTED if dead else Word.REVERSED
    return Word.REVERSAL_UNDONE if dead else Word.NOTED

"""Two gateways to pay at, as the tests play them: each signs and calls things in its own way, and means the same."""

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import stripe
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from billing.gateways import sandbox
from billing.gateways.signatures import sign
from billing.models import GatewayEvent, GatewayPayment, Invoice
from billing.payments import start_invoice_payment
from tests.making import NOW, noon

SECRET_KEY, WEBHOOK_SECRET = "sk_test_of_the_tests", "whsec_of_the_tests"
_number = itertools.count(1)


class Bank:
    """What a gateway's bank does: it tells of things, in a webhook that is signed as the gateway signs."""

    code = ""
    header = ""

    def body(self, payment: Any, word: str, **said: Any) -> bytes:
        raise NotImplementedError

    def sign(self, body: bytes, *, at: datetime, secret: str | None = None) -> str:
        raise NotImplementedError

    def tell(self, payment: Any, word: str, *, at: datetime = NOW, **said: Any) -> HttpResponse:
        """Delivers, signed at `at`, that `word` happened then."""
        body = self.body(payment, word, at=at, **said)
        return self.deliver(body, self.sign(body, at=at))

    def deliver(self, body: bytes, signature: str | None, **request: Any) -> HttpResponse:
        headers = {self.header: signature} if signature is not None else {}
        return Client().post(
            reverse("payment_webhook", args=[self.code]),
            body,
            content_type=request.pop("content_type", "application/json"),
            headers=headers,
            **request,
        )

    @staticmethod
    def charge(payment: GatewayPayment) -> str:
        raise NotImplementedError


class TestBank(Bank):
    """The test gateway's."""

    __test__ = False
    code, header = "test", sandbox.HEADER
    kinds = {word.value: kind for kind, word in sandbox.KINDS.items()}

    def body(self, payment, word, *, at=NOW, event_id="", reversal="", ours=None, **said):
        said |= {} if ours is None else {"payment": ours}
        event = json.loads(sandbox.event_of(payment, self.kinds.get(word, word), now=at, reversal=reversal))
        event |= {key: value for key, value in said.items() if value is not None}
        return json.dumps(event | ({"id": event_id} if event_id else {})).encode()

    def sign(self, body, *, at, secret=None):
        return sign(body, secret or sandbox.secret(), at)

    @staticmethod
    def charge(payment):
        return f"charge_{payment.public_id.hex}"


class StripeBank(Bank):
    """Stripe's, as its documentation writes its events."""

    code, header = "stripe", "Stripe-Signature"
    kinds = {
        "paid": "checkout.session.completed",
        "pending": "checkout.session.completed",
        "failed": "checkout.session.async_payment_failed",
        "expired": "checkout.session.expired",
        "reversed": "charge.dispute.funds_withdrawn",
        "reversal_undone": "charge.dispute.funds_reinstated",
    }

    def body(
        self,
        payment,
        word,
        *,
        at=NOW,
        event_id="",
        reversal="",
        amount=None,
        currency=None,
        ours=None,
        **said,
    ):
        kind = self.kinds.get(word, word)
        amount = payment.amount_cents if amount is None else amount
        currency = (currency or payment.currency).lower()
        our_id = str(payment.public_id) if ours is None else ours
        charge = said.get("charge", self.charge(payment))
        if kind.startswith("checkout"):
            what = {
                "id": f"cs_test_{payment.public_id.hex}",
                "object": "checkout.session",
                "mode": "payment",
                "payment_status": "paid" if word == "paid" else "unpaid",
                "status": "expired" if word == "expired" else "complete",
                "amount_total": amount,
                "currency": currency,
                "client_reference_id": our_id,
                "metadata": {"quince_payment": our_id} if our_id else {},
                "payment_intent": None if word == "expired" else charge,
            }
        else:
            what = {
                "id": reversal,
                "object": "dispute" if "dispute" in kind else "refund",
                "amount": amount,
                "currency": currency,
                "charge": "ch_" + charge,
                "payment_intent": charge,
                "status": said.get("status", "needs_response"),
            }
        event = {
            "id": event_id or f"evt_{next(_number)}",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": int(at.timestamp()),
            "livemode": False,
            "type": kind,
            "data": {"object": what},
        }
        return json.dumps(event).encode()

    def sign(self, body, *, at, secret=None):
        return stripe.WebhookSignature.generate_signature_header(
            body.decode(), secret or WEBHOOK_SECRET, int(at.timestamp())
        )

    @staticmethod
    def charge(payment):
        return f"pi_{payment.public_id.hex}"


class StripeServer(ThreadingHTTPServer):
    """Speaks as much of Stripe's protocol as opening a Checkout page takes, idempotency included."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, Any]] = []
        self.sessions: dict[str, tuple[dict[str, str], dict[str, Any]]] = {}
        self.refuses: tuple[int, dict[str, Any]] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: StripeServer

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        params = dict(parse_qsl(sent, keep_blank_values=True))
        key = self.headers.get("Idempotency-Key", "")
        self.server.asked.append(
            {"path": self.path, "key": key, "params": params, "auth": self.headers["Authorization"]}
        )
        if self.server.refuses:
            return self._answer(*self.server.refuses)
        if self.headers["Authorization"] != f"Bearer {SECRET_KEY}":
            return self._answer(
                401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
            )
        if self.path.endswith("/expire"):
            return self._expire(self.path.split("/")[-2])
        if self.path != "/v1/checkout/sessions":
            return self._answer(404, {"error": {"type": "invalid_request_error", "message": "no such path"}})
        if key in self.server.sessions:
            before, session = self.server.sessions[key]
            if before != params:
                return self._answer(
                    400, {"error": {"type": "idempotency_error", "message": "other parameters"}}
                )
            return self._answer(200, session)
        number = f"cs_test_{len(self.server.sessions) + 1}"
        session = {
            "id": number,
            "object": "checkout.session",
            "url": f"https://checkout.stripe.com/c/pay/{number}#fid",
            "expires_at": int(NOW.timestamp()) + 86_400,
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": int(params["line_items[0][price_data][unit_amount]"]),
            "currency": params["line_items[0][price_data][currency]"],
            "client_reference_id": params["client_reference_id"],
        }
        self.server.sessions[key] = (params, session)
        return self._answer(200, session)

    def _expire(self, number: str) -> None:
        session = next(each for _params, each in self.server.sessions.values() if each["id"] == number)
        if session["status"] != "open":
            said = 'Only Checkout Sessions with a status in ["open"] can be expired.'
            return self._answer(400, {"error": {"type": "invalid_request_error", "message": said}})
        session["status"] = "expired"
        return self._answer(200, session)

    def _answer(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Request-Id", "req_1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests look at what was asked."""


@contextmanager
def stripe_server() -> Iterator[StripeServer]:
    server = StripeServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def event_of(bank: Bank) -> GatewayEvent:
    """The last event that came from this gateway."""
    return GatewayEvent.objects.filter(gateway=bank.code).latest("id")


def pay_online(bank: Bank, invoice: Invoice, day: date) -> GatewayPayment:
    """Begun and paid at noon of that day."""
    with time_machine.travel(noon(day), tick=False):
        payment = start_invoice_payment(
            invoice=invoice, by=invoice.customer.professional.owner, now=noon(day)
        )
        bank.tell(payment, "paid", at=noon(day))
    return payment


def take_back(bank: Bank, payment: GatewayPayment, day: date, **said: Any) -> None:
    """The bank takes it back, all of it or `amount`, at noon of that day."""
    with time_machine.travel(noon(day), tick=False):
        bank.tell(payment, "reversed", reversal="dp_1", at=noon(day), **said)


def give_back(bank: Bank, payment: GatewayPayment, day: date) -> None:
    with time_machine.travel(noon(day), tick=False):
        bank.tell(payment, "reversal_undone", reversal="dp_1", at=noon(day))


def books_broken() -> list[str]:
    from base.registry import invariants

    return [line for each in invariants for line in each.broken()]

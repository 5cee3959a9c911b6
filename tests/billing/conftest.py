"""What the tests of payments stand on."""

from collections.abc import Iterator

import pytest
import time_machine

from billing.payments import start_top_up
from billing.wallet import open_wallet
from tests.billing.paying import (
    SECRET_KEY,
    WEBHOOK_SECRET,
    Bank,
    StripeBank,
    StripeServer,
    TestBank,
    stripe_server,
)
from tests.making import NOW


@pytest.fixture
def test_gateway(settings) -> Iterator[Bank]:
    """The test gateway, as in `make run`, at noon of NOW."""
    settings.DEMO, settings.PAYMENT_GATEWAY = True, "test"
    with time_machine.travel(NOW, tick=False):
        yield TestBank()


@pytest.fixture
def stripe_api(settings) -> Iterator[StripeServer]:
    """A server that speaks Stripe's protocol, and the settings that lead its library there."""
    with stripe_server() as server:
        settings.PAYMENT_GATEWAY = "stripe"
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = SECRET_KEY, WEBHOOK_SECRET
        settings.STRIPE_API_BASE = server.address
        yield server


@pytest.fixture(params=["test", "stripe"])
def bank(request) -> Iterator[Bank]:
    """Each gateway in turn: what holds of one holds of the other."""
    if request.param == "test":
        yield request.getfixturevalue("test_gateway")
    else:
        request.getfixturevalue("stripe_api")
        with time_machine.travel(NOW, tick=False):
            yield StripeBank()


@pytest.fixture
def top_up(bank, pro):
    """Paid online, and on the balance."""
    open_wallet(professional=pro)
    payment = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
    bank.tell(payment, "paid")
    return payment

"""What the tests of the desk stand on: a client of its own, which is no business of the marketplace."""

import pytest
import time_machine

from support.agreements import Line, sign_agreement
from support.clients import open_client
from support.models import Agreement
from support.offers import accept_offer, pay_offer, send_offer
from tests.billing.conftest import stripe_api  # noqa: F401
from tests.billing.paying import TestBank
from tests.making import make_staff, make_user
from tests.support.making import NOW, opened, registrar
from tests.support.offering import draft


@pytest.fixture
def consultant(db):
    return make_staff("consultant", email="consultant@quince.example")


@pytest.fixture
def desk_lead(db):
    return make_staff("desk lead", email="desk-lead@quince.example")


@pytest.fixture
def office(desk_lead, client_of):
    """A browser of the desk lead, signed in."""
    return client_of(desk_lead)


@pytest.fixture
def studio(db):
    """Studio Bianchi, to which quotes can be sent. Whoever proves anna@example.com signs for it."""
    return open_client(
        name="Studio Bianchi", email="Anna@example.com", language="en", now=NOW, by=registrar()
    )


@pytest.fixture
def anna(studio):
    """Signs for Studio Bianchi."""
    return make_user("anna@example.com", first_name="Anna", last_name="Bianchi")


@pytest.fixture
def agreement(studio, desk_lead):
    """Signed on paper: a website, with ten hours of support."""
    return sign_agreement(
        client=studio,
        title="Website",
        text="A website of ten pages.",
        lines=[Line(kind="tool", what="Website", unit="minutes", amount=600)],
        signed=Agreement.Signed.PAPER,
        signed_by="Anna Bianchi",
        by=desk_lead,
        now=NOW,
    )


@pytest.fixture
def allowance(agreement):
    """The ten hours."""
    return agreement.current.lines.get().allowance


@pytest.fixture
def other_agreement(desk_lead):
    """Of another client, Bottega Verdi: an hour of support."""
    return sign_agreement(
        client=open_client(
            name="Bottega Verdi", email="bruno@example.com", language="en", now=NOW, by=registrar()
        ),
        title="Shop",
        text="A shop.",
        lines=[Line(kind="tool", what="Shop", unit="minutes", amount=60)],
        signed=Agreement.Signed.PAPER,
        signed_by="Bruno Verdi",
        by=desk_lead,
        now=NOW,
    )


@pytest.fixture
def pro_user(db):
    """Somebody who is signed in and has nothing to do with the desk."""
    return make_user("someone@example.com")


@pytest.fixture
def bank(settings):
    """The test gateway; the clock stands at NOW."""
    settings.DEMO, settings.PAYMENT_GATEWAY = True, "test"
    with time_machine.travel(NOW, tick=False):
        yield TestBank()


@pytest.fixture
def finance(db):
    return make_staff("finance")


@pytest.fixture
def offer(agreement, consultant):
    """Sent: five hours."""
    return send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW)


@pytest.fixture
def accepted(offer, anna):
    return accept_offer(offer=offer, by=anna, price_seen_cents=offer.price_cents, now=NOW)


@pytest.fixture
def paid(bank, accepted, anna):
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    bank.tell(payment, "paid", at=NOW)
    accepted.refresh_from_db()
    return accepted


@pytest.fixture
def ticket(agreement, anna):
    """Opened by Anna on the web, for her client."""
    return opened(agreement.client, anna)


@pytest.fixture
def browser(client_of, consultant):
    """The consultant's."""
    return client_of(consultant)

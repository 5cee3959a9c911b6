"""What the tests of the desk stand on: a client of its own, which is no business of the marketplace."""

import pytest

from support.agreements import Line, sign_agreement
from support.clients import open_client
from support.models import Agreement
from tests.making import make_staff, make_user
from tests.support.making import NOW


@pytest.fixture
def consultant(db):
    return make_staff("consultant", email="consultant@quince.example")


@pytest.fixture
def desk_lead(db):
    return make_staff("desk lead", email="desk-lead@quince.example")


@pytest.fixture
def studio(db):
    """Studio Bianchi, to which quotes can be sent. Whoever proves anna@example.com signs for it."""
    return open_client(name="Studio Bianchi", email="Anna@example.com", language="en", now=NOW)


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

"""What was agreed is in front of the client too, on each of their tickets (S4)."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from support.agreements import Line, change_agreement, sign_agreement
from support.tickets import place_ticket
from support.work import log_work
from tests.support.desk_pages import at, text_of
from tests.support.making import NOW, opened
from tests.support.office import pdf

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db
SEVERAL = "Several agreements could be meant."


@pytest.fixture
def page(client_of, anna, agreement, private_files):
    """What Anna reads of a ticket, a day after she has asked."""
    browser = client_of(anna)

    def read(ticket):
        with time_machine.travel(NOW + 24 * HOUR, tick=False):
            return text_of(browser.get(at("ticket", ticket)))

    return read


def sign_another(agreement, by, **changes):
    said = {"title": "Shop", "text": "A shop of forty goods.", "now": NOW, "signed": "paper", "by": by}
    lines = [Line(kind="tool", what="Shop", unit="minutes", amount=60)]
    return sign_agreement(client=agreement.client, **(said | {"lines": lines} | changes))


def test_where_several_agreements_could_be_meant_each_that_is_in_force_is_in_view(
    page, anna, agreement, allowance, consultant, desk_lead
):
    """As at the desk: what each said then, its document, and what is left."""
    shop = sign_another(agreement, desk_lead, document=pdf())
    over = [Line(kind="tool", what="Old shop", unit="minutes", amount=60, expires_on=NOW.date())]
    sign_another(agreement, desk_lead, text="A shop that is over.", lines=over)
    ticket = opened(agreement.client, anna)
    change_agreement(
        agreement=agreement,
        text="A website of twenty pages.",
        lines=[Line(kind="tool", what="Website", unit="minutes", amount=600, allowance=allowance)],
        why="More pages.",
        by=desk_lead,
        now=NOW + HOUR,
    )
    read = page(ticket)
    assert SEVERAL in read
    assert "A website of ten pages." in read and "A shop of forty goods." in read
    assert "twenty pages" not in read and "A shop that is over." not in read
    assert reverse("support:agreement_document", args=[shop.public_id, 1]) in read
    assert "10 h left of 10 h" in read and "1 h left of 1 h" in read
    # Outside of all of them it goes on with all that could have been meant.
    place_ticket(ticket=ticket, placement="outside", by=consultant, now=NOW)
    read = page(ticket)
    assert "A website of ten pages." in read and "A shop of forty goods." in read
    assert SEVERAL not in read
    place_ticket(ticket=ticket, placement="allowance", allowance=allowance, by=consultant, now=NOW)
    read = page(ticket)
    assert "A website of ten pages." in read and "A shop of forty goods." not in read


def test_where_nothing_is_left_the_client_reads_it_and_that_an_answer_comes_all_the_same(
    page, anna, agreement, allowance, consultant
):
    ticket, other = opened(agreement.client, anna), opened(agreement.client, anna, subject="Other")
    left = "No support is left that could be used now. You are answered all the same"
    assert left not in page(ticket)
    log_work(
        ticket=other, amount=600, unit="minutes", done="Moved the shop.", by=consultant, now=NOW,
        form_id=uuid.uuid4(), allowance=allowance,
    )  # fmt: skip
    assert left in page(ticket)

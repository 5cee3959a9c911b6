"""Who reads a ticket on the client's pages, and who finds none (S1, G19)."""

import pytest
import time_machine
from django.urls import reverse

from support.attachments import NewFile
from support.clients import end_person, name_person
from support.models import Ticket
from support.questions import link_to_client
from tests.making import make_user
from tests.support.desk_pages import text_of
from tests.support.making import opened, registrar, rome

LATER = rome("2026-11-02 11:00")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _later(private_files):
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def browser(client_of, anna, agreement):
    return client_of(anna)


def page_of(ticket):
    return reverse("support:ticket", args=[ticket.public_id])


def test_a_file_of_another_ticket_is_not_handed_out(browser, anna, agreement, other_agreement):
    mine = opened(agreement.client, anna)
    theirs = opened(other_agreement.client, make_user("bruno@example.com"), files=[NewFile("a.txt", b"a")])
    file = theirs.messages.get().attachments.get()
    for ticket in (mine, theirs):
        address = reverse("support:ticket_file", args=[ticket.public_id, file.public_id])
        assert browser.get(address).status_code == 404


def test_nobody_else_sees_it_and_whoever_speaks_no_more_neither(
    browser, client_of, anna, agreement, stranger, consultant
):
    carla = make_user("carla@example.com")
    person = name_person(
        client=agreement.client, name="Carla", email=carla.email, role="asks", by=registrar()
    )
    ticket = opened(agreement.client, carla)
    assert client_of(carla).get(page_of(ticket)).status_code == 200
    assert browser.get(page_of(ticket)).status_code == 200
    for user in (stranger, consultant):
        assert client_of(user).get(page_of(ticket)).status_code == 404
    end_person(person=person, today=LATER.date(), by=registrar())
    assert client_of(carla).get(page_of(ticket)).status_code == 404
    for name in ("say_more", "close_ticket", "rate_ticket"):
        assert client_of(carla).post(reverse(f"support:{name}", args=[ticket.public_id])).status_code == 404


def test_whoever_asked_a_question_that_was_linked_reads_on_and_nothing_of_what_was_agreed(
    client_of, agreement, allowance, stranger, consultant
):
    ticket = opened(None, stranger, kind=Ticket.Kind.QUESTION)
    link_to_client(ticket=ticket, client=agreement.client, by=consultant, now=LATER)
    page = text_of(client_of(stranger).get(page_of(ticket)))
    assert "at the latest." in page
    assert "A website of ten pages." not in page and "10 h" not in page


def test_an_appeal_is_its_makers_alone(browser, client_of, agreement, anna):
    carla = make_user("carla@example.com")
    name_person(client=agreement.client, name="Carla", email=carla.email, role="asks", by=registrar())
    appeal = opened(agreement.client, anna, kind=Ticket.Kind.APPEAL)
    assert browser.get(page_of(appeal)).status_code == 200
    assert client_of(carla).get(page_of(appeal)).status_code == 404


def test_who_is_signed_out_signs_in_first(client, anna, agreement):
    ticket = opened(agreement.client, anna)
    for address in (page_of(ticket), reverse("support:tickets"), reverse("support:open_ticket")):
        assert client.get(address).headers["Location"].startswith(reverse("account_login"))

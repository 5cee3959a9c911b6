"""Tickets in the office: looked at with all that was said, promised and done, and never changed (X4)."""

import re

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation

from support.attachments import NewFile
from support.messages import add_note, answer_ticket, ask_again
from support.models import Ticket
from tests.making import make_staff
from tests.support.making import NOW, opened, registrar, rome
from tests.support.office import cost_the_same

pytestmark = pytest.mark.django_db
LIST = reverse("admin:support_ticket_changelist")


@pytest.fixture(autouse=True)
def clock(private_files):
    with time_machine.travel(NOW, tick=False):
        yield


def at(ticket, page="change"):
    return reverse(f"admin:support_ticket_{page}", args=[ticket.pk])


def test_its_page_shows_what_was_said_promised_and_done(office, agreement, anna, consultant):
    ticket = opened(agreement.client, anna, files=[NewFile("plan.pdf", b"%PDF-")])
    add_note(ticket=ticket, text="Ask the printer.", by=consultant, now=NOW)
    answer_ticket(ticket=ticket, text="Press “Publish”.", by=consultant, now=rome("2026-11-02 15:00"))
    page = office.get(at(ticket)).content.decode()
    for said in (
        ticket.number,
        "How do I publish?",
        "plan.pdf",
        "Ask the printer.",
        "Press “Publish”.",
        "4 h",
    ):
        assert said in page
    assert "<textarea" not in page


def test_its_history_names_states_as_everybody_reads_them_and_the_way_to_the_desk(
    office, agreement, anna, consultant
):
    ticket = opened(agreement.client, anna)
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    with translation.override("es-mx"):
        page = office.get(at(ticket), headers={"accept-language": "es-mx"}).content.decode()
    moved = re.findall(r'<td class="field-moved">\s*<p>(.*?)</p>', page)
    assert moved == ["abierto", "abierto", "abierto → contestado"]
    to_desk = f'href="{reverse("support:desk_ticket", args=[ticket.public_id])}"'
    assert (page.count(to_desk), office.get(LIST).content.decode().count(to_desk)) == (1, 1)


def test_the_office_shows_the_same_clock_as_the_desk_and_names_it(agreement, anna, desk_lead, client_of):
    ticket = opened(agreement.client, anna)
    office = client_of(desk_lead)
    desk = reverse("support:desk_ticket", args=[ticket.public_id])
    for zone, clock, other in (("", "10:00", "3:00"), ("America/Mexico_City", "3:00", "10:00")):
        desk_lead.time_zone = zone
        desk_lead.save()
        for address in (at(ticket), desk):
            page = office.get(address, headers={"accept-language": "es-mx"}).content.decode()
            assert clock in page and f"{other}<" not in page
        assert f"({zone or 'Europe/Rome'})" in page
        assert (zone or "Europe/Rome") in office.get(at(ticket)).content.decode()
    desk_lead.time_zone = ""
    desk_lead.save()
    # What is not the desk's keeps the marketplace's clock.
    assert "those of America/Mexico_City" in office.get(reverse("admin:index")).text


def test_nothing_is_written_there(office, agreement, anna):
    ticket = opened(agreement.client, anna)
    codes = [
        office.post(at(ticket), {"subject": "Else"}).status_code,
        office.post(at(ticket, "delete")).status_code,
    ]
    ticket.refresh_from_db()
    assert (codes, ticket.subject) == ([403, 403], "Publishing")


def test_it_is_found_by_its_number(office, agreement, anna):
    first, second = opened(agreement.client, anna), opened(agreement.client, anna, subject="Shop")
    page = office.get(LIST, {"q": second.number.lower()}).content.decode()
    assert at(second) in page
    assert at(first) not in page


def test_nobody_looks_there_at_those_of_a_client_for_whom_they_speak(office, agreement, desk_lead):
    from support.clients import name_person

    ticket = opened(agreement.client, None, email="anna@example.com")
    assert office.get(at(ticket)).status_code == 200
    name_person(client=agreement.client, name="Lead", email=desk_lead.email, role="asks", by=registrar())
    assert at(ticket) not in office.get(LIST).content.decode()
    assert office.get(at(ticket)).status_code == 302
    assert office.get(at(ticket, "history")).status_code == 302


def test_an_appeal_is_looked_at_by_those_alone_who_hear_it(office, agreement, anna, client_of):
    both = make_staff("desk lead", "appeals", email="both@quince.example")
    decided = make_staff("desk lead", "appeals", email="decided@quince.example")
    appeal = opened(agreement.client, anna, kind=Ticket.Kind.APPEAL)
    appeal.not_for.add(decided)
    seen = [browser.get(at(appeal)).status_code for browser in (office, client_of(both), client_of(decided))]
    assert seen == [302, 200, 302]


def test_nor_is_a_question_that_was_not_confirmed(office):
    ticket = opened(None, None, kind=Ticket.Kind.QUESTION, email="a@example.com", confirmed=False)
    assert office.get(at(ticket)).status_code == 302


def test_the_list_and_the_page_cost_the_same_with_many(office, agreement, anna, consultant):
    ticket = opened(agreement.client, anna, files=[NewFile("plan.pdf", b"%PDF-")])

    def grow(number):
        opened(agreement.client, anna)
        answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
        files = [NewFile("plan.pdf", b"%PDF-")]
        ask_again(ticket=ticket, text="And?", channel="web", by=anna, at=NOW, now=NOW, files=files)

    cost_the_same(office, [LIST, at(ticket)], grow)

"""The desk asked by a program of its clients, and the library by anybody (S1, S2, S4, S7, S11)."""

import uuid

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from support.merging import merge_tickets
from support.messages import add_note, answer_ticket
from support.models import Client, ClientPerson, LibrarySearch, Message, Ticket
from tests.making import contract
from tests.programs import program_of
from tests.support.making import opened, rome

LATER = rome("2026-11-02 11:00")
pytestmark = pytest.mark.django_db
ASKED = {"subject": "Publishing", "text": "How do I publish?"}


@pytest.fixture(autouse=True)
def _later():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def program(anna, agreement):
    return program_of(anna)


def ended(answer):
    return answer.status_code, answer.json()["code"]


def test_a_ticket_is_opened_once_and_says_by_when_it_is_answered(program, studio):
    first = program.post("tickets/", ASKED, name="one")
    assert first.status_code == 201
    told = first.json()
    assert (told["client"], told["state"], told["channel"]) == (str(studio.public_id), "open", "web")
    assert told["promise"]["due_at"] == "2026-11-03T10:00:00Z"
    assert told["promise"]["why"]
    again = program.post("tickets/", ASKED, name="one")
    assert (again.status_code, again.json()) == (200, told)
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"subject": "Publishing"}, "text"),
        ({"subject": "", "text": "How?"}, "subject"),
        ({"subject": "\u202e", "text": "How?"}, "subject"),
        ({"subject": "x" * 201, "text": "How?"}, "subject"),
        ({"subject": "Publishing", "text": "a\x00b"}, "text"),
        ({"subject": "Publishing", "text": "How?", "client": "mine"}, "client"),
    ],
    ids=["no text", "no subject", "nothing to be seen", "too long", "a null", "no id"],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_is_opened(program, said, field):
    answer = program.post("tickets/", said, name="one")
    assert ended(answer) == (422, "invalid")
    assert list(answer.json()["fields"]) == [field]
    assert not Ticket.objects.exists()


def test_who_speaks_for_several_says_for_which_and_for_nobody_elses(
    program, anna, studio, other_agreement, pro
):
    contract(pro)
    ClientPerson.objects.create(client=other_agreement.client, email=anna.email, name="Anna")
    assert ended(program.post("tickets/", ASKED, name="one")) == (409, "which_client")
    theirs = str(Client.objects.get(customer__professional=pro).public_id)
    assert ended(program.post("tickets/", ASKED | {"client": theirs}, name="two")) == (409, "no_client")
    second = str(other_agreement.client.public_id)
    assert program.post("tickets/", ASKED | {"client": second}, name="three").json()["client"] == second
    assert {each["id"] for each in program.get("clients/").json()["results"]} == {
        str(studio.public_id),
        second,
    }


def test_who_is_no_client_asks_nothing_here(stranger):
    assert ended(program_of(stranger).post("tickets/", ASKED, name="one")) == (409, "no_client")


def test_what_both_sides_said_is_read_and_the_desks_notes_are_not(program, studio, anna, consultant):
    ticket = opened(studio, anna)
    add_note(ticket=ticket, text="She is in a hurry.", by=consultant, now=LATER)
    answer_ticket(
        ticket=ticket, text="By the button.", by=consultant, now=LATER, seen=Message.objects.latest("pk").pk
    )
    told = program.get(f"tickets/{ticket.public_id}/messages/").json()["results"]
    assert [(each["by_desk"], each["text"]) for each in told][-1] == (True, "By the button.")
    assert len(told) == 2 and "hurry" not in str(told)
    assert program.get(f"tickets/{ticket.public_id}/").json()["promise"] is None


def test_more_is_said_once(program, studio, anna):
    ticket = opened(studio, anna)
    path = f"tickets/{ticket.public_id}/messages/"
    first = program.post(path, {"text": "It is urgent."}, name="one")
    again = program.post(path, {"text": "It is urgent."}, name="one")
    assert (first.status_code, again.status_code) == (201, 200) and first.json() == again.json()
    assert ticket.messages.count() == 2


def test_what_was_merged_is_told_as_what_it_became(program, studio, anna, consultant):
    one, other = opened(studio, anna), opened(studio, anna)
    merge_tickets(ticket=one, into=other, by=consultant, now=LATER)
    assert program.get(f"tickets/{one.public_id}/").json()["id"] == str(other.public_id)
    assert [each["id"] for each in program.get("tickets/").json()["results"]] == [str(other.public_id)]


def test_of_anothers_nothing_is_there(program, other_agreement, consultant):
    theirs = opened(other_agreement.client, None)
    path = f"tickets/{theirs.public_id}/"
    for answer in (
        program.get(path),
        program.get(f"{path}messages/"),
        program.post(f"{path}messages/", {"text": "Hello"}, name="one"),
    ):
        assert ended(answer) == (404, "not_found")
    assert program.get("tickets/").json()["results"] == []


def test_agreements_and_what_is_left_are_told(program, agreement, allowance, studio, other_agreement):
    (told,) = program.get("agreements/").json()["results"]
    assert (told["number"], told["text"]) == (agreement.number, "A website of ten pages.")
    assert told["lines"] == [
        {
            "kind": "tool", "what": "Website", "unit": "minutes", "amount": 600, "expires_on": None,
            "allowance": str(allowance.public_id),
        }
    ]  # fmt: skip
    (left,) = program.get("allowances/").json()["results"]
    assert (left["id"], left["given"], left["left"], left["state"]) == (
        str(allowance.public_id),
        600,
        600,
        "usable",
    )


def test_the_lists_cost_the_same_with_one_and_with_ten(program, studio, anna):
    counts = []
    for number in (1, 9):
        for _ in range(number):
            opened(studio, anna)
        program.get("tickets/")
        with CaptureQueriesContext(connection) as queries:
            program.get("tickets/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_scope_for_reading_writes_nothing(anna, agreement):
    answer = program_of(anna, "support:read").post("tickets/", ASKED, name="one")
    assert ended(answer) == (403, "permission_denied")


def test_the_library_is_there_without_a_key():
    listed = Browser().get("/api/v1/articles/?language=es").json()
    assert listed["results"] and {each["language"] for each in listed["results"]} == {"es"}
    slug = listed["results"][0]["slug"]
    assert Browser().get(f"/api/v1/articles/{slug}/").json()["body"]
    assert Browser().get(f"/api/v1/articles/{uuid.uuid4()}/").status_code == 404


def test_what_is_looked_for_is_found_and_counted():
    found = Browser().get("/api/v1/articles/search/", {"q": "first call", "language": "en"}).json()
    assert found[0]["slug"] == "first-call" or "call" in found[0]["title"].lower()
    assert LibrarySearch.objects.get().found == len(found)
    assert Browser().get("/api/v1/articles/search/").status_code == 422


def test_who_shows_no_key_is_counted_by_their_network(settings):
    settings.API_REQUESTS_A_MINUTE = 2
    assert [Browser().get("/api/v1/articles/").status_code for _ in range(3)] == [200, 200, 429]


def test_a_key_that_opens_nothing_is_told_so_in_the_library_too():
    answer = Browser().get("/api/v1/articles/", headers={"Authorization": "Bearer quince_a_b"})
    assert ended(answer) == (401, "authentication_failed")

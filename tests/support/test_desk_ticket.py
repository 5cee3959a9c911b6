"""A ticket's page at the desk: what it shows, and to whom (S2, S4, S8)."""

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from support.attachments import NewFile
from support.calls import call_back, log_call
from support.looking import keep_looking
from support.messages import add_note, answer_ticket, ask_again
from support.models import SavedReply, Ticket, TicketLook, Wait
from support.tickets import take_ticket
from tests import making
from tests.support.calling import with_number
from tests.support.desk_pages import answer, at, text_of
from tests.support.making import NOW, opened, rome

pytestmark = pytest.mark.django_db

LATER = rome("2026-11-02 15:00")


@pytest.fixture(autouse=True)
def _later():
    with time_machine.travel(LATER, tick=False):
        yield


def test_the_page_shows_what_was_said_what_is_due_and_what_was_agreed(browser, ticket, allowance, consultant):
    add_note(ticket=ticket, text="Looks like last year.", by=consultant, now=NOW)
    page = text_of(browser.get(at("desk_ticket", ticket)))
    for said in (
        "How do I publish?",
        "Looks like last year.",
        "internal note",
        "19 h left",
        "One working day is 8 h of opening hours",
        "(Europe/Rome)",
        "10 h left of 10 h",
        "A website of ten pages.",
        "version 1",
        "Courtesy on this ticket: 0 minutes, 10 left.",
    ):
        assert said in page, said


def test_what_others_wrote_is_shown_as_text(browser, agreement, anna):
    ticket = opened(
        agreement.client,
        anna,
        subject="<script>alert(1)</script>",
        text="<img src=x onerror=alert(2)>\n{{ 7|add:7 }}",
        quoted="<iframe></iframe>",
        name="<i>Anna</i>",
        files=[NewFile("<b>.svg", b"<svg onload=alert(3)>")],
    )
    raw = browser.get(at("desk_ticket", ticket)).content.decode()
    for hostile in ("<script>alert", "<img src=x", "<iframe>", "<i>Anna", "<svg", "<b>.svg"):
        assert hostile not in raw, hostile
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in raw
    assert "{{ 7|add:7 }}" in raw


def test_files_are_sent_and_handed_out_to_be_saved(
    browser, ticket, agreement, anna, private_files, client_of
):
    upload = SimpleUploadedFile("plan.svg", b"<svg onload=alert(1)>", content_type="image/svg+xml")
    assert answer(browser, ticket, files=[upload]).status_code == 302
    attachment = ticket.messages.latest("pk").attachments.get()
    address = at("desk_file", ticket, attachment.public_id)
    response = browser.get(address)
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    other = opened(agreement.client, anna, subject="Other")
    assert browser.get(at("desk_file", other, attachment.public_id)).status_code == 404
    assert client_of(anna).get(address).status_code == 404


def test_the_mail_as_it_came_is_saved_at_the_desk_alone(browser, ticket, client_of, pro_user):
    message = ticket.messages.get()
    assert browser.get(at("desk_mail", ticket, message.public_id)).status_code == 404
    assert client_of(pro_user).get(at("desk_mail", ticket, message.public_id)).status_code == 404


def test_two_who_look_at_one_ticket_see_each_other(browser, client_of, ticket, consultant, desk_lead):
    assert "is looking" not in text_of(browser.get(at("desk_ticket", ticket)))
    other = client_of(desk_lead)
    assert f"{consultant} is looking now" in text_of(other.get(at("desk_ticket", ticket)))
    other.post(at("desk_looking", ticket), {"writing": "yes"})
    assert f"{desk_lead} is writing an answer" in text_of(browser.post(at("desk_looking", ticket)))
    assert f"{desk_lead} is writing an answer" in text_of(browser.get(reverse("support:desk")))
    with time_machine.travel(rome("2026-11-02 15:05"), tick=False):
        # What is five minutes old is over.
        assert "is writing" not in text_of(browser.get(at("desk_ticket", ticket)))
    assert TicketLook.objects.get().user == consultant


def test_a_page_that_is_open_is_told_what_came_since(browser, ticket, anna, desk_lead):
    seen = ticket.messages.latest("pk").pk
    address = at("desk_looking", ticket)
    had = {"seen": seen, "seen_call": 0}
    assert "since you opened" not in text_of(browser.post(address, had))
    ask_again(ticket=ticket, text="And?", channel="web", at=LATER, now=LATER, by=anna)
    assert "1 message or call came since you opened this page." in text_of(browser.post(address, had))
    call_back(ticket=ticket, outcome="nobody", by=desk_lead, now=LATER)
    assert "2 messages or calls came since you opened this page." in text_of(browser.post(address, had))
    for broken in ({}, {"seen": "9" * 40, "seen_call": 0}, {"seen": 1, "seen_call": "x"}):
        assert "since you opened" not in text_of(browser.post(address, broken))


def test_calls_and_attempts_stand_in_the_thread_in_the_order_of_time(
    browser, agreement, desk_lead, consultant
):
    said = {"direction": "in", "phone": "+390612345678", "client": agreement.client, "by": desk_lead}
    back = log_call(outcome="missed", at=NOW, now=NOW, name="Anna", **said).ticket
    add_note(ticket=back, text="Twice today.", by=consultant, now=rome("2026-11-02 12:00"))
    call_back(ticket=back, outcome="nobody", by=consultant, now=rome("2026-11-02 12:30"), seconds=61)
    page = text_of(browser.get(at("desk_ticket", back)))
    thread = page[page.index('<ol class="thread"') : page.index("Call them back")]
    places = [
        thread.index(each) for each in ("to us: missed", "Twice today.", "by us: nobody reached", "2 min")
    ]
    assert places == sorted(places)
    # The form that says what came of calling stands before the one to write, and once.
    assert page.count(at("desk_call", back)) == 1
    assert page.index(at("desk_call", back)) < page.index("Answer in writing instead")


def test_what_was_asked_in_a_call_stands_once_in_the_thread(browser, agreement, consultant):
    asked = log_call(
        direction="in",
        outcome="answered",
        at=NOW,
        now=NOW,
        by=consultant,
        client=agreement.client,
        summary="Can it be blue?",
        waits=True,
        subject="Colour",
    ).ticket
    page = text_of(browser.get(at("desk_ticket", asked)))
    assert page.count("Can it be blue?") == 1
    assert page.index("to us: answered") < page.index("Can it be blue?")


def test_where_somebody_is_reached_is_known_where_their_number_was_withheld(browser, agreement, consultant):
    with_number(agreement.client)
    said = {"direction": "in", "outcome": "missed", "at": NOW, "now": NOW, "by": consultant}
    back = log_call(client=agreement.client, **said).ticket
    assert 'Paula Bianchi: <a class="nowrap" href="tel:+525512345678"' in text_of(
        browser.get(at("desk_ticket", back))
    )


def test_since_when_somebody_writes_stays_while_they_do(ticket, consultant):
    keep_looking(ticket=ticket, by=consultant, now=NOW, writing=True)
    keep_looking(ticket=ticket, by=consultant, now=rome("2026-11-02 10:02"), writing=True)
    look = TicketLook.objects.get()
    assert (look.writing_at, look.at) == (NOW, rome("2026-11-02 10:02"))
    keep_looking(ticket=ticket, by=consultant, now=rome("2026-11-02 10:03"))
    assert TicketLook.objects.get().writing_at is None


def test_whoever_may_not_answer_finds_nothing(client_of, ticket, anna, pro_user, reviewer, client):
    page = at("desk_ticket", ticket)
    for user in (anna, pro_user, reviewer):
        theirs = client_of(user)
        assert theirs.get(page).status_code == 404
        for name in (
            "answer",
            "note",
            "take",
            "hand_over",
            "put_back",
            "place",
            "close",
            "merge",
            "work",
            "looking",
        ):
            assert theirs.post(at(f"desk_{name}", ticket), {"text": "x"}).status_code == 404, name
        assert theirs.get(reverse("support:desk")).status_code == 403
    assert client.get(page).headers["Location"].startswith(reverse("account_login"))
    assert Wait.objects.open().exists()


def test_an_appeal_opens_to_who_hears_it_alone(client_of, consultant, agreement, anna):
    decided, hears = making.make_staff("appeals"), making.make_staff("appeals", email="hears@quince.example")
    appeal = opened(agreement.client, anna, kind=Ticket.Kind.APPEAL)
    appeal.not_for.set([decided])
    for user, status in ((consultant, 404), (decided, 404), (hears, 200)):
        assert client_of(user).get(at("desk_ticket", appeal)).status_code == status
    assert "Log work" not in text_of(client_of(hears).get(at("desk_ticket", appeal)))


def test_what_is_not_confirmed_nobody_reads(browser):
    question = opened(None, None, kind=Ticket.Kind.QUESTION, email="x@example.com", confirmed=False)
    assert browser.get(at("desk_ticket", question)).status_code == 404


def test_a_form_that_is_come_to_by_its_address_leads_back_to_the_page(browser, ticket):
    response = browser.get(at("desk_answer", ticket))
    assert response.headers["Location"] == at("desk_ticket", ticket)


def test_the_page_costs_the_same_with_one_message_and_with_thirty(
    browser, ticket, anna, consultant, agreement
):
    def costs():
        browser.get(at("desk_ticket", ticket))
        with CaptureQueriesContext(connection) as counted:
            browser.get(at("desk_ticket", ticket))
        return len(counted)

    def more(number):
        answer_ticket(ticket=ticket, text=f"Answer {number}", by=consultant, now=LATER)
        ask_again(
            ticket=ticket, text=f"Again {number}", channel="web", at=LATER, now=LATER, by=anna,
            files=[NewFile("a.txt", b"a")],
        )  # fmt: skip
        opened(agreement.client, anna, subject=f"Other {number}")
        SavedReply.objects.create(title=f"Reply {number}", text_en="So.", written_at=NOW)

    take_ticket(ticket=ticket, by=consultant, now=NOW)
    more(0)
    with_one = costs()
    for number in range(1, 30):
        more(number)
    assert costs() == with_one
    assert with_one < 60


def test_a_refusal_of_what_the_page_offers_no_more_is_said_above_it(browser, ticket):
    response = browser.post(at("desk_unlink", ticket), {"why": "Not theirs."})
    assert response.status_code == 409
    assert text_of(response).count("A client opened this ticket. It stays theirs.") == 1

"""Every ticket of a client is placed against an allowance, or outside (S4): before the desk closes it, and where it is
found until somebody has."""

import re
import uuid
from itertools import product

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from support import desk
from support.agreements import Line, change_agreement, line_of
from support.calls import call_back
from support.desk import Wanted, screen
from support.errors import SupportError
from support.merging import merge_tickets
from support.messages import answer_ticket
from support.models import Message, Ticket
from support.tickets import close_ticket, place_ticket
from tests.support.calling import missed, with_number
from tests.support.desk_pages import answer, at, done, text_of
from tests.support.making import NOW, opened, placed, rome
from tests.support.office import make_agreement, pdf

pytestmark = pytest.mark.django_db

Kind = Ticket.Kind
LATER = rome("2026-11-02 15:00")


@pytest.fixture
def ticket(agreement, anna):
    return opened(agreement.client, anna)


@pytest.fixture
def browser(client_of, consultant):
    with time_machine.travel(LATER, tick=False):
        yield client_of(consultant)


def answered(ticket, by):
    answer_ticket(ticket=ticket, text="So.", by=by, now=NOW)
    return ticket


def unplaced(reader, **wanted):
    """What the desk shows as placed nowhere."""
    found = screen(reader=reader, wanted=Wanted(who="unplaced", **wanted), after="", now=LATER)
    return [row.ticket.subject for _group, rows in found.groups for row in rows]


# Closing


def test_the_desk_closes_nothing_that_nobody_has_placed(ticket, allowance, consultant):
    answered(ticket, consultant)
    with pytest.raises(SupportError) as refusal:
        close_ticket(ticket=ticket, by=consultant, now=NOW)
    assert (refusal.value.code, refusal.value.field) == ("not_placed", "where")
    place_ticket(ticket=ticket, placement="allowance", allowance=allowance, by=consultant, now=NOW)
    assert close_ticket(ticket=ticket, by=consultant, now=NOW).state == Ticket.State.CLOSED


def test_no_answer_closes_it_either_and_nothing_is_half_done(ticket, consultant):
    with pytest.raises(SupportError) as refusal:
        answer_ticket(ticket=ticket, text="So.", by=consultant, close=True, now=NOW)
    assert refusal.value.code == "not_placed"
    ticket.refresh_from_db()
    assert (ticket.state, ticket.messages.count()) == (Ticket.State.OPEN, 1)


def test_what_is_outside_is_placed(ticket, consultant):
    answered(ticket, consultant)
    place_ticket(ticket=ticket, placement="outside", by=consultant, now=NOW)
    assert close_ticket(ticket=ticket, by=consultant, now=NOW).state == Ticket.State.CLOSED


def test_its_client_closes_it_wherever_it_belongs_and_it_is_placed_after(ticket, anna, consultant):
    close_ticket(ticket=ticket, by=anna, by_client=True, now=NOW)
    assert unplaced(consultant) == ["Publishing"]
    place_ticket(ticket=ticket, placement="outside", by=consultant, now=NOW)
    assert unplaced(consultant) == []


def test_a_question_and_an_appeal_are_placed_nowhere(agreement, anna, consultant):
    question = opened(None, None, kind=Kind.QUESTION, email="nobody@example.com")
    answered(question, consultant)
    assert close_ticket(ticket=question, by=consultant, now=NOW).state == Ticket.State.CLOSED
    appeal = opened(agreement.client, anna, kind=Kind.APPEAL)
    Ticket.objects.filter(pk=appeal.pk).update(follows=question)
    answer_ticket(ticket=appeal, text="So.", by=consultant, close=True, now=NOW)
    assert not Ticket.objects.unplaced().exists()


def test_a_call_that_was_returned_ends_and_is_placed_after(agreement, consultant):
    with_number(agreement.client)
    call = missed(consultant)
    call_back(ticket=call.ticket, outcome="answered", by=consultant, now=LATER)
    call.ticket.refresh_from_db()
    assert call.ticket.state == Ticket.State.CLOSED
    assert unplaced(consultant) == unplaced(consultant, kind="call_back") == [call.ticket.subject]


def test_what_was_merged_is_placed_where_it_goes_on(ticket, agreement, anna, consultant):
    into = opened(agreement.client, anna, subject="The same")
    merge_tickets(ticket=ticket, into=into, by=consultant, now=NOW)
    assert unplaced(consultant) == ["The same"]
    answered(into, consultant)
    with pytest.raises(SupportError):
        close_ticket(ticket=into, by=consultant, now=NOW)


# The pages


def test_one_that_waits_is_refused_beside_its_own_form(browser, ticket):
    """That it waits is said before where it belongs: nothing would be wrong at the other form."""
    assert f'action="{at("desk_close", ticket)}#more"' in browser.get(at("desk_ticket", ticket)).text
    refused = browser.post(at("desk_close", ticket), {"why": "Done."})
    more = re.search(r'<h2 id="more">.*?</section>', refused.text, re.DOTALL)[0]
    assert refused.status_code == 409 and "errorlist" in more


def test_the_page_says_so_before_it_is_closed_and_leads_to_where_it_is_placed(browser, ticket, consultant):
    answered(ticket, consultant)
    before = browser.get(at("desk_ticket", ticket)).text
    assert "Nobody has said yet where it belongs. Place it first:" in before
    assert f'action="{at("desk_close", ticket)}#placed"' in before
    refused = browser.post(at("desk_close", ticket), {"why": "Done."})
    assert refused.status_code == 409
    assert "Nobody has said yet where this belongs. Place it, then close it." in text_of(refused)
    placing = re.search(r'<h2 id="placed">.*?</section>', refused.text, re.DOTALL)[0]
    assert 'role="alert"' in placing
    assert "<details open>" in placing
    browser.post(at("desk_place", ticket), {"where": "outside"})
    assert "Place it first" not in browser.get(at("desk_ticket", ticket)).text
    assert browser.post(at("desk_close", ticket), {"why": "Done."}).status_code == 302


def test_an_answer_that_closes_keeps_what_was_typed_until_it_is_said_where_it_belongs(
    browser, ticket, allowance
):
    refused = answer(browser, ticket, "Press “Publish”.", close="1")
    assert refused.status_code == 409
    assert "Press “Publish”." in text_of(refused)
    assert "Nobody has said yet where this belongs." in text_of(refused)
    assert not ticket.messages.filter(kind=Message.Kind.ANSWER).exists()
    assert answer(browser, ticket, close="1", where=allowance.pk).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.state, ticket.allowance) == (Ticket.State.CLOSED, allowance)


def test_what_is_booked_with_an_answer_says_where_it_belongs(browser, ticket, allowance):
    sent = answer(browser, ticket, close="1", **done(**{"work-where": allowance.pk}))
    assert sent.status_code == 302
    ticket.refresh_from_db()
    assert (ticket.state, ticket.allowance) == (Ticket.State.CLOSED, allowance)


def test_an_answer_is_placed_nowhere_if_nothing_is_chosen_and_asks_no_more_once_it_is(browser, ticket):
    answer(browser, ticket)
    ticket.refresh_from_db()
    assert ticket.placement == ""
    assert 'name="where"' in browser.get(at("desk_ticket", ticket)).text
    page = browser.get(at("desk_ticket", placed(ticket))).text
    assert 'id="answer_where"' not in page


def test_the_same_answer_sent_again_places_nothing_anew(browser, ticket, allowance, consultant):
    said = {"form_id": uuid.uuid4(), "seen": ticket.messages.latest("pk").pk}
    answer(browser, ticket, where="outside", **said)
    Ticket.objects.filter(pk=ticket.pk).update(placement="")
    answer(browser, ticket, where=allowance.pk, **said)
    ticket.refresh_from_db()
    assert ticket.placement == ""


def test_anothers_allowance_is_no_place(browser, ticket, other_agreement):
    theirs = other_agreement.current.lines.get().allowance
    assert answer(browser, ticket, where=theirs.pk).status_code == 422
    assert browser.post(at("desk_place", ticket), {"where": theirs.pk}).status_code == 422
    assert not ticket.messages.filter(kind=Message.Kind.ANSWER).exists()


# Several agreements


@pytest.fixture
def training(agreement, desk_lead):
    """A second agreement of the same client."""
    return make_agreement(
        agreement.client,
        desk_lead,
        title="Training",
        text="Three afternoons.",
        lines=[Line(kind="service", what="Website", unit="interventions", amount=3)],
        document=pdf(),
    )


def test_where_several_are_in_force_all_are_in_view_with_what_is_left(
    browser, agreement, training, anna, allowance
):
    ticket = opened(agreement.client, anna)
    assert ticket.agreement_version is None
    page = text_of(browser.get(at("desk_ticket", ticket)))
    agreed = page[page.index('id="agreed"') :]
    for said in ("A website of ten pages.", "10 h left of 10 h", "Three afternoons.", "3 left of 3"):
        assert said in agreed, said
    # Of two of one name each says what is left, and of which agreement it is.
    placing = page[page.index('id="placed"') : page.index('id="left"')]
    assert f"Website (10 h left) · {agreement}" in placing
    assert f"Website (3 interventions left) · {training}" in placing
    browser.post(at("desk_place", ticket), {"where": allowance.pk})
    page = text_of(browser.get(at("desk_ticket", ticket)))
    agreed = page[page.index('id="agreed"') :]
    assert "A website of ten pages." in agreed
    assert "Three afternoons." not in agreed


def test_what_is_in_view_is_what_was_agreed_when_it_was_opened(browser, agreement, training, anna, desk_lead):
    ticket = opened(agreement.client, anna)
    change_agreement(
        agreement=training,
        text="Four afternoons.",
        lines=[line_of(row) for row in training.current.lines.all()],
        why="One more.",
        by=desk_lead,
        now=LATER,
    )
    page = text_of(browser.get(at("desk_ticket", ticket)))
    assert "Three afternoons." in page
    assert "Four afternoons." not in page


def test_an_agreement_of_which_all_has_ended_is_no_more_in_view(
    client_of, consultant, agreement, training, anna
):
    training_allowance = training.current.lines.get().allowance
    type(training_allowance).objects.filter(pk=training_allowance.pk).update(expires_on=NOW.date())
    ticket = opened(agreement.client, anna)
    with time_machine.travel(rome("2026-11-04 10:00"), tick=False):
        page = text_of(client_of(consultant).get(at("desk_ticket", ticket)))
    agreed = page[page.index('id="agreed"') :]
    assert "A website of ten pages." in agreed
    assert "Three afternoons." not in agreed
    # It can still be what the ticket is about.
    assert f"Website (ended) · {training}" in page


def test_the_document_of_each_is_handed_out_and_of_no_other_client(
    browser, agreement, training, anna, other_agreement
):
    ticket = opened(agreement.client, anna)

    def status(one):
        return browser.get(at("desk_agreement_of_client", ticket, one.public_id)).status_code

    assert status(training) == 200
    assert status(other_agreement) == 404


# What is to be placed


def test_the_list_has_what_nobody_placed_the_newest_first(
    agreement, anna, consultant, other_agreement, allowance
):
    opened(agreement.client, anna, subject="First", now=rome("2026-10-20 10:00"))
    opened(other_agreement.client, None, subject="Second")
    placed(opened(agreement.client, anna, subject="Placed"))
    opened(None, None, kind=Kind.QUESTION, email="nobody@example.com", subject="Question")
    opened(agreement.client, anna, kind=Kind.APPEAL, subject="Appeal")
    assert unplaced(consultant) == ["Second", "First"]
    assert unplaced(consultant, kind="request") == ["Second", "First"]
    assert unplaced(consultant, kind="call_back") == unplaced(consultant, kind="question") == []
    assert unplaced(consultant, said="first") == ["First"]


def test_the_list_goes_on_page_by_page(agreement, anna, consultant, monkeypatch):
    monkeypatch.setattr(desk, "SHOWN", 2)
    for number in range(3):
        opened(agreement.client, anna, subject=f"Asked {number}")
    wanted = Wanted(who="unplaced")
    first = screen(reader=consultant, wanted=wanted, after="", now=LATER)
    second = screen(reader=consultant, wanted=wanted, after=first.after, now=LATER)
    assert [row.ticket.subject for _group, rows in second.groups for row in rows] == ["Asked 0"]
    assert (first.late, first.missed, second.after) == (None, None, "")


def test_the_list_is_a_tab_of_the_desk(browser, ticket):
    page = browser.get(reverse("support:desk")).text
    assert f'href="{reverse("support:desk")}?who=unplaced"' in page
    found = text_of(browser.get(reverse("support:desk") + "?who=unplaced"))
    assert "Publishing" in found
    placed(ticket)
    assert "Nothing is left to place" in text_of(browser.get(reverse("support:desk") + "?who=unplaced"))


def test_what_is_to_be_placed_is_the_same_for_the_list_its_index_and_the_page():
    (index,) = [each for each in Ticket._meta.indexes if each.name == "ticket_unplaced"]
    assert str(Ticket.objects.unplaced().query) == str(Ticket.objects.filter(index.condition).query)
    for kind, state, placement in product(Kind, Ticket.State, ("", *Ticket.Placement)):
        said = {"kind": kind, "state": state, "placement": placement}
        assert Ticket(**said).is_unplaced == index.condition.check(said), said


def test_the_list_is_read_by_its_index(agreement, anna, consultant, monkeypatch):
    """On PostgreSQL: of each kind as many as are shown, in their order, without sorting."""
    if connection.vendor != "postgresql":
        pytest.skip("Of PostgreSQL's plans.")
    monkeypatch.setattr(desk, "SHOWN", 1)
    for _number in range(20):
        opened(agreement.client, anna)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as asked:
        unplaced(consultant)
    lists = [
        each["sql"] for each in asked.captured_queries if "LIMIT" in each["sql"] and "LEFT" in each["sql"]
    ]
    assert len(lists) == len(Ticket.PLACED_KINDS)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for sql in lists:
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "using ticket_unplaced on support_ticket" in plan
            assert "Sort" not in plan

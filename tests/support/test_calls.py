"""Calls to us: answered, missed, to be returned (S1, S3)."""

import uuid
from datetime import date, timedelta

import pytest

from mail.models import OutgoingMail
from support.agreements import Line, sign_agreement
from support.calls import call_back, link_call
from support.clients import end_person, name_person
from support.errors import SupportError
from support.merging import merge_tickets
from support.messages import ask_again
from support.models import Agreement, Call, Ticket, Wait
from support.tickets import close_ticket, reopen_ticket
from tests.support.calling import ANNAS, NOBODYS, answered, missed, with_number
from tests.support.making import NOW, opened, registrar, rome

pytestmark = pytest.mark.django_db

State = Ticket.State
Ending = Wait.Ending
LATER = rome("2026-11-02 11:00")


@pytest.fixture
def known(agreement):
    """Studio Bianchi, one of whose people has a number."""
    with_number(agreement.client)
    return agreement.client


def waits():
    return list(Wait.objects.order_by("pk").values_list("asked_at", "ended_at", "ending"))


def test_a_missed_call_of_a_client_is_a_call_to_return_within_one_working_day(known, consultant):
    call = missed(consultant, "55 1234 5678")
    ticket, wait = call.ticket, call.wait
    assert (ticket.kind, ticket.channel, ticket.state) == ("call_back", "phone", State.OPEN)
    assert (ticket.subject, ticket.client, ticket.name) == (
        "Call back +52 55 1234 5678",
        known,
        "Paula Bianchi",
    )
    assert (call.client, str(call.phone), call.by) == (known, ANNAS, consultant)
    assert (wait.ticket, wait.asked_at, wait.due_at) == (ticket, NOW, rome("2026-11-03 10:00"))
    assert not ticket.messages.exists()
    assert [(e.kind, e.actor) for e in ticket.events.all()] == [("opened", consultant)]
    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.recipient) == ("support/call_missed", "phone@example.com")
    assert "We call you back by Tuesday, Nov. 3, 2026, 10 a.m. (Europe/Rome) at the latest." in mail.text
    assert "+52 55 1234 5678" in mail.text


def test_the_subject_is_in_the_language_of_the_client(known, consultant):
    known.language = "es-mx"
    known.save()
    assert missed(consultant).ticket.language == "es-mx"


def test_several_missed_calls_of_one_number_are_one_and_the_oldest_counts(known, consultant):
    second = missed(consultant, at=LATER)
    first = missed(consultant, at=NOW, now=LATER)
    missed(consultant, at=LATER + timedelta(minutes=5))
    ticket = Ticket.objects.get()
    wait = Wait.objects.get()
    assert (second.ticket, first.ticket) == (ticket, ticket)
    assert (wait.asked_at, wait.due_at, wait.calls.count()) == (NOW, rome("2026-11-03 10:00"), 3)
    assert OutgoingMail.objects.count() == 1


def test_two_numbers_are_two_call_backs(known, consultant):
    missed(consultant)
    missed(consultant, NOBODYS, client=known)
    assert Ticket.objects.to_call_back().count() == 2


def test_the_same_form_twice_is_one_call(known, consultant):
    form = uuid.uuid4()
    assert missed(consultant, public_id=form) == missed(consultant, public_id=form)
    with pytest.raises(SupportError) as refused:
        answered(consultant, public_id=form)
    assert (refused.value.code, Call.objects.count(), Wait.objects.count()) == ("form_used", 1, 1)


@pytest.mark.parametrize(
    ("phone", "kept"),
    [
        (NOBODYS, (NOBODYS, "")),
        ("", ("", "")),
        ("anonymous", ("", "anonymous")),
        ("101\x00\n", ("", "101")),
        ("9" * 60, ("", "9" * 40)),
    ],
)
def test_a_call_of_nobody_known_is_listed_without_any_promise(known, consultant, phone, kept):
    call = missed(consultant, phone)
    assert (str(call.phone), call.number_said) == kept
    assert (call.client, call.ticket, call.wait) == (None, None, None)
    assert list(Call.objects.unclaimed()) == [call]
    assert not Ticket.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_who_has_only_a_quote_is_no_client(studio, consultant):
    with_number(studio)
    assert missed(consultant).client is None


def test_who_speaks_for_the_client_no_more_is_nobody(known, consultant):
    end_person(person=known.people.get(phone=ANNAS), today=date(2026, 11, 1), by=registrar())
    assert missed(consultant).client is None


def test_a_number_that_two_clients_share_is_left_to_a_person(known, other_agreement, consultant):
    with_number(other_agreement.client)
    call = missed(consultant)
    assert (call.client, call.ticket) == (None, None)
    linked = link_call(call=call, client=other_agreement.client, by=consultant, now=LATER)
    assert (linked.client, linked.ticket.client) == (other_agreement.client, other_agreement.client)
    assert linked.wait.asked_at == NOW
    # Of whom it was chosen, its person is named; the number alone said nothing.
    assert linked.ticket.email == ""


def test_two_people_of_one_client_who_share_a_number_are_the_client(known, consultant):
    with_number(known, email="second@example.com", name="Second")
    call = missed(consultant)
    assert (call.client, call.name, call.ticket.email) == (known, "", "")
    assert set(OutgoingMail.objects.values_list("recipient", flat=True)) == {
        "anna@example.com",
        "phone@example.com",
        "second@example.com",
    }


def test_a_call_of_nobody_known_is_promised_from_its_moment_once_it_is_linked(agreement, consultant):
    call = missed(consultant)
    linked = link_call(call=call, client=agreement.client, by=consultant, now=rome("2026-11-03 09:30"))
    assert linked.wait.due_at == rome("2026-11-03 10:00")
    again = link_call(call=call, client=agreement.client, by=consultant, now=rome("2026-11-03 09:31"))
    assert (again.ticket, Ticket.objects.count(), Wait.objects.count()) == (linked.ticket, 1, 1)
    assert OutgoingMail.objects.filter(kind="support/call_missed").exists()


def test_linked_after_its_time_nobody_is_promised_what_has_passed(agreement, consultant):
    call = missed(consultant)
    link_call(call=call, client=agreement.client, by=consultant, now=rome("2026-11-03 10:01"))
    assert Wait.objects.breached(rome("2026-11-03 10:01")).exists()
    assert not OutgoingMail.objects.exists()


def test_who_became_a_client_after_the_call_has_the_promise_from_signing_on(studio, desk_lead, consultant):
    call = missed(consultant)
    with pytest.raises(SupportError) as refused:
        link_call(call=call, client=studio, by=consultant, now=LATER)
    assert refused.value.code == "not_a_client"
    sign_agreement(
        client=studio,
        title="Website",
        text="Ten pages.",
        lines=[Line(kind="tool", what="Website", unit="minutes", amount=600)],
        signed=Agreement.Signed.PAPER,
        signed_by="Anna",
        by=desk_lead,
        now=LATER,
    )
    linked = link_call(call=call, client=studio, by=consultant, now=LATER)
    assert (linked.wait.asked_at, linked.wait.due_at) == (LATER, rome("2026-11-03 11:00"))


def test_a_call_is_not_linked_to_a_second_client(agreement, other_agreement, consultant):
    call = missed(consultant)
    link_call(call=call, client=agreement.client, by=consultant, now=NOW)
    with pytest.raises(SupportError) as refused:
        link_call(call=call, client=other_agreement.client, by=consultant, now=NOW)
    assert refused.value.code == "linked_already"
    call.refresh_from_db()
    assert call.client == agreement.client


def test_the_other_calls_of_that_number_are_linked_with_it_where_that_is_said(agreement, consultant):
    first, second = missed(consultant), missed(consultant, at=LATER)
    other = missed(consultant, NOBODYS)
    link_call(call=second, client=agreement.client, by=consultant, now=LATER, with_others=True)
    first.refresh_from_db()
    assert (first.client, Ticket.objects.get().waits.get().asked_at) == (agreement.client, NOW)
    assert list(Call.objects.unclaimed()) == [other]


def test_whoever_belongs_to_a_client_logs_and_links_none_of_its_calls(agreement, consultant):
    name_person(client=agreement.client, name="Me", email=consultant.email, role="asks", by=registrar())
    call = missed(consultant, NOBODYS)
    for act in (
        lambda: missed(consultant, client=agreement.client),
        lambda: link_call(call=call, client=agreement.client, by=consultant, now=NOW),
    ):
        with pytest.raises(SupportError) as refused:
            act()
        assert refused.value.code == "own_business"


def test_an_answered_call_ends_the_call_back_of_its_number(known, consultant):
    ticket = missed(consultant).ticket
    call = answered(consultant, at=LATER, summary="All well.")
    ticket.refresh_from_db()
    assert (call.ticket, ticket.state, ticket.closed_at) == (ticket, State.CLOSED, LATER)
    assert waits() == [(NOW, LATER, Ending.CALL_BACK)]
    assert Wait.objects.get().kept
    assert call.wait == Wait.objects.get()
    # It was returned: the next one is another.
    assert missed(consultant, at=LATER + timedelta(minutes=1)).ticket != ticket


def test_an_answered_call_of_another_number_ends_no_call_back(known, consultant):
    missed(consultant)
    answered(consultant, NOBODYS, at=LATER, client=known)
    assert waits() == [(NOW, None, "")]


def test_an_answered_call_told_of_late_leaves_what_was_missed_after_it(known, consultant):
    missed(consultant)
    after = missed(consultant, at=rome("2026-11-02 12:00"))
    answered(consultant, at=LATER, now=rome("2026-11-02 12:30"))
    after.refresh_from_db()
    assert waits() == [
        (NOW, LATER, Ending.CALL_BACK),
        (rome("2026-11-02 12:00"), None, ""),
    ]
    assert (after.wait, after.ticket.state) == (Wait.objects.open().get(), State.OPEN)
    assert after.wait.due_at == rome("2026-11-03 12:00")


def test_a_missed_call_told_of_after_they_reached_us_is_not_to_be_returned(known, consultant):
    answered(consultant, at=LATER)
    late = missed(consultant, at=NOW, now=LATER)
    assert (late.client, late.ticket) == (known, None)
    assert missed(consultant, at=LATER + timedelta(seconds=1)).ticket is not None


def test_a_call_told_of_after_the_deadline_does_not_undo_the_breach(known, consultant):
    missed(consultant)
    told_at = rome("2026-11-03 10:01")
    answered(consultant, at=LATER, now=told_at)
    wait = Wait.objects.get()
    assert (wait.ended_at, wait.kept, wait.breached_at) == (told_at, False, told_at)


def test_an_answered_call_about_a_ticket_answers_it(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    call = answered(consultant, "", at=LATER, ticket=ticket, summary="Explained.")
    ticket.refresh_from_db()
    assert (call.client, ticket.state) == (agreement.client, State.ANSWERED)
    assert waits() == [(NOW, LATER, Ending.CALL_BACK)]


def test_what_was_asked_in_a_call_and_not_answered_waits(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    answered(consultant, "", at=LATER, ticket=ticket, summary="And the shop?", waits=True)
    assert waits() == [(NOW, None, "")]
    assert list(ticket.messages.values_list("channel", "kind", "text", "at")) == [
        ("web", "asked", "How do I publish?", NOW),
        ("phone", "asked", "And the shop?", LATER),
    ]


def test_an_answered_call_opens_a_ticket_that_waits_from_its_moment(known, consultant):
    call = answered(consultant, at=NOW, now=LATER, summary="The shop is down.", waits=True)
    ticket = call.ticket
    assert (ticket.kind, ticket.channel, ticket.subject) == ("request", "phone", "The shop is down.")
    assert (ticket.email, ticket.waits.get().asked_at) == ("phone@example.com", NOW)
    assert OutgoingMail.objects.get().kind == "support/ticket_received"


def test_what_was_answered_in_the_call_itself_waited_for_nobody(known, consultant):
    ticket = answered(consultant, subject="Prices", summary="Asked how prices are set; told.").ticket
    assert (ticket.state, ticket.consultant, ticket.waits.count()) == (State.ANSWERED, consultant, 0)
    assert ticket.messages.get().text == "Asked how prices are set; told."
    assert not OutgoingMail.objects.exists()


def test_a_call_that_ends_the_call_back_may_open_a_ticket_too(known, consultant):
    call_to_return = missed(consultant).ticket
    call = answered(consultant, at=LATER, summary="The shop is down.", waits=True)
    call_to_return.refresh_from_db()
    assert (call_to_return.state, call.ticket.kind) == (State.CLOSED, "request")
    assert waits() == [(NOW, LATER, Ending.CALL_BACK), (LATER, None, "")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"outcome": "nobody"}, "outcome"),
        ({"direction": "out"}, "outcome"),
        ({"now": NOW - timedelta(seconds=1)}, "future"),
        ({"now": NOW + timedelta(days=32)}, "too_long_ago"),
        ({"seconds": 86_401}, "seconds"),
        ({"outcome": "answered", "waits": True}, "nothing_written"),
        ({"outcome": "answered", "subject": "Shop"}, "nothing_written"),
        ({"outcome": "answered", "phone": NOBODYS, "waits": True, "summary": "Shop?"}, "no_client"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(known, consultant, changes, code):
    with pytest.raises(SupportError) as refused:
        missed(consultant, **({"at": NOW} | changes))
    assert (refused.value.code, Call.objects.count()) == (code, 0)


def test_a_call_about_a_ticket_of_another_client_is_refused(known, other_agreement, consultant):
    ticket = opened(other_agreement.client, None, email="bruno@example.com")
    with pytest.raises(SupportError) as refused:
        missed(consultant, client=known, ticket=ticket)
    assert refused.value.code == "other_client"


def test_a_withheld_number_of_a_client_who_said_their_name_is_to_be_called_back(known, consultant):
    call = missed(consultant, "", client=known, name="Anna")
    assert (call.ticket.subject, call.ticket.name) == ("Call back: the number was withheld", "Anna")
    assert missed(consultant, "", client=known, at=LATER).ticket == call.ticket


def test_of_a_client_whose_number_was_shown_and_is_none_the_call_to_return_says_so(known, consultant):
    call = missed(consultant, "12", client=known)
    assert (str(call.phone), call.number_said) == ("", "12")
    assert call.ticket.subject == "Call back: “12” was shown, which is no number"


def test_a_missed_call_after_a_message_was_left_opens_the_call_back_again(known, consultant):
    ticket = missed(consultant).ticket
    call_back(ticket=ticket, outcome="left_message", by=consultant, now=LATER)
    again = missed(consultant, at=rome("2026-11-02 12:00"))
    ticket.refresh_from_db()
    assert (again.ticket, ticket.state) == (ticket, State.OPEN)
    assert waits() == [(NOW, LATER, Ending.CALL_BACK), (rome("2026-11-02 12:00"), None, "")]


def test_a_closed_call_back_that_is_taken_up_again_is_a_conversation(known, anna, consultant):
    ticket = missed(consultant).ticket
    answered(consultant, at=LATER)
    other = missed(consultant, at=rome("2026-11-02 12:00")).ticket
    said = ask_again(ticket=ticket, text="One more thing.", channel="mail", by=anna, at=LATER, now=LATER)
    ticket.refresh_from_db()
    assert (said.ticket, ticket.kind, ticket.state, other.kind) == (ticket, "request", "open", "call_back")
    close_ticket(ticket=ticket, by=anna, by_client=True, now=LATER)
    assert reopen_ticket(ticket=ticket, by=consultant, now=LATER).kind == "request"


def test_a_call_back_that_was_merged_is_returned_on_the_other(known, anna, consultant):
    request = opened(known, anna, now=rome("2026-11-02 09:30"))
    ticket = missed(consultant).ticket
    merge_tickets(ticket=ticket, into=request, by=consultant, now=LATER)
    call = call_back(ticket=ticket, outcome="answered", by=consultant, now=LATER)
    request.refresh_from_db()
    assert (call.ticket, request.state) == (request, State.ANSWERED)
    assert not Wait.objects.open().exists()


def test_who_sees_a_call(known, anna, consultant, pro_user):
    call = missed(consultant)
    unknown = missed(consultant, NOBODYS)
    assert list(Call.objects.visible_to(anna)) == [call]
    assert not Call.objects.visible_to(pro_user).exists()
    assert list(Call.objects.at_the_desk(consultant)) == [unknown, call]
    name_person(client=known, name="Me", email=consultant.email, role="asks", by=registrar())
    assert list(Call.objects.at_the_desk(consultant)) == [unknown]

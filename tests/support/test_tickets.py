"""Tickets: opened, taken, placed, closed, opened again, merged (S1, S2, S4, S8)."""

import uuid
from datetime import timedelta

import pytest

from mail.models import OutgoingMail
from support.calls import call_back
from support.errors import SupportError
from support.merging import merge_tickets
from support.messages import answer_ticket, ask_again, needs_no_answer
from support.models import Call, Client, Ticket, Wait
from support.tickets import (
    close_ticket,
    hand_over,
    open_ticket,
    place_ticket,
    put_back,
    rate_ticket,
    reopen_ticket,
    take_ticket,
)
from tests.support.making import NOW, opened, placed, registrar, rome

pytestmark = pytest.mark.django_db

State = Ticket.State


def test_a_client_who_asks_waits_for_one_working_day(agreement, anna):
    ticket = opened(agreement.client, anna)
    wait = ticket.waits.get()
    assert (wait.asked_at, wait.due_at, wait.minutes) == (NOW, rome("2026-11-03 10:00"), 480)
    # Three quarters of eight hours after 10:00: 13:00 to 14:00 is off.
    assert wait.warn_at == rome("2026-11-02 17:00")
    assert (ticket.state, ticket.agreement_version) == (State.OPEN, agreement.current)
    mail = OutgoingMail.objects.get(kind="support/ticket_received")
    assert mail.recipient == anna.email
    assert mail.reply_to == f"soporte+{ticket.tag}@quince.example"
    assert "by Tuesday, Nov. 3, 2026, 10 a.m. (Europe/Rome) at the latest." in mail.text


def test_answering_ends_the_wait_and_writes_to_the_asker(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    answered_at = rome("2026-11-02 15:00")
    message = answer_ticket(ticket=ticket, text="Press “Publish”.", by=consultant, now=answered_at)
    ticket.refresh_from_db()
    wait = ticket.waits.get()
    assert (ticket.state, ticket.consultant) == (State.ANSWERED, consultant)
    assert (wait.ended_at, wait.ending, wait.ended_by) == (answered_at, Wait.Ending.ANSWER, consultant)
    # From 10:00 to 13:00 and from 14:00 to 15:00.
    assert (wait.took_seconds, wait.kept, wait.breached_at) == (4 * 3600, True, None)
    assert message.wait == wait
    assert "Press “Publish”." in OutgoingMail.objects.get(kind="support/ticket_answered").text


@pytest.mark.parametrize(("at", "kept"), [("2026-11-03 10:00:00", True), ("2026-11-03 10:00:01", False)])
def test_an_answer_at_the_very_deadline_is_in_time(agreement, anna, consultant, at, kept):
    ticket = opened(agreement.client, anna)
    answer_ticket(ticket=ticket, text="Yes.", by=consultant, now=rome(at))
    wait = ticket.waits.get()
    assert (wait.kept, wait.breached_at) == (kept, None if kept else rome(at))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("to", State)
def test_every_move_of_state_is_in_the_table_or_refused(state, to):
    from base.models import move_to

    ticket = Ticket(state=state)
    if to in Ticket.MOVES[state]:
        assert (move_to(ticket, to), ticket.state) == (state, to)
    else:
        with pytest.raises(ValueError):
            move_to(ticket, to)


def test_the_same_form_twice_opens_one_ticket(agreement, anna):
    form = uuid.uuid4()
    first = opened(agreement.client, anna, public_id=form)
    assert opened(agreement.client, anna, public_id=form) == first
    with pytest.raises(SupportError) as refused:
        opened(agreement.client, anna, public_id=form, subject="Something else")
    assert (refused.value.code, Ticket.objects.count()) == ("form_used", 1)


def test_one_consultant_takes_a_ticket_and_hands_it_over(agreement, anna, consultant, desk_lead):
    ticket = opened(agreement.client, anna)
    take_ticket(ticket=ticket, by=consultant, now=NOW)
    assert take_ticket(ticket=ticket, by=consultant, now=NOW).consultant == consultant
    with pytest.raises(SupportError) as refused:
        take_ticket(ticket=ticket, by=desk_lead, now=NOW)
    assert refused.value.code == "taken"
    hand_over(ticket=ticket, to=desk_lead, by=consultant, why="Holiday.", now=NOW)
    assert OutgoingMail.objects.get(kind="support/ticket_handed_over").recipient == desk_lead.email
    put_back(ticket=ticket, by=desk_lead, now=NOW)
    ticket.refresh_from_db()
    assert ticket.consultant is None
    assert list(ticket.events.values_list("kind", flat=True)) == [
        "opened",
        "taken",
        "handed_over",
        "released",
    ]


def test_a_ticket_is_not_handed_to_somebody_who_cannot_answer(agreement, anna, consultant, pro_user):
    ticket = opened(agreement.client, anna)
    with pytest.raises(SupportError) as refused:
        hand_over(ticket=ticket, to=pro_user, by=consultant, now=NOW)
    assert refused.value.code == "cannot_answer"


def test_the_desk_closes_nothing_that_waits_and_a_client_may(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    with pytest.raises(SupportError) as refused:
        close_ticket(ticket=placed(ticket), by=consultant, now=NOW)
    assert refused.value.code == "still_waiting"
    closed = close_ticket(ticket=ticket, by=anna, by_client=True, now=NOW)
    wait = ticket.waits.get()
    assert (closed.state, wait.ending, wait.kept) == (State.CLOSED, Wait.Ending.CLIENT, None)


def test_a_closed_ticket_is_opened_again_for_fourteen_days_and_then_followed(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    answer_ticket(ticket=placed(ticket), text="Done.", by=consultant, close=True, now=NOW)
    last = NOW + timedelta(days=14)
    message = ask_again(
        ticket=ticket, text="Not yet.", channel="web", by=anna, email=anna.email, at=last, now=last
    )
    assert message.ticket == ticket
    answer_ticket(ticket=placed(ticket), text="Now?", by=consultant, close=True, now=last)
    late = last + timedelta(days=14, seconds=1)
    follow = ask_again(
        ticket=ticket, text="Again.", channel="web", by=anna, email=anna.email, at=late, now=late
    )
    ticket.refresh_from_db()
    assert (ticket.state, follow.ticket.follows, follow.ticket.client) == (
        State.CLOSED,
        ticket,
        agreement.client,
    )
    assert follow.ticket.waits.get().asked_at == late
    with pytest.raises(SupportError) as refused:
        reopen_ticket(ticket=ticket, by=consultant, now=late)
    assert refused.value.code == "closed_long_ago"


def test_of_two_that_are_merged_the_earlier_promise_goes_on(agreement, anna, consultant):
    first = opened(agreement.client, anna)
    second = opened(agreement.client, anna, subject="Again", now=rome("2026-11-02 12:00"))
    merge_tickets(ticket=first, into=second, by=consultant, now=rome("2026-11-02 12:30"))
    first.refresh_from_db()
    assert (first.state, first.merged_into) == (State.MERGED, second)
    assert [m.text for m in second.messages.public()] == ["How do I publish?", "How do I publish?"]
    wait = Wait.objects.open().get()
    assert (wait.ticket, wait.asked_at, wait.due_at) == (second, NOW, rome("2026-11-03 10:00"))
    assert first.waits.get().ending == Wait.Ending.MERGED
    said = ask_again(
        ticket=first,
        text="And?",
        channel="web",
        by=anna,
        at=rome("2026-11-02 13:00"),
        now=rome("2026-11-02 13:00"),
    )
    assert (said.ticket, said.wait) == (second, wait)


def test_merging_into_an_answered_one_opens_it(agreement, anna, consultant):
    first, second = opened(agreement.client, anna), opened(agreement.client, anna)
    answer_ticket(ticket=second, text="So.", by=consultant, now=NOW)
    merge_tickets(ticket=first, into=second, by=consultant, now=NOW)
    second.refresh_from_db()
    assert (second.state, Wait.objects.open().get().ticket) == (State.OPEN, second)


def test_tickets_of_two_clients_are_not_merged(agreement, anna, consultant, other_agreement):
    first = opened(agreement.client, anna)
    second = opened(other_agreement.client, None, email="bruno@example.com")
    with pytest.raises(SupportError) as refused:
        merge_tickets(ticket=first, into=second, by=consultant, now=NOW)
    assert refused.value.code == "other_client"


def test_a_ticket_is_placed_against_an_allowance_of_its_client_or_outside(
    agreement, allowance, anna, consultant, other_agreement
):
    ticket = opened(agreement.client, anna)
    place_ticket(ticket=ticket, placement="allowance", allowance=allowance, by=consultant, now=NOW)
    ticket.refresh_from_db()
    assert (ticket.placement, ticket.allowance) == ("allowance", allowance)
    place_ticket(ticket=ticket, placement="outside", by=consultant, now=NOW)
    ticket.refresh_from_db()
    assert (ticket.placement, ticket.allowance) == ("outside", None)
    theirs = other_agreement.client.allowances.get()
    with pytest.raises(SupportError) as refused:
        place_ticket(ticket=ticket, placement="allowance", allowance=theirs, by=consultant, now=NOW)
    assert refused.value.code == "other_client"


def test_a_closed_ticket_is_still_placed_and_a_merged_one_where_it_goes_on(
    agreement, allowance, anna, consultant
):
    """Work is logged on a closed ticket too, and on no merged one."""
    closed, merged, into = (opened(agreement.client, anna) for _each in range(3))
    close_ticket(ticket=closed, by=anna, by_client=True, now=NOW)
    merge_tickets(ticket=merged, into=into, by=consultant, now=NOW)
    place_ticket(ticket=closed, placement="outside", by=consultant, now=NOW)
    assert [(event.kind, event.about) for event in closed.events.order_by("pk")][-2:] == [
        ("closed", ""),
        ("placed", "outside"),
    ]
    with pytest.raises(SupportError) as refused:
        place_ticket(ticket=merged, placement="allowance", allowance=allowance, by=consultant, now=NOW)
    assert (refused.value.code, into.number in str(refused.value)) == ("merged", True)
    merged.refresh_from_db()
    assert (merged.placement, merged.events.latest("pk").kind) == ("", "merged")


def test_what_was_agreed_when_it_was_opened_stays_with_the_ticket(agreement, anna, desk_lead):
    from support.agreements import Line, change_agreement

    first = agreement.current
    ticket = opened(agreement.client, anna)
    line = first.lines.get()
    change_agreement(
        agreement=agreement,
        text="Twelve pages.",
        lines=[Line(kind="tool", what="Website", unit="minutes", amount=660, allowance=line.allowance)],
        why="Two pages more.",
        by=desk_lead,
        now=NOW + timedelta(days=1),
    )
    later = opened(agreement.client, anna, now=NOW + timedelta(days=2))
    ticket.refresh_from_db()
    assert (ticket.agreement_version, later.agreement_version) == (first, agreement.current)


def test_a_ticket_is_rated_once_somebody_answered(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    with pytest.raises(SupportError) as refused:
        rate_ticket(ticket=ticket, rating=5, text="", by=anna, now=NOW)
    assert refused.value.code == "not_answered"
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    rated = rate_ticket(ticket=ticket, rating=5, text="Quick.", by=anna, now=NOW)
    assert (rated.rating, rated.rating_text, rated.rated_at) == (5, "Quick.", NOW)


def test_who_sees_a_ticket(agreement, anna, consultant, pro_user):
    ticket = opened(agreement.client, anna)
    assert list(Ticket.objects.visible_to(anna)) == [ticket]
    assert not Ticket.objects.visible_to(pro_user).exists()
    assert list(Ticket.objects.at_the_desk(consultant)) == [ticket]
    assert not Ticket.objects.at_the_desk(anna).exists()


def test_a_question_of_a_stranger_has_no_deadline(db):
    ticket = open_ticket(
        subject="",
        text="How much is it?\nThanks",
        channel="web",
        asked_at=NOW,
        now=NOW,
        client=None,
        kind=Ticket.Kind.QUESTION,
        email="Nobody@Example.com",
        confirmed=False,
    )
    assert (ticket.subject, ticket.state, ticket.email) == (
        "How much is it?",
        State.UNCONFIRMED,
        "nobody@example.com",
    )
    assert not ticket.waits.exists()
    assert not OutgoingMail.objects.exists()


def test_the_same_form_without_a_subject_opens_one_ticket(agreement, anna):
    form = uuid.uuid4()
    first = opened(agreement.client, anna, public_id=form, subject="")
    assert opened(agreement.client, anna, public_id=form, subject="") == first
    with pytest.raises(SupportError) as refused:
        opened(agreement.client, anna, public_id=form, subject="", text="How do I publish?\nAnd where?")
    assert (refused.value.code, Ticket.objects.count()) == ("form_used", 1)


def test_a_form_of_another_client_tells_nothing_of_what_it_said(agreement, anna, other_agreement):
    form = uuid.uuid4()
    opened(other_agreement.client, None, public_id=form, subject="Our secret shop")
    with pytest.raises(SupportError) as refused:
        opened(agreement.client, anna, public_id=form)
    assert "secret" not in refused.value.sentence


def test_a_subject_and_a_name_are_one_line_each(agreement, anna):
    ticket = opened(agreement.client, anna, subject="Help\r\n\r\nOpen it:\nhttp://x/", name="Anna\nBianchi")
    assert (ticket.subject, ticket.name) == ("Help  Open it: http://x/", "Anna Bianchi")


def test_opening_a_ticket_costs_eleven_queries(agreement, anna, django_assert_num_queries):
    client = Client.objects.get(pk=agreement.client.pk)
    # Eleven, and two that begin and end its transaction.
    with django_assert_num_queries(13):
        opened(client, anna, public_id=uuid.uuid4())


def test_nobody_reads_a_question_before_its_asker_has_confirmed_it(consultant, desk_lead):
    ticket = opened(None, None, kind=Ticket.Kind.QUESTION, email="a@example.com", confirmed=False)
    assert not Ticket.objects.at_the_desk(consultant).exists()
    Ticket.objects.filter(pk=ticket.pk).update(state=State.EXPIRED)
    assert not Ticket.objects.at_the_desk(desk_lead).exists()
    Ticket.objects.filter(pk=ticket.pk).update(state=State.OPEN)
    assert Ticket.objects.at_the_desk(consultant).get() == ticket


def test_what_somebody_had_taken_who_works_here_no_more_is_taken_anew(agreement, anna, consultant, desk_lead):
    ticket = opened(agreement.client, anna)
    take_ticket(ticket=ticket, by=consultant, now=NOW)
    consultant.is_active = False
    consultant.save()
    assert take_ticket(ticket=ticket, by=desk_lead, now=NOW).consultant == desk_lead


def question(email, **changes):
    return opened(None, None, kind=Ticket.Kind.QUESTION, email=email, **changes)


def test_questions_of_two_whom_nobody_knows_by_an_address_are_not_merged(consultant):
    first, second = question("", phone="+390612345678"), question("", phone="+390687654321")
    with pytest.raises(SupportError) as refused:
        merge_tickets(ticket=first, into=second, by=consultant, now=NOW)
    assert refused.value.code == "other_client"


def test_what_a_clients_people_said_is_merged_into_no_question_of_who_does_not_speak_for_it(
    agreement, anna, consultant
):
    from support.clients import name_person
    from support.questions import link_to_client

    evas = link_to_client(ticket=question("eva@example.com"), client=agreement.client, by=consultant, now=NOW)
    own = opened(agreement.client, anna, text="Between us.")
    with pytest.raises(SupportError) as refused:
        merge_tickets(ticket=own, into=evas, by=consultant, now=NOW)
    assert (refused.value.code, evas.messages.count()) == ("others_would_read", 1)
    # Nor the other way: she would neither read on nor have her answer.
    with pytest.raises(SupportError) as refused:
        merge_tickets(ticket=evas, into=own, by=consultant, now=NOW)
    assert (refused.value.code, evas.messages.count()) == ("others_would_read", 1)
    name_person(client=agreement.client, name="Eva", email="eva@example.com", role="asks", by=registrar())
    assert merge_tickets(ticket=own, into=evas, by=consultant, now=NOW) == evas
    assert evas.messages.public().count() == 2


def test_an_open_question_that_is_merged_into_an_answered_one_opens_it(consultant):
    first, second = question("a@example.com"), question("a@example.com")
    answer_ticket(ticket=second, text="So.", by=consultant, now=NOW)
    merge_tickets(ticket=first, into=second, by=consultant, now=NOW)
    second.refresh_from_db()
    assert second.state == State.OPEN


def test_a_call_about_an_appeal_is_its_makers_alone(agreement, anna):
    from support.clients import name_person
    from tests.making import make_user

    name_person(client=agreement.client, name="Bea", email="bea@example.com", role="asks", by=registrar())
    bea = make_user("bea@example.com")
    said = {"direction": "in", "outcome": "answered", "client": agreement.client, "at": NOW}
    appeal = opened(agreement.client, anna, kind=Ticket.Kind.APPEAL)
    other = Call.objects.create(**said, recorded_at=NOW)
    of_appeal = Call.objects.create(**said, recorded_at=NOW, ticket=appeal)
    assert set(Call.objects.visible_to(anna)) == {other, of_appeal}
    assert set(Call.objects.visible_to(bea)) == {other}


def test_what_nobody_has_answered_is_not_rated(agreement, anna, consultant, client_of):
    ticket = opened(agreement.client, anna)
    close_ticket(ticket=ticket, by=anna, now=NOW, by_client=True)
    with pytest.raises(SupportError) as refused:
        rate_ticket(ticket=ticket, rating=5, text="", by=anna, now=NOW)
    assert refused.value.code == "not_answered"
    page = f"/support/tickets/{ticket.public_id}/"
    assert "Say how it went" not in client_of(anna).get(page).content.decode()
    # Nor is it asked for by mail where the desk closes it.
    needless = opened(agreement.client, anna, subject="Thanks!")
    needs_no_answer(message=needless.messages.get(), why="Thanks.", by=consultant, now=NOW)
    close_ticket(ticket=placed(needless), by=consultant, now=NOW)
    assert "Say how it went" not in OutgoingMail.objects.get(kind="support/ticket_closed").text


def test_what_was_answered_on_the_telephone_is_rated_too(agreement, anna, consultant, client_of):
    ticket = opened(agreement.client, anna)
    call_back(ticket=ticket, outcome="answered", by=consultant, now=NOW)
    assert rate_ticket(ticket=ticket, rating=5, text="", by=anna, now=NOW).rating == 5
    page = f"/support/tickets/{ticket.public_id}/"
    assert "Say how it went" in client_of(anna).get(page).content.decode()


def test_an_appeal_is_placed_nowhere(agreement, anna, allowance, consultant, desk_lead):
    appeal = opened(agreement.client, anna, kind=Ticket.Kind.APPEAL)
    with pytest.raises(SupportError) as refused:
        place_ticket(
            ticket=appeal, placement=Ticket.Placement.ALLOWANCE, allowance=allowance, by=desk_lead, now=NOW
        )
    assert refused.value.code == "appeal"

"""What was done on tickets: taken from allowances, given as a courtesy, or an exception (S5, S6, S7)."""

import uuid
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from mail.models import OutgoingMail
from support.allowances import add_to, open_allowance
from support.errors import SupportError
from support.merging import merge_tickets
from support.messages import answer_ticket
from support.models import AllowanceEntry, Ticket, Work
from support.questions import link_to_client
from support.tickets import place_ticket
from support.work import proposals, take_back_work
from tests.support.booking import books_hold, logged, rows, used
from tests.support.making import NOW, opened, rome
from tests.support.test_questions import confirmed

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 2)


def refused(*args, **changes):
    with pytest.raises(SupportError) as refusal:
        logged(*args, **changes)
    return refusal.value.code


def bought(client, what, amount, unit="minutes", **changes):
    said = {"starts_on": TODAY, "cause": f"test:{what}", "now": NOW}
    return open_allowance(client=client, what=what, unit=unit, amount=amount, **(said | changes))


def test_what_was_done_is_taken_from_the_allowance_and_places_the_ticket(ticket, allowance, consultant):
    (work,) = logged(ticket, consultant, allowance=allowance)
    ticket.refresh_from_db()
    allowance.refresh_from_db()
    assert rows() == [("allowance", "minutes", 30, "")]
    assert (work.ticket, work.by, work.at, work.done) == (ticket, consultant, NOW, "Published the page.")
    assert (work.allowance, work.entry.amount, work.entry.cause) == (allowance, -30, f"work:{work.public_id}")
    assert (ticket.placement, ticket.allowance, allowance.left) == ("allowance", allowance, 570)
    assert ticket.events.filter(kind="placed", actor=consultant, about="Website").count() == 1


def test_the_same_form_twice_is_booked_once(ticket, allowance, consultant):
    form = uuid.uuid4()
    first = logged(ticket, consultant, 605, allowance=allowance, rest="courtesy", form_id=form)
    assert logged(ticket, consultant, 605, allowance=allowance, rest="courtesy", form_id=form) == first
    allowance.refresh_from_db()
    ticket.refresh_from_db()
    assert (len(first), allowance.left, ticket.courtesy_minutes) == (2, 0, 5)
    for changes in ({"amount": 606}, {"done": "Something else."}, {"rest": "exception", "why": "So."}):
        said = {"amount": 605, "allowance": allowance, "rest": "courtesy", "form_id": form}
        assert refused(ticket, consultant, **(said | changes)) == "form_used"
    assert refused(ticket, consultant, 605, rest="courtesy", form_id=form) == "form_used"
    assert len(rows()) == 2


def test_what_is_left_is_booked_and_the_rest_waits_for_an_offer(ticket, allowance, consultant):
    used(allowance, 570, consultant)
    form = uuid.uuid4()
    said = {"allowance": allowance, "rest": "offer", "form_id": form}
    first = logged(ticket, consultant, 90, **said)
    assert logged(ticket, consultant, 90, **said) == first
    allowance.refresh_from_db()
    assert (rows(), allowance.left) == ([("allowance", "minutes", 30, "")], 0)
    assert refused(ticket, consultant, 20, **said) == "form_used"
    assert refused(ticket, consultant, 90, **(said | {"done": "Something else."})) == "form_used"
    # Of nothing that is left nothing is booked, and its way on is an offer all the same.
    assert refused(ticket, consultant, 90, **(said | {"form_id": uuid.uuid4()})) == "used_up"
    assert refused(ticket, consultant, 90, rest="offer") == "rest_needed"
    assert len(rows()) == 1


@pytest.mark.parametrize(("amount", "outcome"), [(10, None), (11, "too_long")])
def test_ten_minutes_are_a_courtesy_and_eleven_are_not(ticket, consultant, amount, outcome):
    if outcome:
        assert refused(ticket, consultant, amount, rest="courtesy") == outcome
        assert rows() == []
    else:
        logged(ticket, consultant, amount, rest="courtesy")
        ticket.refresh_from_db()
        assert (rows(), ticket.courtesy_minutes, ticket.placement) == (
            [("courtesy", "minutes", 10, "")],
            10,
            "outside",
        )


def test_ten_minutes_are_meant_in_all_on_the_ticket(ticket, consultant):
    logged(ticket, consultant, 6, rest="courtesy")
    assert refused(ticket, consultant, 5, rest="courtesy") == "too_long"
    logged(ticket, consultant, 4, rest="courtesy")
    assert refused(ticket, consultant, 1, rest="courtesy") == "too_long"
    assert sum(row[2] for row in rows()) == 10


def test_the_database_holds_the_ten_minutes(ticket):
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(courtesy_minutes=11)


def test_a_courtesy_is_never_given_while_what_the_ticket_is_placed_against_can_take_it(
    ticket, allowance, consultant
):
    place_ticket(ticket=ticket, placement="allowance", allowance=allowance, by=consultant, now=NOW)
    assert refused(ticket, consultant, 5, rest="courtesy") == "something_left"
    used(allowance, 600, consultant)
    logged(ticket, consultant, 5, rest="courtesy")
    assert rows() == [("courtesy", "minutes", 5, "")]


def test_more_than_is_left_is_refused_with_what_is_left_and_then_split(ticket, allowance, consultant):
    used(allowance, 570, consultant)
    with pytest.raises(SupportError) as refusal:
        logged(ticket, consultant, 38, allowance=allowance)
    assert (refusal.value.code, "30 min" in str(refusal.value)) == ("more_than_left", True)
    assert (rows(), Ticket.objects.get().placement) == ([], "")
    first, second = logged(ticket, consultant, 38, allowance=allowance, rest="courtesy", left_seen=30)
    assert rows() == [("allowance", "minutes", 30, ""), ("courtesy", "minutes", 8, "")]
    assert first.form_id == second.form_id
    allowance.refresh_from_db()
    ticket.refresh_from_db()
    assert (allowance.left, ticket.courtesy_minutes) == (0, 8)
    assert books_hold()


def test_a_rest_that_is_long_needs_an_exception_with_a_reason(ticket, allowance, consultant):
    used(allowance, 570, consultant)
    assert refused(ticket, consultant, 41, allowance=allowance, rest="courtesy") == "too_long"
    assert refused(ticket, consultant, 41, allowance=allowance, rest="exception") == "no_reason"
    logged(ticket, consultant, 41, allowance=allowance, rest="exception", why="Our own mistake.")
    assert rows() == [("allowance", "minutes", 30, ""), ("exception", "minutes", 11, "Our own mistake.")]
    ticket.refresh_from_db()
    assert ticket.courtesy_minutes == 0


def test_the_reason_of_an_exception_is_not_kept_where_there_is_no_rest(ticket, allowance, consultant):
    logged(ticket, consultant, allowance=allowance, rest="exception", why="In case.")
    assert rows() == [("allowance", "minutes", 30, "")]


def test_of_what_is_used_up_all_is_rest(ticket, allowance, consultant):
    used(allowance, 600, consultant)
    assert refused(ticket, consultant, 5, allowance=allowance) == "used_up"
    logged(ticket, consultant, 5, allowance=allowance, rest="courtesy")
    ticket.refresh_from_db()
    assert (rows(), ticket.allowance) == ([("courtesy", "minutes", 5, "")], allowance)


def test_a_split_that_is_no_longer_the_one_that_was_chosen_is_shown_again(ticket, allowance, consultant):
    used(allowance, 580, consultant)
    said = {"allowance": allowance, "rest": "exception", "why": "Once."}
    assert refused(ticket, consultant, 45, left_seen=30, **said) == "left_changed"
    # More is left than was shown, and all of it fits: that is a split too.
    assert refused(ticket, consultant, 20, left_seen=10, **said) == "left_changed"
    logged(ticket, consultant, 45, left_seen=20, **said)
    assert [row[2] for row in rows()] == [20, 25]


def test_interventions_are_counted_one_a_ticket_unless_more_is_said(agreement, ticket, consultant):
    visits = bought(agreement.client, "Visits", 3, "interventions")
    logged(ticket, consultant, 1, unit="interventions", allowance=visits)
    assert refused(ticket, consultant, 1, unit="interventions", allowance=visits) == "counted_already"
    logged(ticket, consultant, 1, unit="interventions", allowance=visits, more=True)
    visits.refresh_from_db()
    assert visits.left == 1


def test_interventions_are_split_too_but_are_no_courtesy(agreement, ticket, consultant):
    visits = bought(agreement.client, "Visits", 2, "interventions")
    said = {"unit": "interventions", "allowance": visits}
    assert refused(ticket, consultant, 3, rest="courtesy", **said) == "courtesy_in_minutes"
    logged(ticket, consultant, 3, rest="exception", why="One was short.", **said)
    assert rows() == [
        ("allowance", "interventions", 2, ""),
        ("exception", "interventions", 1, "One was short."),
    ]


def test_minutes_do_not_reduce_interventions(agreement, ticket, consultant):
    visits = bought(agreement.client, "Visits", 2, "interventions")
    assert refused(ticket, consultant, 30, allowance=visits) == "other_unit"
    visits.refresh_from_db()
    assert (rows(), visits.left) == ([], 2)


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ({"starts_on": date(2026, 11, 3)}, "not_started"),
        ({"starts_on": date(2026, 10, 1), "expires_on": date(2026, 11, 1)}, "ended"),
    ],
)
@pytest.mark.parametrize("rest", ["", "exception"])
def test_what_cannot_be_used_is_refused_whatever_becomes_of_a_rest(
    agreement, ticket, consultant, days, code, rest
):
    other = bought(agreement.client, "Training", 60, **days)
    assert refused(ticket, consultant, allowance=other, rest=rest, why="So.") == code
    assert rows() == []


def test_the_support_of_another_client_is_refused(ticket, consultant, other_agreement):
    theirs = other_agreement.client.allowances.get()
    assert refused(ticket, consultant, allowance=theirs) == "other_client"


def test_a_ticket_is_charged_where_it_is_placed_and_elsewhere_only_once_it_is_placed_there(
    agreement, ticket, allowance, consultant
):
    other = bought(agreement.client, "Training", 60)
    place_ticket(ticket=ticket, placement="allowance", allowance=allowance, by=consultant, now=NOW)
    assert refused(ticket, consultant, allowance=other) == "other_placement"
    place_ticket(ticket=ticket, placement="allowance", allowance=other, by=consultant, now=NOW)
    logged(ticket, consultant, allowance=other)
    place_ticket(ticket=ticket, placement="outside", by=consultant, now=NOW)
    assert refused(ticket, consultant, allowance=other) == "other_placement"


def test_what_ends_first_is_proposed_and_nothing_charged_until_it_is_confirmed(
    agreement, ticket, allowance, consultant
):
    sooner = bought(agreement.client, "Training", 60, expires_on=date(2026, 12, 31))
    assert list(proposals(ticket, "minutes", NOW)) == [sooner, allowance]
    placed = place_ticket(ticket=ticket, placement="allowance", allowance=allowance, by=consultant, now=NOW)
    assert list(proposals(placed, "minutes", NOW)) == [allowance, sooner]
    assert proposals(placed, "interventions", NOW) == []
    assert not AllowanceEntry.objects.filter(kind="used").exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"done": " "}, "nothing_written"),
        ({"amount": 0}, "no_amount"),
        ({"amount": -5}, "no_amount"),
        ({"amount": 10_001}, "too_much"),
        ({}, "rest_needed"),
    ],
)
def test_what_is_not_said_is_refused(ticket, consultant, changes, code):
    assert refused(ticket, consultant, **changes) == code
    assert rows() == []


def test_nothing_is_logged_for_who_is_no_client(consultant):
    question = opened(None, None, kind=Ticket.Kind.QUESTION, email="nobody@example.com")
    assert refused(question, consultant, 5, rest="courtesy") == "no_client"
    appeal = opened(None, None, kind=Ticket.Kind.APPEAL, email="nobody@example.com")
    assert refused(appeal, consultant, 5, rest="courtesy") == "appeal"


def test_what_was_merged_is_logged_where_it_went_on(agreement, ticket, anna, consultant):
    other = opened(agreement.client, anna, subject="Again")
    merge_tickets(ticket=ticket, into=other, by=consultant, now=NOW)
    with pytest.raises(SupportError) as refusal:
        logged(ticket, consultant, 5, rest="courtesy")
    assert (refusal.value.code, other.number in str(refusal.value)) == ("merged", True)


def test_what_is_done_is_logged_on_a_closed_ticket_too(ticket, allowance, consultant):
    place_ticket(ticket=ticket, placement="allowance", allowance=allowance, by=consultant, now=NOW)
    answer_ticket(ticket=ticket, text="Done.", by=consultant, close=True, now=NOW)
    logged(ticket, consultant, allowance=allowance)
    assert rows() == [("allowance", "minutes", 30, "")]


def test_nobody_logs_what_was_done_for_themselves(ticket, agreement, allowance, anna):
    """Also not who works at the desk."""
    assert refused(ticket, anna, allowance=allowance) == "own_business"
    by_call = opened(agreement.client, None, email="somebody@example.com")
    assert refused(by_call, anna, 5, rest="courtesy") == "own_business"


# Taken back


def test_what_was_booked_by_mistake_is_taken_back_whole_and_once(ticket, allowance, consultant, desk_lead):
    first, second = logged(ticket, consultant, 605, allowance=allowance, rest="courtesy")
    later = rome("2026-11-03 09:00")
    back = take_back_work(work=first, why="The wrong client.", by=desk_lead, now=later)
    assert take_back_work(work=first, why="Again.", by=consultant, now=later) == back
    back.refresh_from_db()
    assert (back.taken_back_at, back.taken_back_by, back.taken_back_why) == (
        later,
        desk_lead,
        "The wrong client.",
    )
    allowance.refresh_from_db()
    assert (allowance.left, list(Work.objects.standing())) == (600, [second])
    take_back_work(work=second, why="The wrong client.", by=desk_lead, now=later)
    ticket.refresh_from_db()
    assert ticket.courtesy_minutes == 0
    logged(ticket, consultant, 10, rest="exception", why="So.")
    assert books_hold()


def test_it_is_taken_back_for_a_reason_and_not_by_the_client_themselves(ticket, allowance, anna, consultant):
    (work,) = logged(ticket, consultant, allowance=allowance)
    for by, why, code in ((consultant, " ", "no_reason"), (anna, "So.", "own_business")):
        with pytest.raises(SupportError) as refusal:
            take_back_work(work=work, why=why, by=by, now=NOW)
        assert refusal.value.code == code
    assert Work.objects.standing().count() == 1


def test_courtesies_of_what_was_merged_count_and_are_taken_back_where_they_count(
    agreement, ticket, anna, consultant
):
    other = opened(agreement.client, anna, subject="Again")
    (first,) = logged(ticket, consultant, 8, rest="courtesy")
    logged(other, consultant, 7, rest="courtesy")
    merge_tickets(ticket=ticket, into=other, by=consultant, now=NOW)
    assert refused(other, consultant, 1, rest="courtesy") == "too_long"
    take_back_work(work=first, why="Not ours.", by=consultant, now=NOW)
    ticket.refresh_from_db()
    other.refresh_from_db()
    assert (ticket.courtesy_minutes, other.courtesy_minutes) == (0, 7)
    logged(other, consultant, 3, rest="courtesy")


def test_an_intervention_that_was_taken_back_is_counted_no_more(agreement, ticket, consultant):
    visits = bought(agreement.client, "Visits", 3, "interventions")
    (work,) = logged(ticket, consultant, 1, unit="interventions", allowance=visits)
    take_back_work(work=work, why="By telephone.", by=consultant, now=NOW)
    logged(ticket, consultant, 1, unit="interventions", allowance=visits)
    assert [row[2] for row in rows()] == [1, 1]


# Both sides are told


def told():
    rows = OutgoingMail.objects.filter(kind__startswith="support/allowance_").order_by("pk")
    return [(mail.kind.removeprefix("support/allowance_"), mail.recipient) for mail in rows]


def test_both_sides_are_told_at_four_fifths_and_at_all_once_each(
    ticket, allowance, anna, consultant, desk_lead
):
    logged(ticket, consultant, 479, allowance=allowance)
    assert told() == []
    (work,) = logged(ticket, consultant, 1, allowance=allowance)
    # Nobody has taken the ticket: whoever leads the desk is told.
    almost = [("almost_used", anna.email), ("almost_used_desk", desk_lead.email)]
    assert told() == almost
    logged(ticket, consultant, 1, allowance=allowance)
    take_back_work(work=work, why="A mistake.", by=consultant, now=NOW)
    logged(ticket, consultant, 5, allowance=allowance)
    assert told() == almost
    answer_ticket(ticket=ticket, text="We are at it.", by=consultant, now=NOW)
    (last,) = logged(ticket, consultant, 115, allowance=allowance)
    up = [("used_up", anna.email), ("used_up_desk", consultant.email)]
    assert told() == almost + up
    take_back_work(work=last, why="A mistake.", by=consultant, now=NOW)
    logged(ticket, consultant, 115, allowance=allowance)
    assert told() == almost + up
    text = OutgoingMail.objects.get(kind="support/allowance_used_up").text
    assert "stays open" in text and "offer before we go on" in text
    assert "10 h" in text


def test_a_client_is_not_sent_the_link_of_whoever_asked_without_an_account(
    agreement, allowance, anna, consultant
):
    ticket = confirmed(email="eva@example.com")
    ticket = link_to_client(ticket=ticket, client=agreement.client, by=consultant, now=NOW)
    logged(ticket, consultant, 480, allowance=allowance)
    logged(ticket, consultant, 120, allowance=allowance)
    mails = OutgoingMail.objects.filter(recipient=anna.email, kind__startswith="support/allowance_")
    assert len(mails) == 2
    for mail in mails:
        assert "/support/questions/" not in mail.text
        assert f"/support/tickets/{ticket.public_id}/" in mail.text


def test_who_passes_both_marks_at_once_is_told_of_the_end_alone(ticket, allowance, anna, consultant):
    logged(ticket, consultant, 600, allowance=allowance)
    assert told() == [("used_up", anna.email), ("used_up_desk", "desk-lead@quince.example")]
    allowance.refresh_from_db()
    assert (allowance.told_almost_used_at, allowance.told_used_up_at) == (NOW, NOW)


def test_of_an_allowance_to_which_more_was_added_both_sides_are_told_anew(
    ticket, allowance, anna, consultant
):
    logged(ticket, consultant, 600, allowance=allowance)
    add_to(allowance=allowance, amount=600, kind=AllowanceEntry.Kind.AGREED, cause="test:more", now=NOW)
    allowance.refresh_from_db()
    assert (allowance.told_almost_used_at, allowance.told_used_up_at) == (None, None)
    logged(ticket, consultant, 360, allowance=allowance)
    logged(ticket, consultant, 240, allowance=allowance)
    to_client = [kind for kind, to in told() if to == anna.email]
    assert to_client == ["used_up", "almost_used", "used_up"]

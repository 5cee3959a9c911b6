"""What was promised is kept, whatever becomes of the calendar, of the ticket or of who is a client; what was late
is late for good (S1, S2, S9, S12)."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mail.models import OutgoingMail
from support import merging
from support.agreements import Line, sign_agreement
from support.appeals import withdraw_appeal
from support.calls import link_call, log_call
from support.clients import open_client
from support.figures import heads_of, period, sheets_of
from support.figures.promises import promise_counts
from support.invariants import breaches, waits
from support.merging import merge_tickets
from support.messages import answer_ticket, ask_again, needs_no_answer
from support.models import Agreement, Closure, Message, OpeningHours, Ticket, Wait
from support.questions import link_to_client, unlink_from_client
from support.response_times import check_response_times
from support.tickets import close_ticket, open_ticket
from support.waits import promised_from, resume_wait
from tests.making import contract, make_pro
from tests.support.calling import answered, missed, told, with_number
from tests.support.mailing import write
from tests.support.making import NOW, opened, registrar, rome

pytestmark = pytest.mark.django_db
LATER = rome("2026-11-02 11:00")
NOON = rome("2026-11-02 12:00")
DUE = rome("2026-11-03 10:00")
AFTER = rome("2026-11-03 10:30")
NOON_NEXT_DAY = rome("2026-11-03 12:00")


@pytest.fixture
def ticket(agreement, anna, desk_lead):
    return opened(agreement.client, anna)


@pytest.fixture(params=["closure", "hours", "holiday"])
def edited(request, settings):
    """Takes Tuesday out of the calendar, when it is called."""

    def edit():
        if request.param == "closure":
            Closure.objects.create(first_day=date(2026, 11, 3), last_day=date(2026, 11, 3), name="Move")
        elif request.param == "hours":
            OpeningHours.objects.filter(weekday=1).delete()
        else:
            settings.DESK_COUNTRY = "JP"  # Culture Day.

    return edit


def ask(ticket, anna, at, text="And the shop?"):
    return ask_again(ticket=ticket, text=text, channel="web", by=anna, at=at, now=at)


def sign(client, by, now, **changes):
    said = {"title": "Website", "text": "", "signed": Agreement.Signed.PAPER, "by": by, "now": now}
    line = Line(kind="tool", what="Website", unit="minutes", amount=600)
    return sign_agreement(client=client, lines=[line], **(said | changes))


# Late for good


@pytest.mark.parametrize(("at", "kept"), [(DUE, None), (DUE + timedelta(seconds=1), False)])
@pytest.mark.parametrize("by_client", [True, False])
def test_what_was_late_is_late_whatever_ends_it(ticket, anna, consultant, at, kept, by_client):
    if by_client:
        close_ticket(ticket=ticket, by=anna, by_client=True, now=at)
    else:
        needs_no_answer(message=ticket.messages.get(), why="Thanks.", by=consultant, now=at)
    wait = ticket.waits.get()
    assert wait.kept is kept
    assert [*waits(), *breaches()] == []
    months = sheets_of(period(now=at), now=at)
    shown = {
        code: [[cell for _column, cell in cells] for _bar, cells in months[code].shown]
        for code in ("months", "channels", "clients", "apart")
    }
    row = ["0.0 %", "0", "1", "0", "–", "–"]
    late = kept is False
    assert shown["months"] == ([["November 2026", *row, "still running"]] if late else [])
    assert shown["channels"] == ([["web", *row]] if late else [])
    assert shown["clients"] == ([["Studio Bianchi", *row]] if late else [])
    apart = ["0", "0", "1", "0"] if by_client else ["0", "1", "0", "0"]
    assert shown["apart"] == ([] if late else [["November 2026", *apart, "still running"]])
    assert heads_of(period(now=at), now=at)[0][0] == ("0.0 %" if late else "–")


def test_an_appeal_that_is_withdrawn_late_was_not_heard_in_time(agreement, anna):
    appeal = opened(agreement.client, anna, kind=Ticket.Kind.APPEAL)
    withdraw_appeal(ticket=appeal, now=AFTER)
    assert appeal.waits.get().kept is False


def test_each_wait_is_counted_once(agreement, anna, consultant):
    for at in (NOON, AFTER):
        answer_ticket(ticket=opened(agreement.client, anna), text="So.", by=consultant, now=at)
        close_ticket(ticket=opened(agreement.client, anna), by=anna, by_client=True, now=at)
        thanks = opened(agreement.client, anna).messages.get()
        needs_no_answer(message=thanks, why="Thanks.", by=consultant, now=at)
        one, other = opened(agreement.client, anna), opened(agreement.client, anna)
        merge_tickets(ticket=one, into=other, by=consultant, now=at)
    opened(agreement.client, anna, now=AFTER)
    assert Wait.objects.aggregate(**promise_counts(AFTER)) == {
        "kept": 1,
        "late": 3,
        "overdue": 2,
        "waiting": 1,
        "no_answer": 1,
        "by_client": 1,
        "merged": 2,
    }


def test_a_call_that_was_not_missed_was_never_late_however_late_we_are_told(agreement):
    with_number(agreement.client)
    told(at=NOW)
    told(outcome="answered", at=NOW, now=AFTER)
    wait = Wait.objects.get()
    assert (wait.ended_at, wait.ending, wait.kept, wait.breached_at) == (NOW, "no_answer", None, None)


def test_what_was_promised_on_a_question_that_is_no_clients_any_more_is_in_no_clients_row(
    ticket, agreement, consultant
):
    question = stranger(at=NOW)
    link_to_client(ticket=question, client=agreement.client, by=consultant, now=NOW)
    unlink_from_client(ticket=question, why="Another Eva.", by=consultant, now=NOW)
    sheets = sheets_of(period(now=AFTER), now=AFTER)
    assert [row[:5] for row in sheets["clients"].rows] == [("Studio Bianchi", 0, 0, 0, 1)]
    assert [row[4] for row in sheets["months"].rows] == [2]


# Told once


def test_what_was_told_of_the_wait_that_goes_on_is_not_told_again(ticket, anna, consultant):
    """The answer to the first did not arrive; meanwhile they asked again, and the breach of that was told."""
    answer = answer_ticket(ticket=ticket, text="So.", by=consultant, now=LATER)
    ask(ticket, anna, NOON)
    told_at = NOON_NEXT_DAY + timedelta(hours=1)
    assert check_response_times(now=told_at) == (0, 1)
    going_on = resume_wait(wait=answer.wait)
    going_on.refresh_from_db()
    assert (going_on.asked_at, going_on.due_at) == (NOW, DUE)
    assert (going_on.breached_at, going_on.breach_told_at) == (told_at, told_at)
    assert check_response_times(now=told_at + timedelta(hours=1)) == (0, 0)


def test_a_breach_that_is_still_to_be_told_is_told_once(ticket, anna, consultant):
    """It was recorded by the answer, which came too late and did not arrive."""
    answer = answer_ticket(ticket=ticket, text="So.", by=consultant, now=AFTER)
    ask(ticket, anna, AFTER)
    going_on = resume_wait(wait=answer.wait)
    assert (going_on.breached_at, going_on.breach_told_at) == (AFTER, None)
    assert check_response_times(now=AFTER) == (0, 1)
    assert check_response_times(now=AFTER) == (0, 0)


def test_nor_is_a_breach_that_was_told_before_the_answer_that_did_not_arrive(ticket, anna, consultant):
    assert check_response_times(now=AFTER) == (0, 1)
    answer = answer_ticket(ticket=ticket, text="So.", by=consultant, now=AFTER)
    ask(ticket, anna, AFTER)
    going_on = resume_wait(wait=answer.wait)
    assert (going_on.breached_at, going_on.breach_told_at) == (AFTER, AFTER)
    assert check_response_times(now=AFTER + timedelta(hours=1)) == (0, 0)


def test_of_two_that_are_merged_what_was_told_of_the_one_that_stays_is_not_told_again(
    ticket, agreement, anna, consultant
):
    """It alone had been warned of, for the older one was opened by a mail that was read later."""
    warned_at = rome("2026-11-02 17:30")
    assert check_response_times(now=warned_at) == (1, 0)
    older = opened(agreement.client, anna, now=NOW - timedelta(minutes=1))
    older.waits.update(asked_at=NOW - timedelta(minutes=1))
    merge_tickets(ticket=older, into=ticket, by=consultant, now=warned_at)
    wait = ticket.waits.get()
    assert (wait.asked_at, wait.warned_at) == (NOW - timedelta(minutes=1), warned_at)
    assert check_response_times(now=warned_at) == (0, 0)


def test_what_the_check_records_while_two_are_merged_stands(ticket, agreement, anna, consultant, monkeypatch):
    """It locks no ticket: it came after both waits were read."""
    other = opened(agreement.client, anna, now=NOW + timedelta(minutes=1))
    original = merging.merge_waits

    def meanwhile(**both):
        assert check_response_times(now=AFTER) == (0, 2)
        return original(**both)

    monkeypatch.setattr(merging, "merge_waits", meanwhile)
    merge_tickets(ticket=ticket, into=other, by=consultant, now=AFTER)
    wait = Wait.objects.open().get()
    assert (wait.asked_at, wait.breached_at, wait.breach_told_at) == (NOW, AFTER, AFTER)


@pytest.mark.parametrize("crosswise", [True, False])
@pytest.mark.parametrize(
    ("told_at", "told"), [(NOON_NEXT_DAY, (1, 1)), (NOON_NEXT_DAY + timedelta(hours=1), (0, 2))]
)
def test_what_was_told_of_the_younger_is_not_told_again_where_the_older_needs_no_answer(
    ticket, agreement, anna, consultant, crosswise, told_at, told
):
    """Both were told before they were merged: a breach, and a warning or another breach."""
    younger = opened(agreement.client, anna, now=NOON)
    assert check_response_times(now=told_at) == told
    both = {"ticket": ticket, "into": younger} if crosswise else {"ticket": younger, "into": ticket}
    merge_tickets(**both, by=consultant, now=told_at)
    needs_no_answer(message=Message.objects.earliest("at"), why="Thanks.", by=consultant, now=told_at)
    assert check_response_times(now=told_at) == (0, 0)
    wait = Wait.objects.open().get()
    late = told_at > NOON_NEXT_DAY
    assert (wait.ticket, wait.due_at) == (both["into"], NOON_NEXT_DAY)
    assert (wait.breached_at, wait.breach_told_at) == ((told_at, told_at) if late else (None, None))
    assert (wait.warned_at is None) is late
    # Of what was warned of, the breach is still to be told: once.
    assert check_response_times(now=told_at + timedelta(hours=2)) == (0, 0 if late else 1)
    assert check_response_times(now=told_at + timedelta(hours=3)) == (0, 0)
    assert [*waits(), *breaches()] == []


def test_nor_is_what_was_told_of_the_younger_before_an_older_mail_was_read(ticket, anna, consultant):
    assert check_response_times(now=AFTER) == (0, 1)
    earlier = NOW - timedelta(minutes=30)
    Agreement.objects.update(recorded_at=earlier)
    older = ask_again(ticket=ticket, text="And?", channel="mail", by=anna, at=earlier, now=AFTER)
    needs_no_answer(message=older, why="Thanks.", by=consultant, now=AFTER)
    assert (Wait.objects.open().get().due_at, check_response_times(now=AFTER)) == (DUE, (0, 0))


def test_nor_is_the_one_deadline_of_what_was_asked_on_a_weekend(agreement, anna, consultant):
    saturday, monday = rome("2026-10-31 12:00"), rome("2026-11-02 19:00")
    Agreement.objects.update(recorded_at=saturday)
    ticket = opened(agreement.client, anna, now=saturday)
    ask(ticket, anna, saturday + timedelta(days=1))
    assert check_response_times(now=monday) == (0, 1)
    needs_no_answer(message=ticket.messages.earliest("pk"), why="Thanks.", by=consultant, now=monday)
    assert (Wait.objects.open().get().breach_told_at, check_response_times(now=monday)) == (monday, (0, 0))


def test_nor_are_both_where_the_check_looks_after_the_older_needs_no_answer(agreement, anna, consultant):
    saturday, monday = rome("2026-10-31 12:00"), rome("2026-11-02 19:00")
    Agreement.objects.update(recorded_at=saturday)
    ticket = opened(agreement.client, anna, now=saturday)
    ask(ticket, anna, saturday + timedelta(days=1))
    needs_no_answer(message=ticket.messages.earliest("pk"), why="Thanks.", by=consultant, now=monday)
    assert [check_response_times(now=monday) for _time in range(2)] == [(0, 1), (0, 0)]


def test_what_is_late_and_was_no_wait_by_itself_is_told(ticket, anna, consultant):
    ask(ticket, anna, NOON)
    late = NOON_NEXT_DAY + timedelta(hours=1)
    assert check_response_times(now=late) == (0, 1)
    needs_no_answer(message=ticket.messages.earliest("pk"), why="Thanks.", by=consultant, now=late)
    assert check_response_times(now=late) == (0, 1)
    assert check_response_times(now=late) == (0, 0)


# Whatever becomes of the calendar


def test_what_was_asked_later_keeps_its_own_promise_where_the_older_needs_no_answer(
    ticket, anna, consultant, edited
):
    second = ask(ticket, anna, NOON)
    third = ask(ticket, anna, rome("2026-11-02 15:00"))
    edited()
    first = ticket.messages.earliest("pk")
    needs_no_answer(message=first, why="Thanks.", by=consultant, now=rome("2026-11-02 16:00"))
    wait = Wait.objects.open().get()
    assert (wait.asked_at, wait.due_at, wait.days_off) == (NOON, NOON_NEXT_DAY, [])
    needs_no_answer(message=second, why="Thanks.", by=consultant, now=rome("2026-11-02 16:00"))
    third.refresh_from_db()
    assert (third.wait, third.wait.due_at) == (Wait.objects.open().get(), rome("2026-11-03 15:00"))


def test_a_call_missed_later_keeps_its_own_promise_where_the_older_was_returned(
    agreement, consultant, edited
):
    with_number(agreement.client)
    missed(consultant)
    missed(consultant, at=NOON)
    edited()
    answered(consultant, at=LATER, now=NOON)
    wait = Wait.objects.open().get()
    assert (wait.asked_at, wait.due_at) == (NOON, NOON_NEXT_DAY)


def test_what_was_promised_when_a_question_was_linked_is_kept_for_each_of_its_messages(
    agreement, consultant, edited
):
    question = stranger(at=NOW)
    for at in (LATER, NOON):
        ask_again(ticket=question, text="And?", channel="web", at=at, now=at, email=question.email)
    link_to_client(ticket=question, client=agreement.client, by=consultant, now=NOON)
    edited()
    needs_no_answer(message=question.messages.earliest("pk"), why="Thanks.", by=consultant, now=NOON)
    wait = Wait.objects.open().get()
    assert (wait.asked_at, wait.due_at) == (LATER, rome("2026-11-03 11:00"))
    assert wait.messages.count() == 2


def test_a_question_is_linked_by_as_many_queries_however_much_was_asked(agreement, consultant):
    def queries(messages):
        question = stranger(at=NOW)
        for at in (NOW + timedelta(minutes=each) for each in range(1, messages)):
            ask_again(ticket=question, text="And?", channel="web", at=at, now=at, email=question.email)
        with CaptureQueriesContext(connection) as captured:
            link_to_client(ticket=question, client=agreement.client, by=consultant, now=NOON)
        assert question.waits.get().later.count() == messages - 1
        return len(captured)

    queries(2)  # What is read once and kept.
    assert queries(2) == queries(20)


def test_a_question_that_is_linked_anew_is_never_due_later_than_was_promised(
    agreement, desk_lead, consultant, edited
):
    """First to a client who signed after it was asked; then to the right one, who was a client before."""
    question = stranger(at=LATER)
    wrong = open_client(name="Else", email="else@example.com", language="en", now=NOW, by=registrar())
    sign(wrong, desk_lead, NOON)
    link_to_client(ticket=question, client=wrong, by=consultant, now=NOON)
    assert question.waits.get().due_at == NOON_NEXT_DAY
    unlink_from_client(ticket=question, why="Another Eva.", by=consultant, now=NOON)
    assert [*waits()] == []
    edited()
    link_to_client(ticket=question, client=agreement.client, by=consultant, now=NOON)
    wait = question.waits.get()
    assert (wait.asked_at, wait.due_at) == (LATER, NOON_NEXT_DAY)


def test_a_mail_that_is_read_late_puts_off_nothing(ticket, anna, edited):
    edited()
    earlier = NOW - timedelta(minutes=30)
    Agreement.objects.update(recorded_at=earlier)
    ask_again(ticket=ticket, text="And?", channel="mail", by=anna, at=earlier, now=NOON)
    wait = ticket.waits.get()
    assert (wait.asked_at, wait.due_at) == (earlier, DUE)


@pytest.mark.parametrize("crosswise", [True, False])
def test_of_two_that_are_merged_neither_is_put_off(agreement, anna, consultant, crosswise):
    """The older one was promised while Tuesday was off; the younger, when it was no more."""
    closure = Closure.objects.create(first_day=date(2026, 11, 3), last_day=date(2026, 11, 3), name="Move")
    older = opened(agreement.client, anna)
    closure.delete()
    younger = opened(agreement.client, anna, now=LATER)
    ticket, into = (older, younger) if crosswise else (younger, older)
    merge_tickets(ticket=ticket, into=into, by=consultant, now=NOON)
    wait = Wait.objects.open().get()
    assert (wait.ticket, wait.asked_at, wait.began_at) == (into, NOW, NOW)
    assert (wait.due_at, wait.days_off) == (rome("2026-11-03 11:00"), [])
    assert [*waits(), *breaches()] == []


# Since when somebody is a client


def stranger(at):
    return open_ticket(
        subject="", text="What does it cost?", channel="web", asked_at=at, now=at, client=None, kind="question",
        email="eva@example.com",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("signed_on", "recorded", "asked", "since"),
    [
        # Recorded as it was signed.
        (date(2026, 11, 2), "2026-11-02 11:00", "2026-11-02 10:00", "2026-11-02 11:00"),
        (date(2026, 11, 2), "2026-11-02 11:00", "2026-11-02 12:00", "2026-11-02 12:00"),
        # Of the paper only the day is known: whoever asked on it may have been a client, and has the promise.
        (date(2026, 11, 2), "2026-11-03 09:00", "2026-11-02 10:00", "2026-11-02 10:00"),
        (date(2026, 11, 2), "2026-11-03 09:00", "2026-10-30 10:00", "2026-11-02 00:00"),
    ],
)
def test_since_when_a_client_has_the_promise(studio, desk_lead, signed_on, recorded, asked, since):
    sign(studio, desk_lead, rome(recorded), signed_on=signed_on)
    assert promised_from(studio.pk, rome(asked)) == rome(since)
    # What they signed later changes nothing, and what they had signed before does.
    sign(studio, desk_lead, rome("2026-11-04 10:00"), title="Shop")
    assert promised_from(studio.pk, rome(asked)) == rome(since)
    sign(studio, desk_lead, rome("2026-11-04 10:00"), title="Site", signed_on=date(2026, 10, 1))
    assert promised_from(studio.pk, rome(asked)) == rome(asked)


def test_a_plan_is_contracted_by_the_date_of_the_marketplace():
    """At one in the morning in Rome it is the day before in Mexico: nobody was a client a day earlier for that."""
    pro, at = make_pro(), rome("2026-11-03 01:00")
    contract(pro, now=at)
    assert promised_from(pro.customer.client.pk, rome("2026-11-02 10:00")) == at


def test_a_mail_of_before_the_signing_is_promised_from_signing_on(studio, anna, desk_lead):
    """It lay in the mailbox while they signed."""
    sign(studio, desk_lead, LATER)
    write(now=NOON, received_at=NOW)
    ticket = Ticket.objects.get()
    assert (ticket.client, ticket.asked_at, ticket.messages.get().at) == (studio, NOW, NOW)
    assert (ticket.waits.get().asked_at, [*waits()]) == (LATER, [])
    write(now=NOON, received_at=NOON, number=2)
    assert Ticket.objects.latest("pk").waits.get().asked_at == NOON


def test_so_is_what_was_said_in_a_call_before_it(studio, anna, desk_lead, consultant):
    sign(studio, desk_lead, LATER)
    said = {"client": studio, "summary": "The shop is down.", "waits": True, "now": NOON}
    ticket = answered(consultant, "", at=NOW, **said).ticket
    assert (ticket.asked_at, ticket.waits.get().asked_at) == (NOW, LATER)
    about = opened(studio, anna, now=NOON)
    answer_ticket(ticket=about, text="So.", by=consultant, now=NOON)
    log_call(
        direction="out", outcome="answered", ticket=about, at=NOW, by=consultant, **(said | {"client": None})
    )
    assert (about.waits.latest("pk").asked_at, [*waits()]) == (LATER, [])


def test_and_a_call_that_was_missed_before_it(studio, desk_lead, consultant):
    call = missed(consultant)
    sign(studio, desk_lead, LATER)
    linked = link_call(call=call, client=studio, by=consultant, now=NOON)
    assert (linked.ticket.asked_at, linked.wait.asked_at, [*waits()]) == (NOW, LATER, [])


def test_and_a_question_that_was_asked_before_it_on_the_same_day(studio, desk_lead, consultant):
    question = stranger(at=NOW)
    sign(studio, desk_lead, LATER)
    link_to_client(ticket=question, client=studio, by=consultant, now=NOON)
    assert (question.waits.get().asked_at, [*waits()]) == (LATER, [])
    # Of whoever turns out to be a client it counts from writing.
    other = stranger(at=NOON)
    link_to_client(ticket=other, client=studio, by=consultant, now=AFTER)
    assert other.waits.get().asked_at == NOON


def test_nobody_is_promised_a_time_that_has_passed(studio, anna, desk_lead, consultant):
    """The paper was written down days after it was signed, and what they had asked is late already."""
    question = stranger(at=NOW)
    sign(studio, desk_lead, rome("2026-11-05 10:00"), signed_on=date(2026, 11, 2))
    link_to_client(ticket=question, client=studio, by=consultant, now=rome("2026-11-05 10:00"))
    said = {"client": studio, "summary": "The shop is down.", "waits": True}
    answered(consultant, "", at=NOW, now=rome("2026-11-05 10:00"), **said)
    assert Wait.objects.breached(rome("2026-11-05 10:00")).count() == 2
    told_of = ("support/ticket_linked", "support/ticket_received")
    assert not OutgoingMail.objects.filter(kind__in=told_of).exists()


def test_what_a_client_asks_on_the_web_is_promised_from_writing(studio, anna, desk_lead):
    sign(studio, desk_lead, LATER)
    assert opened(studio, anna, now=NOON).waits.get().asked_at == NOON

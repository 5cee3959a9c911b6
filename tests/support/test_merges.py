"""What two tickets that become one bring with them: news, whoever waits, and where they were placed (S2, S4, S8)."""

import uuid
from datetime import timedelta

import pytest

from mail.models import OutgoingMail
from support.agreements import Line, sign_agreement
from support.calls import call_back
from support.calls_shown import CallSaid
from support.clients import name_person
from support.desk_ticket import news_said, ticket_shown
from support.errors import SupportError
from support.merging import merge_tickets
from support.messages import answer_ticket, ask_again, needs_no_answer
from support.models import Agreement, Call, Message, Ticket, Wait
from support.questions import link_to_client
from support.tickets import place_ticket, take_ticket
from tests.making import make_user
from tests.support.making import NOW, opened, registrar, rome

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def bea(agreement):
    """Asks for the same client as Anna."""
    name_person(client=agreement.client, name="Bea", email="bea@example.com", role="asks", by=registrar())
    return make_user("bea@example.com")


@pytest.fixture
def older(agreement, anna):
    return opened(agreement.client, anna, text="How do I publish?")


@pytest.fixture
def newer(older, agreement, anna):
    return opened(agreement.client, anna, text="And how do I print?")


def merged(ticket, into, by):
    merge_tickets(ticket=ticket, into=into, by=by, now=LATER)
    into.refresh_from_db()
    return into


def question(text):
    kind = Ticket.Kind.QUESTION
    return opened(None, None, kind=kind, email="eva@example.com", text=text)


def test_what_a_merge_brings_is_news_also_where_it_was_said_before(older, newer, consultant, desk_lead):
    seen = ticket_shown(newer, reader=consultant, now=NOW).thread.seen
    merged(older, newer, desk_lead)
    with pytest.raises(SupportError) as refused:
        answer_ticket(ticket=newer, text="Press it.", by=consultant, seen=seen, now=LATER)
    shown = ticket_shown(newer, reader=consultant, now=LATER, had_seen=seen)
    assert (refused.value.code, [(each.message.text, each.fresh) for each in shown.thread.said]) == (
        "news",
        [
            ("How do I publish?", True),
            ("And how do I print?", False),
            (
                f"{older.number} was merged into this one. What was said there stands here, each by its own time.",
                True,
            ),
        ],
    )
    answer_ticket(ticket=newer, text="Press it.", by=consultant, seen=shown.thread.seen, now=LATER)


def test_the_client_reads_nothing_of_the_desks_note_of_it(older, newer, consultant, anna, client_of):
    into = merged(older, newer, consultant)
    page = client_of(anna).get(f"/support/tickets/{into.public_id}/").content.decode()
    assert "How do I publish?" in page and "was merged into this one" not in page


def test_whoever_waits_since_they_wrote_on_the_other_one_is_written_to(agreement, anna, bea, consultant):
    hers = opened(agreement.client, bea)
    annas = opened(agreement.client, anna)
    answer_ticket(ticket=annas, text="So.", by=consultant, now=NOW)
    OutgoingMail.objects.all().delete()
    into = merged(hers, annas, consultant)
    answer_ticket(ticket=into, text="For both.", by=consultant, now=LATER)
    letters = OutgoingMail.objects.filter(kind="support/ticket_answered")
    assert sorted(letters.values_list("recipient", flat=True)) == ["anna@example.com", "bea@example.com"]
    OutgoingMail.objects.all().delete()
    answer_ticket(ticket=into, text="One thing more.", by=consultant, now=LATER)
    assert list(letters.values_list("recipient", flat=True)) == ["anna@example.com"]


def test_where_the_one_that_stays_was_not_placed_the_other_ones_place_is_taken(
    older, newer, allowance, consultant
):
    allowed = Ticket.Placement.ALLOWANCE
    place_ticket(ticket=older, placement=allowed, allowance=allowance, by=consultant, now=NOW)
    into = merged(older, newer, consultant)
    events = into.events.filter(kind="placed").values_list("about", "actor")
    assert (into.placement, into.allowance, list(events)) == (
        allowed,
        allowance,
        [(str(allowance), consultant.pk)],
    )


def test_where_it_was_placed_that_stands(older, newer, allowance, consultant):
    allowed, outside = Ticket.Placement.ALLOWANCE, Ticket.Placement.OUTSIDE
    place_ticket(ticket=older, placement=allowed, allowance=allowance, by=consultant, now=NOW)
    place_ticket(ticket=newer, placement=outside, by=consultant, now=NOW)
    into = merged(older, newer, consultant)
    assert (into.placement, into.allowance) == (outside, None)


def test_what_was_agreed_comes_with_the_place_as_it_was_when_the_one_that_stays_was_asked(
    older, newer, agreement, consultant, desk_lead
):
    shop = sign_agreement(
        client=agreement.client,
        title="Shop",
        text="A shop.",
        lines=[Line(kind="tool", what="Shop", unit="minutes", amount=60)],
        signed=Agreement.Signed.PAPER,
        signed_by="Anna Bianchi",
        by=desk_lead,
        now=NOW,
    )
    allowance = shop.current.lines.get().allowance
    allowed = Ticket.Placement.ALLOWANCE
    place_ticket(ticket=older, placement=allowed, allowance=allowance, by=consultant, now=NOW)
    assert merged(older, newer, consultant).agreement_version == shop.current


def test_whoever_had_taken_the_other_one_has_it_where_nobody_else_does(older, newer, consultant, desk_lead):
    take_ticket(ticket=older, by=consultant, now=NOW)
    assert merged(older, newer, desk_lead).consultant == consultant
    assert newer.events.filter(kind="handed_over").values_list("about", "actor").get() == (
        str(consultant),
        desk_lead.pk,
    )


def test_where_somebody_has_it_they_keep_it(older, newer, consultant, desk_lead):
    take_ticket(ticket=older, by=consultant, now=NOW)
    take_ticket(ticket=newer, by=desk_lead, now=NOW)
    assert merged(older, newer, desk_lead).consultant == desk_lead


def test_the_calls_of_both_stand_on_the_one_that_stays(older, newer, agreement, consultant):
    call = Call.objects.create(
        direction="out", outcome="nobody", client=agreement.client, ticket=older, at=NOW, recorded_at=NOW
    )
    into = merged(older, newer, consultant)
    thread = ticket_shown(into, reader=consultant, now=LATER).thread.said
    assert [each.call for each in thread if isinstance(each, CallSaid)] == [call]


def test_a_call_that_a_merge_brings_is_news_also_where_it_is_older(older, newer, consultant, desk_lead):
    brought = call_back(ticket=older, outcome="nobody", by=desk_lead, now=NOW)
    own = call_back(ticket=newer, outcome="nobody", by=desk_lead, now=NOW)
    before = ticket_shown(newer, reader=consultant, now=NOW).thread
    merged(older, newer, consultant)
    with pytest.raises(SupportError) as refused:
        call_back(
            ticket=newer,
            outcome="answered",
            by=consultant,
            now=LATER,
            seen=before.seen_call,
            seen_message=before.seen,
        )
    shown = ticket_shown(
        newer, reader=consultant, now=LATER, had_seen=before.seen, had_seen_call=before.seen_call
    )
    calls = {each.call.pk: each.fresh for each in shown.thread.said if isinstance(each, CallSaid)}
    assert (refused.value.code, calls) == ("news", {brought.pk: True, own.pk: False})
    assert news_said(newer, before.seen, before.seen_call, consultant) == 2  # With the message it came with.
    call_back(
        ticket=newer,
        outcome="answered",
        by=consultant,
        now=LATER,
        seen=shown.thread.seen_call,
        seen_message=shown.thread.seen,
    )


def test_a_question_that_nobody_answered_is_promised_an_answer_once_it_is_a_clients(agreement, consultant):
    """What the one that stays was answered before answers nothing of what came to it later."""
    unanswered, answered = question("How do I print?"), question("How do I publish?")
    answer_ticket(ticket=answered, text="So.", by=consultant, now=NOW)
    into = merged(unanswered, answered, consultant)
    link_to_client(ticket=into, client=agreement.client, by=consultant, now=rome("2026-11-02 12:00"))
    wait = Wait.objects.open().get()
    said = Message.objects.filter(wait=wait).values_list("text", flat=True)
    assert (wait.ticket, wait.asked_at, list(said)) == (into, NOW, ["How do I print?"])


def test_of_a_question_the_page_offers_to_need_no_answer_what_had_none(agreement, consultant):
    """It is open for the one that nobody has answered; the other one's answer came along."""
    answered, unanswered = question("How do I publish?"), question("How do I print?")
    answer_ticket(ticket=answered, text="So.", by=consultant, now=NOW)
    into = merged(answered, unanswered, consultant)
    thread = ticket_shown(into, reader=consultant, now=LATER).thread.said
    assert into.state == Ticket.State.OPEN
    assert [each.message.text for each in thread if each.unanswered] == ["How do I print?"]


def test_nor_does_an_answer_that_came_with_a_merge_answer_what_was_asked_there(agreement, consultant):
    answered, unanswered = question("How do I publish?"), question("How do I print?")
    answer_ticket(ticket=answered, text="So.", by=consultant, now=NOW)
    into = merged(answered, unanswered, consultant)
    message = into.messages.get(text="How do I print?")
    needs_no_answer(message=message, why="Asked twice.", by=consultant, now=LATER)
    into.refresh_from_db()
    assert into.state == Ticket.State.ANSWERED


def test_a_second_merge_takes_no_earlier_answer_for_one_to_what_the_first_one_brought(consultant):
    """Each was answered by what was said after it where it stood, and by nothing else."""
    first, second, third, answered = (question(text) for text in ("First?", "Second?", "Third?", "Before?"))
    answer_ticket(ticket=second, text="So.", by=consultant, now=NOW)
    answer_ticket(ticket=answered, text="So.", by=consultant, now=NOW)
    middle = merged(answered, merged(first, second, consultant), consultant)
    assert Message.objects.filter(ticket=middle).unanswered().get().text == "First?"
    last = merged(middle, third, consultant)
    unanswered = Message.objects.filter(ticket=last).unanswered().order_by("pk")
    assert [message.text for message in unanswered] == ["First?", "Third?"]
    needs_no_answer(message=unanswered[0], why="Asked twice.", by=consultant, now=LATER)
    answer_ticket(ticket=last, text="For all.", by=consultant, now=LATER)
    assert not Message.objects.unanswered().exists()


def test_an_answer_after_it_answers_all_that_was_asked(consultant):
    first, second = question("How do I print?"), question("How do I publish?")
    into = merged(first, second, consultant)
    answer_ticket(ticket=into, text="So.", by=consultant, now=LATER)
    assert not Message.objects.unanswered().exists()
    ask_again(ticket=into, text="And?", channel="web", at=LATER, now=LATER, email="eva@example.com")
    assert Message.objects.unanswered().get().text == "And?"


def test_a_form_sent_again_after_a_merge_is_the_ticket_that_it_opened(agreement, anna, consultant):
    """Of the one that ended nothing is left but its subject; the one that stays holds what an older one said first."""
    older, newer = uuid.uuid4(), uuid.uuid4()
    ended = opened(agreement.client, anna, public_id=older, text="How do I publish?")
    stays = opened(agreement.client, anna, public_id=newer, text="And how do I print?")
    merged(ended, stays, consultant)
    assert opened(agreement.client, anna, public_id=older, text="How do I publish?") == ended
    assert opened(agreement.client, anna, public_id=newer, text="And how do I print?") == stays
    for form, said in ((older, {"subject": "Another"}), (newer, {"text": "How do I publish?"})):
        with pytest.raises(SupportError) as refused:
            opened(agreement.client, anna, public_id=form, **said)
        assert refused.value.code == "form_used"
    assert Ticket.objects.count() == 2


def test_after_a_merge_each_is_answered_where_our_first_mail_to_them_is(agreement, anna, bea, consultant):
    hers = opened(agreement.client, bea)
    annas = opened(agreement.client, anna)
    into = merged(hers, annas, consultant)
    answer_ticket(ticket=into, text="For both.", by=consultant, now=LATER)
    received = OutgoingMail.objects.filter(kind="support/ticket_received")
    answers = OutgoingMail.objects.filter(kind="support/ticket_answered")
    assert dict(answers.values_list("recipient", "in_reply_to")) == dict(
        received.values_list("recipient", "message_id")
    )

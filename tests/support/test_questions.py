"""Questions of people who are no clients: confirmed by mail before anybody reads them, without a promise, and linked to
a client where their asker turns out to speak for one (S1, S10)."""

import re
import uuid
from datetime import date, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from base.erased import ERASED
from mail.models import OutgoingMail
from support.agreements import Line, sign_agreement
from support.clients import name_person, open_client
from support.errors import SupportError
from support.merging import merge_tickets
from support.messages import answer_ticket, ask_again, needs_no_answer
from support.models import Agreement, ClientPerson, Ticket, Wait
from support.question_links import asker_page, token_of
from support.questions import (
    CONFIRM_WITHIN,
    ask_question,
    confirm_question,
    expire_questions,
    link_to_client,
    unlink_from_client,
)
from support.tickets import close_ticket
from tests.making import contract, make_pro, make_user
from tests.support.making import NOW, opened, registrar, rome
from tests.together import together

pytestmark = pytest.mark.django_db
LATER = rome("2026-11-02 12:00")
WEEK = timedelta(days=7)


def asked(email="eva@example.com", **changes):
    said = {
        "form_id": uuid.uuid4(),
        "name": "Eva",
        "email": email,
        "subject": "Prices",
        "text": "What does it cost?",
        "language": "en",
        "network": "192.0.2.1",
        "now": NOW,
    }
    return ask_question(**(said | changes))


def confirmed(email="eva@example.com", **changes):
    now = changes.get("now", NOW)
    return confirm_question(ticket=asked(email, **changes), now=now)


def refusal_of(job):
    with pytest.raises(SupportError) as refused:
        job()
    return refused.value.code


def test_a_question_waits_for_its_asker_and_promises_nothing():
    ticket = asked()
    assert (ticket.kind, ticket.state, ticket.client, ticket.asker) == ("question", "unconfirmed", None, None)
    assert not Wait.objects.exists()
    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.recipient) == ("support/confirm_question", "eva@example.com")
    for typed in ("Eva", "Prices", "cost", ticket.number):
        assert typed not in mail.text + mail.subject
    assert str(ticket.public_id) in mail.text
    confirm_question(ticket=ticket, now=LATER)
    confirm_question(ticket=ticket, now=LATER)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.client) == ("open", None)
    assert not Wait.objects.exists()
    mail = OutgoingMail.objects.get(kind="support/question_received")
    assert "when there is time for them" in mail.text
    for promise in ("working day", "at the latest", "2026"):
        assert promise not in mail.text


def test_whether_an_address_is_a_clients_shows_in_nothing(agreement, anna):
    for email in ("eva@example.com", anna.email):
        asked(email)
    theirs, clients = OutgoingMail.objects.filter(kind="support/confirm_question").order_by("pk")

    def shape(mail):
        return re.sub(r"/questions/\S+", "", mail.text), mail.subject, mail.reply_to, mail.language

    assert shape(theirs) == shape(clients)


def test_the_same_form_twice_is_one_question_and_one_mail():
    form = uuid.uuid4()
    assert asked(form_id=form) == asked(form_id=form)
    assert (Ticket.objects.count(), OutgoingMail.objects.count()) == (1, 1)


def test_sent_again_with_the_address_put_right_it_takes_the_place_of_the_first():
    form = uuid.uuid4()
    first = asked("wrong@example.com", form_id=form)
    second = asked(form_id=form)
    assert list(Ticket.objects.values_list("email", flat=True)) == ["eva@example.com"]
    assert first.public_id != second.public_id
    assert list(OutgoingMail.objects.values_list("recipient", flat=True)) == ["eva@example.com"]
    confirm_question(ticket=second, now=NOW)
    assert refusal_of(lambda: asked(form_id=form, text="Something else")) == "already_sent"
    assert asked(form_id=form) == second


def test_whose_address_was_typed_too_often_gets_no_more_mails_and_nothing_tells():
    for number in range(7):
        asked(text=f"Question {number}")
    assert (Ticket.objects.count(), OutgoingMail.objects.count()) == (7, 5)
    # Written in another way it is the same person's; from another network it is theirs again.
    asked("e.va+x@example.com".replace(".v", "v"))
    assert OutgoingMail.objects.count() == 5
    asked(network="192.0.2.2")
    assert OutgoingMail.objects.count() == 6


@pytest.mark.parametrize(("after", "ends"), [(timedelta(seconds=-1), False), (timedelta(), True)])
def test_what_is_not_confirmed_in_seven_days_has_ended_by_its_date(after, ends):
    ticket = asked()
    moment = NOW + CONFIRM_WITHIN + after
    assert expire_questions(now=moment) == ends
    if ends:
        assert refusal_of(lambda: confirm_question(ticket=ticket, now=moment)) == "too_late"
        ticket.refresh_from_db()
        assert (ticket.state, ticket.subject, ticket.email, ticket.name) == ("expired", ERASED, "", "")
        assert ticket.messages.get().text == ERASED
        mail = OutgoingMail.objects.get()
        assert ("eva" in mail.recipient, mail.text) == (False, "")
        assert expire_questions(now=moment) == 0
    else:
        confirm_question(ticket=ticket, now=moment)


def test_late_and_not_yet_erased_it_is_refused_all_the_same():
    ticket = asked()
    assert refusal_of(lambda: confirm_question(ticket=ticket, now=NOW + CONFIRM_WITHIN)) == "too_late"


def test_the_command_counts_and_ends(capsys):
    asked(now=NOW - CONFIRM_WITHIN)
    with time_machine.travel(NOW, tick=False):
        call_command("expire_questions", "--dry-run")
        assert capsys.readouterr().out == "Due: 1 questions. Nothing was erased.\n"
        call_command("expire_questions")
        assert capsys.readouterr().out == "Erased: 1 questions.\n"


def test_a_proved_address_that_speaks_for_a_client_has_the_promise_from_writing(agreement, anna):
    ticket = asked(anna.email, now=LATER)
    confirm_question(ticket=ticket, now=LATER + timedelta(hours=3))
    ticket.refresh_from_db()
    wait = ticket.waits.get()
    assert (ticket.kind, ticket.client, ticket.asker, ticket.agreement_version) == (
        "request",
        agreement.client,
        anna,
        agreement.current,
    )
    assert (wait.asked_at, wait.due_at) == (LATER, rome("2026-11-03 12:00"))
    assert ticket.messages.get().wait == wait
    assert OutgoingMail.objects.filter(kind="support/ticket_received").count() == 1
    assert [event.kind for event in ticket.events.all()] == ["opened", "confirmed", "linked"]


def test_an_address_that_was_only_sent_a_quote_speaks_for_no_client(studio, anna):
    assert confirmed(anna.email).client is None


def test_an_address_that_an_account_never_proved_proves_nothing_but_its_own_mail(pro):
    """Somebody typed it at signing up; whoever presses the button has the address all the same."""
    contract(pro)
    member = make_user("member@example.com")
    pro.members.add(member)
    member.emailaddress_set.update(verified=False)
    ticket = confirmed(member.email)
    assert (ticket.client, ticket.asker) == (None, None)


def test_whoever_speaks_for_several_says_for_whom(agreement, other_agreement, anna):
    name_person(client=other_agreement.client, name="Anna", email=anna.email, role="asks", by=registrar())
    ticket = asked(anna.email)
    assert refusal_of(lambda: confirm_question(ticket=ticket, now=NOW)) == "which_client"
    stranger = open_client(name="Else", email="else@example.com", language="en", now=NOW, by=registrar())
    assert refusal_of(lambda: confirm_question(ticket=ticket, now=NOW, client=stranger)) == "which_client"
    assert confirm_question(ticket=ticket, now=NOW, client=other_agreement.client).client == (
        other_agreement.client
    )


def test_the_desk_links_a_question_and_its_asker_is_told_by_when(agreement, desk_lead):
    ticket = confirmed(now=LATER)
    link = {"ticket": ticket, "client": agreement.client, "by": desk_lead, "now": LATER}
    link_to_client(**link, name_asker=True)
    link_to_client(**link)
    ticket.refresh_from_db()
    assert (ticket.kind, ticket.client, ticket.waits.get().asked_at) == ("request", agreement.client, LATER)
    mail = OutgoingMail.objects.get(kind="support/ticket_linked")
    assert mail.recipient == "eva@example.com"
    assert "by Tuesday, Nov. 3, 2026, noon (Europe/Rome) at the latest." in mail.text
    person = ClientPerson.objects.get(email="eva@example.com")
    assert (person.client, person.name, person.role) == (agreement.client, "Eva", "asks")


def test_the_promise_counts_from_the_oldest_message_that_awaits_an_answer(agreement, consultant):
    ticket = confirmed(now=NOW)
    answer_ticket(ticket=ticket, text="This.", by=consultant, now=LATER)
    thanks = ask_again(ticket=ticket, text="Thanks!", channel="web", at=LATER, now=LATER, email=ticket.email)
    needs_no_answer(message=thanks, why="Thanks.", by=consultant, now=LATER)
    asked_at = [LATER + timedelta(minutes=minutes) for minutes in (1, 2)]
    for moment in asked_at:
        ask_again(ticket=ticket, text="And?", channel="web", at=moment, now=moment, email=ticket.email)
    link_to_client(ticket=ticket, client=agreement.client, by=consultant, now=LATER + timedelta(hours=1))
    wait = ticket.waits.get()
    assert (wait.asked_at, wait.messages.count()) == (asked_at[0], 2)


def test_what_was_answered_begins_no_wait(agreement, consultant):
    ticket = confirmed()
    answer_ticket(ticket=ticket, text="This.", by=consultant, now=LATER)
    link_to_client(ticket=ticket, client=agreement.client, by=consultant, now=LATER)
    assert not Wait.objects.exists()
    assert not OutgoingMail.objects.filter(kind="support/ticket_linked").exists()


def test_links_that_cannot_be_are_refused(agreement, other_agreement, anna, consultant, studio):
    nobody = open_client(name="Else", email="else@example.com", language="en", now=NOW, by=registrar())

    def link(ticket, client=agreement.client, by=consultant):
        return refusal_of(lambda: link_to_client(ticket=ticket, client=client, by=by, now=LATER))

    assert link(confirmed(), client=nobody) == "no_client"
    assert link(asked()) == "not_open"
    assert link(opened(other_agreement.client, anna)) == "not_a_question"
    assert link(confirmed(), by=anna) == "own_business"


def test_a_wrong_link_is_taken_back_and_what_was_promised_stands(agreement, anna, consultant):
    ticket = confirmed(now=LATER)
    link_to_client(ticket=ticket, client=agreement.client, by=consultant, now=LATER)
    assert (
        refusal_of(lambda: unlink_from_client(ticket=ticket, why=" ", by=consultant, now=LATER))
        == "no_reason"
    )
    for _time in range(2):
        unlink_from_client(ticket=ticket, why="Another Eva.", by=consultant, now=LATER)
    ticket.refresh_from_db()
    assert (ticket.kind, ticket.client, ticket.agreement_version) == ("question", None, None)
    assert not Ticket.objects.visible_to(anna).exists()
    assert Wait.objects.open().get().ticket == ticket
    event = ticket.events.get(kind="unlinked")
    assert (event.actor, event.reason, event.about) == (consultant, "Another Eva.", "Studio Bianchi")


def test_a_link_is_not_taken_back_from_under_who_opened_or_wrote_on_it(agreement, anna, consultant):
    own = opened(agreement.client, anna)
    assert (
        refusal_of(lambda: unlink_from_client(ticket=own, why="x", by=consultant, now=LATER)) == "not_linked"
    )
    ticket = confirmed()
    link_to_client(ticket=ticket, client=agreement.client, by=consultant, now=LATER)
    ask_again(ticket=ticket, text="Me too.", channel="web", at=LATER, now=LATER, by=anna, email=anna.email)
    unlink = {"ticket": ticket, "why": "x", "by": consultant, "now": LATER}
    assert refusal_of(lambda: unlink_from_client(**unlink)) == "others_wrote"


def sign(client, by, now=LATER, **changes):
    said = {
        "title": "Website",
        "text": "",
        "lines": [Line(kind="tool", what="Website", unit="minutes", amount=600)],
        "signed": Agreement.Signed.PAPER,
        "by": by,
        "now": now,
    }
    return sign_agreement(client=client, **(said | changes))


def test_signing_links_what_its_people_have_asked_with_the_promise_from_signing_on(studio, anna, desk_lead):
    mine = confirmed(anna.email)
    others, unconfirmed = confirmed("eva@example.com"), asked(anna.email)
    closed = confirmed(anna.email, text="Closed")
    close_ticket(ticket=closed, by=desk_lead, now=NOW)
    agreement = sign(studio, desk_lead)
    linked = set(Ticket.objects.filter(client=studio))
    assert linked == {mine}
    wait = Wait.objects.get()
    assert (wait.ticket, wait.asked_at, wait.due_at) == (mine, LATER, rome("2026-11-03 12:00"))
    mine.refresh_from_db()
    assert (mine.kind, mine.agreement_version) == ("request", agreement.current)
    assert OutgoingMail.objects.get(kind="support/ticket_linked").recipient == anna.email
    assert {others.pk, unconfirmed.pk, closed.pk} == set(
        Ticket.objects.filter(client=None).values_list("pk", flat=True)
    )


def test_what_is_asked_after_signing_counts_from_writing(agreement, anna, consultant):
    ticket = confirmed(now=LATER)
    link_to_client(ticket=ticket, client=agreement.client, by=consultant, now=LATER)
    assert ticket.waits.get().asked_at == LATER  # Signed at NOW.


@pytest.mark.parametrize(
    ("signed_on", "since"),
    [(date(2026, 11, 2), LATER), (date(2026, 10, 31), rome("2026-10-31 00:00"))],
)
def test_of_a_paper_recorded_later_the_promise_counts_from_its_day_on(
    studio, anna, desk_lead, signed_on, since
):
    ticket = confirmed(anna.email, now=rome("2026-10-30 10:00"))
    sign(studio, desk_lead, signed_on=signed_on)
    assert ticket.waits.get().asked_at == since


def test_contracting_a_plan_links_what_owner_and_members_have_asked():
    pro = make_pro()
    member = make_user("member@example.com")
    pro.members.add(member)
    by_address = confirmed("Member@Example.com")
    by_account = opened(None, pro.owner, kind=Ticket.Kind.QUESTION)
    contract(pro, now=LATER)
    client = pro.customer.client
    assert set(Ticket.objects.filter(client=client)) == {by_address, by_account}
    assert set(Wait.objects.values_list("asked_at", flat=True)) == {LATER}


def test_signing_a_second_time_links_with_the_promise_from_the_first(studio, anna, desk_lead):
    sign(studio, desk_lead, now=NOW)
    question = opened(None, anna, kind=Ticket.Kind.QUESTION, now=LATER)
    sign(studio, desk_lead, now=LATER + timedelta(hours=1), title="Shop")
    assert question.waits.get().asked_at == LATER


def test_merged_questions_are_read_behind_either_link(client):
    first, second = confirmed(), confirmed(text="Another")
    merge_tickets(ticket=second, into=first, by=make_user(), now=LATER)
    for ticket in (first, second):
        page = client.get(reverse("support:question", args=[token_of(ticket)]))
        assert first.number in page.content.decode()


def test_mails_lead_to_where_their_reader_can_go(agreement, anna, consultant):
    without = confirmed()
    assert "/support/questions/" in asker_page(without)
    link_to_client(ticket=without, client=agreement.client, by=consultant, now=LATER)
    without.refresh_from_db()
    assert "/support/questions/" in asker_page(without)
    name_person(client=agreement.client, name="Eva", email="eva@example.com", role="asks", by=registrar())
    assert "/support/tickets/" in asker_page(without)
    assert "/support/tickets/" in asker_page(opened(agreement.client, anna))
    # A client's ticket that came by mail, of a person who has no account yet or speaks for it no more.
    assert "/support/tickets/" in asker_page(opened(agreement.client, None, email="x@example.com"))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_form_twice_at_once_is_one_question():
    form = uuid.uuid4()
    results = together(*[lambda: asked(form_id=form)] * 4)
    assert len({ticket.pk for ticket in results}) == 1
    assert (Ticket.objects.count(), OutgoingMail.objects.count()) == (1, 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_pressed_twice_at_once_it_is_confirmed_once(agreement):
    ticket = asked("anna@example.com")
    together(*[lambda: confirm_question(ticket=ticket, now=NOW)] * 4)
    assert ticket.events.filter(kind="confirmed").count() == 1
    assert (Wait.objects.count(), OutgoingMail.objects.filter(kind="support/ticket_received").count()) == (
        1,
        1,
    )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_signing_and_linking_at_once_links_once(studio, anna, desk_lead):
    sign(studio, desk_lead, now=NOW)
    ticket = opened(None, anna, kind=Ticket.Kind.QUESTION, now=LATER)
    results = together(
        lambda: sign(studio, desk_lead, title="Shop", public_id=uuid.uuid4()),
        lambda: link_to_client(ticket=ticket, client=studio, by=desk_lead, now=LATER, name_asker=True),
    )
    assert not [result for result in results if isinstance(result, Exception)]
    assert ticket.events.filter(kind="linked").count() == 1
    assert Wait.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_presses_confirm_twice(monkeypatch):
    """The negative control: it is the lock that makes it once."""
    import threading

    from support import questions

    ticket = asked()
    both_have_read = threading.Barrier(2)

    def unlocked(ticket):
        found = Ticket.objects.get(pk=ticket.pk)
        both_have_read.wait(timeout=20)
        return found

    monkeypatch.setattr(questions, "locked", unlocked)
    together(*[lambda: confirm_question(ticket=ticket, now=NOW)] * 2)
    assert ticket.events.filter(kind="confirmed").count() == 2

"""Appeals are tickets of their own kind, which reach a person who had no part in the decision (G19)."""

import pytest

from guarantees.appeals import appeal_claim, appeal_suspension, withdraw_appeals
from mail.models import IncomingMail, OutgoingMail
from profiles.suspensions import lift_suspension, suspend
from support.errors import SupportError
from support.messages import answer_ticket, ask_again
from support.models import Ticket, Wait
from support.tickets import close_ticket
from tests import making
from tests.guarantees.claim_making import DAY, LATER, give, item_of, refuse, reject, reject_as_false
from tests.mail.messages import make_message, take_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_hold")]
NEXT_DAY = LATER + DAY
WHY = "La obra fue de otra empresa."


@pytest.fixture
def suspension(pro, reviewer):
    return suspend(professional=pro, reason="Quejas.", decided_by=reviewer, now=LATER)


@pytest.fixture
def appeal(pro, reviewer):
    making.contract(pro)
    suspension = suspend(professional=pro, reason="Quejas.", decided_by=reviewer, now=LATER)
    return appeal_suspension(suspension=suspension, text=WHY, by=pro.owner, now=NEXT_DAY)


def test_an_appeal_is_a_ticket_of_its_own_kind_with_the_promise_of_any_client(appeal, pro):
    ticket = appeal.ticket
    assert (ticket.kind, ticket.state, ticket.asker, ticket.client.customer.professional) == (
        Ticket.Kind.APPEAL,
        "open",
        pro.owner,
        pro,
    )
    assert [message.text for message in ticket.messages.all()] == [WHY]
    assert ticket.waits.get().asked_at == NEXT_DAY
    assert not OutgoingMail.objects.filter(kind="support/ticket_received").exists()
    told = OutgoingMail.objects.get(kind="guarantees/appeal_received")
    assert f"/support/tickets/{ticket.public_id}/" in told.text


def test_it_reaches_who_hears_appeals_and_neither_consultants_nor_who_decided(appeal, reviewer, appeals):
    reviewer.groups.add(*appeals.groups.all())
    consultant = making.make_staff("consultant", "desk lead", email="desk@quince.example")
    reviewer = type(reviewer).objects.get(pk=reviewer.pk)
    seen = [
        list(Ticket.objects.at_the_desk(user)) for user in (appeals, reviewer, consultant, appeal.made_by)
    ]
    assert seen == [[appeal.ticket], [], [], []]


def test_whoever_found_a_contact_false_does_not_hear_it(submitted, reviewer, appeals, pro):
    finder = making.make_staff("reviewer", "appeals", email="finder@quince.example")
    give(item_of(submitted, 2), "false", finder)
    claim = reject_as_false(submitted, reviewer, without_asking="They said so.")
    ticket = appeal_claim(claim=claim, text=WHY, by=pro.owner, now=NEXT_DAY).ticket
    assert set(ticket.not_for.all()) == {finder, reviewer}
    assert not Ticket.objects.at_the_desk(finder).exists()
    assert Ticket.objects.at_the_desk(appeals).get() == ticket


def test_members_of_the_business_do_not_follow_it(appeal, pro):
    member = making.make_user("member@example.com")
    pro.members.add(member)
    assert not Ticket.objects.visible_to(member).exists()
    assert Ticket.objects.visible_to(pro.owner).get() == appeal.ticket


def test_a_question_is_answered_before_the_decision_which_alone_closes_it(appeal, appeals, pro):
    ticket = appeal.ticket
    with pytest.raises(SupportError) as refused:
        answer_ticket(ticket=ticket, text="Which job?", by=appeals, close=True, now=NEXT_DAY)
    assert refused.value.code == "appeal"
    answer_ticket(ticket=ticket, text="Which job?", by=appeals, now=NEXT_DAY)
    ask_again(ticket=ticket, text="The kitchen.", channel="web", by=pro.owner, at=NEXT_DAY, now=NEXT_DAY)
    with pytest.raises(SupportError) as refused:
        close_ticket(ticket=ticket, by=pro.owner, by_client=True, now=NEXT_DAY)
    assert refused.value.code == "appeal"
    lift_suspension(suspension=appeal.suspension, by=appeals, reason="It was another.", now=NEXT_DAY)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.messages.latest("pk").text, ticket.messages.latest("pk").author) == (
        "closed",
        "It was another.",
        appeals,
    )
    assert not Wait.objects.open().exists()
    assert OutgoingMail.objects.filter(kind="support/ticket_answered").count() == 1


def test_refused_on_a_claim_the_ticket_says_why_and_ends(submitted, reviewer, appeals, pro):
    claim = reject(submitted, reviewer)
    ticket = appeal_claim(claim=claim, text=WHY, by=pro.owner, now=NEXT_DAY).ticket
    refuse(claim, appeals, now=NEXT_DAY)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.messages.count()) == ("closed", 2)


def test_it_ends_with_the_account_of_whoever_made_it(appeal, pro):
    withdraw_appeals(owner=pro.owner, now=NEXT_DAY)
    appeal.ticket.refresh_from_db()
    assert (appeal.ticket.state, Wait.objects.open().count()) == ("closed", 0)


def test_a_business_that_is_no_client_appeals_without_a_deadline(suspension, pro):
    ticket = appeal_suspension(suspension=suspension, text=WHY, by=pro.owner, now=NEXT_DAY).ticket
    assert (ticket.client, ticket.waits.count()) == (None, 0)


def test_a_mail_of_the_owner_to_the_address_of_appeals_is_said_on_it(appeal, pro):
    raw = make_message(
        sender=pro.owner.email,
        to="apelaciones@quince.example",
        attachments=[("factura.pdf", "application/pdf", b"%PDF-")],
    )
    mail = take_in(raw, now=NEXT_DAY + DAY)
    assert (mail.state, mail.cause) == ("taken", f"ticket:{appeal.ticket.public_id}")
    message = appeal.ticket.messages.latest("pk")
    assert (message.channel, message.mail, message.attachments.get().name) == ("mail", mail, "factura.pdf")


def test_a_mail_of_anybody_else_waits_for_a_person(appeal):
    mail = take_in(make_message(sender="other@example.com", to="apelaciones@quince.example"), now=NEXT_DAY)
    assert (mail.state, mail.reason) == ("parked", IncomingMail.Reason.FOR_A_PERSON)

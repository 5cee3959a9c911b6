"""Appeals are tickets of their own kind, which reach a person who had no part in the decision (G19)."""

from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from base.erased import ERASED
from guarantees.appeals import appeal_claim, appeal_suspension, withdraw_appeals
from guarantees.decisions.appeals import refuse_appeal_against_suspension
from mail.models import IncomingMail, OutgoingMail
from profiles.suspensions import lift_suspension, suspend
from support.appeals import forget_words
from support.clients import name_person
from support.errors import SupportError
from support.forgetting import erase_asker
from support.messages import answer_ticket, ask_again
from support.models import Attachment, Ticket, Wait
from support.tickets import close_ticket, put_back, reopen_ticket, take_ticket
from support.undelivered import resume_undelivered
from tests import making
from tests.guarantees.claim_making import (
    DAY,
    LATER,
    give,
    item_of,
    refuse,
    reject,
    reject_as_false,
    uphold,
)
from tests.mail.messages import make_message, take_in
from tests.support.making import registrar

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
        "Your appeal was upheld.\n\nIt was another.",
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


def test_who_belongs_to_the_business_does_not_hear_it_whatever_their_role(suspension, pro):
    member = making.make_staff("appeals", email="member@example.com")
    pro.members.add(member)
    ticket = appeal_suspension(suspension=suspension, text=WHY, by=pro.owner, now=NEXT_DAY).ticket
    assert ticket.client is None
    assert not Ticket.objects.at_the_desk(member).exists()


def test_what_is_said_after_the_decision_is_answered_and_closed_like_anything(appeal, appeals, pro):
    ticket = appeal.ticket
    lift_suspension(suspension=appeal.suspension, by=appeals, reason="It was another.", now=NEXT_DAY)
    ask_again(ticket=ticket, text="Thanks!", channel="web", by=pro.owner, at=NEXT_DAY, now=NEXT_DAY)
    answer_ticket(ticket=ticket, text="Gladly.", by=appeals, close=True, now=NEXT_DAY)
    ticket.refresh_from_db()
    assert ticket.state == "closed"


def test_whoever_hears_it_closes_it_on_its_page_once_it_was_decided(appeal, appeals, pro, client_of):
    ticket, browser = appeal.ticket, client_of(appeals)
    page, close = (reverse(f"support:desk_{each}", args=[ticket.public_id]) for each in ("ticket", "close"))

    def offered():
        shown = browser.get(page).content.decode()
        return close in shown, 'name="close"' in shown

    assert offered() == (False, False)
    lift_suspension(suspension=appeal.suspension, by=appeals, reason="It was another.", now=NEXT_DAY)
    ask_again(ticket=ticket, text="Thanks!", channel="web", by=pro.owner, at=NEXT_DAY, now=NEXT_DAY)
    assert offered() == (True, True)
    answer_ticket(ticket=ticket, text="Gladly.", by=appeals, now=NEXT_DAY)
    assert browser.post(close, {"why": ""}).status_code == 302
    ticket.refresh_from_db()
    assert ticket.state == "closed"


def test_what_is_said_long_after_it_stays_among_those_who_heard_it(appeal, appeals, reviewer, pro):
    member = making.make_user("member@example.com")
    pro.members.add(member)
    consultant = making.make_staff("consultant", email="desk@quince.example")
    reviewer.groups.add(*appeals.groups.all())
    reviewer = type(reviewer).objects.get(pk=reviewer.pk)
    lift_suspension(suspension=appeal.suspension, by=appeals, reason="It was another.", now=NEXT_DAY)
    late = NEXT_DAY + 30 * DAY
    said = {"channel": "web", "by": pro.owner, "email": pro.owner.email, "at": late, "now": late}
    following = ask_again(ticket=appeal.ticket, text="And the days lost?", **said).ticket
    assert (following.kind, following.follows) == (Ticket.Kind.APPEAL, appeal.ticket)
    seen = [Ticket.objects.at_the_desk(user).filter(pk=following.pk).exists() for user in (appeals, reviewer)]
    assert seen == [True, False]
    assert not Ticket.objects.at_the_desk(consultant).exists()
    assert not Ticket.objects.visible_to(member).exists()
    # No letter of an appeal tells its maker by when they hear: the ticket's own does.
    assert OutgoingMail.objects.get(kind="support/ticket_received").recipient == pro.owner.email
    answer_ticket(ticket=following, text="They were added.", by=appeals, close=True, now=late)


def test_what_still_goes_on_of_it_ends_with_its_maker_and_is_told_to_nobody_else(appeal, appeals, pro):
    """Somebody else speaks for the same client, and an appeal is its maker's alone."""
    name_person(
        client=appeal.ticket.client, name="Bruno", email="bruno@example.com", role="asks", by=registrar()
    )
    lift_suspension(suspension=appeal.suspension, by=appeals, reason="It was another.", now=NEXT_DAY)
    late = NEXT_DAY + 30 * DAY
    said = {"channel": "web", "by": pro.owner, "email": pro.owner.email, "at": late, "now": late}
    following = ask_again(ticket=appeal.ticket, text="And the days lost?", **said).ticket
    erase_asker(pro.owner, addresses=[pro.owner.email], now=late)
    following.refresh_from_db()
    assert (following.state, Wait.objects.open().count()) == ("closed", 0)
    reopen_ticket(ticket=following, by=appeals, now=late)
    with pytest.raises(SupportError) as refused:
        answer_ticket(ticket=following, text="They were added.", by=appeals, now=late)
    assert refused.value.code == "nobody_to_write_to"
    assert not OutgoingMail.objects.filter(
        recipient="bruno@example.com", kind="support/ticket_answered"
    ).exists()


def test_a_mail_after_another_decision_is_not_taken_for_the_earlier_appeal(appeal, appeals, pro):
    other = making.make_staff("reviewer", "appeals", email="other@quince.example")
    lift_suspension(suspension=appeal.suspension, by=appeals, reason="It was another.", now=NEXT_DAY)
    suspend(professional=pro, reason="Otra.", decided_by=other, now=NEXT_DAY + DAY)
    raw = make_message(sender=pro.owner.email, to="apelaciones@quince.example")
    mail = take_in(raw, now=NEXT_DAY + 2 * DAY)
    assert (mail.state, mail.reason) == ("parked", IncomingMail.Reason.FOR_A_PERSON)
    assert appeal.ticket.messages.filter(mail=mail).count() == 0


def test_its_letter_says_by_when_by_its_makers_clock(pro, reviewer):
    making.contract(pro)
    pro.owner.time_zone = "America/Tijuana"
    pro.owner.save()
    suspension = suspend(professional=pro, reason="Quejas.", decided_by=reviewer, now=LATER)
    ticket = appeal_suspension(suspension=suspension, text=WHY, by=pro.owner, now=NEXT_DAY).ticket
    due = ticket.waits.get().due_at.astimezone(ZoneInfo("America/Tijuana"))
    told = OutgoingMail.objects.get(kind="guarantees/appeal_received")
    with translation.override(told.language):
        said = (date_format(due, "l"), date_format(due, "DATE_FORMAT"), date_format(due, "TIME_FORMAT"))
    assert all(each in told.text for each in (*said, "(America/Tijuana)"))


def test_erasing_takes_files_mails_and_letters_of_it_too(
    appeal, pro, appeals, django_capture_on_commit_callbacks
):
    ticket = appeal.ticket
    raw = make_message(
        sender=pro.owner.email,
        to="apelaciones@quince.example",
        text="It was Rosa.",
        attachments=[("rosa.pdf", "application/pdf", b"%PDF-")],
    )
    mail = take_in(raw, now=NEXT_DAY)
    take_ticket(ticket=ticket, by=appeals, now=NEXT_DAY)
    put_back(ticket=ticket, by=appeals, why="I know Rosa.", now=NEXT_DAY)
    answer_ticket(ticket=ticket, text="Rosa says no.", by=appeals, now=NEXT_DAY)
    file = ticket.messages.get(mail=mail).attachments.get().file
    with django_capture_on_commit_callbacks(execute=True):
        forget_words(Ticket.objects.filter(pk=ticket.pk), now=NEXT_DAY)
    mail.refresh_from_db()
    letter = OutgoingMail.objects.get(kind="support/ticket_answered")
    ticket.refresh_from_db()
    assert (mail.text, mail.whole_text, mail.raw.name, mail.cleared_at) == ("", "", "", NEXT_DAY)
    assert (letter.text, letter.subject, ticket.subject) == ("", ERASED, ERASED)
    assert not Attachment.objects.exists()
    assert not file.storage.exists(file.name)
    assert set(ticket.events.values_list("reason", flat=True)) == {"", ERASED}
    assert set(ticket.messages.values_list("text", flat=True)) == {ERASED}


def lost(kind: str) -> None:
    mails = OutgoingMail.objects.filter(kind=kind, bounced_at=None)
    assert mails.count() == 1
    mails.update(state="sent", bounced_at=NEXT_DAY, last_error="mailer-daemon@example.com")


def told_of_lost() -> list[str]:
    mails = OutgoingMail.objects.filter(kind="support/ticket_undelivered").order_by("pk")
    return list(mails.values_list("recipient", flat=True))


@pytest.mark.parametrize(
    ("of_claim", "decide", "kind"),
    [
        (False, "uphold", "profiles/suspension_lifted"),
        (False, "refuse", "guarantees/suspension_appeal_refused"),
        (True, "uphold", "guarantees/claim_appeal_upheld"),
        (True, "refuse", "guarantees/claim_appeal_refused"),
    ],
)
def test_whoever_heard_it_is_told_where_the_decision_reached_nobody(
    submitted, reviewer, appeals, pro, of_claim, decide, kind
):
    if of_claim:
        decided = reject(submitted, reviewer)
        ticket = appeal_claim(claim=decided, text=WHY, by=pro.owner, now=NEXT_DAY).ticket
        (uphold if decide == "uphold" else refuse)(decided, appeals, now=NEXT_DAY)
    else:
        decided = suspend(professional=pro, reason="Quejas.", decided_by=reviewer, now=LATER)
        ticket = appeal_suspension(suspension=decided, text=WHY, by=pro.owner, now=NEXT_DAY).ticket
        said = {"suspension": decided, "by": appeals, "reason": "So.", "now": NEXT_DAY}
        (lift_suspension if decide == "uphold" else refuse_appeal_against_suspension)(**said)
    assert resume_undelivered(now=NEXT_DAY) == 0
    lost(kind)
    assert [resume_undelivered(now=NEXT_DAY) for _time in range(2)] == [1, 0]
    told = OutgoingMail.objects.get(kind="support/ticket_undelivered")
    assert (told.recipient, ticket.number in told.subject) == (appeals.email, True)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.events.latest("pk").about) == ("open", "mailer-daemon@example.com")
    assert ticket.waits.open().count() == (1 if ticket.client else 0)
    # They answer it once more, or telephone, and close it.
    answer_ticket(ticket=ticket, text="It stands.", by=appeals, close=True, now=NEXT_DAY + DAY)
    assert resume_undelivered(now=NEXT_DAY + DAY) == 0
    # And where that came back as well, they are told again.
    lost("support/ticket_answered")
    assert [resume_undelivered(now=NEXT_DAY + DAY) for _time in range(2)] == [1, 0]
    assert told_of_lost() == [appeals.email] * 2


@pytest.mark.parametrize("first_arrived", [True, False])
@pytest.mark.parametrize(
    ("of_claim", "kind"),
    [(False, "profiles/suspension_lifted"), (True, "guarantees/claim_appeal_upheld")],
)
def test_so_is_whoever_upheld_later_what_was_refused(
    submitted, reviewer, appeals, pro, of_claim, kind, first_arrived
):
    other, later = making.make_staff("appeals", email="other-appeals@quince.example"), NEXT_DAY + DAY
    if of_claim:
        decided = reject(submitted, reviewer)
        ticket = appeal_claim(claim=decided, text=WHY, by=pro.owner, now=NEXT_DAY).ticket
        refuse(decided, appeals, now=NEXT_DAY)
    else:
        decided = suspend(professional=pro, reason="Quejas.", decided_by=reviewer, now=LATER)
        ticket = appeal_suspension(suspension=decided, text=WHY, by=pro.owner, now=NEXT_DAY).ticket
        refuse_appeal_against_suspension(suspension=decided, by=appeals, reason="No.", now=NEXT_DAY)
    if first_arrived:
        OutgoingMail.objects.filter(kind__contains="appeal_refused").update(state="sent")
    else:
        lost("guarantees/claim_appeal_refused" if of_claim else "guarantees/suspension_appeal_refused")
        assert resume_undelivered(now=NEXT_DAY) == 1
    if of_claim:
        uphold(decided, other, now=later)
    else:
        lift_suspension(suspension=decided, by=other, reason="It was another.", now=later)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.messages.filter(kind="answer").count()) == ("closed", 2)
    assert (ticket.appeal.state, ticket.appeal.answered_by) == ("refused", appeals)
    # A suspension is lifted for a reason of its own.
    assert ticket.messages.latest("pk").text.startswith("Your appeal was upheld") is of_claim
    assert resume_undelivered(now=later) == 0
    lost(kind)
    assert [resume_undelivered(now=later) for _time in range(2)] == [1, 0]
    assert told_of_lost() == ([] if first_arrived else [appeals.email]) + [other.email]


def test_so_is_whoever_heard_the_appeal_against_the_decision_that_followed(submitted, reviewer, appeals, pro):
    claim = reject(submitted, reviewer)
    appeal_claim(claim=claim, text=WHY, by=pro.owner, now=NEXT_DAY)
    uphold(claim, appeals, now=NEXT_DAY)
    claim = reject(claim, reviewer, NEXT_DAY + DAY)
    later = NEXT_DAY + 2 * DAY
    ticket = appeal_claim(claim=claim, text=WHY, by=pro.owner, now=later).ticket
    refuse(claim, appeals, now=later)
    for kind in ("guarantees/claim_appeal_upheld", "guarantees/claim_appeal_refused"):
        lost(kind)
    assert [resume_undelivered(now=later) for _time in range(2)] == [2, 0]
    told = OutgoingMail.objects.filter(kind="support/ticket_undelivered")
    assert told_of_lost() == [appeals.email] * 2
    assert [ticket.number in mail.subject for mail in told.order_by("pk")] == [False, True]


def test_its_subject_and_its_answer_are_in_the_language_of_whoever_made_it(suspension, pro, appeals):
    pro.owner.language = "it"
    pro.owner.save(update_fields=["language"])
    with translation.override("it"):
        subject = gettext("Appeal against the suspension of %(business)s") % {"business": pro.name}
        decided = gettext("Your appeal was upheld")
    with translation.override("en"):
        ticket = appeal_suspension(suspension=suspension, text=WHY, by=pro.owner, now=NEXT_DAY).ticket
        lift_suspension(suspension=suspension, by=appeals, reason="Era un’altra.", now=NEXT_DAY)
    assert (ticket.subject, ticket.messages.latest("pk").text) == (subject, f"{decided}.\n\nEra un’altra.")

"""The mails about a request are known, whatever they were written for: shown, and gone with the person (X5)."""

import uuid
from datetime import timedelta

import pytest

from mail import outbox
from mail.models import OutgoingMail
from marketplace.anonymising import anonymise_leads
from marketplace.asking import remove_unconfirmed
from marketplace.diary import write_diary
from marketplace.expiry import expire_leads
from marketplace.held import held_about
from marketplace.homeowner_mails import to_homeowner
from marketplace.homeowners import renew_link, send_link_anew
from marketplace.models import Lead, ReviewRequest
from marketplace.questions import answer_question, ask_question
from marketplace.reviews import ask_homeowner, remind_of_reviews
from marketplace.summaries import send_summary
from marketplace.withdrawal import withdraw_lead
from tests.making import NOW, ask, buy, contract, fund, make_lead, make_plan

DAY = timedelta(days=1)
LUCIA = "lucia@example.com"
KINDS = {
    "marketplace/contact_bought",
    "marketplace/lead_expired",
    "marketplace/lead_published",
    "marketplace/link_renewed",
    "marketplace/links_anew",
    "marketplace/question_answered",
    "marketplace/review_asked_homeowner",
    "marketplace/review_reminder",
    "marketplace/summary",
    "marketplace/withdrawal_done",
}


@pytest.fixture
def lead(pro):
    """A request about which its homeowner has had every mail that there is, some of them twice."""
    contract(pro, plan=make_plan("year", months=12))
    fund(pro)
    contact = buy(pro, now=NOW, homeowner_email=LUCIA)[0]
    lead, by = contact.lead, pro.owner
    question = ask_question(contact=contact, text="¿Cuándo vienes?", now=NOW)
    answer_question(question=question, text="El lunes a las nueve.", by=by, now=NOW)
    write_diary(contact=contact, kind="call", happened_at=NOW, text="", by=by, now=NOW)
    send_summary(
        contact=contact, key=uuid.uuid4(), subject="Lo que acordamos", by=by, now=NOW,
        text="Hola Lucía, cambiamos la regadera el lunes y el azulejo el martes.",
    )  # fmt: skip
    ask_homeowner(contact=contact, by=by, now=NOW)
    remind_of_reviews(now=NOW + 6 * DAY)
    # Its link has run out, so that it is asked again: another moment, another cause.
    ask_homeowner(contact=contact, by=by, now=NOW + 61 * DAY)
    assert ReviewRequest.objects.count() == 1
    for hours in (0, 1):
        send_link_anew(email=LUCIA, network="203.0.113.9", now=NOW + timedelta(hours=hours))
    renew_link(lead=lead, now=NOW)
    expire_leads(now=NOW + 31 * DAY)
    return withdraw_lead(lead=lead, now=NOW + 62 * DAY)


def told(lead) -> list[str]:
    return [subject for part in held_about(lead) if "Mails" in part.title for _moment, subject in part.rows]


def test_all_mails_about_a_request_are_known(lead):
    mails = OutgoingMail.objects.filter(recipient=LUCIA)
    assert set(mails.values_list("kind", flat=True)) == KINDS
    assert set(to_homeowner(lead)) == set(mails)
    assert mails.count() == len(KINDS) + 2
    assert sorted(told(lead)) == sorted(mails.values_list("subject", flat=True))


def test_none_of_them_keeps_the_address_when_the_person_is_erased(lead):
    written = OutgoingMail.objects.count()
    anonymise_leads(now=NOW + 400 * DAY)
    assert OutgoingMail.objects.filter(recipient=LUCIA).count() == 0
    assert OutgoingMail.objects.count() == written


def test_mails_about_another_request_of_the_same_person_stay(lead):
    other = make_lead(now=NOW + 70 * DAY, homeowner_email=LUCIA)
    theirs = OutgoingMail.objects.get(cause=f"lead:{other.public_id}")
    send_link_anew(
        email=LUCIA, network="203.0.113.9", now=NOW + 71 * DAY
    )  # Written for the other, and names both.
    assert anonymise_leads(now=NOW + 366 * DAY) == 1
    assert list(OutgoingMail.objects.filter(recipient=LUCIA)) == [theirs]
    assert told(other) == [theirs.subject]


def test_a_request_that_nobody_confirmed_takes_all_its_mails_with_it(db):
    lead = ask(now=NOW, homeowner_email=LUCIA)
    send_link_anew(email=LUCIA, network="203.0.113.9", now=NOW)
    renew_link(lead=lead, now=NOW)
    assert OutgoingMail.objects.filter(recipient=LUCIA).count() == 3
    assert remove_unconfirmed(now=NOW + 8 * DAY) == 1
    assert (Lead.objects.count(), OutgoingMail.objects.count()) == (0, 0)


def test_where_answers_went_is_cleared_with_the_text(lead, pro):
    summary = OutgoingMail.objects.get(kind="marketplace/summary")
    assert summary.reply_to == pro.owner.email
    OutgoingMail.objects.update(state="sent", sent_at=NOW)
    outbox.clear_old(now=NOW + 31 * DAY)
    summary.refresh_from_db()
    assert (summary.text, summary.reply_to) == ("", "")

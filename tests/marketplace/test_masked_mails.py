"""M5: no mail that is kept, and no statement, holds contact details that a homeowner wrote into the title."""

from datetime import timedelta

import pytest

from base.registry import origins
from billing.models import WalletEntry
from mail.models import OutgoingMail
from marketplace import returns
from marketplace.contacts import buy_contact
from marketplace.expiry import expire_leads
from marketplace.first_contact import check_first_contacts
from marketplace.leads import close_lead, reject_lead
from marketplace.questions import answer_question, ask_question
from marketplace.reviews import ask_homeowner, remind_of_reviews
from marketplace.summaries import draft_summary
from marketplace.withdrawal import withdraw_lead
from tests.making import NOW, buy, contract, fund, make_lead, make_plan

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TITLE, NUMBER = "Baño, llamar al 55 1234 5678", "5678"
TOWN = "Coyoacán, tel. 55 8765 4321"


@pytest.fixture
def buyer(pro):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 100_000)
    return pro


@pytest.fixture
def contact(buyer):
    return buy(buyer, title=TITLE, town=TOWN)[0]


def ask(contact, reason="not_real"):
    return returns.ask_return(
        contact=contact, reason=reason, explanation="Nobody of that name.", by=None, now=NOW
    )


def bought_by(other, contact):
    contract(other)
    fund(other)
    buy_contact(professional=other, lead=contact.lead, price_seen_cents=20_000, now=NOW)


def in_mails(kind):
    mails = list(OutgoingMail.objects.filter(kind=kind))
    assert mails, kind
    return " ".join(mail.subject + mail.text for mail in mails)


def is_masked(text):
    return "Baño" in text and NUMBER not in text and "4321" not in text


def test_who_asked_is_told_who_bought_it_and_that_it_is_published(contact):
    for kind in ("lead_published", "contact_bought"):
        assert is_masked(in_mails(f"marketplace/{kind}")), kind


def test_who_asked_is_told_that_it_ended_or_is_not_published(contact, moderator):
    expire_leads(now=NOW + 31 * DAY)
    reject_lead(lead=make_lead(title=TITLE, published=False), by=moderator, reason="No.", now=NOW)
    for kind in ("lead_expired", "lead_rejected"):
        assert is_masked(in_mails(f"marketplace/{kind}")), kind


@pytest.mark.parametrize(("after", "kind"), [(20, "first_contact_reminder"), (25, "first_contact_late")])
def test_who_has_not_called_yet_is_told(contact, after, kind):
    check_first_contacts(now=NOW + after * HOUR)
    said = in_mails(f"marketplace/{kind}")
    assert is_masked(said)
    assert "Coyoacán" in said


def test_where_nothing_was_masked_the_title_is_told_as_it_is(buyer):
    buy(buyer, title="Baño con tina", town="Tlalpan")
    check_first_contacts(now=NOW + 20 * HOUR)
    said = in_mails("marketplace/first_contact_reminder")
    assert "Baño con tina" in said
    assert "Tlalpan" in said


def test_what_is_told_of_returns(contact, buyer, other_pro, moderator):
    bought_by(other_pro, contact)
    returns.refuse_return(return_request=ask(contact, "duplicate"), by=moderator, note="No.", now=NOW)
    returns.accept_return(return_request=ask(contact), by=moderator, note="", now=NOW)
    (second,) = buy(buyer, title=TITLE)
    returns.return_by_staff(contact=second, by=moderator, note="They wrote to us.", now=NOW)
    for kind in ("return_refused", "return_accepted", "lead_found_bad", "return_by_staff"):
        assert is_masked(in_mails(f"marketplace/{kind}")), kind


def test_questions_and_their_answers(contact, buyer):
    asked = ask_question(contact=contact, text="¿Cuándo pueden venir a ver el baño?", now=NOW)
    answer_question(question=asked, text="El lunes a las nueve.", by=buyer.owner, now=NOW + HOUR)
    for kind in ("question_asked", "question_answered"):
        assert is_masked(in_mails(f"marketplace/{kind}")), kind


def test_who_bought_it_is_told_that_it_is_closed_or_withdrawn(contact, moderator):
    close_lead(lead=contact.lead, by=moderator, reason="They hired somebody.", now=NOW)
    withdraw_lead(lead=contact.lead, now=NOW + HOUR)
    for kind in ("job_closed", "request_withdrawn", "withdrawal_done"):
        assert is_masked(in_mails(f"marketplace/{kind}")), kind


def test_who_is_asked_for_a_review_and_reminded(contact, buyer):
    ask_homeowner(contact=contact, by=buyer.owner, now=NOW)
    remind_of_reviews(now=NOW + 6 * DAY)
    for kind in ("review_asked_homeowner", "review_reminder"):
        assert is_masked(in_mails(f"marketplace/{kind}")), kind


def test_what_a_summary_begins_with(contact, buyer):
    """Its subject is kept with the mail for thirty days."""
    assert is_masked(draft_summary(contact, [], buyer.name).subject)


def test_where_the_entries_of_a_statement_come_from(contact, moderator):
    returns.return_by_staff(contact=contact, by=moderator, note="They wrote to us.", now=NOW)
    contact.refresh_from_db()
    for kind, entry in (
        (WalletEntry.Kind.PURCHASE, contact.purchase_entry_id),
        (WalletEntry.Kind.RETURN, contact.return_entry_id),
    ):
        assert is_masked(origins[kind]([entry])[entry].words)

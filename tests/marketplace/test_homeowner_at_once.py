"""What a homeowner does while somebody else does something, on PostgreSQL; each with what the lock is for."""

import threading
from uuid import uuid4

import pytest
from django.db import IntegrityError

from base.registry import invariants
from billing import wallet
from mail import outbox
from mail.models import OutgoingMail
from marketplace import questions, reviews
from marketplace.diary import write_diary
from marketplace.errors import MarketplaceError
from marketplace.hiring import close_job, say_who_was_hired
from marketplace.models import (
    Contact,
    DiaryEntry,
    HomeownerQuestion,
    Lead,
    LeadEvent,
    LeadQuerySet,
    Review,
    ReviewRequest,
)
from marketplace.questions import answer_question, ask_question
from marketplace.summaries import KIND_OF_MAIL, send_summary
from marketplace.withdrawal import withdraw_lead
from tests.making import NOW, make_lead
from tests.marketplace.test_at_once import codes, lock_off, meet_before, purchase, rich
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lead():
    return make_lead()


@pytest.fixture
def contacts(lead):
    """Three buyers of one request."""
    return [purchase(rich(), lead)() for _ in range(3)]


def told(kind: str) -> int:
    return OutgoingMail.objects.filter(kind=f"marketplace/{kind}").count()


def withdraw(lead):
    return lambda: withdraw_lead(lead=lead, now=NOW)


def close(lead):
    return lambda: close_job(lead=lead, now=NOW)


def test_who_buys_while_it_is_withdrawn_has_bought_before_and_is_told_or_is_refused(lead):
    buyers = [rich() for _ in range(4)]
    *bought, withdrawn = together(*[purchase(buyer, lead) for buyer in buyers], withdraw(lead))
    assert isinstance(withdrawn, Lead)
    assert set(codes(bought)) <= {"bought", "not_live"}
    lead.refresh_from_db()
    assert (lead.state, lead.details_shown) == ("withdrawn", False)
    assert lead.places_taken == Contact.objects.count() == told("request_withdrawn") == told("contact_bought")
    assert [line for each in invariants for line in each.broken()] == []


def test_a_summary_that_is_being_written_is_waited_for_and_taken_back(lead, contacts, monkeypatch):
    """The worst moment: it is written and not committed, so whoever withdraws could not see it (M1, M5)."""
    contact, by = contacts[0], contacts[0].professional.owner
    write_diary(contact=contact, kind="call", happened_at=NOW, text="", by=by, now=NOW)
    write = outbox.write
    withdrawal = threading.Thread(target=lambda: together(withdraw(lead)))

    def withdrawn_meanwhile(**kwargs):
        write(**kwargs)
        if kwargs["kind"] == KIND_OF_MAIL:
            withdrawal.start()
            withdrawal.join(timeout=1)
            assert withdrawal.is_alive(), "it did not wait for the summary"

    monkeypatch.setattr(outbox, "write", withdrawn_meanwhile)
    text = "Acordamos una visita el martes a las diez para medir."
    send_summary(contact=contact, key=uuid4(), subject="La visita", text=text, by=by, now=NOW)
    withdrawal.join(timeout=20)

    mail = OutgoingMail.objects.get(kind=KIND_OF_MAIL)
    assert (mail.state, mail.text) == ("failed", "")


def test_a_purchase_that_has_its_place_is_waited_for_and_told(lead, monkeypatch):
    """The worst moment: the purchase has its place and is not committed, and the withdrawal asks who bought."""
    buyer = rich()
    write = outbox.write
    withdrawal = threading.Thread(target=lambda: together(withdraw(lead)))

    def withdrawn_meanwhile(**kwargs):
        if kwargs["kind"] == "marketplace/contact_bought":
            withdrawal.start()
            withdrawal.join(timeout=1)
            assert withdrawal.is_alive(), "it did not wait for the purchase"
        return write(**kwargs)

    monkeypatch.setattr(outbox, "write", withdrawn_meanwhile)
    assert isinstance(purchase(buyer, lead)(), Contact)
    withdrawal.join(timeout=20)
    lead.refresh_from_db()
    assert (lead.state, told("request_withdrawn")) == ("withdrawn", 1)


def test_without_the_condition_on_its_state_a_withdrawn_request_would_be_bought(lead, monkeypatch):
    """Negative control: the buyer has looked before the withdrawal, and takes the place after it."""
    buyer = rich()
    monkeypatch.setattr(LeadQuerySet, "buyable", lambda self, now: self.all())
    debit = wallet.debit

    def withdrawn_meanwhile(**kwargs):
        (done,) = together(withdraw(lead))
        assert isinstance(done, Lead)
        return debit(**kwargs)

    monkeypatch.setattr(wallet, "debit", withdrawn_meanwhile)
    assert isinstance(purchase(buyer, lead)(), Contact)
    assert told("request_withdrawn") == 0


def test_with_it_the_same_purchase_is_refused(lead, monkeypatch):
    buyer = rich()
    debit = wallet.debit

    def withdrawn_meanwhile(**kwargs):
        together(withdraw(lead))
        return debit(**kwargs)

    monkeypatch.setattr(wallet, "debit", withdrawn_meanwhile)
    with pytest.raises(MarketplaceError) as refusal:
        purchase(buyer, lead)()
    assert refusal.value.code == "not_live"
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("end", "state", "kind"), [(withdraw, "withdrawn", "request_withdrawn"), (close, "closed", "job_closed")]
)
def test_ended_four_times_at_once_it_ends_once_and_each_buyer_is_told_once(lead, contacts, end, state, kind):
    results = together(*[end(lead)] * 4)
    assert [result.state for result in results] == [state] * 4
    assert LeadEvent.objects.filter(to_state=state).count() == 1
    assert told(kind) == len(contacts)


def test_without_the_requests_lock_its_history_would_say_twice_that_it_was_closed(
    lead, contacts, monkeypatch
):
    """Negative control."""
    lock_off(monkeypatch, Lead)
    meet_before(monkeypatch, LeadEvent.objects, "create", 2)
    together(*[close(lead)] * 2)
    assert LeadEvent.objects.filter(to_state="closed").count() == 2


def test_closed_and_withdrawn_at_once_it_is_withdrawn_in_the_end(lead, contacts):
    together(close(lead), withdraw(lead))
    lead.refresh_from_db()
    assert lead.state == "withdrawn"
    assert told("request_withdrawn") == len(contacts)


def test_the_same_question_sent_from_two_tabs_is_one(contacts):
    results = together(*[lambda: ask_question(contact=contacts[0], text="¿Cuándo?", now=NOW)] * 4)
    assert results == [HomeownerQuestion.objects.get()] * 4
    assert told("question_asked") == 1


def test_without_the_locks_the_same_question_would_be_asked_twice(contacts, monkeypatch):
    """Negative control: both have looked before either has asked."""
    lock_off(monkeypatch, Lead, Contact)
    meet_before(monkeypatch, questions, "Truncator", 2)
    together(*[lambda: ask_question(contact=contacts[0], text="¿Cuándo?", now=NOW)] * 2)
    assert HomeownerQuestion.objects.count() == 2


def test_a_question_is_answered_once_by_two_members_at_once(contacts):
    question = ask_question(contact=contacts[0], text="¿Cuándo?", now=NOW)
    by = contacts[0].professional.owner
    results = together(
        *[
            lambda text=text: answer_question(question=question, text=text, by=by, now=NOW)
            for text in ("Hoy", "Ya")
        ]
    )
    refused = [result for result in results if isinstance(result, MarketplaceError)]
    assert [refusal.code for refusal in refused] == ["answered"]
    assert DiaryEntry.objects.count() == told("question_answered") == 1


def test_of_two_tabs_that_say_different_things_the_later_holds_for_all(lead, contacts):
    def say(hired, word):
        return lambda: say_who_was_hired(lead=lead, hired=hired, word=word, now=NOW)

    together(say(contacts[0], ""), say(None, "hired_nobody"), say(contacts[2], ""), say(None, "undecided"))
    words = [contact.homeowner_word for contact in Contact.objects.order_by("pk")]
    assert words in (
        ["hired_them", "hired_other", "hired_other"],
        ["hired_nobody"] * 3,
        ["hired_other", "hired_other", "hired_them"],
        ["undecided"] * 3,
    )


def review(contact):
    return lambda: reviews.review_from_page(
        contact=contact,
        author_name="Lucía",
        handling=5,
        workmanship=None,
        text="Llegaron a la hora y explicaron todo.",
        user=None,
        browser_of=None,
        network="",
        now=NOW,
    )


def test_a_review_sent_from_two_tabs_is_one(contacts):
    results = together(*[review(contacts[0])] * 4)
    assert results == [Review.objects.get()] * 4


def test_without_the_contacts_lock_the_second_tab_would_be_an_error(contacts, monkeypatch):
    """Negative control: both have seen that nobody was asked; the database refuses the second."""
    lock_off(monkeypatch, Lead, Contact)
    meet_before(monkeypatch, ReviewRequest.objects, "create", 2)
    results = together(*[review(contacts[0])] * 2)
    assert sum(isinstance(result, IntegrityError) for result in results) == 1

"""A homeowner asks the businesses that bought their request, and is answered (G22, G21, M5)."""

from datetime import timedelta

import pytest

from mail.models import OutgoingMail
from marketplace.contacts import buy_contact
from marketplace.diary import ENTRIES_A_DAY, write_diary
from marketplace.errors import MarketplaceError
from marketplace.models import DiaryEntry, HomeownerQuestion
from marketplace.questions import (
    QUESTIONS_A_DAY,
    QUESTIONS_OF_A_CONTACT,
    TEXT_AT_MOST,
    answer_question,
    ask_question,
)
from marketplace.returns import return_by_staff
from marketplace.withdrawal import withdraw_lead
from tests.making import NOW, at, contract, fund, make_lead

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = NOW + 2 * HOUR
TEXT = "¿Incluye retirar los escombros?"
ANSWER = "Sí, el retiro está incluido en el precio."


@pytest.fixture
def contact(pro):
    contract(pro)
    fund(pro)
    lead = make_lead(title="Renovar un baño", homeowner_email="lucia@example.com")
    bought = buy_contact(professional=pro, lead=lead, price_seen_cents=lead.price_cents, now=NOW)
    OutgoingMail.objects.all().delete()
    return bought


def ask(contact, text=TEXT, now=LATER):
    return ask_question(contact=contact, text=text, now=now)


def answer(question, text=ANSWER, now=LATER + HOUR):
    return answer_question(question=question, text=text, by=question.contact.professional.owner, now=now)


def code_of(do, *args, **kwargs) -> str:
    with pytest.raises(MarketplaceError) as refusal:
        do(*args, **kwargs)
    return refusal.value.code


def test_a_question_is_kept_waits_and_is_told_to_the_owner_without_who_asks(contact):
    question = ask(contact)
    assert (question.contact, question.text, question.asked_at, question.answered_at) == (
        contact, TEXT, LATER, None,
    )  # fmt: skip
    assert list(HomeownerQuestion.objects.waiting()) == [question]
    (mail,) = OutgoingMail.objects.all()
    assert (mail.kind, mail.cause, mail.recipient) == (
        "marketplace/question_asked",
        f"question:{question.public_id}",
        "pro@example.com",
    )
    assert TEXT in mail.text
    lead = contact.lead
    for detail in (lead.homeowner_name, lead.homeowner_email, lead.homeowner_phone.as_national):
        assert detail not in mail.text + mail.subject


def test_an_answer_is_told_to_the_homeowner_and_stands_in_the_diary_as_a_message_that_happened_now(contact):
    """G21: it is an outgoing message by when it happened, and here it is the first contact."""
    question = answer(ask(contact))
    assert (question.answer, question.answered_at, question.answered_by) == (
        ANSWER, LATER + HOUR, contact.professional.owner,
    )  # fmt: skip
    (entry,) = DiaryEntry.objects.all()
    assert (entry.kind, entry.happened_at, entry.written_at, entry.text, entry.written_by) == (
        "message", LATER + HOUR, LATER + HOUR, ANSWER, contact.professional.owner,
    )  # fmt: skip
    contact.refresh_from_db()
    assert contact.first_contact_at == LATER + HOUR
    assert not HomeownerQuestion.objects.waiting().exists()
    mail = OutgoingMail.objects.get(kind="marketplace/question_answered")
    assert (mail.recipient, mail.language) == ("lucia@example.com", "es-mx")
    assert ANSWER in mail.text
    assert "/request/" in mail.text


def test_the_same_question_sent_twice_is_one_and_can_be_asked_again_on_another_day(contact):
    first = ask(contact)
    assert ask(contact, f"  {TEXT}\r\n", LATER + HOUR) == first
    answer(first)
    assert ask(contact, now=at("2026-01-10 23:59")) == first
    assert ask(contact, now=at("2026-01-11 00:00")) != first
    assert OutgoingMail.objects.filter(kind="marketplace/question_asked").count() == 2


def test_the_same_answer_sent_twice_is_one_and_another_is_refused(contact):
    question = answer(ask(contact))
    assert answer(question) == question
    assert code_of(answer, question, "Otra cosa.") == "answered"
    assert DiaryEntry.objects.count() == 1
    assert OutgoingMail.objects.filter(kind="marketplace/question_answered").count() == 1


def test_as_many_questions_as_a_day_allows_and_no_more(contact):
    for number in range(QUESTIONS_A_DAY):
        ask(contact, f"Pregunta {number}", at("2026-01-10 23:00"))
    assert code_of(ask, contact, "Una más", at("2026-01-10 23:59")) == "too_many_today"
    ask(contact, "Una más", at("2026-01-11 00:00"))


def test_as_many_questions_as_a_contact_may_have_and_no_more(contact):
    for number in range(QUESTIONS_OF_A_CONTACT):
        HomeownerQuestion.objects.create(contact=contact, text=f"Pregunta {number}", asked_at=NOW)
    assert code_of(ask, contact, now=at("2026-01-12 12:00")) == "too_many_questions"


@pytest.mark.parametrize("text", ["", " \r\n\t ", "\u200b\u2060", "\x00\x07", "\u202e"])
def test_a_question_or_an_answer_says_something(contact, text):
    assert code_of(ask, contact, text) == "question_missing"
    assert code_of(answer, ask(contact), text) == "answer_missing"


def test_as_long_as_it_may_be_and_one_more(contact):
    longest = "a" * TEXT_AT_MOST
    question = ask(contact, longest)
    assert code_of(ask, contact, longest + "b") == "question_too_long"
    assert code_of(answer, question, longest + "b") == "answer_too_long"
    assert answer(question, longest).answer == longest


def test_what_turns_the_writing_around_is_taken_out(contact):
    assert ask(contact, "Hola\u202e\x07 ¿qué tal?").text == "Hola ¿qué tal?"


def test_what_a_stranger_writes_makes_no_paragraph_and_no_button_of_ours(contact, settings):
    ask(contact, f"Hola\n\nPague aquí:\n{settings.SITE_URL}/account/\n\n- uno")
    text = OutgoingMail.objects.get().text
    assert f"“Hola Pague aquí: {settings.SITE_URL}/account/ - uno”" in text.split("\n\n")


def test_nothing_is_asked_of_who_gave_the_contact_back_nor_answered_by_them(contact, moderator):
    question = ask(contact)
    return_by_staff(contact=contact, by=moderator, note="Era un duplicado.", now=LATER)
    assert not HomeownerQuestion.objects.waiting().exists()
    assert code_of(ask, contact, "¿Y ahora?") == "returned"
    assert code_of(answer, question) == "returned"
    assert HomeownerQuestion.objects.get().answer == ""


def test_after_a_withdrawal_nobody_writes_any_more(contact):
    question = ask(contact)
    withdraw_lead(lead=contact.lead, now=LATER)
    assert not HomeownerQuestion.objects.waiting().exists()
    assert code_of(ask, contact, "¿Y ahora?") == "withdrawn"
    assert code_of(answer, question) == "withdrawn"
    assert not DiaryEntry.objects.exists()


def test_a_full_diary_keeps_no_answer_back(contact):
    question = ask(contact)
    for number in range(ENTRIES_A_DAY):
        write_diary(
            contact=contact, kind="note", happened_at=LATER, text=f"{number}", by=contact.professional.owner,
            now=LATER,
        )  # fmt: skip
    assert answer(question).answered_at == LATER + HOUR
    assert DiaryEntry.objects.count() == ENTRIES_A_DAY

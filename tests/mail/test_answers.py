"""Answers given by the product itself: to persons alone, and never many (S10, RFC 3834)."""

from datetime import timedelta

import pytest

from mail.letters import as_message
from mail.models import OutgoingMail
from tests.mail.messages import PETS, make_message, take_in
from tests.making import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _routes(settings):
    settings.MAIL_ROUTES = ["tests.mail.routes.takes_pets"]


def to_pets(number: int = 1, **changes) -> bytes:
    return make_message(to=PETS, message_id=f"<{number}@example.com>", **changes)


def answers() -> list[OutgoingMail]:
    return list(OutgoingMail.objects.order_by("pk"))


def test_an_answer_says_what_it_answers_and_that_a_machine_wrote_it():
    mail = take_in(to_pets(subject="¿Mi perro?"))
    (written,) = answers()
    message = as_message(written).message()
    assert (written.cause, written.recipient) == (f"incoming_mail:{mail.pk}", "ana@example.com")
    assert (message["In-Reply-To"], message["References"]) == ("<1@example.com>", "<1@example.com>")
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert "perro" not in str(message)
    assert len(message["Message-ID"]) > 40


def test_an_answer_goes_to_the_sender_wherever_they_ask_for_it():
    take_in(to_pets(Reply_To="victim@example.com"))
    assert [written.recipient for written in answers()] == ["ana@example.com"]


def test_a_message_without_a_name_is_answered_without_naming_it():
    take_in(make_message(to=PETS, message_id=""))
    message = as_message(answers()[0]).message()
    assert (message["In-Reply-To"], message["Auto-Submitted"]) == (None, "auto-replied")


def test_what_we_write_of_ourselves_answers_nothing(write):
    message = as_message(write()).message()
    assert (message["In-Reply-To"], message["Auto-Submitted"]) == (None, "auto-generated")


@pytest.mark.parametrize("sender", ["no-reply@example.com", "noreply+1@example.com", "a@b"])
def test_whom_nobody_reads_is_not_answered(sender):
    assert take_in(to_pets(sender=sender)).state == "taken"
    assert answers() == []


def test_one_sender_is_answered_three_times_in_six_hours():
    for number in range(5):
        take_in(to_pets(number), now=NOW + timedelta(minutes=number))
    take_in(to_pets(9, sender="eva@example.com"), now=NOW + timedelta(minutes=9))
    assert [written.recipient for written in answers()] == ["ana@example.com"] * 3 + ["eva@example.com"]
    take_in(to_pets(10), now=NOW + timedelta(hours=6) - timedelta(seconds=1))
    assert len(answers()) == 4
    take_in(to_pets(11), now=NOW + timedelta(hours=6))
    assert len(answers()) == 5


def test_what_stands_behind_a_plus_makes_nobody_another_sender():
    senders = [
        "ana+1@example.com",
        "ana@example.com",
        "ana+2@example.com",
        "ana+3@example.com",
        "ana@example.com",
    ]
    for number, sender in enumerate([*senders, "ana+1@example.org", "anabel@example.com"]):
        take_in(to_pets(number, sender=sender), now=NOW + timedelta(minutes=number))
    assert [written.recipient for written in answers()] == [
        *senders[:3],
        "ana+1@example.org",
        "anabel@example.com",
    ]


def test_two_machines_that_answer_each_other_stop():
    """Each answer of ours is answered at once, without a sign that a machine did it."""
    for number in range(40):
        take_in(to_pets(number, subject="Re: Re: Re:"), now=NOW + timedelta(minutes=number))
    assert len(answers()) == 3

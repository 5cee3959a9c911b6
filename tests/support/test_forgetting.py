"""Taking people out of tickets: what was asked goes, that it was asked stays, and so does what was booked (X5)."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command

from base.erased import ERASED
from mail.models import OutgoingMail
from profiles.closing import close_account
from support import personal
from support.attachments import NewFile
from support.clients import name_person
from support.forgetting import forget_address, forget_questions
from support.merging import merge_tickets
from support.messages import add_note, answer_ticket, ask_again
from support.models import Attachment, Message, Ticket, Wait
from support.questions import confirm_question, link_to_client, unlink_from_client
from support.tickets import close_ticket, rate_ticket
from tests.making import make_user
from tests.support.making import NOW, opened, placed, registrar
from tests.support.test_questions import asked, confirmed
from tests.support.test_ticket_pages import log

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def files(private_files):
    return private_files


def kept_files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def words_of(ticket):
    """Every word that stands in a ticket and its mails."""
    ticket.refresh_from_db()
    said = [ticket.subject, ticket.name, ticket.email, str(ticket.phone), ticket.rating_text]
    for message in Message.objects.filter(ticket=ticket):
        said += [message.text, message.quoted, message.name, message.email, message.unneeded_why]
    for mail in OutgoingMail.objects.all():
        said += [mail.subject, mail.text, mail.recipient, mail.reply_to]
    said += [event.reason for event in ticket.events.all()]
    return " ".join(said)


def test_a_question_is_forgotten_a_year_after_it_was_closed(
    consultant, files, django_capture_on_commit_callbacks
):
    ticket = confirmed(text="SECRET words", subject="SECRET subject", files=[NewFile("SECRET.txt", b"x")])
    answer_ticket(ticket=ticket, text="SECRET answer", by=consultant, now=NOW)
    add_note(ticket=ticket, text="SECRET note", by=consultant, now=NOW)
    ask_again(ticket=ticket, text="SECRET more", channel="web", at=NOW, now=NOW, email=ticket.email)
    close_ticket(ticket=placed(ticket), by=consultant, now=NOW, why="SECRET why")
    assert forget_questions(now=NOW + YEAR - timedelta(seconds=1)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert forget_questions(now=NOW + YEAR) == 1
    assert forget_questions(now=NOW + YEAR) == 0
    words = words_of(ticket)
    for gone in ("SECRET", "eva", "Eva"):
        assert gone not in words
    assert (ticket.erased_at, ticket.state, ticket.messages.count()) == (NOW + YEAR, "closed", 4)
    assert not Attachment.objects.exists() and not kept_files(files)
    assert str(consultant) in words  # Who of the desk answered stays.


def test_whoever_is_forgotten_waits_no_more_for_what_a_wrong_link_promised(agreement, consultant):
    ticket = link_to_client(ticket=confirmed(), client=agreement.client, by=consultant, now=NOW)
    unlink_from_client(ticket=ticket, why="Another Eva.", by=consultant, now=NOW)
    assert Wait.objects.open().exists()
    assert forget_address(email="eva@example.com", now=NOW) == 1
    assert [(wait.ticket, wait.ending) for wait in Wait.objects.all()] == [(ticket, Wait.Ending.CLIENT)]


def test_one_that_was_answered_and_never_closed_is_forgotten_too(consultant):
    ticket, waiting = confirmed(), confirmed(text="Nobody has answered")
    answer_ticket(ticket=ticket, text="This.", by=consultant, now=NOW)
    add_note(ticket=ticket, text="Note", by=consultant, now=NOW + timedelta(days=9))
    assert forget_questions(now=NOW + YEAR) == 0
    assert forget_questions(now=NOW + YEAR + timedelta(days=9)) == 1
    ticket.refresh_from_db()
    waiting.refresh_from_db()
    assert (ticket.state, waiting.erased_at) == ("closed", None)


def test_what_is_a_clients_is_not_forgotten(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    close_ticket(ticket=ticket, by=anna, now=NOW, by_client=True)
    assert forget_questions(now=NOW + 10 * YEAR) == 0


def test_what_was_merged_into_a_question_goes_with_it(consultant):
    into, merged = confirmed(), confirmed(text="Also", subject="SECRET")
    merge_tickets(ticket=merged, into=into, by=consultant, now=NOW)
    close_ticket(ticket=placed(into), by=consultant, now=NOW)
    assert forget_questions(now=NOW + YEAR) == 1
    merged.refresh_from_db()
    assert (merged.subject, merged.email, merged.state) == (ERASED, "", "merged")


def test_the_command_counts_and_erases(consultant, capsys):
    close_ticket(ticket=confirmed(), by=consultant, now=NOW)
    with time_machine.travel(NOW + timedelta(days=settings.DESK_QUESTIONS_KEPT_DAYS), tick=False):
        call_command("forget_questions", "--dry-run")
        assert capsys.readouterr().out == "Due: 1 questions. Nothing was erased.\n"
        call_command("forget_questions")
        assert capsys.readouterr().out == "Erased: 1 questions.\n"


def test_an_address_is_forgotten_without_what_is_an_accounts_or_a_clients(agreement, anna):
    confirm_question(ticket=asked(), now=NOW)
    asked(text="Not confirmed")
    opened(agreement.client, anna, email="eva@example.com")
    make_user("else@example.com")
    confirmed("else@example.com")
    assert forget_address(email="Eva@example.com", now=NOW) == 2
    assert forget_address(email="eva@example.com", now=NOW) == 0
    assert set(Ticket.objects.filter(erased_at=None).values_list("email", flat=True)) == {
        "eva@example.com",
        "else@example.com",
    }
    assert set(Ticket.objects.exclude(erased_at=None).values_list("state", flat=True)) == {
        "closed",
        "expired",
    }


def test_a_user_reads_what_they_asked(agreement, anna, consultant):
    ticket = opened(
        agreement.client, anna, phone="+390612345678", files=[NewFile("plan.pdf", b"x")], text="My words."
    )
    answer_ticket(ticket=ticket, text="Our answer.", by=consultant, now=NOW)
    rate_ticket(ticket=ticket, rating=5, text="Quick.", by=anna, now=NOW)
    confirmed(anna.email, text="A question.", subject="Before")
    shown = dict(personal.shown(anna))
    assert shown[f"Asked of the desk on Nov. 2, 2026 ({ticket.number})"] == (
        "Publishing\n\nAnna Bianchi\n\nanna@example.com\n\n+390612345678\n\nMy words.\n\nplan.pdf\n\nQuick."
    )
    assert "A question." in " ".join(shown.values())


def test_a_closed_account_takes_its_words_and_leaves_what_was_done(agreement, anna, consultant, files):
    person = name_person(
        client=agreement.client, name="Carla", email="carla@example.com", role="asks", by=registrar()
    )
    carla = make_user("carla@example.com", first_name="Carla", last_name="Neri")
    ticket = opened(agreement.client, carla, text="SECRET words", subject="SECRET", phone="+390612345678")
    answer_ticket(ticket=ticket, text="The answer.", by=consultant, now=NOW)
    work = log(ticket, consultant)
    ask_again(ticket=ticket, text="What Anna said.", channel="web", at=NOW, now=NOW, by=anna, name="Anna")
    rate_free = opened(None, carla, text="SECRET question", kind=Ticket.Kind.QUESTION)
    close_account(user=carla, now=NOW)
    words = words_of(ticket) + words_of(rate_free)
    for gone in ("SECRET", "Carla", "carla", "+39061"):
        assert gone not in words
    assert [message.text for message in ticket.messages.all()] == [ERASED, "The answer.", "What Anna said."]
    assert (ticket.client, ticket.asker, ticket.state) == (agreement.client, None, "open")
    # Anna still waits, and is who is written to from now on.
    assert Wait.objects.open().get().ticket == ticket
    work.refresh_from_db()
    assert work.done == "Explained publishing."
    assert (rate_free.state, rate_free.erased_at) == ("closed", NOW)
    person.refresh_from_db()
    assert person.name == ERASED
    answer_ticket(ticket=ticket, text="And this.", by=consultant, now=NOW)
    assert OutgoingMail.objects.filter(text__contains="And this.").get().recipient == anna.email

"""Who is written to about tickets, and what the mails say (S2, S8, S10)."""

import pytest

from mail.letters import blocks
from mail.models import OutgoingMail
from support.clients import end_person, name_person
from support.messages import answer_ticket, ask_again
from support.models import ClientPerson, Ticket
from support.tickets import close_ticket, hand_over, note, take_ticket
from tests.making import make_user
from tests.support.making import NOW, opened, placed, registrar

pytestmark = pytest.mark.django_db


@pytest.fixture
def bea(agreement):
    """Asks for Studio Bianchi."""
    name_person(client=agreement.client, name="Bea", email="bea@example.com", role="asks", by=registrar())
    return make_user("bea@example.com", time_zone="America/Mexico_City", language="es-mx")


def leave(email):
    end_person(person=ClientPerson.objects.get(email=email), today=NOW.date(), by=registrar())


def written(kind):
    mails = OutgoingMail.objects.filter(kind=f"support/{kind}").order_by("recipient")
    return list(mails.values_list("recipient", flat=True))


def test_an_answer_goes_to_who_asked_in_their_language_and_zone(agreement, anna, bea, consultant):
    ticket = opened(agreement.client, bea)
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    received, answered = OutgoingMail.objects.filter(recipient=bea.email, kind__contains="ticket").order_by(
        "pk"
    )
    assert (received.language, answered.language) == ("es-mx", "es-mx")
    assert "America/Mexico_City" in received.text


def test_the_promise_names_the_day(agreement, anna):
    opened(agreement.client, anna)
    text = OutgoingMail.objects.get(kind="support/ticket_received").text
    assert "Somebody answers you by Tuesday, Nov. 3, 2026, 10 a.m. (Europe/Rome) at the latest." in text


def test_whoever_speaks_for_the_client_no_more_is_told_nothing_of_its_tickets(
    agreement, anna, bea, consultant
):
    ticket = opened(agreement.client, bea)
    leave(bea.email)
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    mail = OutgoingMail.objects.get(kind="support/ticket_answered")
    # In the client's language, by the desk's clock.
    assert (mail.recipient, mail.language) == (anna.email, "en")


def test_nor_whoever_wrote_by_mail_without_an_account(agreement, anna, consultant):
    name_person(client=agreement.client, name="Carl", email="carl@example.com", role="asks", by=registrar())
    ticket = opened(agreement.client, None, email="carl@example.com")
    leave("carl@example.com")
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    assert written("ticket_answered") == [anna.email]


def test_what_came_as_a_question_is_answered_to_its_asker_although_it_was_linked(
    agreement, pro_user, consultant
):
    ticket = opened(agreement.client, pro_user)
    note(ticket, "linked", by=consultant, now=NOW)
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    assert written("ticket_answered") == [pro_user.email]


def test_an_address_that_was_never_named_is_answered(agreement, anna, consultant):
    """As of somebody who called."""
    ticket = opened(agreement.client, None, email="reception@example.com")
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    assert written("ticket_answered") == ["reception@example.com"]


def test_what_is_said_again_is_told_to_a_consultant_who_still_works_here(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    take_ticket(ticket=ticket, by=consultant, now=NOW)
    said = {"ticket": ticket, "channel": "web", "by": anna, "at": NOW, "now": NOW}
    ask_again(text="And?", **said)
    assert written("ticket_asked_again") == [consultant.email]
    consultant.is_active = False
    consultant.save()
    ask_again(text="And?", **said)
    assert written("ticket_asked_again") == [consultant.email]


def test_whoever_asked_is_told_that_it_is_done_unless_they_said_so_themselves(agreement, anna, consultant):
    for by_client in (False, True):
        ticket = opened(agreement.client, anna)
        answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
        close_ticket(
            ticket=placed(ticket), by=anna if by_client else consultant, by_client=by_client, now=NOW
        )
    assert written("ticket_closed") == [anna.email]


def test_nothing_that_was_typed_becomes_a_button(agreement, consultant, desk_lead, settings):
    trap = f"x\n\nOpen it:\n{settings.SITE_URL}/support/quotes/1/accept/"
    agreement.client.customer.name = trap
    agreement.client.customer.save()
    ticket = opened(agreement.client, None, subject=trap, name=trap, email="carl@example.com")
    take_ticket(ticket=ticket, by=consultant, now=NOW)
    hand_over(ticket=ticket, to=desk_lead, by=consultant, why=trap, now=NOW)
    ask_again(ticket=ticket, text="And?", channel="web", name=trap, at=NOW, now=NOW)
    mails = list(OutgoingMail.objects.filter(kind__startswith="support/ticket_"))
    assert len(mails) == 3
    for mail in mails:
        assert "\n" not in mail.subject
        buttons = [block.address for block in blocks(mail.text) if block.address]
        assert [address.rpartition("/support/")[2].split("/")[0] for address in buttons] in (
            ["tickets"],
            ["desk"],
        )


def test_a_mail_is_acknowledged_where_it_stands(agreement, anna):
    from mail.models import IncomingMail

    mail = IncomingMail.objects.create(
        message_id="<a@example.com>", way="pipe", received_at=NOW, stored_at=NOW, due_at=NOW, size=1,
        sender=anna.email,
    )  # fmt: skip
    ticket = opened(agreement.client, anna, channel=Ticket.Channel.MAIL, mail=mail)
    received = OutgoingMail.objects.get(kind="support/ticket_received")
    assert (received.in_reply_to, received.reply_to) == (
        "<a@example.com>",
        f"soporte+{ticket.tag}@quince.example",
    )


def test_what_a_mail_quotes_stands_under_its_own_words():
    from mail.models import IncomingMail
    from support.mailed import quoted_in

    def quoted(text, whole):
        return quoted_in(IncomingMail(text=text, whole_text=whole))

    assert quoted("Yes.", "Yes.\n\n> Shall we?\n") == "> Shall we?"
    assert quoted("Yes.\nNo.", "> One?\nYes.\n> Two?\nNo.") == "> One?\nYes.\n> Two?\nNo."
    assert quoted("Yes. ", "Yes.") == ""

"""Tickets by e-mail (S10): what a mail opens or continues, who may, and what it is answered."""

from datetime import timedelta

import pytest

from mail import inbox, kept_files
from mail.letters import as_message
from mail.models import IncomingMail
from profiles.models import User
from support.clients import name_person, open_client
from support.messages import answer_ticket
from support.models import Client, ClientPerson, Ticket, Wait
from support.questions import confirm_question, expire_questions
from support.tickets import take_ticket
from tests.mail.messages import FALSE, make_message
from tests.making import make_staff, make_user
from tests.support.mailing import DESK, TEXT, messages_of, replying_to, sent, write
from tests.support.making import NOW, opened, registrar, rome

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _files(private_files):
    """Nothing of these tests is left lying about."""


@pytest.fixture
def ticket(agreement, anna):
    """Opened by mail; its asker has the mail that says so."""
    write()
    return Ticket.objects.get()


def test_a_clients_mail_is_a_ticket_that_waits_since_it_reached_the_mailbox(agreement, anna):
    mail = write(now=NOW + 3 * HOUR, received_at=NOW, subject="RE: Rv: Publishing")
    ticket = Ticket.objects.get()
    message = ticket.messages.get()
    assert (ticket.kind, ticket.channel, ticket.state) == ("request", "mail", "open")
    assert (ticket.client, ticket.asker, ticket.email) == (agreement.client, anna, anna.email)
    assert (ticket.subject, ticket.name) == ("Publishing", "Anna Bianchi")
    assert ticket.agreement_version == agreement.current
    assert (message.text, message.quoted, message.at, message.mail) == (TEXT, "", NOW, mail)
    wait = ticket.waits.get()
    assert (wait.asked_at, wait.due_at) == (NOW, rome("2026-11-03 10:00"))
    assert (mail.state, mail.route, mail.cause, mail.clear_on) == (
        "taken",
        "support.by_mail.take_desk_mail",
        f"ticket:{ticket.public_id}",
        None,
    )
    assert b"How do I publish?" in kept_files.message_of(mail)


def test_it_is_answered_with_a_number_and_a_time_and_nothing_that_it_says(agreement, anna):
    write(text="Buy at spam.example", subject="spam.example")
    (answer,) = sent()
    ticket = Ticket.objects.get()
    message = as_message(answer).message()
    assert (answer.kind, answer.recipient) == ("support/ticket_received", "anna@example.com")
    assert ticket.number in answer.subject
    assert "Tuesday" in answer.text
    assert "spam" not in answer.subject + answer.text
    assert (message["In-Reply-To"], message["Auto-Submitted"]) == ("<1@example.com>", "auto-replied")
    assert message["Reply-To"] == f"soporte+{ticket.tag}@quince.example"


def test_somebody_named_for_a_client_needs_no_account(agreement):
    write("bruno@example.com")
    name_person(client=agreement.client, name="Bruno", email="bruno@example.com", role="asks", by=registrar())
    write("BRUNO@Example.com", number=2)
    assert list(Ticket.objects.order_by("pk").values_list("client", "asker", "state")) == [
        (None, None, "unconfirmed"),
        (agreement.client.pk, None, "open"),
    ]


def test_of_a_business_its_owner_and_its_members_write_by_the_addresses_that_they_proved(pro):
    from tests.making import contract

    contract(pro)
    client = Client.objects.get(customer__professional=pro)
    member = make_user("member@example.com")
    pro.members.add(member)
    pro.owner.emailaddress_set.create(email="taller@example.com", verified=True)
    pro.owner.emailaddress_set.create(email="unproved@example.com", verified=False)
    for number, sender in enumerate(("pro", "member", "taller", "unproved")):
        write(f"{sender}@example.com", number=number)
    assert list(Ticket.objects.order_by("pk").values_list("client", "asker")) == [
        (client.pk, pro.owner.pk),
        (client.pk, member.pk),
        (client.pk, pro.owner.pk),
        (None, None),
    ]


@pytest.mark.parametrize("ended", ["closed", "inactive", "person"])
def test_whoever_speaks_for_a_client_no_more_asks_like_anybody(pro, agreement, ended):
    from tests.making import contract

    contract(pro)
    if ended == "closed":
        pro.closed_at = NOW
        pro.save()
    elif ended == "inactive":
        pro.owner.is_active = False
        pro.owner.save()
    else:
        ClientPerson.objects.update(ended_on=NOW.date())
    write("anna@example.com" if ended == "person" else "pro@example.com")
    assert Ticket.objects.get().kind == "question"


def test_who_has_a_quote_and_no_agreement_is_no_client_yet(studio):
    write()
    assert (Ticket.objects.get().kind, Wait.objects.count()) == ("question", 0)


def test_a_message_to_the_desk_and_about_a_claim_is_handled_by_each_once(pro):
    from tests.guarantees.claim_making import make_claimable

    make_claimable(pro)
    raw = make_message(sender="pro@example.com", to=f"{DESK}, garantia@quince.example")
    for _again in range(2):
        inbox.receive(raw, recipient="", received_at=NOW, by=IncomingMail.Way.PIPE, now=NOW)
        inbox.handle_due(now=NOW)
    routes = IncomingMail.objects.order_by("recipient").values_list("recipient", "state", "cause")
    assert [(to, state, cause.partition(":")[0]) for to, state, cause in routes] == [
        ("garantia@quince.example", "taken", routes[0][2].partition(":")[0]),
        (DESK, "taken", "ticket"),
    ]
    assert Ticket.objects.count() == 1


def test_whoever_works_here_is_known_in_whatever_letters_their_account_was_made(db):
    colleague = User(email="Carla@Quince.Example", is_staff=True)
    colleague.set_unusable_password()
    colleague.save()
    assert User.objects.get().email == "carla@quince.example"
    mail = write("CARLA@quince.example")
    assert (mail.state, mail.reason) == ("parked", "ours")


# Whom nobody knows


def test_a_strangers_mail_is_a_question_that_they_confirm_and_the_answer_repeats_nothing(db, settings):
    settings.PUBLIC_LANGUAGE = "en"
    mail = write("Spam Bot <eva@example.com>", subject="Buy at spam.example", text="spam.example!")
    question = Ticket.objects.get()
    assert (question.kind, question.state, question.client, question.asker) == (
        "question",
        "unconfirmed",
        None,
        None,
    )
    assert (question.email, messages_of(question), Wait.objects.count()) == (
        "eva@example.com",
        ["spam.example!"],
        0,
    )
    assert (mail.state, mail.cause) == ("taken", f"ticket:{question.public_id}")
    (answer,) = sent()
    assert (answer.kind, answer.recipient, answer.in_reply_to) == (
        "support/confirm_question",
        "eva@example.com",
        "<1@example.com>",
    )
    assert "spam" not in (answer.subject + answer.text).lower()
    assert as_message(answer).message()["Auto-Submitted"] == "auto-replied"


def test_once_confirmed_it_is_answered_in_the_same_place_with_what_the_library_has(db):
    write("eva@example.com", text="Buy at spam.example")
    question = confirm_question(ticket=Ticket.objects.get(), now=NOW + HOUR)
    confirm, received = sent()
    assert (question.state, received.kind, received.in_reply_to) == (
        "open",
        "support/question_received",
        "<1@example.com>",
    )
    assert "spam" not in confirm.text + received.text
    write("eva@example.com", number=2, text="And this?", **replying_to(received))
    assert messages_of(question) == ["Buy at spam.example", "And this?"]


def test_a_question_that_is_never_confirmed_goes_with_its_mail(db):
    mail = write("eva@example.com")
    expire_questions(now=NOW + timedelta(days=8))
    mail.refresh_from_db()
    assert (mail.raw.name, mail.text, "eva" in mail.sender) == ("", "", False)
    assert "eva" not in Ticket.objects.get().email


def test_somebody_with_an_account_and_no_agreement_confirms_too(pro):
    write("pro@example.com")
    assert Ticket.objects.get().state == "unconfirmed"


def test_whoever_writes_too_often_or_reads_nothing_waits_for_a_person(db):
    reasons = [write("eva@example.com", number=number).reason for number in range(5)]
    assert reasons == ["", "", "", "too_often", "too_often"]
    assert write("no-reply@example.com", number=9).reason == "no_reply"
    assert (Ticket.objects.count(), len(sent())) == (3, 3)


def test_what_waits_for_a_person_is_let_in_by_one_and_needs_no_confirmation(db, consultant):
    for number in range(4):
        mail = write("eva@example.com", number=number)
    inbox.take_in(mail=mail, by=consultant, now=NOW + HOUR)
    question = Ticket.objects.latest("pk")
    assert (question.state, question.asked_at, len(sent())) == ("open", NOW, 3)


# For whom


@pytest.fixture
def accountant(agreement, other_agreement):
    """Speaks for two clients."""
    for client in Client.objects.all():
        name_person(client=client, name="Carla", email="carla@example.com", role="asks", by=registrar())
    return "carla@example.com"


def test_whose_ticket_it_is_is_never_guessed(accountant, agreement):
    write(accountant)
    question = Ticket.objects.get()
    assert (question.kind, question.state, question.client) == ("question", "open", None)
    _text, note = question.messages.order_by("pk")
    assert (note.kind, note.author) == ("note", None)
    assert "Bottega Verdi, Studio Bianchi" in note.text or "Studio Bianchi, Bottega Verdi" in note.text
    assert sent() == []


def test_whoever_speaks_for_several_continues_the_ticket_of_one(accountant, ticket):
    write(accountant, number=2, text="More.", **replying_to(sent()[0]))
    assert messages_of(ticket) == [TEXT, "More."]


def test_whoever_speaks_for_a_client_and_for_one_who_is_none_yet_asks_for_the_client(agreement):
    other = open_client(name="Not yet", email="someone@example.com", language="en", now=NOW, by=registrar())
    name_person(client=other, name="Anna", email="anna@example.com", role="asks", by=registrar())
    write()
    assert Ticket.objects.get().client == agreement.client


# Who works here


def test_what_a_consultant_writes_is_no_clients_word(ticket, consultant):
    take_ticket(ticket=ticket, by=consultant, now=NOW)
    write(number=2, text="More.", to=f"soporte+{ticket.tag}@quince.example")
    (told,) = sent("ticket_asked_again")
    reply = write(consultant.email, number=3, text="Press Publish.", **replying_to(told))
    tagged = write(consultant.email, number=4, to=f"soporte+{ticket.tag}@quince.example")
    assert [(mail.state, mail.reason) for mail in (reply, tagged)] == [("parked", "ours")] * 2
    assert (messages_of(ticket), Wait.objects.open().count()) == ([TEXT, "More."], 1)


def test_what_a_consultant_sends_on_can_be_let_in_by_another(db, consultant, desk_lead):
    mail = write(consultant.email, subject="Fwd: Help")
    inbox.take_in(mail=mail, by=desk_lead, now=NOW)
    assert (Ticket.objects.get().kind, Ticket.objects.get().subject) == ("question", "Help")


def test_a_consultant_who_is_a_client_asks_as_one(agreement):
    consultant = make_staff("consultant", email="anna@example.com")
    write()
    assert Ticket.objects.get().asker == consultant


# Who is not who they say


def test_what_fails_authentication_waits_for_a_person_and_is_not_answered(
    agreement, anna, settings, desk_lead
):
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"
    mail = write(**FALSE)
    assert (mail.state, mail.reason) == ("parked", "not_authentic")
    assert (Ticket.objects.count(), sent()) == (0, [])
    inbox.take_in(mail=mail, by=desk_lead, now=NOW + HOUR)
    ticket = Ticket.objects.get()
    assert (ticket.client, ticket.waits.get().asked_at) == (agreement.client, NOW)
    assert len(sent("ticket_received")) == 1


def test_a_time_that_has_passed_is_not_promised(agreement, settings, desk_lead):
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"
    mail = write(**FALSE)
    inbox.take_in(mail=mail, by=desk_lead, now=NOW + timedelta(days=3))
    assert (Ticket.objects.get().waits.get().due_at, sent()) == (rome("2026-11-03 10:00"), [])


def test_a_forgers_mail_on_a_ticket_waits_too(ticket, settings):
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"
    mail = write(number=2, to=f"soporte+{ticket.tag}@quince.example", **FALSE)
    assert (mail.state, messages_of(ticket)) == ("parked", [TEXT])


def test_nobody_of_a_client_decides_on_its_mail(agreement, settings):
    from base.errors import Refusal

    settings.MAIL_AUTHSERV_ID = "mx.quince.example"
    insider = make_staff("desk lead", email="anna@example.com")
    name_person(client=agreement.client, name="Bruno", email="bruno@example.com", role="asks", by=registrar())
    mail = write("bruno@example.com", **FALSE)
    for decide in (
        lambda: inbox.take_in(mail=mail, by=insider, now=NOW),
        lambda: inbox.set_aside(mail=mail, reason="No.", by=insider, now=NOW),
    ):
        with pytest.raises(Refusal) as refused:
            decide()
        assert refused.value.code == "own_business"
    assert Ticket.objects.count() == 0


def test_it_is_answered_at_the_senders_own_address_whatever_it_asks_for(agreement, anna, consultant):
    write(Reply_To="victim@example.com, soporte@quince.example", Sender="x@example.com")
    answer_ticket(ticket=Ticket.objects.get(), text="So.", by=consultant, now=NOW)
    assert {mail.recipient for mail in sent()} == {"anna@example.com"}


# Machines


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied (vacation)"},
        {"X_Auto_Response_Suppress": "DR, OOF, AutoReply"},
        {"Precedence": "Bulk"},
        {"Return_Path": "<>"},
        {"sender": "MAILER-DAEMON@example.com"},
        {"sender": "hola@quince.example"},
        {"sender": "soporte@quince.example"},
        {"sender": "Soporte <soporte+{tag}@quince.example>"},
    ],
)
def test_what_a_machine_wrote_opens_and_continues_nothing_and_is_kept(ticket, headers):
    headers = {name: value.format(tag=ticket.tag) for name, value in headers.items()}
    mails = [
        write(number=2, **headers),
        write(number=3, **({"to": f"soporte+{ticket.tag}@quince.example"} | headers)),
    ]
    assert [(mail.state, mail.reason) for mail in mails] == [("not_taken", "automatic")] * 2
    assert all(kept_files.message_of(mail) for mail in mails)
    assert (Ticket.objects.count(), messages_of(ticket), len(sent())) == (1, [TEXT], 1)


@pytest.mark.parametrize(
    "headers", [{"Auto_Submitted": "no"}, {"List_Id": "<studio.example.com>", "Precedence": "list"}]
)
def test_what_a_person_wrote_becomes_a_ticket(agreement, headers):
    write(**headers)
    assert Ticket.objects.get().client == agreement.client


# What goes out


def test_an_answer_goes_where_their_mail_is_and_says_nothing_of_machines(ticket, consultant):
    answer_ticket(ticket=ticket, text="Press Publish.", by=consultant, now=NOW)
    (answer,) = sent("ticket_answered")
    message = as_message(answer).message()
    assert (message["In-Reply-To"], message["References"]) == ("<1@example.com>", "<1@example.com>")
    assert (message["Auto-Submitted"], message["Reply-To"]) == (
        None,
        f"soporte+{ticket.tag}@quince.example",
    )


def test_of_what_was_asked_on_the_web_the_answer_goes_where_our_first_mail_is(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    answer_ticket(ticket=ticket, text="Press Publish.", by=consultant, now=NOW)
    (received,) = sent("ticket_received")
    assert sent("ticket_answered")[0].in_reply_to == received.message_id


def test_what_people_answer_counts_as_no_automatic_answer(agreement, anna, consultant):
    for number in range(3):
        ticket = opened(agreement.client, anna, subject=f"{number}")
        answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    write()
    assert len(sent("ticket_received")) == 4

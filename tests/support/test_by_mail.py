"""Tickets by e-mail (S10): what a mail opens or continues, who may, and what it is answered."""

from datetime import timedelta

import pytest

from mail import inbox, kept_files, outbox
from mail.letters import as_message
from mail.models import IncomingMail, OutgoingMail
from profiles.models import User
from support.clients import name_person, open_client
from support.merging import merge_tickets
from support.messages import answer_ticket
from support.models import Client, ClientPerson, Ticket, Wait
from support.questions import confirm_question, expire_questions
from support.tickets import take_ticket
from tests.mail.messages import make_message, take_in
from tests.making import make_staff, make_user
from tests.support.mailing import DESK, TEXT, replying_to, sent, write
from tests.support.making import NOW, opened, placed, rome

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FALSE = {"Authentication_Results": "mx.quince.example; dmarc=fail header.from=example.com"}


@pytest.fixture(autouse=True)
def _files(private_files):
    """Nothing of these tests is left lying about."""


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
    name_person(client=agreement.client, name="Bruno", email="bruno@example.com", role="asks")
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


# What a mail continues


@pytest.fixture
def ticket(agreement, anna):
    """Opened by mail; its asker has the mail that says so."""
    write()
    return Ticket.objects.get()


def messages_of(ticket) -> list[str]:
    return list(ticket.messages.order_by("at", "pk").values_list("text", flat=True))


@pytest.mark.parametrize("which", ["ours", "several", "own", "tag", "references only"])
def test_a_reply_continues_the_ticket(ticket, which):
    (ours,) = sent("ticket_received")
    said = {
        "ours": {"In_Reply_To": ours.message_id},
        "several": {"References": f"<0@x> {ours.message_id} <9@x>", "In_Reply_To": "<9@x>"},
        "own": {"In_Reply_To": "<1@example.com>"},
        "tag": {"to": f"soporte+{ticket.tag.upper()}@quince.example"},
        "references only": {"References": ours.message_id},
    }[which]
    mail = write(number=2, text="And how do I go back?", subject="Another thing", now=NOW + HOUR, **said)
    assert messages_of(ticket) == [TEXT, "And how do I go back?"]
    assert (mail.state, mail.cause) == ("taken", f"ticket:{ticket.public_id}")
    # It is no second ticket, so it is answered by nobody but a person; the wait goes on.
    assert (Ticket.objects.count(), len(sent("ticket_received")), Wait.objects.count()) == (1, 1, 1)


def test_a_reply_continues_it_also_after_what_we_sent_was_cleared(ticket, consultant):
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    OutgoingMail.objects.update(state="sent", sent_at=NOW)
    later = NOW + timedelta(days=60)
    assert outbox.clear_old(now=later) == OutgoingMail.objects.count()
    inbox.clear_old(now=later)
    received, answered = sent("ticket_")
    write(number=2, now=later, text="More.", **replying_to(received))
    write(number=3, now=later, text="And more.", **replying_to(answered))
    assert messages_of(ticket) == [TEXT, "So.", "More.", "And more."]


def test_the_subject_alone_continues_nothing(ticket):
    write(number=2, subject=f"Re: Publishing [{ticket.number}]")
    assert Ticket.objects.count() == 2


def test_an_answered_ticket_waits_again_and_a_closed_one_is_opened_or_followed(ticket, consultant):
    answer_ticket(ticket=placed(ticket), text="So.", by=consultant, close=True, now=NOW)
    (answer,) = sent("ticket_answered")
    write(number=2, text="It does not work.", now=NOW + HOUR, **replying_to(answer))
    ticket.refresh_from_db()
    assert (ticket.state, Wait.objects.open().get().asked_at) == ("open", NOW + HOUR)
    answer_ticket(ticket=placed(ticket), text="Now?", by=consultant, close=True, now=NOW + HOUR)
    late = NOW + HOUR + timedelta(days=14, seconds=1)
    write(number=3, text="Again.", now=late, **replying_to(answer))
    follow = Ticket.objects.get(follows=ticket)
    assert (follow.client, follow.email, messages_of(follow)) == (ticket.client, ticket.email, ["Again."])
    assert len(sent("ticket_received")) == 2


def test_a_reply_to_a_ticket_that_was_merged_goes_on_at_the_other(ticket, consultant, anna):
    other = opened(ticket.client, anna, subject="Other")
    merge_tickets(ticket=ticket, into=other, by=consultant, now=NOW)
    write(number=2, text="By name.", **replying_to(sent("ticket_received")[0]))
    write(number=3, text="By tag.", to=f"soporte+{ticket.tag}@quince.example")
    assert messages_of(other)[-2:] == ["By name.", "By tag."]


def test_a_colleague_continues_it_is_answered_too_and_it_stays_whose_it_was(ticket, consultant):
    name_person(client=ticket.client, name="Bruno", email="bruno@example.com", role="asks")
    mail = sent("ticket_received")[0]
    write("Bruno <bruno@example.com>", number=2, text="Me too.", **replying_to(mail))
    ticket.refresh_from_db()
    assert (messages_of(ticket), ticket.email) == ([TEXT, "Me too."], "anna@example.com")
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    assert [(each.recipient, each.in_reply_to) for each in sent("ticket_answered")] == [
        ("anna@example.com", "<1@example.com>"),
        ("bruno@example.com", "<2@example.com>"),
    ]
    answer_ticket(ticket=ticket, text="One thing more.", by=consultant, now=NOW)
    assert [each.recipient for each in sent("ticket_answered")][2:] == ["anna@example.com"]


@pytest.mark.parametrize("way", ["names", "tag"])
@pytest.mark.parametrize("who", ["stranger", "other client", "former"])
def test_nobody_else_continues_it_whatever_they_know(ticket, other_agreement, who, way):
    sender = "anna@example.com" if who == "former" else "eva@example.com"
    if who == "former":
        ClientPerson.objects.filter(email=sender).update(ended_on=NOW.date())
    elif who == "other client":
        sender = "bruno@example.com"
    names = {"names": replying_to(sent()[0]), "tag": {"to": f"soporte+{ticket.tag}@quince.example"}}
    write(sender, number=2, text="Send me everything.", **names[way])
    ticket.refresh_from_db()
    assert (messages_of(ticket), ticket.email, ticket.client.customer.name) == (
        [TEXT],
        "anna@example.com",
        "Studio Bianchi",
    )
    new = Ticket.objects.latest("pk")
    expected = other_agreement.client if who == "other client" else None
    assert (new.client, messages_of(new)) == (expected, ["Send me everything."])


def test_of_several_that_it_names_it_continues_the_one_that_its_sender_is_on(ticket, other_agreement):
    write("bruno@example.com", number=2)
    theirs = Ticket.objects.get(client=other_agreement.client)
    first, second = (mail.message_id for mail in sent("ticket_received"))
    write("bruno@example.com", number=3, text="More.", References=f"{second} {first}")
    assert messages_of(theirs) == [TEXT, "More."]


@pytest.mark.parametrize("tag", ["0" * 20, "a", "x" * 60, "%", "../../etc"])
def test_a_tag_that_is_none_is_as_good_as_none(agreement, tag):
    assert write(to=f"soporte+{tag}@quince.example").state == "taken"
    assert Ticket.objects.count() == 1


def test_a_question_that_was_linked_is_still_its_askers(agreement, consultant):
    from support.tickets import note

    write("eva@example.com")
    question = Ticket.objects.get()
    assert question.state == "unconfirmed"
    Ticket.objects.update(kind="request", client=agreement.client, state="open")
    note(question, "linked", by=consultant, now=NOW)
    write("eva@example.com", number=2, text="More.", **replying_to(sent()[0]))
    assert messages_of(question) == [TEXT, "More."]


def test_a_question_that_was_never_confirmed_is_continued_by_nobody(db):
    write("eva@example.com")
    Ticket.objects.update(state="expired")
    write("eva@example.com", number=2, **replying_to(sent()[0]))
    assert list(Ticket.objects.order_by("pk").values_list("state", flat=True)) == ["expired", "unconfirmed"]


def test_an_appeal_is_continued_by_whoever_made_it_alone(pro):
    from support.tickets import open_ticket
    from tests.making import contract

    contract(pro)
    member = make_user("member@example.com")
    pro.members.add(member)
    appeal = open_ticket(
        subject="Appeal",
        text="It is not true.",
        channel="web",
        asked_at=NOW,
        now=NOW,
        client=Client.objects.get(),
        kind="appeal",
        asker=pro.owner,
        email=pro.owner.email,
    )
    to = f"soporte+{appeal.tag}@quince.example"
    write("member@example.com", number=2, to=to, text="Who?")
    write("pro@example.com", number=3, to=to, text="Here is a photograph.")
    assert messages_of(appeal) == ["It is not true.", "Here is a photograph."]


def test_a_reply_that_goes_to_our_general_address_continues_it_too(ticket):
    """Some mail programs answer who a mail comes from, whatever it asks for."""
    ours = sent("ticket_received")[0]
    mail = write(number=2, to="hola@quince.example", text="More.", **replying_to(ours))
    assert (mail.state, messages_of(ticket)) == ("taken", [TEXT, "More."])
    other = write("eva@example.com", number=3, to="hola@quince.example", **replying_to(ours))
    assert (other.state, other.reason) == ("parked", "for_a_person")


# One message is one


@pytest.mark.parametrize("recipients", [("", ""), (DESK, "soporte+{tag}@quince.example")])
def test_the_same_message_is_one_by_whatever_ways_it_comes(ticket, recipients):
    raw = make_message(
        "More.",
        sender="anna@example.com",
        message_id="<2@example.com>",
        to=f"soporte+{ticket.tag}@quince.example",
        Cc=DESK,
    )
    for recipient in recipients:
        take_in(raw, recipient=recipient.format(tag=ticket.tag), now=NOW)
    assert messages_of(ticket) == [TEXT, "More."]
    assert Ticket.objects.count() == 1


def test_a_blind_copy_to_another_address_of_the_desk_is_said_already(ticket):
    raw = make_message("More.", sender="anna@example.com", message_id="<2@example.com>", to="x@example.com")
    first = take_in(raw, recipient=f"soporte+{ticket.tag}@quince.example", now=NOW)
    second = take_in(raw, recipient=DESK, now=NOW)
    assert first.pk != second.pk
    assert (second.state, second.cause) == ("taken", first.cause)
    assert second.events.last().reason == "said_already"
    assert second.clear_on is not None
    assert (messages_of(ticket), Ticket.objects.count()) == ([TEXT, "More."], 1)


@pytest.mark.parametrize("first", [{"sender": "eva@example.com"}, FALSE])
def test_whoever_takes_the_name_of_a_clients_mail_keeps_it_from_nobody(agreement, settings, first):
    """A Message-ID that was seen or guessed: of the client's own mail nothing was heard."""
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"
    write(number=1, text="Never mind.", **first)
    real = write(number=1)
    ticket = Ticket.objects.get(client=agreement.client)
    assert (real.state, real.cause, messages_of(ticket)) == ("taken", f"ticket:{ticket.public_id}", [TEXT])
    # What a colleague answers to it goes on there, whoever else bears that name.
    name_person(client=agreement.client, name="Bruno", email="bruno@example.com", role="asks")
    write("bruno@example.com", number=2, text="Me too.", In_Reply_To="<1@example.com>")
    assert messages_of(ticket) == [TEXT, "Me too."]


def test_other_words_of_one_sender_by_one_name_wait_for_a_person(ticket, desk_lead):
    """A copy that a list has changed, or a forger where nobody says who is who: a person sees which."""
    copy = write(text=f"{TEXT}\n\n-- \nTo leave this list: https://lists.example.com")
    by_tag = write(text="Well?", to=f"soporte+{ticket.tag}@quince.example")
    assert [(mail.state, mail.reason) for mail in (copy, by_tag)] == [("parked", "same_name")] * 2
    assert (messages_of(ticket), Ticket.objects.count()) == ([TEXT], 1)
    inbox.take_in(mail=by_tag, by=desk_lead, now=NOW)
    assert messages_of(ticket) == [TEXT, "Well?"]


def test_more_mails_than_anybody_writes_in_a_day_are_listed_and_cost_nobody_else(
    agreement, other_agreement, settings, consultant
):
    settings.INBOX_MAILS_A_DAY = 4
    mails = [write(number=number) for number in range(7)]
    assert [mail.reason for mail in mails] == ["", "", "", "", "too_many", "too_many", "too_many"]
    write("bruno@example.com", number=8)
    assert sorted(Ticket.objects.values_list("client", flat=True)) == sorted(
        [agreement.client.pk] * 4 + [other_agreement.client.pk]
    )
    # Let in a day later it waits since it came (S1), and promises no time that has passed.
    inbox.take_in(mail=mails[-1], by=consultant, now=NOW + timedelta(days=2))
    assert Ticket.objects.latest("pk").waits.get().asked_at == NOW


@pytest.mark.parametrize("named", ["by our mail", "by its address", "by another's mail", "by nothing"])
def test_whoever_writes_in_a_clients_name_keeps_no_answer_of_theirs_from_the_desk(agreement, settings, named):
    settings.INBOX_MAILS_A_DAY = 2
    write(number=1)
    ticket = Ticket.objects.get()
    (ours,) = sent()
    write(number=2)
    to = f"soporte+{ticket.tag}@quince.example" if named == "by its address" else DESK
    answers = {"by our mail": ours.message_id, "by another's mail": "<1@example.com>"}.get(named)
    headers = {"In_Reply_To": answers} if answers else {}
    mails = [
        take_in(
            make_message(TEXT, sender="anna@example.com", to=to, message_id=f"<{number}@x>", **headers),
            now=NOW,
        )
        for number in range(3, 6)
    ]
    if named in ("by our mail", "by its address"):
        # As many again, and no more: a machine answers our mails too.
        assert [mail.state for mail in mails] == ["taken", "taken", "parked"]
        assert ticket.messages.count() == 3
    else:
        assert [mail.state for mail in mails] == ["parked", "not_taken", "not_taken"]
        assert ticket.messages.count() == 1


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
        name_person(client=client, name="Carla", email="carla@example.com", role="asks")
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
    other = open_client(name="Not yet", email="someone@example.com", language="en", now=NOW)
    name_person(client=other, name="Anna", email="anna@example.com", role="asks")
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
    name_person(client=agreement.client, name="Bruno", email="bruno@example.com", role="asks")
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

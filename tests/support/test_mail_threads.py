"""Which ticket a mail continues, and who may continue it (S10): by its threading headers or the tag in its address,
never by its subject; and what comes twice is said once."""

from datetime import timedelta

import pytest

from mail import inbox, outbox
from mail.models import OutgoingMail
from support.clients import name_person
from support.merging import merge_tickets
from support.messages import answer_ticket
from support.models import Client, ClientPerson, Ticket, Wait
from tests.mail.messages import FALSE, make_message, take_in
from tests.making import make_user
from tests.support.mailing import DESK, TEXT, messages_of, replying_to, sent, write
from tests.support.making import NOW, opened, placed, registrar

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
    name_person(client=ticket.client, name="Bruno", email="bruno@example.com", role="asks", by=registrar())
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
    name_person(client=agreement.client, name="Bruno", email="bruno@example.com", role="asks", by=registrar())
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

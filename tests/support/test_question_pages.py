"""Where somebody without an account asks and follows their question: opening a page does nothing, for machines open
links too (S1, S10)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from mail.models import OutgoingMail
from support.attachments import NewFile
from support.clients import name_person
from support.forgetting import erase_ticket
from support.messages import add_note, answer_ticket, ask_again
from support.models import Ticket, Wait
from support.question_links import token_of
from support.questions import CONFIRM_WITHIN, confirm_question, link_to_client
from support.tickets import close_ticket, locked
from tests.making import make_user
from tests.support.making import NOW, opened, placed, registrar
from tests.support.test_questions import asked, confirmed

pytestmark = pytest.mark.django_db
ASK = "/support/ask/"


@pytest.fixture(autouse=True)
def _now(private_files):
    with time_machine.travel(NOW, tick=False):
        yield


def text_of(response):
    return " ".join(response.content.decode().split())


def form_of(response):
    return re.search(r'name="form" value="([^"]+)"', response.content.decode())[1]


def send(browser, wait=timedelta(seconds=5), form=None, **said):
    """As a person does it: the form is shown, and sent some seconds later."""
    form = form or form_of(browser.get(ASK))
    typed = {
        "form": form,
        "name": "Eva",
        "email": "Eva@Example.com",
        "language": "en",
        "subject": "Prices",
        "text": "What does it cost?",
    }
    with time_machine.travel(NOW + wait, tick=False):
        return browser.post(ASK, typed | said)


def page_of(ticket, name="question"):
    return reverse(f"support:{name}", args=[token_of(ticket)])


def test_the_library_comes_first_then_the_form(client):
    page = text_of(client.get(ASK, {"q": 'my "site"'}))
    assert page.index(reverse("support:library_search")) < page.index('name="subject"')
    assert 'value="my &quot;site&quot;"' in page
    assert 'type="file"' not in page
    assert "working day" not in page and "at the latest" not in page


def test_a_stranger_asks_and_confirms_by_mail(client):
    response = send(client)
    assert response.headers["Location"] == reverse("support:asked")
    page = text_of(client.get(reverse("support:asked")))
    assert "We have written to <strong>eva@example.com</strong>." in page
    # In another browser nobody is told whose address it was.
    assert "eva@example.com" not in text_of(Browser().get(reverse("support:asked")))
    ticket = Ticket.objects.get()
    link = re.search(r"http://\S+/support/questions/\S+", OutgoingMail.objects.get().text)[0]
    path = link.partition("/support")[1] + link.partition("/support")[2]
    for _time in range(2):
        page = text_of(client.get(path))
    ticket.refresh_from_db()
    assert (ticket.state, "Yes, I ask this" in page, "What does it cost?" in page) == (
        "unconfirmed",
        True,
        True,
    )
    response = client.get(path)
    assert (response.headers["X-Robots-Tag"], response.headers["Referrer-Policy"]) == (
        "noindex, nofollow",
        "same-origin",
    )
    assert "no-store" in response.headers["Cache-Control"]
    for _time in range(2):
        assert client.post(page_of(ticket, "confirm_question")).status_code == 302
    ticket.refresh_from_db()
    assert ticket.state == "open"
    page = text_of(client.get(path))
    assert "We answer our clients first" in page
    assert "at the latest" not in page and "working day" not in page


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"leave_empty": "x"}, "A field that nobody sees was filled in"),
        ({"wait": timedelta(seconds=2)}, "That was very quick."),
        ({"wait": timedelta(hours=13)}, "This form had been open for very long."),
        ({"form": "forged"}, "This form had been open for very long."),
        ({"email": "no address"}, "Enter a valid email address."),
        ({"email": "a@example.com\nBcc: b@example.com"}, "Enter a valid email address."),
        ({"language": "xx"}, "Select a valid choice."),
        ({"text": " \n "}, "This field is required."),
        ({"text": "x" * 30_000}, "at most 20000 characters"),
        ({"name": "a\x00"}, "Null characters are not allowed."),
    ],
)
def test_what_a_program_sends_or_a_person_forgets_is_said_and_kept(client, said, told):
    response = send(client, **said)
    page = text_of(response)
    assert response.status_code == 422
    assert told in page
    assert 'value="Prices"' in page
    assert not Ticket.objects.exists()
    # Sent once more as a person does, it goes through.
    again = {"form": form_of(response), "wait": said.get("wait", timedelta()) + timedelta(seconds=20)}
    assert send(client, **again).status_code == 302


def test_files_are_not_taken_before_the_address_is_confirmed(client):
    from django.core.files.uploadedfile import SimpleUploadedFile

    assert send(client, files=SimpleUploadedFile("a.txt", b"a")).status_code == 302
    assert not Ticket.objects.get().messages.get().attachments.exists()


def test_of_one_network_only_so_many_are_taken(client, monkeypatch):
    monkeypatch.setattr("support.turns.QUESTIONS_AN_HOUR", 1)
    assert send(client).status_code == 302
    response = send(client, text="Another")
    assert (response.status_code, "Another" in text_of(response)) == (429, True)
    monkeypatch.setattr("support.turns.TRIES_AN_HOUR", 2)
    response = send(client, text="Another")
    assert response.status_code == 429
    assert Ticket.objects.count() == 1


def test_a_clients_address_gets_the_same_page_as_any(client, agreement, anna):
    answers = [send(client, email=email) for email in ("eva@example.com", anna.email)]
    assert len({(answer.status_code, answer.headers["Location"]) for answer in answers}) == 1
    pages = [
        text_of(client.get(page_of(ticket))).replace(str(token_of(ticket)), "")
        for ticket in Ticket.objects.order_by("pk")
    ]
    assert "Studio Bianchi" not in pages[1]


def test_a_clients_address_becomes_the_clients_ticket_once_confirmed(client, agreement, anna):
    ticket = asked(anna.email)
    client.post(page_of(ticket, "confirm_question"))
    ticket.refresh_from_db()
    assert (ticket.client, ticket.kind) == (agreement.client, "request")
    page = text_of(client.get(page_of(ticket)))
    assert "at the latest." in page and "Studio Bianchi" in page
    assert "A website of ten pages." not in page  # Behind a link nobody reads what was agreed.


def test_whoever_speaks_for_several_chooses_on_the_page(client, agreement, other_agreement, anna):
    name_person(client=other_agreement.client, name="Anna", email=anna.email, role="asks", by=registrar())
    ticket = asked(anna.email)
    confirm = page_of(ticket, "confirm_question")
    assert "Bottega Verdi" in text_of(client.get(page_of(ticket)))
    for said in ({}, {"client": "x"}):
        assert client.post(confirm, said).status_code == 422
    client.post(confirm, {"client": str(other_agreement.client.public_id)})
    ticket.refresh_from_db()
    assert ticket.client == other_agreement.client


def test_whoever_is_signed_in_for_a_client_is_led_to_their_promise(client_of, agreement, anna):
    browser = client_of(anna)
    for response in (browser.get(ASK), browser.post(ASK, {"text": "x"})):
        assert response.headers["Location"] == reverse("support:open_ticket")


def test_whoever_is_signed_in_needs_to_confirm_nothing(client_of, stranger):
    browser = client_of(stranger)
    page = browser.get(ASK)
    assert 'name="email"' not in page.content.decode()
    form = form_of(page)
    responses = [browser.post(ASK, {"form": form, "subject": "Prices", "text": "How much?"}) for _t in "12"]
    ticket = Ticket.objects.get()
    assert (ticket.kind, ticket.state, ticket.asker, ticket.email) == (
        "question",
        "open",
        stranger,
        stranger.email,
    )
    address = reverse("support:ticket", args=[ticket.public_id])
    assert {response.headers["Location"] for response in responses} == {address}
    assert [mail.kind for mail in OutgoingMail.objects.all()] == ["support/question_received"]
    page = text_of(browser.get(address))
    assert "when there is time for them" in page and "at the latest" not in page
    assert ticket.subject in text_of(browser.get(reverse("support:tickets")))


def test_whoever_has_not_proved_their_address_confirms_it(client_of, stranger):
    stranger.emailaddress_set.update(verified=False)
    response = send(client_of(stranger), email=stranger.email)
    assert response.headers["Location"] == reverse("support:asked")
    assert Ticket.objects.get().state == "unconfirmed"


def test_the_answer_is_read_and_answered_behind_the_link(client, consultant):
    ticket = confirmed()
    answer = answer_ticket(
        ticket=ticket, text="<i>Ten.</i>", by=consultant, now=NOW, files=[NewFile("list.html", b"<script>")]
    )
    note = add_note(ticket=ticket, text="SECRET", by=consultant, now=NOW)
    assert "/support/questions/" in OutgoingMail.objects.get(kind="support/ticket_answered").text
    page = text_of(client.get(page_of(ticket)))
    assert "&lt;i&gt;Ten.&lt;/i&gt;" in page and "SECRET" not in page
    file = reverse("support:question_file", args=[token_of(ticket), answer.attachments.get().public_id])
    response = client.get(file)
    assert response.headers["Content-Disposition"] == 'attachment; filename="list.html"'
    from support.attachments import attach

    attach(note, [NewFile("secret.txt", b"x")])
    hidden = reverse("support:question_file", args=[token_of(ticket), note.attachments.get().public_id])
    assert client.get(hidden).status_code == 404
    form = form_of(client.get(page_of(ticket)))
    reply = page_of(ticket, "reply_to_question")
    assert client.post(reply, {"form": form, "text": " "}).status_code == 422
    for _time in range(2):
        assert client.post(reply, {"form": form, "text": "Thank you!"}).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.state, ticket.messages.public().count(), Wait.objects.count()) == ("open", 3, 0)
    last = ticket.messages.latest("pk")
    assert (last.text, last.email, last.name) == ("Thank you!", "eva@example.com", "Eva")


def test_of_one_link_only_so_much_is_taken(client, monkeypatch):
    monkeypatch.setattr("support.turns.REPLIES_A_DAY", 1)
    ticket = confirmed()
    reply = page_of(ticket, "reply_to_question")
    told = [
        client.post(reply, {"form": form_of(client.get(page_of(ticket))), "text": f"More {number}"})
        for number in range(2)
    ]
    assert [response.status_code for response in told] == [302, 429]
    assert "More 1" in text_of(told[1])


def test_on_one_closed_long_ago_the_reply_leads_to_the_one_that_follows(client, consultant):
    ticket = confirmed()
    close_ticket(ticket=ticket, by=consultant, now=NOW)
    with time_machine.travel(NOW + timedelta(days=15), tick=False):
        form = form_of(client.get(page_of(ticket)))
        response = client.post(page_of(ticket, "reply_to_question"), {"form": form, "text": "Again."})
        following = Ticket.objects.get(follows=ticket)
        assert str(following.public_id) in response.headers["Location"]
        assert "Again." in text_of(client.get(response.headers["Location"]))


def test_what_others_of_a_client_carried_on_is_not_behind_the_link_of_whoever_asked(
    client, agreement, anna, consultant
):
    ticket = confirmed()
    link_to_client(ticket=ticket, client=agreement.client, by=consultant, now=NOW)
    answer_ticket(ticket=ticket, text="Ten.", by=consultant, now=NOW)
    ticket.refresh_from_db()
    close_ticket(ticket=placed(ticket), by=consultant, now=NOW)
    then = NOW + timedelta(days=15)
    annas = ask_again(
        ticket=ticket, text="OUR SECRET", channel="web", at=then, now=then, by=anna, email=anna.email
    ).ticket
    with time_machine.travel(then, tick=False):
        form = form_of(client.get(page_of(ticket)))
        for _time in range(2):
            response = client.post(page_of(ticket, "reply_to_question"), {"form": form, "text": "Again."})
            page = text_of(client.get(response.headers["Location"]))
            assert "Again." in page and "OUR SECRET" not in page
    theirs = Ticket.objects.exclude(pk=annas.pk).get(follows=ticket)
    assert (theirs.client, theirs.email, theirs.messages.count()) == (agreement.client, ticket.email, 1)


def test_a_question_that_was_not_confirmed_takes_no_reply(client):
    ticket = asked()
    client.post(page_of(ticket, "reply_to_question"), {"text": "More"})
    assert ticket.messages.count() == 1


def test_links_that_lead_nowhere_say_so(client):
    ticket = asked()
    assert client.get(reverse("support:question", args=["forged"])).status_code == 404
    assert client.get(reverse("support:question", args=[token_of(ticket)[:-1]])).status_code == 404
    with time_machine.travel(NOW + CONFIRM_WITHIN, tick=False):
        response = client.get(page_of(ticket))
        assert (response.status_code, "Yes, I ask this" in text_of(response)) == (410, False)
        assert client.post(page_of(ticket, "confirm_question")).status_code == 410
    confirm_question(ticket=ticket, now=NOW)
    erase_ticket(locked(ticket), now=NOW)
    response = client.get(page_of(ticket))
    assert response.status_code == 410
    assert "we keep nothing of it any more" in text_of(response)


def test_a_link_of_another_purpose_opens_no_question(client):
    from base import links

    forged = links.sign("homeowner", str(asked().public_id))
    assert client.get(reverse("support:question", args=[forged])).status_code == 404


def test_its_asker_has_it_erased_with_all_that_they_asked(client, agreement, consultant):
    first, second, others = confirmed(), confirmed(text="And?"), confirmed("else@example.com")
    linked = confirmed(text="Linked")
    link_to_client(ticket=linked, client=agreement.client, by=consultant, now=NOW)
    address = page_of(first, "erase_question")
    page = text_of(client.get(address))
    assert "all 2 questions that were asked with eva@example.com" in page
    first.refresh_from_db()
    assert first.erased_at is None
    assert "It is erased" in text_of(client.post(address))
    gone = Ticket.objects.exclude(erased_at=None)
    assert set(gone) == {first, second}
    assert {(each.email, each.name, each.state) for each in gone} == {("", "", "closed")}
    others.refresh_from_db()
    assert others.email == "else@example.com"
    assert client.get(page_of(first)).status_code == 410
    assert client.get(page_of(linked)).status_code == 200
    assert client.get(page_of(linked, "erase_question")).status_code == 302


def test_the_page_speaks_the_language_of_its_asker(client):
    ticket = asked(language="es-mx")
    assert '<html lang="es-mx">' in client.get(page_of(ticket)).content.decode()
    client.cookies["django_language"] = "en"
    assert '<html lang="en">' in client.get(page_of(ticket)).content.decode()


def test_the_page_costs_the_same_with_one_and_with_thirty_messages(client, django_assert_max_num_queries):
    from support.messages import ask_again

    ticket = confirmed()
    client.get(page_of(ticket))
    with django_assert_max_num_queries(20) as few:
        client.get(page_of(ticket))
    for number in range(30):
        ask_again(
            ticket=ticket, text=f"More {number}", channel="web", at=NOW, now=NOW, email=ticket.email,
            files=[NewFile("a.txt", b"a")],
        )  # fmt: skip
    with django_assert_max_num_queries(len(few)):
        assert "More 29" in text_of(client.get(page_of(ticket)))


def test_whoever_has_an_account_sees_what_they_asked_without_signing_in(client, client_of):
    user = make_user("eva@example.com")
    ticket = confirmed()
    assert ticket.asker == user
    assert client.get(page_of(ticket)).status_code == 200
    assert client_of(user).get(reverse("support:ticket", args=[ticket.public_id])).status_code == 200


def test_another_clients_ticket_is_no_question(client, agreement, anna):
    ticket = opened(agreement.client, anna)
    assert client.get(reverse("support:question", args=[str(ticket.public_id)])).status_code == 404

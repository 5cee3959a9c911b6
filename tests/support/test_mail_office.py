"""Who reads the desk's mail in the office, and decides on it: the desk's people, and nobody else's mail (S10, M5)."""

import pytest
from django.db import connection
from django.urls import reverse

from mail.inbox import set_aside
from mail.models import IncomingMail
from mail.readers import may_decide, visible_to, with_withheld
from support.models import Ticket
from support.questions import confirm_question
from tests.mail.messages import make_message, take_in
from tests.making import make_staff, make_user
from tests.support.mailing import DESK, parked
from tests.support.making import NOW, opened

pytestmark = pytest.mark.django_db
LIST = reverse("admin:mail_incomingmail_changelist")


@pytest.fixture(autouse=True)
def _authserv(settings, private_files):
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"


@pytest.fixture
def mails():
    """To the desk, to an address of one ticket, to two other addresses of ours, and to one that only looks like it."""
    return [
        parked(to, number)
        for number, to in enumerate(
            (
                DESK,
                "soporte+abc@quince.example",
                "garantia@quince.example",
                "hola@quince.example",
                "soporte+x@other.example",
            )
        )
    ]


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("consultant", [0, 1]),
        ("desk lead", [0, 1]),
        ("moderator", [2, 3, 4]),
        ("reviewer", [2, 3, 4]),
        ("finance", []),
        ("appeals", []),
        (None, []),
    ],
)
def test_each_role_reads_and_decides_on_what_comes_to_its_addresses(mails, role, seen, client_of):
    user = (
        make_staff(role, email="a@quince.example") if role else make_user("a@quince.example", is_staff=True)
    )
    found = set(visible_to(user))
    assert found == {mails[number] for number in seen}
    assert [number for number, mail in enumerate(mails) if may_decide(user, mail)] == seen
    browser = client_of(user)
    # Whoever hears appeals reads what is written on them: here, nothing.
    assert browser.get(LIST).status_code == (200 if seen or role == "appeals" else 403)
    for number, mail in enumerate(mails):
        expected = 200 if number in seen else 403
        pages = [
            reverse("admin:mail_incomingmail_change", args=[mail.pk]),
            reverse("admin:mail_incomingmail_message", args=[mail.pk]),
            reverse("admin:mail_incomingmail_attachment", args=[mail.pk, 1]),
        ]
        assert [browser.get(page).status_code for page in pages] == [expected] * 3
        buttons = [
            reverse(f"admin:mail_incomingmail_{each}", args=[mail.pk]) for each in ("take_in", "set_aside")
        ]
        if number not in seen:
            assert [browser.post(each, {"reason": "x"}).status_code for each in buttons] == [403] * 2


def test_whoever_has_both_roles_reads_both(mails):
    assert visible_to(make_staff("consultant", "moderator", email="a@quince.example")).count() == 5
    assert visible_to(make_user("root@quince.example", is_staff=True, is_superuser=True)).count() == 5


def test_the_list_shows_and_finds_no_others_mail(mails, client_of, consultant):
    browser = client_of(consultant)
    shown = browser.get(LIST).text
    assert ("To soporte@" in shown, "To garantia@" in shown) == (True, False)
    assert "To garantia@" not in browser.get(LIST, {"q": "<2@example.com>"}).text


def test_a_consultant_lets_a_mail_in(mails, client_of, consultant):
    browser = client_of(consultant)
    page = reverse("admin:mail_incomingmail_change", args=[mails[0].pk])
    assert "Take it in anyway" in browser.get(page).text
    browser.post(reverse("admin:mail_incomingmail_take_in", args=[mails[0].pk]))
    assert (Ticket.objects.get().email, Ticket.objects.get().state) == ("eva@example.com", "open")
    assert "it became a question" in browser.get(page).text


def test_the_office_leads_there(client_of, consultant, reviewer):
    for user in (consultant, reviewer):
        assert LIST in client_of(user).get(reverse("admin:index")).text


def test_the_desk_says_how_many_of_its_mails_wait(mails, client_of, consultant):
    """What is not taken in by itself may be a client's, who is promised an answer all the same."""
    browser = client_of(consultant)
    waiting = reverse("support:desk_mails")
    said = f'<a href="{waiting}">2 mails wait for somebody to let them in or set them aside.</a>'
    desk = reverse("support:desk")
    assert said in browser.get(desk).text
    assert said not in browser.get(desk, {"part": "list"}).text
    assert [browser.get(waiting).text.count(f"To {to}") for to in (DESK, "soporte+abc@quince.example")] == [
        1,
        1,
    ]
    for mail in mails[:2]:
        set_aside(mail=mail, reason="Spam.", by=consultant, now=NOW)
    assert "mails wait for" not in browser.get(desk).text


def test_the_list_asks_the_database_as_often_for_thirty(client_of, consultant, django_assert_max_num_queries):
    browser = client_of(consultant)
    parked(DESK, 100)
    browser.get(LIST)
    for number in range(30):
        parked(DESK, number)
    with django_assert_max_num_queries(9):
        browser.get(LIST)


@pytest.mark.parametrize("to", ["soporte", "apelaciones"])
def test_what_is_written_on_an_appeal_is_shown_to_who_hears_it_alone(agreement, anna, client_of, to):
    """The reader's roles say which addresses they read; whether they hear the appeal decides all the same (G19)."""
    appeal = opened(agreement.client, anna, kind=Ticket.Kind.APPEAL)
    said = make_message("He is wrong.", sender=anna.email, to=f"soporte+{appeal.tag}@quince.example")
    mail = take_in(said, now=NOW)
    assert mail.desk_message.ticket == appeal
    # As at the address of appeals.
    IncomingMail.objects.filter(pk=mail.pk).update(recipient=f"{to}@quince.example")
    roles = ("consultant", "desk lead", "reviewer", "moderator")
    people = {
        "reads": make_staff(*roles, email="reads@quince.example"),
        "decided": make_staff(*roles, "appeals", email="decided@quince.example"),
        "hears": make_staff(*roles, "appeals", email="hears@quince.example"),
    }
    appeal.not_for.set([people["decided"]])
    page = reverse("admin:mail_incomingmail_change", args=[mail.pk])
    file = reverse("admin:mail_incomingmail_message", args=[mail.pk])
    for who, status in (("reads", 403), ("decided", 403), ("hears", 200)):
        browser = client_of(people[who])
        assert [browser.get(each).status_code for each in (page, file)] == [status] * 2
        assert (anna.email in browser.get(LIST).text) == (status == 200)


@pytest.mark.parametrize("state", ["parked", "received"])
def test_what_is_sent_to_an_appeals_own_address_is_theirs_who_hear_it_before_it_stands_on_it(
    agreement, anna, client_of, state
):
    """Its sender is not certain, or it is not handled yet: no message says whose it is, but its address does (G19)."""
    appeal = opened(agreement.client, anna, kind=Ticket.Kind.APPEAL)
    mail = parked(f"Soporte+{appeal.tag}@quince.example")
    assert mail.state == "parked"
    IncomingMail.objects.filter(pk=mail.pk).update(state=state)
    roles = ("consultant", "desk lead", "reviewer", "moderator")
    people = {
        "reads": make_staff(*roles, email="reads@quince.example"),
        "decided": make_staff(*roles, "appeals", email="decided@quince.example"),
        "root": make_user("root@quince.example", is_staff=True, is_superuser=True),
        "hears": make_staff("appeals", email="hears@quince.example"),
    }
    appeal.not_for.set([people["decided"], people["root"]])
    assert {who: list(visible_to(user)) for who, user in people.items()} == {
        "reads": [],
        "decided": [],
        "root": [],
        "hears": [mail],
    }
    assert may_decide(people["hears"], mail)
    page = reverse("admin:mail_incomingmail_change", args=[mail.pk])
    assert client_of(people["reads"]).get(page).status_code == 403
    hears = client_of(people["hears"])
    assert "To Soporte+" in hears.get(LIST).text
    assert hears.get(page).status_code == 200
    if state == "parked":
        hears.post(reverse("admin:mail_incomingmail_set_aside", args=[mail.pk]), {"reason": "Not them."})
        mail.refresh_from_db()
        assert mail.state == "not_taken"


def test_whether_a_mail_is_to_be_confirmed_is_asked_of_its_own_ticket_and_not_of_all(db):
    if connection.vendor != "sqlite":
        pytest.skip("What PostgreSQL plans depends on how many there are.")
    plan = with_withheld(IncomingMail.objects.all()).explain()
    assert "SEARCH U" in plan
    assert "SCAN U" not in plan


def test_nobody_reads_what_a_mail_asks_before_its_sender_has_confirmed_it(client_of, consultant):
    raw = make_message(
        "My illness.",
        sender="eva@example.com",
        to=DESK,
        subject="About Rosa",
        message_id="<1@example.com>",
        attachments=[("rosa.jpg", "image/jpeg", b"...")],
    )
    mail = take_in(raw, now=NOW)
    question = Ticket.objects.get()
    assert question.state == "unconfirmed"
    page, file, attachment = pages = [
        reverse("admin:mail_incomingmail_change", args=[mail.pk]),
        reverse("admin:mail_incomingmail_message", args=[mail.pk]),
        reverse("admin:mail_incomingmail_attachment", args=[mail.pk, 1]),
    ]
    root = make_user("root@quince.example", is_staff=True, is_superuser=True)
    for browser in (client_of(consultant), client_of(root)):
        assert [browser.get(each).status_code for each in pages] == [200, 403, 403]
        for shown in (browser.get(LIST).text, browser.get(page).text):
            assert "eva@example.com" in shown
            for words in ("Rosa", "illness", "rosa.jpg", file, attachment):
                assert words not in shown
    confirm_question(ticket=question, now=NOW)
    browser = client_of(consultant)
    assert "About Rosa" in browser.get(LIST).text
    assert "My illness." in browser.get(page).text
    assert [browser.get(each).status_code for each in pages] == [200, 200, 200]

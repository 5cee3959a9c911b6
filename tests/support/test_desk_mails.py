"""Mails to the desk that were not taken in by themselves: counted, listed with the reason, looked at safely, let in and
set aside at the desk (S10)."""

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.urls import reverse

from mail import inbox
from mail.errors import MailError
from mail.models import IncomingMail
from support import desk, mails_shown
from support.clients import name_person
from support.mails_shown import how_many_wait, listed
from support.models import Ticket
from tests.mail.messages import lines, take_in
from tests.making import make_staff
from tests.support.desk_pages import text_of
from tests.support.mailing import DESK, parked, write
from tests.support.making import NOW, opened, registrar
from tests.support.office import cost_the_same

pytestmark = pytest.mark.django_db
LIST = reverse("support:desk_mails")
SCREEN = reverse("support:desk")
BUTTONS = ("desk_take_in", "desk_set_aside")
READ = ("desk_incoming", "desk_incoming_message", "desk_incoming_html")


@pytest.fixture(autouse=True)
def _clock(settings, private_files):
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def mail():
    return parked()


def of(mail, name="desk_incoming", *more):
    return reverse(f"support:{name}", args=[mail.pk, *more])


def with_permissions(*codenames):
    user = make_staff(email="some@quince.example")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def test_the_list_says_who_wrote_what_when_and_why_it_was_not_taken_in(browser, mail):
    later = parked("soporte+abc@quince.example", 2, subject="", sender="Ugo <ugo@example.com>")
    page = text_of(browser.get(LIST))
    for said in ("To soporte@quince.example", "eva@example.com", "The sender may be somebody else (DMARC)"):
        assert said in page
    assert "Ugo ugo@example.com" in page and "Mail without a subject" in page
    assert [each.pk for each in browser.get(LIST).context["page"].object_list] == [mail.pk, later.pk]


def test_what_came_to_other_addresses_is_not_shown_here_whoever_looks(client_of, mail):
    others = [parked(to, 2) for to in ("garantia@quince.example", "hola@quince.example")]
    reads_all = make_staff("consultant", "moderator", "reviewer", email="all@quince.example")
    browser = client_of(reads_all)
    page = text_of(browser.get(LIST))
    assert "To soporte@" in page and "To garantia@" not in page and "To hola@" not in page
    assert how_many_wait(reads_all) == 1
    for other in others:
        assert [browser.get(of(other, name)).status_code for name in READ] == [404] * 3
        assert [browser.post(of(other, name), {"reason": "x"}).status_code for name in BUTTONS] == [404] * 2


def test_the_first_screen_counts_those_that_wait_up_to_a_limit(browser, consultant, mail, monkeypatch):
    assert LIST in text_of(browser.get(SCREEN))
    assert "1 mail waits for somebody to let it in or set it aside." in text_of(browser.get(SCREEN))
    for module in (desk, mails_shown):
        monkeypatch.setattr(module, "COUNTED", 1)
    monkeypatch.setattr("support.views.desk.screen.COUNTED", 1)
    for number in (2, 3):
        parked(number=number)
    assert how_many_wait(consultant) == 2
    assert "More than 1 mails wait for somebody" in text_of(browser.get(SCREEN))


def test_what_is_listed_is_found_by_its_index(consultant):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite does not see that these states are those of the index.")
    with connection.cursor() as cursor:
        # The table is small: what matters is whether the index could be used at all.
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "incoming_waiting" in listed(consultant, "").order_by().values_list("pk")[:100].explain()
    assert "incoming_to_clear" in listed(consultant, "not_taken").explain()


def test_one_is_looked_at_as_text_with_what_it_quotes_and_carries(browser, mail, agreement):
    name_person(client=agreement.client, name="Eva", email=mail.sender, role="asks", by=registrar())
    page = text_of(browser.get(of(mail)))
    for said in ("Help.", "foto.jpg", mail.recipient, "This address speaks for", "Studio Bianchi"):
        assert said in page
    saved = browser.get(of(mail, "desk_incoming_file", 1))
    assert (saved.content, saved["Content-Type"]) == (b"...", "application/octet-stream")
    assert b"Subject: To soporte" in browser.get(of(mail, "desk_incoming_message")).content
    assert browser.get(of(mail, "desk_incoming_file", 2)).status_code == 404
    # It has no HTML.
    assert "<iframe" not in page and browser.get(of(mail, "desk_incoming_html")).status_code == 404


def test_nothing_of_its_html_runs_or_is_fetched(browser):
    raw = lines(
        "From: ana@example.com",
        f"To: {DESK}",
        "Subject: <script>alert(1)</script>",
        "Authentication-Results: mx.quince.example; dmarc=fail header.from=example.com",
        "Content-Type: text/html; charset=utf-8",
        "",
        "<p>Hola <b>aquí</b></p><img src=https://spy.example/x.gif><script>alert(2)</script>",
    )
    mail = take_in(raw, now=NOW)
    assert (mail.state, mail.reason) == ("parked", "not_authentic")
    page = browser.get(of(mail))
    framed = browser.get(of(mail, "desk_incoming_html"))
    assert f'src="{of(mail, "desk_incoming_html")}"' in page.text
    assert "<b>aquí</b>" in framed.text
    assert framed["Content-Security-Policy"].startswith("default-src 'none'")
    for shown in (page.text, framed.text, browser.get(LIST).text):
        for never in ("spy.example", "alert(2)", "<script>alert"):
            assert never not in shown


def test_let_in_it_is_a_ticket_and_the_reader_is_led_there(browser, mail, consultant):
    assert "Take it in anyway" in text_of(browser.get(of(mail)))
    for _twice in range(2):
        response = browser.post(of(mail, "desk_take_in"))
        ticket = Ticket.objects.get()
        assert response.url == f"{reverse('support:desk_ticket', args=[ticket.public_id])}#main"
    mail.refresh_from_db()
    assert (mail.state, mail.events.latest("pk").actor) == ("taken", consultant)
    assert "It has been taken in." in text_of(browser.get(response.url))
    # Whoever had it open is led there too.
    assert browser.get(of(mail)).url == reverse("support:desk_ticket", args=[ticket.public_id])
    assert "To soporte@" not in text_of(browser.get(LIST))
    refused = browser.post(of(mail, "desk_set_aside"), {"reason": "Late."})
    assert (refused.status_code, "This mail waits for nobody" in text_of(refused)) == (409, True)
    assert [browser.get(of(mail, name)).status_code for name in READ[1:]] == [404] * 2


def test_it_is_set_aside_for_a_reason_once(browser, mail, consultant):
    refused = browser.post(of(mail, "desk_set_aside"), {"reason": " "})
    assert (refused.status_code, list(refused.context["setting_aside"].errors)) == (422, ["reason"])
    too_long = browser.post(of(mail, "desk_set_aside"), {"reason": "So. " * 600})
    assert (too_long.status_code, "So. So." in text_of(too_long)) == (422, True)
    for _twice in range(2):
        assert browser.post(of(mail, "desk_set_aside"), {"reason": "Not her."}).url == f"{LIST}#main"
    mail.refresh_from_db()
    assert (mail.state, mail.reason, mail.events.filter(actor=consultant).count()) == (
        "not_taken",
        "set_aside",
        1,
    )
    other = browser.post(of(mail, "desk_set_aside"), {"reason": "Another reason."})
    assert (other.status_code, "Another reason." in text_of(other)) == (409, True)
    page = text_of(browser.get(of(mail)))
    assert "Not her." in page and "Set it aside" not in page
    # It can still be let in.
    assert "To soporte@" in text_of(browser.get(LIST, {"which": "not_taken"}))
    assert "To soporte@" not in text_of(browser.get(LIST))
    assert browser.post(of(mail, "desk_take_in")).status_code == 302
    assert Ticket.objects.get().email == mail.sender


def test_what_a_machine_wrote_is_listed_with_its_reason_as_long_as_its_words_are_kept(browser):
    mail = write("robot@example.com", subject="Out of office", Auto_Submitted="auto-replied")
    assert mail.state == "not_taken"
    page = text_of(browser.get(LIST, {"which": "not_taken"}))
    assert "Out of office" in page and "A machine wrote it" in page
    assert "Out of office" not in text_of(browser.get(LIST))
    inbox.clear(IncomingMail.objects.all(), now=NOW)
    assert "robot@example.com" not in text_of(browser.get(LIST, {"which": "not_taken"}))
    shown = text_of(browser.get(of(mail)))
    assert "Cleared on" in shown and "Take it in anyway" not in shown
    refused = browser.post(of(mail, "desk_take_in"))
    assert (refused.status_code, "is not kept" in text_of(refused)) == (409, True)


def test_one_without_a_sender_is_answered_by_a_person_who_says_what_became_of_it(browser):
    mail = take_in(lines(f"To: {DESK}", "Subject: Nobody", "", "Call me."), now=NOW)
    assert mail.reason == "for_a_person"
    page = text_of(browser.get(of(mail)))
    assert "Answer this mail" in page and "What became of this mail" in page and "Take it in" not in page
    assert browser.post(of(mail, "desk_set_aside"), {"reason": "Called."}).status_code == 302


def test_nobody_decides_on_the_mail_of_who_they_speak_for_or_on_their_own(client_of, agreement, mail):
    own = make_staff("consultant", email="own@quince.example")
    name_person(client=agreement.client, name="Own", email=own.email, role="asks", by=registrar())
    name_person(client=agreement.client, name="Eva", email=mail.sender, role="asks", by=registrar())
    browser = client_of(own)
    for each, said in ((mail, "You belong to the client"), (parked(number=2, sender=own.email), "You sent")):
        for name in BUTTONS:
            refused = browser.post(of(each, name), {"reason": "So."})
            assert (refused.status_code, said in text_of(refused)) == (409, True)
        each.refresh_from_db()
        assert each.state == "parked"


def test_what_nobody_may_read_yet_is_not_read_here(browser):
    """What asks and is not confirmed was taken in; who asked is all that is said of it."""
    mail = write("eva@example.com", subject="About Rosa", text="My illness.")
    assert Ticket.objects.get().state == "unconfirmed"
    page = text_of(browser.get(of(mail)))
    assert "eva@example.com" in page and "Rosa" not in page and "illness" not in page
    assert [browser.get(of(mail, name)).status_code for name in READ[1:]] == [404] * 2
    for which in ("", "not_taken"):
        assert "eva@example.com" not in text_of(browser.get(LIST, {"which": which}))


def test_what_is_written_on_an_appeal_is_for_who_hears_it(client_of, browser, agreement, anna):
    appeal = opened(agreement.client, anna, kind=Ticket.Kind.APPEAL)
    mail = parked(f"soporte+{appeal.tag}@quince.example")
    assert browser.get(of(mail)).status_code == 404
    assert "To soporte" not in text_of(browser.get(LIST))
    hears = client_of(make_staff("appeals", email="hears@quince.example"))
    assert "To soporte" in text_of(hears.get(LIST))
    assert "1 mail waits" in text_of(hears.get(SCREEN))
    assert hears.post(of(mail, "desk_set_aside"), {"reason": "Not them."}).status_code == 302


@pytest.mark.parametrize("role", ["moderator", "reviewer", "finance", "stranger", "answers"])
def test_it_opens_to_who_handles_the_desks_mail_alone(request, role, client_of, mail):
    user = with_permissions("answer_ticket") if role == "answers" else request.getfixturevalue(role)
    browser = client_of(user)
    assert browser.get(LIST).status_code == 403
    assert [browser.get(of(mail, name)).status_code for name in READ] == [404] * 3
    assert [browser.post(of(mail, name), {"reason": "x"}).status_code for name in BUTTONS] == [404] * 2
    if role == "answers":
        assert LIST not in text_of(browser.get(SCREEN))


@pytest.mark.parametrize("pk", [0, 10**30])
def test_of_a_number_that_no_mail_has_there_is_none(browser, pk):
    for name in (*READ, *BUTTONS):
        address = reverse(f"support:{name}", args=[pk])
        assert (browser.post if name in BUTTONS else browser.get)(address).status_code == 404


def test_list_and_page_cost_the_same_with_one_mail_and_with_thirty(browser, mail):
    cost_the_same(browser, [LIST, SCREEN, of(mail)], lambda number: parked(number=number + 2))


def test_the_same_reason_of_somebody_else_is_no_second_press(mail, consultant, desk_lead):
    inbox.set_aside(mail=mail, reason="Spam.", by=consultant, now=NOW)
    for by, reason in ((desk_lead, "Spam."), (consultant, "Else."), (consultant, "")):
        with pytest.raises(MailError) as refused:
            inbox.set_aside(mail=mail, reason=reason, by=by, now=NOW)
        assert refused.value.code == "not_waiting"

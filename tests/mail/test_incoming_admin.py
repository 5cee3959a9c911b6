"""The office's page of incoming mail: what came, what became of it, and what a person decides (S10)."""

import pytest
from django.urls import reverse

from mail.models import IncomingMail
from tests import making
from tests.mail.messages import FALSE, lines, make_message, receive, take_in, to_pets

pytestmark = pytest.mark.django_db
LIST = reverse("admin:mail_incomingmail_changelist")


@pytest.fixture(autouse=True)
def _routes(settings):
    settings.MAIL_ROUTES = ["tests.mail.routes.takes_pets"]
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"


@pytest.fixture
def browser(client_of, reviewer):
    return client_of(reviewer)


@pytest.fixture
def parked():
    return take_in(to_pets(**FALSE))


def page_of(mail: IncomingMail) -> str:
    return reverse("admin:mail_incomingmail_change", args=[mail.pk])


def test_the_list_shows_what_came_and_why_it_was_not_taken_in(browser, parked):
    take_in(make_message(message_id="<2@x>", sender="eva@example.com", Precedence="bulk"))
    shown = browser.get(LIST).content.decode()
    assert "ana@example.com" in shown
    assert "a machine wrote it" in shown
    waiting = browser.get(LIST, {"state__exact": "parked"}).content.decode()
    assert ("ana@example.com" in waiting, "eva@example.com" in waiting) == (True, False)


def test_the_list_asks_the_database_as_often_for_many(browser, parked, django_assert_max_num_queries):
    browser.get(LIST)
    for number in range(30):
        receive(make_message(message_id=f"<{number}@x>"))
    with django_assert_max_num_queries(9):
        browser.get(LIST)


def test_html_is_shown_as_text_and_nothing_of_it_runs(browser):
    raw = lines(
        "From: ana@example.com",
        "Subject: <script>alert(1)</script>",
        "Content-Type: text/html; charset=utf-8",
        "",
        "<p>Hola</p><img src=https://spy.example/x.gif><script>alert(2)</script>&lt;b&gt;",
    )
    shown = browser.get(page_of(take_in(raw))).content.decode()
    assert "Hola" in shown
    assert "&lt;b&gt;" in shown
    for never in ("spy.example", "alert(2)", "<script>alert"):
        assert never not in shown


def test_of_too_large_a_mail_the_page_says_that_the_rest_is_not_kept(browser, settings):
    settings.INBOX_MAX_BYTES = 2_000
    shown = browser.get(page_of(take_in(make_message("x" * 3_000)))).text
    assert "It was too large to be kept whole." in shown


def test_the_message_is_saved_as_it_came(browser, parked):
    saved = browser.get(reverse("admin:mail_incomingmail_message", args=[parked.pk]))
    assert saved.content == to_pets(**FALSE)
    assert (saved["Content-Type"], saved["Content-Disposition"]) == (
        "application/octet-stream",
        f'attachment; filename="{parked.pk}.eml"',
    )
    assert saved["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert browser.get(reverse("admin:mail_incomingmail_attachment", args=[parked.pk, 1])).status_code == 404


def test_a_parked_mail_is_taken_in_with_one_press(browser, reviewer, parked):
    assert "Take it in anyway" in browser.get(page_of(parked)).content.decode()
    done = browser.post(reverse("admin:mail_incomingmail_take_in", args=[parked.pk]), follow=True)
    parked.refresh_from_db()
    assert (parked.state, parked.events.last().actor) == ("taken", reviewer)
    assert "It has been taken in." in done.content.decode()
    assert "Take it in anyway" not in done.content.decode()


def test_a_parked_mail_is_set_aside_with_a_reason(browser, reviewer, parked):
    address = reverse("admin:mail_incomingmail_set_aside", args=[parked.pk])
    refused = browser.post(address, {"reason": ""})
    assert (refused.status_code, "Please write why." in refused.content.decode()) == (409, True)
    browser.post(address, {"reason": "No fue ella."})
    parked.refresh_from_db()
    assert (parked.state, parked.reason) == ("not_taken", "set_aside")
    assert "No fue ella." in browser.get(page_of(parked)).content.decode()


def test_who_may_look_may_not_decide(client_of, parked):
    from django.contrib.auth.models import Permission

    reader = making.make_user("reader@quince.example", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_incomingmail"))
    browser = client_of(reader)
    assert "Take it in anyway" not in browser.get(page_of(parked)).content.decode()
    for button in ("take_in", "set_aside"):
        address = reverse(f"admin:mail_incomingmail_{button}", args=[parked.pk])
        assert browser.post(address, {"reason": "x"}).status_code == 403


def test_a_moderator_reads_a_reply_and_writes_what_became_of_it(client_of, moderator):
    """Moderators decide returns: what is replied to their decisions is theirs to read."""
    mail = take_in(make_message("Sí era falso.", to="hola@quince.example", subject="Re: Return not accepted"))
    browser = client_of(moderator)
    assert "Re: Return not accepted" in browser.get(LIST, {"state__exact": "parked"}).text
    shown = browser.get(page_of(mail)).text
    assert ("Sí era falso." in shown, "Answer this mail" in shown, "It is done" in shown) == (
        True,
        True,
        True,
    )
    assert "Take it in anyway" not in shown
    done = browser.post(
        reverse("admin:mail_incomingmail_set_aside", args=[mail.pk]),
        {"reason": "Called them back."},
        follow=True,
    )
    assert "It has been set aside." in done.text
    mail.refresh_from_db()
    assert (mail.state, mail.events.last().actor) == ("not_taken", moderator)
    assert "Called them back." in browser.get(page_of(mail)).text


def test_what_is_not_for_a_person_is_set_aside_and_not_answered(browser, parked):
    shown = browser.get(page_of(parked)).text
    assert ("Answer this mail" in shown, "Why it is not taken in" in shown) == (False, True)

"""The HTML of a mail, for whoever answers it: harmless, and theirs alone (S10)."""

import re

import pytest
from django.urls import reverse

from mail.sanitised import sanitised
from support.models import Message
from tests.mail.messages import lines, take_in
from tests.support.mailing import DESK, write
from tests.support.making import NOW

pytestmark = pytest.mark.django_db
HTML = (
    "<html><head><style>p{}</style><title>T</title></head><body onload=alert(1)><table><tr><td colspan=2>Price"
    "</table><ul><li>One</ul><a href='https://example.com/x' onclick=alert(2) style='position:fixed'>here</a>"
    "<script>alert(3)</script><img src=https://spy.example/x.gif><form action=/support/><input name=a></form></body>"
)


@pytest.fixture(autouse=True)
def _files(private_files):
    """Nothing of these tests is left lying about."""


@pytest.fixture
def message(agreement):
    take_in(
        lines(
            "From: anna@example.com",
            f"To: {DESK}",
            "Message-ID: <1@example.com>",
            "Content-Type: text/html; charset=utf-8",
            "",
            HTML,
        ),
        now=NOW,
    )
    return Message.objects.get()


def page_of(message) -> str:
    return reverse("support:message_html", args=[message.public_id])


def test_tables_lists_and_links_are_shown_and_nothing_runs_or_loads(client_of, consultant, message):
    response = client_of(consultant).get(page_of(message))
    shown = response.text
    for kept in (
        '<td colspan="2">Price</td>',
        "<li>One</li>",
        '<a href="https://example.com/x" target="_blank" rel="noopener noreferrer nofollow">here</a>',
    ):
        assert kept in shown
    for never in ("alert", "spy.example", "position", "<form", "<input", "onload", "<img"):
        assert never not in shown
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert (response["X-Content-Type-Options"], response["Cache-Control"]) == ("nosniff", "private, no-store")


@pytest.mark.parametrize(
    "html",
    [
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<a href='/admin/'>x</a>",
        "<svg onload=alert(1)>",
        "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
        "<iframe src='https://spy.example'></iframe>",
        "<base href='https://spy.example'>",
        "<link rel=stylesheet href='https://spy.example/x.css'>",
        "<meta http-equiv=refresh content='0;url=https://spy.example'>",
        "<object data='https://spy.example'></object>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    ],
)
def test_what_hostile_pages_try_comes_to_nothing(html):
    tags = re.findall(r"<[^>]*>", sanitised(html))
    assert set(tags) <= {"</a>", '<a target="_blank" rel="noopener noreferrer nofollow">', "<p>", "</p>"}


def test_it_is_for_whoever_may_answer_it_alone(
    client_of, client, consultant, anna, pro_user, reviewer, message
):
    page = page_of(message)
    assert client.get(page).status_code == 302
    told = [client_of(user).get(page).status_code for user in (consultant, anna, pro_user, reviewer)]
    assert told == [200, 404, 404, 404]


def test_a_mail_without_html_or_that_was_cleared_has_no_such_page(client_of, consultant, agreement, message):
    write(number=2)
    plain = Message.objects.latest("pk")
    browser = client_of(consultant)
    assert browser.get(page_of(plain)).status_code == 404
    message.mail.raw = ""
    message.mail.save()
    assert browser.get(page_of(message)).status_code == 404


@pytest.mark.parametrize("said", ["passed", "failed", "not_said"])
def test_the_desk_reads_who_may_not_have_sent_a_mail_and_finds_its_html(client_of, consultant, message, said):
    message.mail.authentication = said
    message.mail.save()
    page = client_of(consultant).get(reverse("support:desk_ticket", args=[message.ticket.public_id]))
    content = page.content.decode()
    assert reverse("support:message_html", args=[message.public_id]) in content
    assert str(message.mail.get_authentication_display()) in content
    assert ("badge-warn" in content) == (said == "failed")
    message.mail.raw.delete(save=True)
    page = client_of(consultant).get(reverse("support:desk_ticket", args=[message.ticket.public_id]))
    assert reverse("support:message_html", args=[message.public_id]) not in page.content.decode()


def test_the_desk_reads_that_its_answer_did_not_arrive(client_of, consultant, message):
    answer = message.ticket.messages.create(
        kind=Message.Kind.ANSWER, channel="web", text="Yes.", author=consultant, at=NOW, undelivered_at=NOW
    )
    page = client_of(consultant).get(reverse("support:desk_ticket", args=[answer.ticket.public_id]))
    assert "It did not arrive" in page.content.decode()

"""Real messages in a folder, the page that shows them in the demo, and what staff may see of mails (M5)."""

import email
import email.policy

import pytest
from django.urls import reverse

from mail import outbox
from mail.letters import Block, blocks
from mail.models import OutgoingMail
from tests import making
from tests.making import NOW


@pytest.fixture
def folder(settings, tmp_path):
    settings.EMAIL_BACKEND = "mail.backends.EmlBackend"
    settings.MAIL_FOLDER = tmp_path / "mail"
    settings.DEMO = True
    return settings.MAIL_FOLDER


def test_paragraphs_become_text_lists_and_buttons(settings):
    settings.SITE_URL = "https://quince.example"
    assert blocks(
        "Hello,\nyou.\n\nYour contacts:\nhttps://quince.example/contacts/\n\nhttps://quince.example/\n\n- a\n- b"
    ) == [
        Block(lines=("Hello,", "you.")),
        Block(address="https://quince.example/contacts/", label="Your contacts"),
        Block(address="https://quince.example/", label="Open the page"),
        Block(items=("a", "b")),
    ]


@pytest.mark.parametrize(
    "said",
    ["https://evil.example/", "https://quince.example.evil.example/", "https://quince.example/ <script>"],
)
def test_an_address_that_is_not_ours_never_becomes_a_button(settings, said):
    settings.SITE_URL = "https://quince.example"
    assert blocks(said) == [Block(lines=(said,))]


def test_what_a_stranger_wrote_is_text_in_the_html(db, write, folder):
    write(context={"said": '<img src=x onerror="alert(1)">'})
    outbox.send_due(now=NOW)
    (file,) = folder.glob("*.eml")
    html = email.message_from_bytes(file.read_bytes(), policy=email.policy.default).get_body(("html",))
    assert '&lt;img src=x onerror="alert(1)"&gt;'.replace('"', "&quot;") in html.get_content()
    assert "<img" not in html.get_content()


def test_each_mail_is_one_real_message_in_the_folder(db, write, folder):
    first, second = write(), write(cause="pet:16", context={"pet": "Ñandú 🐦"}, language="es-mx")
    outbox.send_due(now=NOW)
    messages = {
        message["Message-ID"]: message
        for message in (
            email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            for file in folder.iterdir()
        )
    }
    assert set(messages) == {first.message_id, second.message_id}
    message = messages[second.message_id]
    assert message["Subject"] == second.subject
    assert "Ñandú 🐦" in message["Subject"]
    assert message.get_body(("plain",)).get_content().strip() == second.text
    assert '<html lang="es-mx">' in message.get_body(("html",)).get_content()


def test_the_same_mail_sent_again_is_the_same_file(db, write, folder):
    mail = write()
    outbox.send_due(now=NOW)
    OutgoingMail.objects.filter(pk=mail.pk).update(state="queued", sent_at=None)
    outbox.send_due(now=NOW)
    assert len(list(folder.iterdir())) == 1


def test_the_demo_shows_what_was_sent_newest_first_with_links_that_work(db, write, folder, client):
    write(context={"pet": "Firulais", "said": "<b>bold</b>"})
    outbox.send_due(now=NOW)
    write(cause="pet:16", context={"pet": "Rex"})
    outbox.send_due(now=NOW)
    page = client.get(reverse("mail:sent_mails")).content.decode()
    assert page.index("Rex") < page.index("Firulais")

    mail = OutgoingMail.objects.get(cause="pet:15")
    name = mail.message_id.strip("<>")
    page = client.get(reverse("mail:sent_mail", args=[name])).content.decode()
    assert '<a href="http://127.0.0.1:8000/pets/15/" rel="nofollow">' in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "auto-generated" in page

    shown = client.get(reverse("mail:sent_mail_html", args=[name]))
    assert "<h1" in shown.content.decode()
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_what_waits_to_be_sent_is_told_and_nobody_is_told_that_there_was_none(db, write, folder, client):
    write()
    OutgoingMail.objects.update(state=OutgoingMail.State.QUEUED)
    page = " ".join(client.get(reverse("mail:sent_mails")).content.decode().split())
    assert "1 mail is written and waits to be sent." in page and "manage.py send_mail" in page
    assert "No mail has been sent yet" not in page


def test_an_empty_folder_is_an_empty_page(db, folder, client):
    assert "No mail has been sent yet" in client.get(reverse("mail:sent_mails")).content.decode()


@pytest.mark.parametrize("name", ["nothing", "..", "%2e%2e%2fquince", "../../etc/passwd"])
def test_only_mails_of_the_folder_can_be_read(db, folder, client, name):
    (folder.parent / "quince.eml").write_text("Subject: secret\n\nsecret")
    assert client.get(f"/dev/mail/{name}/").status_code == 404


def test_outside_the_demo_these_pages_do_not_exist(db, write, folder, settings, client, client_of, moderator):
    mail = write()
    outbox.send_due(now=NOW)
    settings.DEMO = False
    name = mail.message_id.strip("<>")
    for browser in (client, client_of(moderator)):
        for address in ("/dev/mail/", f"/dev/mail/{name}/", f"/dev/mail/{name}/html/"):
            assert browser.get(address).status_code == 404


def test_staff_see_what_was_sent_but_neither_its_text_nor_the_whole_address(db, write, client_of, rf):
    chief = making.make_user("chief@quince.example", is_staff=True, is_superuser=True)
    browser = client_of(chief)
    mail = write(context={"said": "what only Ana may read"})
    listed = browser.get(reverse("admin:mail_outgoingmail_changelist"), {"q": "ana@example.com"})
    shown = browser.get(reverse("admin:mail_outgoingmail_change", args=[mail.pk]))
    for response in (listed, shown):
        page = response.content.decode()
        assert response.status_code == 200
        assert "a…@example.com" in page
        assert "only Ana" not in page
    assert "ana@example.com" not in shown.content.decode()
    for action in ("add", "delete"):
        arguments = [mail.pk] if action == "delete" else []
        assert browser.get(reverse(f"admin:mail_outgoingmail_{action}", args=arguments)).status_code == 403

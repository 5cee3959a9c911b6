"""Mail from a provider: Postmark's payload, with the secret that it was given."""

import base64
import json

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse

from mail import kept_files
from mail.models import IncomingMail
from tests.mail.messages import make_message

pytestmark = pytest.mark.django_db
SECRET = "postmark:a-long-secret"


@pytest.fixture(autouse=True)
def _postmark(settings):
    settings.INBOUND_PROVIDER = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


def payload(**changes) -> dict:
    """As Postmark documents it; shortened where nothing reads it."""
    return {
        "FromName": "Ana",
        "MessageStream": "inbound",
        "From": "ana@example.com",
        "FromFull": {"Email": "ana@example.com", "Name": "Ana", "MailboxHash": ""},
        "To": "garantia@quince.example",
        "ToFull": [{"Email": "garantia@quince.example", "Name": "", "MailboxHash": ""}],
        "Cc": "",
        "CcFull": [],
        "Bcc": "",
        "BccFull": [],
        "OriginalRecipient": "garantia@quince.example",
        "Subject": "Garantía",
        "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
        "ReplyTo": "",
        "MailboxHash": "",
        "Date": "Sat, 10 Jan 2026 11:00:00 -0600",
        "TextBody": "Nadie me contrató.",
        "HtmlBody": "<p>Nadie me contrató.</p>",
        "StrippedTextReply": "",
        "Tag": "",
        "Headers": [
            {"Name": "Return-Path", "Value": "<ana@example.com>"},
            {"Name": "X-Spam-Status", "Value": "No"},
            {"Name": "X-Spam-Score", "Value": "-0.1"},
            {"Name": "Message-ID", "Value": "<1@example.com>"},
        ],
        "Attachments": [
            {
                "Name": "../foto.jpg",
                "Content": base64.b64encode(b"jpeg").decode(),
                "ContentType": "image/jpeg",
                "ContentLength": 4,
            }
        ],
    } | changes


def send(data: dict, secret: str | None = SECRET):
    headers = {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"} if secret else {}
    return Client().post(
        reverse("mail_webhook"), json.dumps(data), content_type="application/json", headers=headers
    )


def test_a_message_is_stored_and_handled_after():
    assert send(payload()).status_code == 200
    mail = IncomingMail.objects.get()
    assert (mail.state, mail.way, mail.recipient, mail.sender) == (
        "received",
        "provider",
        "garantia@quince.example",
        "ana@example.com",
    )
    assert (mail.message_id, mail.subject, mail.text) == ("<1@example.com>", "Garantía", "Nadie me contrató.")
    assert [(each.name, each.size) for each in mail.attachments.all()] == [("foto.jpg", 4)]


def test_the_message_as_it_came_is_kept_where_the_provider_sends_it():
    raw = make_message("Tal como llegó.")
    send(payload(RawEmail=raw.decode()))
    mail = IncomingMail.objects.get()
    assert (kept_files.message_of(mail), mail.text) == (raw, "Tal como llegó.")


def test_the_same_message_twice_is_one():
    assert [send(payload()).status_code for _ in range(2)] == [200, 200]
    assert IncomingMail.objects.count() == 1


def test_spam_waits_for_a_person():
    spam = [{"Name": "X-Spam-Status", "Value": "Yes"}, {"Name": "Message-ID", "Value": "<1@example.com>"}]
    send(payload(Headers=spam))
    assert (IncomingMail.objects.get().state, IncomingMail.objects.get().reason) == ("parked", "spam")


def test_a_bounce_is_known_by_its_empty_return_path():
    bounce = [{"Name": "Return-Path", "Value": "<>"}, {"Name": "Message-ID", "Value": "<1@example.com>"}]
    send(payload(Headers=bounce))
    assert IncomingMail.objects.get().automatic_sign == "return-path: <>"


@pytest.mark.parametrize("secret", [None, "postmark:wrong", ""])
def test_who_does_not_know_the_secret_sends_nothing(secret):
    assert send(payload(), secret).status_code == 400
    assert IncomingMail.objects.count() == 0


def test_a_form_may_not_send_so_much_but_a_mail_may(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    assert send(payload(TextBody="x" * 50_000)).status_code == 200
    settings.INBOX_MAX_BYTES = 1_000
    assert send(payload(TextBody="x" * 50_000)).status_code == 413


def test_without_a_provider_or_a_secret_there_is_no_such_page(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": ""}
    assert send(payload()).status_code == 404
    assert "mail.E003" in {each.id for each in run_checks()}
    settings.INBOUND_PROVIDER = "nobody"
    assert send(payload()).status_code == 404

"""Mail from a provider: Postmark's payload, with the secret that it was given."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from email.utils import format_datetime
from unittest import mock

import pytest
from django.core.checks import run_checks
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from mail import kept_files
from mail.models import IncomingMail
from mail.webhooks import provider_webhook
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


def test_where_the_provider_does_not_say_when_it_came_its_line_on_top_does():
    at = timezone.now().replace(microsecond=0) - timedelta(minutes=30)
    send(payload(RawEmail=f"Received: by postmark; {format_datetime(at)}\n" + make_message().decode()))
    assert IncomingMail.objects.get().received_at == at


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


def test_nothing_is_read_of_who_does_not_know_the_secret():
    request = RequestFactory().post(reverse("mail_webhook"), b"x" * 100, content_type="application/json")
    with mock.patch.object(type(request), "read", side_effect=AssertionError("It was read.")):
        assert provider_webhook(request).status_code == 400


@pytest.mark.parametrize("length", ["²", "9" * 5_000, "", "-1", "1e9"])
def test_a_length_that_is_none_is_refused(length):
    headers = {"Authorization": f"Basic {base64.b64encode(SECRET.encode()).decode()}"}
    request = RequestFactory().post(
        reverse("mail_webhook"), b"{}", content_type="application/json", headers=headers
    )
    request.META["CONTENT_LENGTH"] = length
    assert provider_webhook(request).status_code == 413


def send_form(settings, provider: str, fields: dict, **files: bytes):
    """As multipart/form-data, with Mailgun's signature."""
    settings.INBOUND_PROVIDER = provider
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": "key"}
    signed = hmac.new(b"key", b"1768068000token", hashlib.sha256).hexdigest()
    form = (
        fields
        | {"timestamp": "1768068000", "token": "token", "signature": signed}
        | {name: SimpleUploadedFile(f"{name}.jpg", content, "image/jpeg") for name, content in files.items()}
    )
    headers = {"Authorization": f"Basic {base64.b64encode(SECRET.encode()).decode()}"}
    return Client().post(reverse("mail_webhook"), form, headers=headers)


@pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning")
@pytest.mark.parametrize(("provider", "field"), [("mailgun", "body-mime"), ("sendgrid", "email")])
def test_a_message_that_is_a_field_of_a_form_may_be_large_too(settings, provider, field):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    raw = make_message("Tal como llegó. " * 500, attachments=[("foto.jpg", "image/jpeg", b"jpeg" * 9_000)])
    answer = send_form(
        settings,
        provider,
        {
            field: raw.decode(),
            "recipient": "garantia@quince.example",
            "sender": "ana@example.com",
            "envelope": '{"to": ["garantia@quince.example"], "from": "ana@example.com"}',
        },
    )
    assert answer.status_code == 200
    mail = IncomingMail.objects.get()
    assert (kept_files.message_of(mail).replace(b"\r\n", b"\n"), mail.recipient) == (
        raw,
        "garantia@quince.example",
    )
    assert [(each.name, each.size) for each in mail.attachments.all()] == [("foto.jpg", 36_000)]


@pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning")
@pytest.mark.parametrize(
    ("provider", "fields"),
    [
        # As SES and MailerSend, it names one of those to whom it was delivered.
        (
            "sendgrid",
            {"envelope": '{"to": ["hola@quince.example", "x@y.example"], "from": "ana@example.com"}'},
        ),
        (
            "mailgun",
            {"recipient": "hola@quince.example, garantia@quince.example", "sender": "ana@example.com"},
        ),
        ("mailgun", {"recipient": "Quince <hola@quince.example>", "sender": "ana@example.com"}),
    ],
)
def test_a_message_for_two_addresses_of_ours_is_for_both(settings, provider, fields):
    raw = make_message(to="Quince <hola@quince.example>", Cc="Garantía <garantia@quince.example>").decode()
    assert send_form(settings, provider, {"body-mime": raw, "email": raw} | fields).status_code == 200
    assert set(IncomingMail.objects.values_list("recipient", flat=True)) == {
        "garantia@quince.example",
        "hola@quince.example",
    }


def test_a_form_with_files_is_put_together_again(settings):
    fields = {
        "sender": "ana@example.com",
        "recipient": "garantia@quince.example",
        "message-headers": json.dumps([["From", "ana@example.com"], ["Message-Id", "<1@example.com>"]]),
        "body-plain": "¿Qué tal?",
        "attachment-count": "1",
    }
    assert send_form(settings, "mailgun", fields, **{"attachment-1": b"jpeg" * 9_000}).status_code == 200
    mail = IncomingMail.objects.get()
    assert (mail.sender, mail.text) == ("ana@example.com", "¿Qué tal?")
    assert [(each.content_type, each.size) for each in mail.attachments.all()] == [("image/jpeg", 36_000)]


def test_without_a_provider_or_a_secret_there_is_no_such_page(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": ""}
    assert send(payload()).status_code == 404
    assert "mail.E003" in {each.id for each in run_checks()}
    settings.INBOUND_PROVIDER = "nobody"
    assert send(payload()).status_code == 404

"""Mails of ours that came back: told by their Message-ID, and by nothing that a stranger could know (S2, S10)."""

from datetime import timedelta
from pathlib import Path

import pytest

from mail.bounces import returned
from mail.models import OutgoingMail
from tests.mail.messages import lines, make_message, take_in
from tests.making import NOW

EML = Path(__file__).parent / "eml"
NAME = "<0123456789abcdef0123456789abcdef@quince.example>"
LATER = NOW + timedelta(hours=1)


def report(
    name: str = NAME, *, action: str = "failed", kind: str = "message/rfc822", references: str = ""
) -> bytes:
    """As a mail server writes it (RFC 3464)."""
    return lines(
        "Return-Path: <>",
        "From: Mail Delivery Subsystem <mailer-daemon@example.com>",
        "To: hola@quince.example",
        "Subject: Undelivered Mail",
        "Message-ID: <report@example.com>",
        *([f"References: {references}"] if references else []),
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "It did not arrive.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; example.com",
        "",
        "Final-Recipient: rfc822; ana@example.com",
        f"Action: {action}",
        "Status: 5.1.1",
        "",
        "--b",
        f"Content-Type: {kind}",
        "",
        "From: hola@quince.example",
        *([f"message-id: {name}"] if name else []),
        "In-Reply-To: <before@example.com>",
        "Subject: Re: Publishing",
        "",
        "So.",
        "--b--",
    )


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_names_what_came_back(kind):
    assert NAME in returned(report(kind=kind))


def test_what_the_mail_itself_had_answered_comes_after_it():
    """Exim names both, ours last."""
    assert returned(report("", references=f"<before@example.com> {NAME}"))[1:] == (
        NAME,
        "<before@example.com>",
    )


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_report_of_anything_else_says_nothing(action):
    assert returned(report(action=action)) == ()


def test_a_report_is_read_in_any_case_and_with_a_comment():
    assert NAME in returned(report(action="Failed (no such person)"))


def test_older_servers_say_it_in_words():
    qmail = make_message(
        "Hi. This is the qmail-send program at example.com.\nI wasn't able to deliver your message.\n\n"
        f"--- Below this line is a copy of the message.\n\nMessage-ID: {NAME}\nSubject: x\n\nSo.\n",
        sender="MAILER-DAEMON@example.com",
    )
    exim = make_message(f"Sorry.\n\nMessage-ID: {NAME}\n", X_Failed_Recipients="ana@example.com")
    assert NAME in returned(qmail)
    assert NAME in returned(exim)


@pytest.mark.parametrize(
    "raw",
    [
        make_message(
            f"I am away. You wrote:\nMessage-ID: {NAME}", Auto_Submitted="auto-replied", In_Reply_To=NAME
        ),
        (EML / "exchange-out-of-office.eml").read_bytes(),
        b"",
        b"\x00\xff" * 1000,
        lines(
            "Content-Type: multipart/report; boundary=b", "", "--b", "Content-Type: message/delivery-status"
        ),
        lines("Content-Type: message/delivery-status", "", "Action: failed"),
    ],
)
def test_whatever_else_machines_write_names_nothing_of_ours(raw):
    assert NAME not in returned(raw)


def test_a_receipt_is_no_report_of_a_failure():
    receipt = report().replace(b"message/delivery-status", b"message/disposition-notification")
    assert returned(receipt.replace(b"Action: failed", b"Disposition: manual-action; displayed")) == ()


@pytest.mark.django_db
def test_what_came_back_is_written_down_once_with_the_report(write):
    mail, other = write(), write(cause="pet:16")
    OutgoingMail.objects.update(state="sent", sent_at=NOW)
    report_of_it = take_in(report(mail.message_id), now=LATER)
    again = take_in(report(mail.message_id).replace(b"<report@", b"<report2@"), now=LATER + timedelta(days=1))
    mail.refresh_from_db()
    other.refresh_from_db()
    assert (mail.state, mail.bounced_at, other.bounced_at) == ("sent", LATER, None)
    for each in (report_of_it, again):
        assert (each.state, each.reason, each.cause) == ("not_taken", "bounce", f"outgoing_mail:{mail.pk}")
        assert each.clear_on is not None
    assert list(OutgoingMail.objects.undelivered()) == [mail]
    # Who said so is written down, and no words of ours, for whoever has to judge it.
    assert mail.last_error == "mailer-daemon@example.com"


@pytest.mark.django_db
def test_whoever_may_not_be_the_server_that_they_say_brings_nothing_back(write, settings):
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"
    mail = write()
    said = "Authentication-Results: mx.quince.example; dmarc={} header.from=example.com\r\n"
    forged = take_in(said.format("fail").encode() + report(mail.message_id), now=LATER)
    mail.refresh_from_db()
    assert (forged.state, forged.reason, forged.cause, mail.bounced_at) == (
        "not_taken",
        "automatic",
        "",
        None,
    )
    # The same words of the server itself are another message, and believed.
    assert take_in(said.format("pass").encode() + report(mail.message_id), now=LATER).reason == "bounce"
    mail.refresh_from_db()
    assert mail.bounced_at == LATER


@pytest.mark.django_db
def test_a_report_of_somebody_elses_mail_is_a_machines_and_no_more(write):
    mail = write()
    taken = take_in(report("<fedcba9876543210fedcba9876543210@quince.example>"))
    mail.refresh_from_db()
    assert (taken.state, taken.reason, mail.bounced_at) == ("not_taken", "automatic", None)


@pytest.mark.django_db
def test_a_person_who_writes_of_a_mail_brings_nothing_back(write):
    mail = write()
    take_in(make_message(f"Message-ID: {mail.message_id}\nAction: failed", In_Reply_To=mail.message_id))
    mail.refresh_from_db()
    assert mail.bounced_at is None

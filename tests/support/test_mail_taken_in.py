"""What a mail says becomes what its ticket says, however the mail is written (S10)."""

from pathlib import Path

import pytest

from mail import inbox
from mail.letters import as_message
from mail.models import IncomingMail
from support.messages import answer_ticket
from support.models import Attachment, Message, Ticket
from tests.support.mailing import DESK, sent, write
from tests.support.making import NOW

pytestmark = pytest.mark.django_db
EML = Path(__file__).parent.parent / "mail" / "eml"
EXPECTED = {
    "android-spanish": ("taken", "", []),
    "calendar-invitation": ("taken", "", ["1.ics", "invite.ics"]),
    "exchange-out-of-office": ("not_taken", "automatic", []),
    "forged-sender": ("taken", "", []),
    "forwarded-inside": ("taken", "", ["Gracias por la visita.eml"]),
    "gmail-reply": ("taken", "", []),
    "icloud-photos": ("taken", "", ["Baño 1.jpg"]),
    "list": ("taken", "", []),
    "old-program-without-headers": ("taken", "", []),
    "outlook-html": ("taken", "", ["image001.png"]),
    "outlook-winmail": ("taken", "", ["winmail.dat"]),
    "postfix-bounce": ("not_taken", "automatic", []),
}


@pytest.fixture(autouse=True)
def _files(private_files):
    """Nothing of these tests is left lying about."""


def test_quoted_text_is_folded_and_files_are_kept(agreement):
    text = "It works now.\n\nOn Mon, 2 Nov 2026 at 11:00, Quince wrote:\n> Press Publish.\n> Then wait.\n"
    write(
        text=text,
        attachments=[
            ("../../etc/passwd", "text/plain", b"root"),
            ("foto.png", "image/png", b"\x89PNG"),
            ("<script>.svg", "image/svg+xml", b"<svg onload='alert(1)'/>"),
        ],
    )
    message = Message.objects.get()
    assert message.text == "It works now."
    assert message.quoted == "On Mon, 2 Nov 2026 at 11:00, Quince wrote:\n> Press Publish.\n> Then wait."
    kept = [(file.name, Path(file.file.path).read_bytes()) for file in message.attachments.all()]
    assert kept == [
        ("passwd", b"root"),
        ("foto.png", b"\x89PNG"),
        ("_script_.svg", b"<svg onload='alert(1)'/>"),
    ]


def test_an_answer_between_the_lines_keeps_all_of_what_it_quotes(agreement):
    write(text="> Which page?\nThe first.\n> And when?\nToday.\n")
    message = Message.objects.get()
    assert "The first." in message.text
    assert "> And when?" in message.text + message.quoted


def test_a_message_that_only_quotes_or_says_nothing_is_taken_in(agreement):
    for number, text in enumerate(("> Only a quote.\n", "", " \n")):
        write(number=number, text=text, subject="")
    said = list(Message.objects.order_by("pk").values_list("text", flat=True))
    assert said == ["> Only a quote.", "(This mail has no text.)", "(This mail has no text.)"]


def test_of_too_large_a_mail_the_ticket_says_so(agreement, settings):
    settings.INBOX_MAX_BYTES = 2_000
    write(text="x" * 3_000)
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.waits.count()) == ("Publishing", 1)
    assert "too large" in ticket.messages.get().text


@pytest.mark.parametrize("path", sorted(EML.glob("*.eml")), ids=lambda path: path.stem)
def test_every_message_of_the_collection_is_taken_in_or_listed_with_a_reason(agreement, path):
    """Bounces, who is away, HTML alone, winmail.dat, invitations, mails in mails, a mailing list, a forged sender."""
    inbox.receive(path.read_bytes(), recipient=DESK, received_at=NOW, by=IncomingMail.Way.PIPE, now=NOW)
    inbox.handle_due(now=NOW)
    mail = IncomingMail.objects.get(recipient=DESK)
    assert (mail.state, mail.reason, [file.name for file in Attachment.objects.all()]) == EXPECTED[path.stem]
    if mail.state == "taken":
        assert Message.objects.get().text


def test_a_huge_subject_and_a_thousand_recipients_are_one_ticket(agreement):
    many = ", ".join(f"p{number}@example.com" for number in range(1000))
    write(subject="Ñ" * 5_000, to=f"{DESK}, {many}", Cc=f"soporte+x@quince.example, {many}")
    ticket = Ticket.objects.get()
    assert len(ticket.subject) == 200
    assert [mail.recipient for mail in sent()] == ["anna@example.com"]


def test_two_lines_in_a_subject_end_no_header_of_ours(agreement, consultant):
    write(subject="=?utf-8?q?Hi=0D=0ABcc:_victim=40example.com?=")
    answer_ticket(ticket=Ticket.objects.get(), text="So.", by=consultant, now=NOW)
    message = as_message(sent("ticket_answered")[0]).message()
    assert (message["Bcc"], "\n" in message["Subject"]) == (None, False)

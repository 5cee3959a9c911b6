"""One path for every message: written down first, whole and once, and cleared in the end (S10, X3). What is done with
it after is in `test_inbox_handled`."""

from datetime import timedelta
from unittest import mock

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from mail import inbox, kept_files
from mail.models import IncomingAttachment, IncomingMail, OutgoingMail
from mail.tasks import clear_incoming
from tests import making
from tests.mail import routes
from tests.mail.messages import CLAIMS, FALSE, PETS, lines, make_message, receive, take_in, to_pets
from tests.mail.test_reading import NUL
from tests.making import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pets_are_taken")]


def files(tmp_path):
    return [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_message_is_kept_whole_with_what_pages_need_of_it(tmp_path):
    raw = to_pets(subject="Mi perro", attachments=[("foto.jpg", "image/jpeg", b"jpeg")])
    mail = receive(raw, received_at=NOW - timedelta(hours=2), by=IncomingMail.Way.MAILBOX)
    assert kept_files.message_of(mail) == raw
    assert (mail.sender, mail.sender_name, mail.recipient, mail.subject) == (
        "ana@example.com",
        "Ana",
        PETS,
        "Mi perro",
    )
    assert (mail.state, mail.way, mail.received_at, mail.stored_at) == (
        "received",
        "mailbox",
        NOW - timedelta(hours=2),
        NOW,
    )
    assert mail.text.startswith("Quiero reclamar")
    assert list(mail.attachments.values_list("position", "name", "content_type", "size")) == [
        (1, "foto.jpg", "image/jpeg", 4)
    ]
    assert [event.to_state for event in mail.events.all()] == ["received"]


@pytest.mark.parametrize("header", NUL)
def test_a_null_byte_in_any_header_keeps_no_message_out(header):
    """PostgreSQL stores none."""
    mail = receive(lines(header, "To: pets@quince.example", "", "Ho\0la"), recipient="pets\0@quince.example")
    mail.refresh_from_db()
    assert "\\x00" not in repr([mail.__dict__, list(mail.attachments.values())])


HEADERS = [
    "",
    "From: ",
    "To: ",
    "Subject: =?utf-8?b?",
    "References: <",
    "Auto-Submitted: ",
    "Content-Type: ",
    "Date: ",
]


@trying(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(HEADERS), st.binary(max_size=3_000) | st.text(max_size=1_000).map(str.encode))
def test_whatever_bytes_come_are_stored(header, content):
    mail = receive(header.encode() + content + b"\r\nMessage-ID: <1@x>\r\n\r\n" + content)
    mail.refresh_from_db()
    mail.delete()


def test_the_same_message_twice_is_one_and_leaves_one_file(tmp_path):
    first = take_in(to_pets())
    again = take_in(b"Received: again\r\n" + to_pets(), now=NOW + timedelta(hours=1))
    assert (again.pk, routes.CALLS) == (first.pk, [first.pk])
    assert (IncomingMail.objects.count(), OutgoingMail.objects.count(), len(files(tmp_path))) == (1, 1, 1)


def test_what_only_bears_the_name_of_a_message_takes_its_place_from_none(tmp_path):
    """A Message-ID can be seen or guessed: whoever sent something by it first had the other's mail dropped."""
    forged = take_in(to_pets(sender="eva@example.com"))
    doubtful = take_in(to_pets(**FALSE))
    other_words = take_in(to_pets(text="Something else."))
    real = take_in(to_pets())
    assert [(mail.state, mail.reason) for mail in (forged, doubtful, other_words, real)] == [
        ("taken", ""),
        ("parked", "not_authentic"),
        ("taken", ""),
        ("taken", ""),
    ]
    assert (len({mail.said_hash for mail in IncomingMail.objects.all()}), len(files(tmp_path))) == (4, 4)


def test_what_a_server_writes_otherwise_on_the_way_is_the_same_message(tmp_path):
    raw = to_pets(text="¿Qué hago?\nNo sé.")
    first = receive(raw, received_at=NOW)
    other_lines = b"Received: from a by b; x\r\n" + raw.replace(b"\n", b"\r\n").rstrip() + b"\r\n\r\n"
    again = receive(other_lines, received_at=NOW + timedelta(hours=1))
    assert (again.pk, len(files(tmp_path))) == (first.pk, 1)


# More than anybody writes


def name_of(number: int) -> str:
    return f"<{number}@example.com>"


def test_beyond_so_many_a_day_the_mails_of_one_sender_are_kept_and_listed(settings, reviewer):
    settings.INBOX_MAILS_A_DAY = 3
    mails = [take_in(to_pets(message_id=name_of(number))) for number in range(6)]
    assert [(mail.state, mail.reason) for mail in mails] == [
        ("taken", ""),
        ("taken", ""),
        ("taken", ""),
        # One waits for a person, who is not kept from the others by a hundred of them.
        ("parked", "too_many"),
        ("not_taken", "too_many"),
        ("not_taken", "too_many"),
    ]
    assert len(routes.CALLS) == 3
    assert [mail.clear_on for mail in mails[3:]] == [None, *[NOW.date() + timedelta(days=30)] * 2]
    # Another's is taken in as ever.
    assert take_in(to_pets(sender="eva@example.com", message_id=name_of(9))).state == "taken"
    # Whoever looked lets in what they like.
    for mail in mails[3:]:
        inbox.take_in(mail=mail, by=reviewer, now=NOW)
    assert set(IncomingMail.objects.values_list("state", flat=True)) == {"taken"}


def test_once_somebody_has_dealt_with_the_one_that_waits_the_next_one_does(settings, reviewer):
    settings.INBOX_MAILS_A_DAY = 1
    mails = [take_in(to_pets(message_id=name_of(number))) for number in range(3)]
    inbox.set_aside(mail=mails[1], reason="A broken machine.", by=reviewer, now=NOW)
    mails += [take_in(to_pets(message_id=name_of(number))) for number in range(3, 5)]
    assert [mail.state for mail in mails] == ["taken", "parked", "not_taken", "parked", "not_taken"]


def test_one_waits_at_each_address_for_others_read_there(settings):
    settings.INBOX_MAILS_A_DAY = 1
    wanted = [PETS, PETS, "hola@quince.example", "hola@quince.example", PETS]
    mails = [take_in(make_message(to=to, message_id=name_of(number))) for number, to in enumerate(wanted)]
    assert [mail.state for mail in mails] == ["taken", "parked", "parked", "not_taken", "not_taken"]


def test_a_day_later_they_are_taken_in_again(settings):
    settings.INBOX_MAILS_A_DAY = 2
    for number in range(3):
        take_in(to_pets(message_id=name_of(number)))
    late = NOW + timedelta(days=1)
    assert take_in(to_pets(message_id=name_of(3)), now=late - timedelta(seconds=1)).reason == "too_many"
    assert take_in(to_pets(message_id=name_of(4)), now=late).state == "taken"


def test_what_is_not_taken_in_counts_for_nothing(settings):
    """Whoever writes in somebody's name, or a machine of theirs, uses up nothing of what is theirs."""
    settings.INBOX_MAILS_A_DAY = 1
    take_in(to_pets(message_id=name_of(1), **FALSE))
    take_in(to_pets(message_id=name_of(2), Auto_Submitted="auto-replied"))
    take_in(make_message(to="nobody@quince.example", message_id=name_of(3)))
    assert take_in(to_pets(message_id=name_of(4))).state == "taken"


def test_the_same_message_for_two_addresses_is_two():
    receive(to_pets(), recipient=PETS)
    receive(to_pets(), recipient="Other@quince.example")
    assert set(IncomingMail.objects.values_list("recipient", flat=True)) == {PETS, "other@quince.example"}


def test_where_it_was_delivered_is_read_from_the_headers_ours_before_others():
    raw = make_message(
        to="Grupo <grupo@example.com>", Cc="hola@quince.example", List_Id="<grupo.example.com>"
    )
    assert receive(raw).recipient == "hola@quince.example"
    elsewhere = make_message(to="a@example.com", message_id="<2@example.com>", Delivered_To="box@mx.example")
    assert receive(elsewhere).recipient == "box@mx.example"


@pytest.mark.parametrize(
    ("recipient", "to", "cc"),
    [
        ("", "hola@quince.example", "Garantía <Garantia+15@quince.example>, garantia@quince.example"),
        ("hola@quince.example", "hola@quince.example", "garantia+15@quince.example"),
        ("Garantia+15@quince.example, hola@quince.example, otra@example.com", "", "garantia@quince.example"),
        ("Garantía <garantia+15@quince.example>", "otra@example.com, hola@quince.example", ""),
        ("cola@mx.example", "garantia+15@quince.example", "hola@quince.example"),
    ],
)
def test_a_message_for_two_addresses_of_ours_is_one_row_for_each(recipient, to, cc):
    """One of them alone was read, and of a list of recipients none."""
    raw = make_message(to=to, Cc=cc)
    mails = inbox.receive(raw, recipient=recipient, received_at=NOW, by=IncomingMail.Way.PIPE, now=NOW)
    assert [mail.recipient for mail in mails] == ["garantia+15@quince.example", "hola@quince.example"]
    assert {kept_files.message_of(mail) for mail in mails} == {raw}


def test_each_of_its_rows_comes_once_and_is_cleared_by_itself(tmp_path):
    raw = make_message(to="hola@quince.example", Cc=CLAIMS, attachments=[("foto.jpg", "image/jpeg", b"jpeg")])
    for recipient in ("hola@quince.example", CLAIMS, "", f"{CLAIMS}, hola@quince.example"):
        inbox.receive(raw, recipient=recipient, received_at=NOW, by=IncomingMail.Way.PIPE, now=NOW)
    first, second = IncomingMail.objects.order_by("recipient")
    assert (first.attachments.count(), second.attachments.count(), len(files(tmp_path))) == (1, 1, 2)
    inbox.clear(IncomingMail.objects.filter(pk=first.pk), now=NOW)
    assert kept_files.message_of(second) == raw


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("Otra <otra@example.com>, mas@example.com", "otra@example.com"),
        ("root", "root"),
        ("<", "<"),
        ("", "eva@example.com"),
    ],
)
def test_what_names_none_of_ours_is_one_row_for_whom_it_was_delivered(recipient, expected):
    assert receive(make_message(to="eva@example.com"), recipient=recipient).recipient == expected


def test_after_thirty_days_the_message_and_what_it_said_are_cleared(tmp_path):
    mail = take_in(to_pets(attachments=[("foto.jpg", "image/jpeg", b"jpeg")]))
    last_day = making.noon(NOW.date() + timedelta(days=29))
    assert inbox.clear_old(now=last_day) == 0
    assert inbox.clear_old(now=last_day + timedelta(days=1)) == 1
    mail.refresh_from_db()
    assert (mail.raw.name, mail.subject, mail.text, mail.whole_text, mail.sender_name) == ("", "", "", "", "")
    assert (mail.sender, mail.state, mail.cause) == ("ana@example.com", "taken", "pet:15")
    assert IncomingAttachment.objects.count() == 0


def test_files_go_once_that_is_certain(tmp_path, django_capture_on_commit_callbacks):
    take_in(to_pets())
    with django_capture_on_commit_callbacks(execute=True):
        inbox.clear_old(now=NOW + timedelta(days=31))
    assert files(tmp_path) == []


def test_what_a_route_keeps_and_what_waits_is_not_cleared():
    take_in(to_pets(subject="Keep me"))
    take_in(to_pets(message_id="<2@example.com>", **FALSE))
    assert inbox.clear_old(now=NOW + timedelta(days=400)) == 0


def test_a_file_that_a_killed_process_left_is_swept_after_a_day(tmp_path):
    mail = receive(to_pets())
    name = kept_files.keep(b"left behind")
    written = storages["private"].get_modified_time(name)
    assert list(kept_files.leftover(now=written + timedelta(hours=23))) == []
    assert kept_files.sweep(now=written + timedelta(days=1, seconds=1)) == 1
    assert [path.name for path in files(tmp_path)] == [mail.raw.name.rpartition("/")[2]]
    clear_incoming()


def test_a_failure_while_storing_leaves_no_file(tmp_path):
    with (
        mock.patch.object(IncomingAttachment.objects, "bulk_create", side_effect=ValueError),
        pytest.raises(ValueError),
    ):
        receive(to_pets())
    assert (files(tmp_path), IncomingMail.objects.count()) == ([], 0)


def test_who_wrote_is_taken_out_of_what_they_sent(django_capture_on_commit_callbacks, tmp_path):
    """X5: what was not handled yet never will be."""
    taken, parked = take_in(to_pets()), take_in(to_pets(message_id="<2@example.com>", **FALSE))
    other = take_in(to_pets(sender="eva@example.com", message_id="<3@example.com>"))
    with django_capture_on_commit_callbacks(execute=True):
        assert inbox.forget_senders({"Ana@example.com"}, now=NOW) == 2
    for mail in (taken, parked, other):
        mail.refresh_from_db()
    assert (taken.state, parked.state) == ("taken", "not_taken")
    assert {taken.sender, parked.sender} == {f"erased-{each.pk}@erased.invalid" for each in (taken, parked)}
    assert {taken.subject, taken.text, taken.sender_name, taken.raw.name} == {"—", ""}
    assert (other.sender, len(files(tmp_path))) == ("eva@example.com", 1)


def test_a_mail_from_the_future_reached_us_now():
    assert receive(to_pets(), received_at=NOW + timedelta(days=1)).received_at == NOW


@pytest.mark.parametrize(
    ("received", "minutes_ago"),
    [
        ("from a by mx.quince.example; Sat, 10 Jan 2026 11:30:00 -0600", 30),
        ("from a by mx (x; y); 10 Jan 2026 17:30:00 -0000", 30),
        ("by mx; Sat, 10 Jan 2026 17:30:00", 30),
        ("by mx; Sat, 3 Jan 2026 18:00:00 +0000", 7 * 24 * 60),
        ("by mx; Sat, 3 Jan 2026 17:59:59 +0000", 0),
        ("by mx; Sat, 10 Jan 2026 18:00:01 +0000", 0),
        ("by mx; no date", 0),
        ("by mx; Sat, 10 Jan 99999 11:30:00 +9999", 0),
        ("", 0),
    ],
)
def test_where_the_way_does_not_say_when_it_came_the_servers_line_on_top_does(received, minutes_ago):
    """It came at 11:30, the database was away, and the mail server came again at 12."""
    raw = f"Received: {received}\r\nReceived: by b; Sat, 10 Jan 2026 08:00:00 -0600\r\n".encode() + to_pets()
    (mail,) = inbox.receive(raw, recipient=PETS, received_at=None, by=IncomingMail.Way.PIPE, now=NOW)
    assert mail.received_at == NOW - timedelta(minutes=minutes_ago)


def test_the_books_are_asked_by_the_command():
    take_in(to_pets())
    call_command("check_books")

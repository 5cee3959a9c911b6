"""One path for every message: written down first, handled after (S10, X3)."""

from datetime import timedelta
from itertools import product
from unittest import mock

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from base.registry import invariants
from mail import inbox, kept_files
from mail.errors import MailError
from mail.models import IncomingAttachment, IncomingMail, OutgoingMail
from mail.tasks import clear_incoming, handle_incoming
from tests import making
from tests.mail import routes
from tests.mail.messages import CLAIMS, lines, make_message, receive, take_in
from tests.mail.test_reading import NUL
from tests.making import NOW

pytestmark = pytest.mark.django_db
PETS = "pets@quince.example"
State = IncomingMail.State


@pytest.fixture(autouse=True)
def _routes(settings, tmp_path, monkeypatch):
    settings.MAIL_ROUTES = ["tests.mail.routes.takes_pets"]
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"
    monkeypatch.setattr(storages["private"], "location", str(tmp_path))
    routes.CALLS.clear()


@pytest.fixture(autouse=True)
def _books_hold(_routes):
    yield
    assert [line for each in invariants for line in each.broken()] == []


def files(tmp_path):
    return [path for path in tmp_path.rglob("*") if path.is_file()]


def to_pets(**changes):
    return make_message(to=PETS, **changes)


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


def test_the_first_route_that_takes_a_message_has_it(settings):
    settings.MAIL_ROUTES = ["tests.mail.routes.takes_pets", "tests.mail.routes.takes_all"]
    mail = take_in(to_pets())
    other = take_in(make_message(to="other@quince.example", message_id="<2@example.com>"))
    assert (mail.state, mail.route, mail.cause) == ("taken", "tests.mail.routes.takes_pets", "pet:15")
    assert (other.state, other.route, other.cause) == ("taken", "tests.mail.routes.takes_all", "all:1")


def test_what_no_route_takes_is_listed_with_its_reason():
    mail = take_in(make_message(to="nobody@quince.example"))
    assert (mail.state, mail.reason, mail.clear_on) == (
        "not_taken",
        "no_route",
        NOW.date() + timedelta(days=30),
    )
    assert [event.reason for event in mail.events.all()] == ["", "no_route"]


@pytest.mark.parametrize(
    "address",
    [
        "hola@quince.example",
        "Hola+15@quince.example",
        "apelaciones@quince.example",
        "returns@quince.example",
    ],
)
def test_what_somebody_writes_to_an_address_of_ours_waits_for_a_person(settings, moderator, address):
    """Mails say "reply to this mail": a reply was not taken in, and cleared after 30 days without anybody's reading."""
    settings.OWN_ADDRESSES = ["returns@quince.example"]
    mail = take_in(make_message(to=f"Quince <{address}>", subject="Re: Return not accepted"))
    assert (mail.state, mail.reason, mail.clear_on) == ("parked", "for_a_person", None)
    assert inbox.clear_old(now=NOW + timedelta(days=400)) == 0
    inbox.set_aside(mail=mail, reason="Answered.", by=moderator, now=NOW)
    mail.refresh_from_db()
    assert (mail.state, mail.clear_on) == ("not_taken", NOW.date() + timedelta(days=30))


def test_what_a_machine_or_somebody_doubtful_writes_there_is_none_to_be_answered():
    for number, (headers, expected) in enumerate(
        [
            ({"Auto_Submitted": "auto-replied"}, ("not_taken", "automatic")),
            (FALSE, ("parked", "not_authentic")),
        ]
    ):
        raw = make_message(to="hola@quince.example", message_id=f"<{number}@example.com>", **headers)
        mail = take_in(raw)
        assert (mail.state, mail.reason) == expected


def test_the_route_of_an_address_of_ours_comes_first(settings):
    settings.DEFAULT_FROM_EMAIL = f"Quince <{PETS}>"
    assert take_in(to_pets()).state == "taken"


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


def test_a_list_mail_of_a_person_is_taken_in():
    assert take_in(to_pets(List_Id="<grupo.example.com>", Precedence="list")).state == "taken"


def test_a_mail_that_says_it_is_not_automatic_is_taken_in():
    assert take_in(to_pets(Auto_Submitted="no")).state == "taken"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied (vacation)"},
        {"Precedence": "bulk"},
        {"Return_Path": "<>"},
        {"sender": "Quince <hola@quince.example>"},
        {"sender": "Mail Delivery System <MAILER-DAEMON@mx.example>"},
    ],
)
def test_what_a_machine_wrote_is_kept_and_listed_and_never_routed_nor_answered(headers):
    mail = take_in(to_pets(**headers))
    assert (mail.state, mail.reason) == ("not_taken", "automatic")
    assert mail.automatic_sign
    assert kept_files.message_of(mail)
    assert (routes.CALLS, OutgoingMail.objects.count()) == ([], 0)


FALSE = {"Authentication_Results": "mx.quince.example; dmarc=fail header.from=example.com"}


def test_a_sender_who_may_be_somebody_else_waits_for_a_person():
    mail = take_in(to_pets(**FALSE))
    assert (mail.state, mail.reason, mail.authentication) == ("parked", "not_authentic", "failed")
    assert (routes.CALLS, OutgoingMail.objects.count(), mail.clear_on) == ([], 0, None)


def test_what_others_say_of_a_sender_is_not_heard():
    forged = "mx.elsewhere.example; dmarc=fail header.from=example.com"
    assert take_in(to_pets(Authentication_Results=forged)).authentication == "not_said"


def test_what_the_provider_takes_for_spam_waits_for_a_person():
    mail = take_in(to_pets(), spam=True)
    assert (mail.state, mail.reason, routes.CALLS) == ("parked", "spam", [])


def test_a_person_takes_it_in_anyway_and_that_is_written_down(reviewer):
    mail = take_in(to_pets(**FALSE))
    inbox.take_in(mail=mail, by=reviewer, now=NOW + timedelta(days=1))
    inbox.take_in(mail=mail, by=reviewer, now=NOW + timedelta(days=2))
    mail.refresh_from_db()
    assert (mail.state, mail.cause, routes.CALLS) == ("taken", "pet:15", [mail.pk])
    last = mail.events.last()
    assert (last.actor, last.from_state, last.at) == (reviewer, "parked", NOW + timedelta(days=1))


def test_a_person_sets_it_aside_with_a_reason(reviewer):
    mail = take_in(to_pets(**FALSE))
    with pytest.raises(MailError) as refused:
        inbox.set_aside(mail=mail, reason=" ", by=reviewer, now=NOW)
    assert refused.value.code == "reason_needed"
    inbox.set_aside(mail=mail, reason="Ana dice que no lo escribió.", by=reviewer, now=NOW)
    mail.refresh_from_db()
    assert (mail.state, mail.reason, mail.clear_on) == (
        "not_taken",
        "set_aside",
        NOW.date() + timedelta(days=30),
    )
    assert (mail.events.last().actor, mail.events.last().reason) == (reviewer, "Ana dice que no lo escribió.")
    with pytest.raises(MailError) as refused:
        inbox.set_aside(mail=mail, reason="Otra vez.", by=reviewer, now=NOW)
    assert refused.value.code == "not_waiting"


def test_nobody_decides_on_a_mail_of_their_own():
    ana = making.make_staff("reviewer", email="ana@example.com")
    mail = take_in(to_pets(**FALSE))
    for decide in (inbox.take_in, lambda **named: inbox.set_aside(reason="No.", **named)):
        with pytest.raises(MailError) as refused:
            decide(mail=mail, by=ana, now=NOW)
        assert refused.value.code == "own_mail"


def test_what_no_route_wants_cannot_be_taken_in_by_hand_either(reviewer):
    mail = take_in(make_message(to="nobody@quince.example"))
    with pytest.raises(MailError) as refused:
        inbox.take_in(mail=mail, by=reviewer, now=NOW)
    assert refused.value.code == "no_route"
    assert IncomingMail.objects.get().state == "not_taken"


def test_a_machines_mail_taken_in_by_hand_is_not_answered(reviewer):
    mail = take_in(to_pets(Precedence="bulk"))
    inbox.take_in(mail=mail, by=reviewer, now=NOW)
    assert (IncomingMail.objects.get().state, OutgoingMail.objects.count()) == ("taken", 0)


def test_a_process_killed_between_storing_and_handling_delays_and_loses_nothing():
    mail = receive(to_pets())
    handle_incoming()
    mail.refresh_from_db()
    assert (mail.state, routes.CALLS) == ("taken", [mail.pk])
    handle_incoming()
    assert [mail.pk] == routes.CALLS


def test_a_route_that_fails_leaves_nothing_half_done_and_is_tried_again(settings):
    settings.MAIL_ROUTES = ["tests.mail.routes.fails"]
    mail = take_in(to_pets())
    assert (mail.state, mail.subject, mail.attempts, mail.last_error) == (
        "received",
        "Garantía",
        1,
        "ValueError",
    )
    assert mail.due_at == NOW + timedelta(minutes=1)
    assert inbox.handle_due(now=NOW + timedelta(seconds=59)) == 0
    settings.MAIL_ROUTES = ["tests.mail.routes.takes_pets"]
    assert inbox.handle_due(now=NOW + timedelta(minutes=1)) == 1
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == ("taken", 2)


def test_after_seven_attempts_it_is_given_up_and_waits_for_a_person(settings, reviewer):
    settings.MAIL_ROUTES = ["tests.mail.routes.fails"]
    mail = receive(to_pets())
    for _ in range(9):
        mail.refresh_from_db()
        inbox.handle(mail.pk, now=mail.due_at)
    mail.refresh_from_db()
    assert (mail.state, mail.reason, mail.attempts, len(routes.CALLS)) == ("failed", "gave_up", 7, 7)
    settings.MAIL_ROUTES = ["tests.mail.routes.takes_pets"]
    inbox.take_in(mail=mail, by=reviewer, now=NOW)
    assert IncomingMail.objects.get().state == "taken"


def test_one_that_kills_its_process_is_tried_seven_times_and_no_more(settings):
    settings.MAIL_ROUTES = ["tests.mail.routes.kills"]
    mail = receive(to_pets())
    for _ in range(9):
        mail.refresh_from_db()
        with mock.patch.object(inbox.logger, "exception"):
            try:
                inbox.handle(mail.pk, now=mail.due_at)
            except SystemExit:
                continue
    mail.refresh_from_db()
    assert (mail.state, mail.reason, len(routes.CALLS)) == ("failed", "gave_up", 7)


def test_one_that_fails_does_not_stop_the_others(settings):
    settings.MAIL_ROUTES = ["tests.mail.routes.takes_pets", "tests.mail.routes.fails"]
    bad = receive(make_message(to="x@quince.example", message_id="<bad@example.com>"))
    good = receive(to_pets())
    assert inbox.handle_due(now=NOW) == 2
    assert set(IncomingMail.objects.values_list("pk", "state")) == {(bad.pk, "received"), (good.pk, "taken")}


def test_the_table_of_moves_is_kept(reviewer):
    for number, (before, after) in enumerate(product(State, State)):
        mail = receive(to_pets(message_id=f"<{number}@example.com>"))
        # By hand, for the test: each with what its state needs.
        ended = {} if before in ("received", "taken") else {"reason": "no_route"}
        route = {"route": "x"} if before == State.TAKEN else {}
        IncomingMail.objects.filter(pk=mail.pk).update(state=before, **ended, **route)
        mail.refresh_from_db()
        move = mock.call(
            mail, after, now=NOW, reason="no_route", **({"route": "x"} if after == State.TAKEN else {})
        )
        if after in IncomingMail.MOVES[before]:
            inbox._move(*move.args, **move.kwargs)
        else:
            with pytest.raises(ValueError, match="cannot be"):
                inbox._move(*move.args, **move.kwargs)
        mail.delete()


def test_too_large_a_message_keeps_its_headers_and_goes_the_same_way(settings, reviewer):
    settings.INBOX_MAX_BYTES = 2_000
    large = {"text": "x" * 3_000, "attachments": [("foto.jpg", "image/jpeg", b"jpeg")]}
    mail = take_in(to_pets(subject="Grande", **large))
    assert (mail.state, mail.sender, mail.subject, mail.text) == ("taken", "ana@example.com", "Grande", "")
    assert (mail.size > 3_000, mail.attachments.count(), len(kept_files.message_of(mail)) < 1_000) == (
        True,
        0,
        True,
    )
    ways = {
        "hola@quince.example": ("parked", "for_a_person"),
        "nobody@quince.example": ("not_taken", "too_large"),
    }
    for number, (address, expected) in enumerate(ways.items()):
        other = take_in(make_message(to=address, message_id=f"<other{number}@x>", **large))
        assert (other.state, other.reason) == expected
    parked = take_in(to_pets(message_id="<3@x>", **large, **FALSE))
    assert inbox.take_in(mail=parked, by=reviewer, now=NOW).cause == "pet:15"


def test_whose_sender_cannot_be_read_waits_for_a_person(settings):
    settings.OWN_ADDRESSES = [PETS]
    mail = take_in(to_pets(sender="ana@example.com, eva@example.com"))
    assert (mail.state, mail.reason, mail.sender, routes.CALLS) == ("parked", "for_a_person", "", [])


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

"""What becomes of a message that was written down: a route takes it, it is listed with its reason, or it waits for a
person; whatever fails, it is handled once (S10, X3)."""

from datetime import timedelta
from itertools import product
from unittest import mock

import pytest

from mail import inbox, kept_files
from mail.errors import MailError
from mail.models import IncomingMail, OutgoingMail
from mail.tasks import handle_incoming
from tests import making
from tests.mail import routes
from tests.mail.messages import FALSE, PETS, make_message, receive, take_in, to_pets
from tests.making import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pets_are_taken")]
State = IncomingMail.State


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

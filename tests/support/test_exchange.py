"""What a telephone exchange tells us of calls (S3)."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse

from billing.gateways import WebhookRefused
from billing.gateways.signatures import sign
from mail.models import OutgoingMail
from support import exchange
from support.checks import the_desk_has_a_telephone
from support.exchange import carry_out_events, receive_event
from support.models import Call, ExchangeEvent, Ticket, Wait
from tests.support.calling import ANNAS, missed, told, with_number
from tests.support.making import NOW, rome

pytestmark = pytest.mark.django_db

SECRET, NEXT_SECRET = "the-secret-of-the-exchange", "the-one-that-comes-after-it"
LATER = rome("2026-11-02 11:00")


@pytest.fixture(autouse=True)
def configured(settings):
    settings.DESK_CALLS_SECRETS = [SECRET]


@pytest.fixture
def known(agreement):
    with_number(agreement.client)
    return agreement.client


def message(**changes) -> bytes:
    said = {"call": "c-1", "event": "missed", "from": ANNAS, "at": int(NOW.timestamp())}
    return json.dumps({name: value for name, value in (said | changes).items() if value is not ...}).encode()


def post(body=None, *, secret=SECRET, signed_at=NOW, now=NOW, **headers):
    body = message() if body is None else body
    if secret:
        headers["Quince-Signature"] = sign(body, secret, signed_at)
    with time_machine.travel(now, tick=False):
        return Browser().post(
            reverse("support:exchange"), body, content_type="application/json", headers=headers
        )


def test_a_missed_call_that_the_exchange_tells_of_is_to_be_returned(known):
    response = post()
    call = Call.objects.get()
    assert (response.status_code, response.content) == (200, b"ok")
    assert (call.exchange_id, call.direction, call.outcome, call.by) == ("c-1", "in", "missed", None)
    assert (call.client, call.wait.due_at) == (known, rome("2026-11-03 10:00"))
    event = ExchangeEvent.objects.get()
    assert (event.done_at, event.number_said, event.deliveries) == (NOW, "", 1)


def test_told_twice_it_is_one_call(known):
    for _time in range(3):
        assert post().status_code == 200
    assert (Call.objects.count(), Wait.objects.count(), OutgoingMail.objects.count()) == (1, 1, 1)
    assert ExchangeEvent.objects.get().deliveries == 3


def test_a_call_that_was_answered_after_all_is_not_to_be_returned(known):
    post()
    post(message(event="answered", seconds=63))
    call, ticket, wait = Call.objects.get(), Ticket.objects.get(), Wait.objects.get()
    assert (call.outcome, call.seconds, ticket.state) == ("answered", 63, "closed")
    # It neither kept a promise nor broke one: nobody waited.
    assert (wait.ending, wait.kept) == ("no_answer", None)


def test_told_in_the_other_order_it_was_answered_too(known):
    post(message(event="answered"))
    post()
    assert Call.objects.get().outcome == "answered"
    assert not Ticket.objects.exists()


def test_the_call_that_was_answered_after_all_leaves_the_others_to_return(known, consultant):
    post()
    other = missed(consultant, at=LATER)
    post(message(event="answered"), signed_at=LATER, now=LATER)
    other.refresh_from_db()
    assert [(w.asked_at, w.ending) for w in Wait.objects.order_by("pk")] == [(NOW, "no_answer"), (LATER, "")]
    assert (other.wait, other.ticket.state) == (Wait.objects.open().get(), "open")


def test_a_call_that_the_exchange_tells_of_a_day_late_was_due_from_its_moment(known):
    late = rome("2026-11-03 11:00")
    post(signed_at=late, now=late)
    wait = Wait.objects.get()
    assert (wait.asked_at, wait.due_at) == (NOW, rome("2026-11-03 10:00"))
    # Nobody is promised what has passed.
    assert not OutgoingMail.objects.exists()


def test_an_answered_call_ends_the_call_back_of_its_number(known, consultant):
    missed(consultant)
    post(message(call="c-2", event="answered", at=int(LATER.timestamp())), signed_at=LATER, now=LATER)
    assert (Wait.objects.get().ending, Wait.objects.get().ended_by) == ("call_back", None)


@pytest.mark.parametrize("number", ["", "anonymous", "12", "+525587654321", "x" * 150])
def test_a_call_of_nobody_known_is_listed(known, number):
    assert post(message(**{"from": number})).status_code == 200
    assert list(Call.objects.unclaimed()) == [Call.objects.get()]


def test_a_number_that_is_missing_is_withheld(known):
    assert post(message(**{"from": ...})).status_code == 200
    assert str(Call.objects.get()).startswith("unknown number")


def test_either_of_two_secrets_is_taken_while_one_replaces_the_other(settings, known):
    settings.DESK_CALLS_SECRETS = [SECRET, NEXT_SECRET]
    assert post().status_code == 200
    assert post(message(call="c-2"), secret=NEXT_SECRET).status_code == 200
    settings.DESK_CALLS_SECRETS = [NEXT_SECRET]
    assert post(message(call="c-3")).content == b"forged"


@pytest.mark.parametrize(
    ("away", "told"),
    [(300, b"ok"), (301, b"old"), (-300, b"ok"), (-301, b"old")],
)
def test_a_signature_is_good_for_five_minutes(known, away, told):
    assert post(signed_at=NOW - timedelta(seconds=away)).content == told


def test_what_is_not_signed_or_changed_after_it_was_signed_changes_nothing(known, caplog):
    with caplog.at_level(logging.WARNING):
        assert post(secret=None).content == b"unsigned"
        signature = sign(message(), SECRET, NOW)
        for body in (message(call="c-2"), message() + b" "):
            forged = post(body, secret=None, **{"Quince-Signature": signature})
            assert (forged.status_code, forged.content) == (400, b"forged")
    assert not ExchangeEvent.objects.exists()
    assert not Call.objects.exists()
    assert len([each for each in caplog.records if each.name == "support.views.exchange"]) == 3


def test_without_a_secret_the_address_is_not_there_and_says_so_in_the_log(settings, caplog):
    settings.DESK_CALLS_SECRETS = []
    with caplog.at_level(logging.WARNING):
        assert post().status_code == 404
    assert "DESK_CALLS_SECRETS" in caplog.text
    settings.DESK_CALLS_SECRETS = [""]
    assert post(secret="").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 10_000,
        b"[]",
        b'"call"',
        b"\xff",
        message(call=...),
        message(call=""),
        message(call="c" * 101),
        message(call="c\x00"),
        message(call="c\ud800"),
        message(call=1),
        message(event=...),
        message(at=...),
        message(at="2026-11-02T10:00:00Z"),
        message(at=True),
        message(at=10**17),
        message(at=0),
        message(at=int(NOW.timestamp()) + 301),
        message(at=int(NOW.timestamp()) - 31 * 86_400 - 1),
        message(seconds=-1),
        message(seconds=86_401),
        message(seconds="63"),
        message(**{"from": 525512345678}),
    ],
)
def test_what_is_signed_and_not_understood_changes_nothing(known, body):
    response = post(body)
    assert (response.status_code, response.content) == (400, b"unreadable")
    assert not ExchangeEvent.objects.exists()


@pytest.mark.parametrize("changes", [{"event": "ringing"}, {"direction": "out"}])
def test_what_is_of_no_concern_is_not_asked_for_again(known, changes):
    response = post(message(**changes))
    assert (response.status_code, response.content) == (200, b"nothing to do")
    assert not ExchangeEvent.objects.exists()


def test_a_moment_a_little_ahead_of_our_clock_is_now(known):
    post(message(at=int(NOW.timestamp()) + 300))
    assert Call.objects.get().at == NOW


def test_what_is_too_large_is_not_read(known):
    assert post(b" " * (exchange.LARGEST + 1)).status_code == 413


def test_only_what_is_posted_is_looked_at(client):
    assert client.get(reverse("support:exchange")).status_code == 405


def test_a_call_that_could_not_be_logged_is_stored_and_logged_later(known, monkeypatch, caplog):
    def fails(**_said):
        raise RuntimeError("no calendar")

    with monkeypatch.context() as broken:
        broken.setattr(exchange, "told_by_exchange", fails)
        assert post().status_code == 200
        assert carry_out_events(now=NOW) == 0
    assert "stored and not carried out" in caplog.text
    assert (Call.objects.count(), ExchangeEvent.objects.waiting().count()) == (0, 1)
    assert carry_out_events(now=LATER) == 1
    assert carry_out_events(now=LATER) == 0
    # Promised from the call on, whenever it is carried out.
    assert Wait.objects.get().asked_at == NOW


def test_the_command_says_what_waits_and_carries_it_out(known, capsys):
    ExchangeEvent.objects.create(exchange_id="c-9", word="missed", number_said=ANNAS, at=NOW, received_at=NOW)
    with time_machine.travel(LATER, tick=False):
        call_command("log_exchange_calls", "--dry-run")
        assert (Call.objects.count(), capsys.readouterr().out.strip()) == (
            0,
            "Waiting: 1 messages. Nothing was written.",
        )
        call_command("log_exchange_calls")
    assert (Call.objects.count(), capsys.readouterr().out.strip()) == (1, "Carried out: 1 messages.")


def test_one_that_fails_does_not_stop_the_rest(known, monkeypatch):
    for number in ("c-1", "c-2"):
        ExchangeEvent.objects.create(exchange_id=number, word="missed", at=NOW, received_at=NOW)
    real = exchange.told_by_exchange

    def fails_once(**said):
        if said["exchange_id"] == "c-1":
            raise RuntimeError
        return real(**said)

    monkeypatch.setattr(exchange, "told_by_exchange", fails_once)
    assert carry_out_events(now=NOW) == 1
    assert Call.objects.get().exchange_id == "c-2"


def test_an_old_signature_by_the_second_secret_is_old_and_not_forged(known):
    body = message()
    with pytest.raises(WebhookRefused) as refused:
        receive_event(
            body=body,
            signature=sign(body, NEXT_SECRET, NOW - timedelta(hours=1)),
            secrets=[SECRET, NEXT_SECRET],
            now=NOW,
        )
    assert refused.value.reason == "old"


def test_the_example_in_the_documentation_is_true(settings):
    """docs/telephone.md shows a signature that can be computed."""
    text = (settings.BASE_DIR / "docs" / "telephone.md").read_text()
    body = b'{"call":"c-1","event":"missed","from":"+393331234567","at":1793610000}'
    shown = sign(body, "only-an-example-of-a-secret", datetime.fromtimestamp(1793610000, UTC))
    assert body.decode() in text
    assert shown in text


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("DESK_PHONE", "+39 06 6982 1234", []),
        ("DESK_PHONE", "12", ["support.E005"]),
        ("DESK_CALLS_SECRETS", ["short"], ["support.E006"]),
    ],
)
def test_the_settings_of_the_telephone_are_checked(settings, name, value, wrong):
    setattr(settings, name, value)
    assert [each.id for each in the_desk_has_a_telephone(app_configs=None)] == wrong


def test_who_calls_by_a_number_of_two_clients_is_nobody_to_the_exchange(known, other_agreement):
    with_number(other_agreement.client)
    assert told().client is None

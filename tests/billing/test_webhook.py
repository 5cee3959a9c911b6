"""The webhook as an attacker meets it, and as a gateway does: over both gateways (M10)."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from billing.gateways import WebhookRefused
from billing.gateways.fields import moment
from billing.gateways.signatures import sign
from billing.models import GatewayEvent, RefusedWebhook, Wallet
from billing.payments import start_top_up
from billing.views.payments import LARGEST_WEBHOOK
from billing.wallet import open_wallet
from tests.billing.paying import WEBHOOK_SECRET
from tests.making import NOW


@pytest.fixture
def top_up(bank, pro):
    open_wallet(professional=pro)
    return start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)


def refusals():
    return dict(RefusedWebhook.objects.values_list("reason", "times"))


def nothing_happened():
    return not GatewayEvent.objects.exists() and Wallet.objects.get().balance_cents == 0


def test_without_a_signature_nothing_is_believed(bank, top_up):
    answer = bank.deliver(bank.body(top_up, "paid"), None)
    assert (answer.status_code, refusals()) == (400, {"unsigned": 1})
    assert nothing_happened()


@pytest.mark.parametrize(
    "signature",
    [
        "t=,v1=", "v1=abc", "t=abc,v1=abc", "t=1767981600", "t=1767981600,v0=abc", ",,,", "=", "t=-1,v1=x",
        "t=1767981600,v1=ñandú", "t=99999999999999999999999,v1=00", "t=1767981600,t=1767981600,v1=00", "x" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_signature_is_refused_and_not_a_crash(bank, top_up, signature):
    answer = bank.deliver(bank.body(top_up, "paid"), signature)
    assert (answer.status_code, refusals()) == (400, {"forged": 1})
    assert nothing_happened()


def test_anothers_secret_is_refused(bank, top_up):
    body = bank.body(top_up, "paid")
    assert bank.deliver(body, bank.sign(body, at=NOW, secret="whsec_guessed")).status_code == 400
    assert refusals() == {"forged": 1}
    assert nothing_happened()


def test_an_altered_body_is_refused(bank, top_up):
    body = bank.body(top_up, "paid")
    signature = bank.sign(body, at=NOW)
    for altered in (body.replace(b"50000", b"90000"), body + b" ", body[:-1], b"", b"\xff\xfe" + body):
        assert bank.deliver(altered, signature).status_code == 400
    assert refusals() == {"forged": 5}
    assert nothing_happened()


def test_a_signature_of_another_moment_is_refused(bank, top_up):
    """The moment is signed with the body: it cannot be renewed."""
    body = bank.body(top_up, "paid")
    old = bank.sign(body, at=NOW - timedelta(hours=1))
    renewed = f"t={int(NOW.timestamp())},{old.split(',')[1]}"
    assert bank.deliver(body, renewed).status_code == 400
    assert refusals() == {"forged": 1}


def test_overheard_and_sent_again_later_it_proves_nothing(bank, top_up):
    body = bank.body(top_up, "paid", at=NOW - timedelta(seconds=301))
    assert bank.deliver(body, bank.sign(body, at=NOW - timedelta(seconds=301))).status_code == 400
    assert refusals() == {"old": 1}
    assert nothing_happened()
    assert bank.deliver(body, bank.sign(body, at=NOW - timedelta(seconds=300))).status_code == 200


def test_sent_again_within_the_minutes_it_is_the_same_event(bank, top_up):
    body = bank.body(top_up, "paid")
    for _ in range(3):
        assert bank.deliver(body, bank.sign(body, at=NOW)).status_code == 200
    assert (GatewayEvent.objects.get().deliveries, Wallet.objects.get().balance_cents) == (3, 50_000)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"7", b'"text"', b"{", b"{}", b'{"id": 7}', b'{"id": "e", "type": null}', b"\x00",
        pytest.param(b"[" * 20_000, id="nested without end"),
    ],
)  # fmt: skip
def test_signed_and_not_understood_it_is_refused(bank, top_up, body):
    assert bank.deliver(body, bank.sign(body, at=NOW)).status_code == 400
    assert refusals() == {"unreadable": 1}
    assert nothing_happened()


@pytest.mark.parametrize(
    "change",
    [
        {"id": "e" * 121}, {"id": ""}, {"id": "e\x00"}, {"id": "e\ud800"}, {"type": "t" * 81},
        {"created": 2**70}, {"created": "now"}, {"created": 10**15},
    ],
)  # fmt: skip
def test_what_no_column_holds_is_refused_before_the_database(bank, top_up, change):
    body = json.dumps(json.loads(bank.body(top_up, "paid")) | change).encode()
    assert bank.deliver(body, bank.sign(body, at=NOW)).status_code == 400
    assert refusals() == {"unreadable": 1}


def test_what_is_huge_is_not_read(bank, top_up):
    body = b" " * (LARGEST_WEBHOOK + 1)
    assert bank.deliver(body, bank.sign(body, at=NOW)).status_code == 413
    assert refusals() == {"too_large": 1}


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_the_signature_decides_and_not_the_content_type(bank, top_up, kind):
    body = bank.body(top_up, "paid")
    assert bank.deliver(body, "t=1,v1=00", content_type=kind).status_code == 400
    assert bank.deliver(body, bank.sign(body, at=NOW), content_type=kind).status_code == 200
    assert Wallet.objects.get().balance_cents == 50_000


def test_a_forger_who_uses_the_id_of_a_true_event_does_not_stand_in_its_way(bank, top_up):
    forged = bank.body(top_up, "paid", event_id="evt_true")
    bank.deliver(forged, bank.sign(forged, at=NOW, secret="guessed"))
    bank.tell(top_up, "paid", event_id="evt_true")
    assert Wallet.objects.get().balance_cents == 50_000


def test_a_thousand_knocks_are_one_row_that_is_written_a_few_times(bank, top_up):
    for _ in range(30):
        assert bank.deliver(b"x", None).status_code == 400
    row = RefusedWebhook.objects.get()
    assert (row.times, row.reason, row.last_at) == (10, "unsigned", NOW)


def test_a_flood_from_many_networks_writes_no_more_than_one_a_few_times_a_minute(bank, top_up):
    for number in range(40):
        bank.deliver(b"x", None, REMOTE_ADDR=f"198.51.{number}.7")
        bank.deliver(b" " * (LARGEST_WEBHOOK + 1), None, REMOTE_ADDR=f"198.51.{number}.7")
    assert refusals() == {"unsigned": 10, "too_large": 10}
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        bank.deliver(b"x", None, REMOTE_ADDR="198.51.99.7")
    assert refusals() == {"unsigned": 11, "too_large": 10}


def test_a_flood_writes_nothing_but_its_few_counts(bank, top_up, django_assert_num_queries):
    for _ in range(10):
        bank.deliver(b"x", None)
    with django_assert_num_queries(0):
        bank.deliver(b"x", None)


def test_in_the_middle_of_a_flood_from_its_own_network_a_true_one_gets_through(bank, top_up):
    for _ in range(30):
        bank.deliver(b"x", None)
    assert bank.tell(top_up, "paid").status_code == 200
    assert Wallet.objects.get().balance_cents == 50_000


def test_the_one_gateway_does_not_take_the_others_signature(test_gateway, pro, client):
    open_wallet(professional=pro)
    payment = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
    body = test_gateway.body(payment, "paid")
    assert test_gateway.deliver(body, sign(body, WEBHOOK_SECRET, NOW)).status_code == 400
    for code in ("stripe", "none", "paypal"):
        assert (
            client.post(reverse("payment_webhook", args=[code]), b"{}", "application/json").status_code == 404
        )


def test_messages_of_stripe_are_taken_also_when_payments_are_started_elsewhere(bank, top_up, settings):
    """What was paid yesterday can be taken back tomorrow."""
    settings.PAYMENT_GATEWAY = "none"
    assert bank.tell(top_up, "paid").status_code == (200 if bank.code == "stripe" else 404)


def test_it_needs_no_cookie_and_no_token_and_is_only_posted_to(bank, top_up, client):
    assert client.get(reverse("payment_webhook", args=[bank.code])).status_code == 405


def test_a_time_that_is_missing_is_not_1970():
    with pytest.raises(WebhookRefused):
        moment({}, "created")

"""Stripe's own library against a server that speaks its protocol, and Stripe's own words for things (M10)."""

import json
import subprocess
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as project
from django.utils import translation

from billing.errors import BillingError
from billing.gateway_inbox import process_payments
from billing.gateways import find_gateway
from billing.gateways.stripe import StripeGateway
from billing.models import GatewayPayment, Invoice, Reversal, Wallet
from billing.payments import start_invoice_payment, start_top_up
from billing.wallet import open_wallet
from profiles.models import Professional, User
from tests.billing.paying import StripeBank, event_of
from tests.making import NOW, contract


@pytest.fixture
def bank(stripe_api):
    with time_machine.travel(NOW, tick=False):
        yield StripeBank()


@pytest.fixture
def top_up(bank, pro):
    open_wallet(professional=pro)
    return start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)


def outcome(bank):
    event = event_of(bank)
    return event.state, event.why


def test_a_page_is_opened_for_one_line_in_our_currency_under_our_own_id(stripe_api, top_up):
    (asked,) = stripe_api.asked
    our_id = str(top_up.public_id)
    assert asked["key"] == f"quince-{our_id}"
    back = f"http://127.0.0.1:8000/account/payments/{our_id}/"
    name = "Balance of Reformas Hidalgo at Quince"
    assert asked["params"] == {
        "mode": "payment",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "mxn",
        "line_items[0][price_data][unit_amount]": "50000",
        "line_items[0][price_data][product_data][name]": name,
        "client_reference_id": our_id,
        "metadata[quince_payment]": our_id,
        "payment_intent_data[description]": name,
        "payment_intent_data[metadata][quince_payment]": our_id,
        "success_url": back,
        "cancel_url": f"{back}?left=1",
    }
    assert (top_up.page, top_up.session) == (
        "https://checkout.stripe.com/c/pay/cs_test_1#fid",
        "cs_test_1",
    )
    assert (top_up.page_until - NOW).days == 1


def test_two_equal_payments_have_two_keys_and_two_pages(stripe_api, pro, top_up):
    second = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
    assert second.page != top_up.page
    assert len({asked["key"] for asked in stripe_api.asked}) == 2


def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_key(stripe_api, pro, top_up):
    """The page was opened and we never heard of it: asking again gives the same page."""
    GatewayPayment.objects.update(page="", session="", page_until=None)
    again = start_top_up(
        professional=pro, amount_cents=50_000, by=pro.owner, now=NOW, public_id=top_up.public_id
    )
    assert (again.page, len(stripe_api.sessions)) == (top_up.page, 1)


def test_it_is_asked_for_in_the_same_words_whatever_the_business_is_called_since_and_whoever_asks(
    stripe_api, pro, top_up
):
    """Stripe refuses one key with two descriptions."""
    GatewayPayment.objects.update(page="", session="", page_until=None)
    Professional.objects.update(name="Baños Hidalgo")
    with translation.override("es-mx"):
        start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW, public_id=top_up.public_id)
    first, again = stripe_api.asked
    assert again == first


def test_the_payer_reads_it_in_the_owners_language(bank, pro):
    User.objects.update(language="es-mx")
    open_wallet(professional=pro)
    top_up = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
    assert top_up.description == "Saldo de Reformas Hidalgo en Quince"


@pytest.mark.parametrize("wrong", ["refused", "other key", "nobody there"])
def test_if_no_page_is_opened_nothing_is_charged_and_the_reader_is_told(
    stripe_api, bank, pro, settings, wrong, monkeypatch
):
    monkeypatch.setattr("billing.gateways.stripe.RETRIES", 0)
    if wrong == "refused":
        stripe_api.refuses = (402, {"error": {"type": "card_error", "message": "no"}})
    elif wrong == "other key":
        settings.STRIPE_SECRET_KEY = "sk_other"
    else:
        settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    contract(pro, paid=False)
    with pytest.raises(BillingError) as refusal:
        start_invoice_payment(invoice=Invoice.objects.get(), by=pro.owner, now=NOW)
    assert refusal.value.code == "gateway_unavailable"
    assert "nothing was charged" in str(refusal.value)
    assert GatewayPayment.objects.get().page == ""


def test_a_server_that_stumbles_is_asked_again_and_opens_one_page(stripe_api, bank, pro, monkeypatch):
    open_wallet(professional=pro)
    monkeypatch.setattr("stripe.RequestsClient._sleep_time_seconds", lambda *said: 0, raising=False)
    stripe_api.refuses = (500, {"error": {"type": "api_error", "message": "down"}})
    with pytest.raises(BillingError):
        start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
    assert len(stripe_api.asked) == 3
    assert len({asked["key"] for asked in stripe_api.asked}) == 1


def test_an_opened_dispute_and_an_inquiry_move_nothing(bank, top_up):
    bank.tell(top_up, "paid")
    for kind in ("charge.dispute.created", "charge.dispute.closed", "charge.refunded", "customer.created"):
        bank.tell(top_up, kind, reversal="dp_1")
        assert outcome(bank) == ("ignored", "noted")
    assert Wallet.objects.get().balance_cents == 50_000


def test_a_refund_in_the_dashboard_is_a_reversal_and_a_failed_one_is_undone(bank, top_up):
    bank.tell(top_up, "paid")
    bank.tell(top_up, "refund.created", reversal="re_1", amount=20_000, status="pending")
    assert Wallet.objects.get().balance_cents == 30_000
    bank.tell(top_up, "refund.updated", reversal="re_1", amount=20_000, status="succeeded")
    assert outcome(bank) == ("ignored", "noted")
    bank.tell(top_up, "refund.failed", reversal="re_1", amount=20_000, status="failed")
    assert (Wallet.objects.get().balance_cents, Reversal.objects.get().state) == (50_000, "undone")
    bank.tell(top_up, "refund.updated", reversal="re_1", amount=20_000, status="failed")
    assert outcome(bank) == ("ignored", "already_undone")


def test_a_dispute_names_only_the_money_and_waits_until_it_is_known(bank, top_up):
    bank.tell(top_up, "reversed", reversal="dp_1")
    assert outcome(bank) == ("waiting", "unknown_money")
    process_payments(now=NOW)
    assert not Reversal.objects.exists()
    bank.tell(top_up, "paid")
    assert Reversal.objects.get().reference == "dp_1"


def test_sessions_of_another_kind_are_none_of_ours(bank, top_up):
    body = json.loads(bank.body(top_up, "paid"))
    body["data"]["object"]["mode"] = "subscription"
    sent = json.dumps(body).encode()
    bank.deliver(sent, bank.sign(sent, at=NOW))
    assert outcome(bank) == ("ignored", "noted")


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": "x"}, {"payment_intent": 7}, {"amount_total": "50000"}, {"amount_total": 1.5},
        {"amount_total": 2**70}, {"amount_total": True}, {"currency": ["mxn"]}, {"mode": {}},
        {"payment_intent": "p" * 121}, {"metadata": {"quince_payment": "x" * 61}},
    ],
)  # fmt: skip
def test_signed_nonsense_is_refused_and_not_a_crash(bank, top_up, change):
    body = json.loads(bank.body(top_up, "paid"))
    body["data"]["object"] |= change
    sent = json.dumps(body).encode()
    status = bank.deliver(sent, bank.sign(sent, at=NOW)).status_code
    assert status == (200 if change == {"mode": {}} else 400)
    assert Wallet.objects.get().balance_cents == 0


@pytest.mark.parametrize("word", ["paid", "pending", "failed", "expired", "reversed"])
@pytest.mark.parametrize(
    ("key", "livemode"),
    [("sk_test_1", True), ("rk_test_1", True), ("sk_live_1", False), ("rk_live_1", False)],
)
def test_an_event_of_the_other_mode_is_recorded_and_changes_nothing(
    bank, top_up, settings, key, livemode, word
):
    settings.STRIPE_SECRET_KEY = key
    tell(bank, top_up, word, livemode)
    event = event_of(bank)
    assert (event.state, event.why, event.word, event.amount_cents) == (
        "ignored",
        "other_mode",
        "other_mode",
        50_000,
    )
    top_up.refresh_from_db()
    assert (top_up.state, Wallet.objects.get().balance_cents) == ("started", 0)
    # What the right mode says then is not in its way.
    tell(bank, top_up, "paid", not livemode)
    assert Wallet.objects.get().balance_cents == 50_000


@pytest.mark.parametrize("livemode", [None, "false", 0])
def test_an_event_that_does_not_say_its_mode_is_refused(bank, top_up, livemode):
    assert tell(bank, top_up, "paid", livemode).status_code == 400
    assert Wallet.objects.get().balance_cents == 0


def tell(bank, payment, word, livemode):
    body = json.loads(bank.body(payment, word, reversal="dp_1")) | {"livemode": livemode}
    sent = json.dumps(body).encode()
    return bank.deliver(sent, bank.sign(sent, at=NOW))


def test_without_its_secrets_there_is_no_stripe(settings):
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_1", ""
    assert find_gateway("stripe") is None
    settings.STRIPE_WEBHOOK_SECRET = "whsec"
    assert isinstance(find_gateway("stripe"), StripeGateway)


def test_its_library_is_imported_in_its_adapter_alone():
    listed = subprocess.run(
        ["git", "grep", "-lE", r"^\s*(import stripe|from stripe)", "--", "*.py"],
        cwd=Path(project.BASE_DIR),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert [name for name in listed if not name.startswith("tests/")] == ["billing/gateways/stripe.py"]

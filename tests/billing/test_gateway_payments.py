"""Payments at both gateways, from the button to the books: one suite over both (M8, M9, M10, X3)."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from billing import gateway_events, gateway_inbox
from billing.errors import BillingError
from billing.gateway_inbox import process_payments, settle_event
from billing.gateways import current_gateway
from billing.models import (
    GatewayPayment,
    GatewayPaymentEvent,
    Invoice,
    InvoicePayment,
    SubscriptionEvent,
    TopUp,
    Wallet,
    WalletEntry,
)
from billing.payments import start_invoice_payment, start_top_up
from billing.subscriptions import plan_in_force
from billing.wallet import open_wallet
from billing.wording import WHY
from mail.models import OutgoingMail
from profiles.suspensions import suspend
from tests.billing.paying import books_broken, event_of
from tests.making import NOW, at, contract, make_user, pay

State = GatewayPayment.State


def refused(code):
    return pytest.raises(BillingError, check=lambda refusal: refusal.code == code)


@pytest.fixture
def wallet(pro):
    return open_wallet(professional=pro)


@pytest.fixture
def top_up(bank, pro, wallet):
    return start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)


@pytest.fixture
def invoice(pro):
    contract(pro, paid=False)
    return Invoice.objects.get()


def balance():
    return Wallet.objects.get().balance_cents


def outcome(bank):
    event = event_of(bank)
    return event.state, event.why


class TestTopUp:
    def test_nothing_is_on_the_balance_before_the_gateway_says_so(self, bank, top_up):
        assert (top_up.state, top_up.amount_cents, top_up.currency) == ("started", 50_000, "MXN")
        assert top_up.page
        assert balance() == 0
        assert books_broken() == []

    def test_paid_it_is_on_the_balance_once_with_its_cause(self, bank, top_up, pro):
        assert bank.tell(top_up, "paid").status_code == 200
        entry = WalletEntry.objects.get()
        assert (entry.kind, entry.cause, entry.amount_cents) == (
            "top_up",
            f"top_up:{top_up.public_id}",
            50_000,
        )
        booked = TopUp.objects.get()
        assert (booked.gateway_payment, booked.recorded_by, booked.reference) == (
            top_up,
            None,
            bank.charge(top_up),
        )
        assert booked.received_on == date(2026, 1, 10)
        top_up.refresh_from_db()
        assert (top_up.state, top_up.charge, top_up.paid_at) == ("paid", bank.charge(top_up), NOW)
        assert outcome(bank) == ("done", "topped_up")
        mail = OutgoingMail.objects.get(kind="billing/top_up_received")
        assert mail.recipient == pro.owner.email
        assert "Your online payment of MX$500.00" in mail.text
        assert books_broken() == []

    def test_the_same_event_twice_credits_once_and_is_counted(self, bank, top_up):
        for _ in range(3):
            assert bank.tell(top_up, "paid", event_id="evt_same").status_code == 200
        assert (balance(), event_of(bank).deliveries) == (50_000, 3)
        assert OutgoingMail.objects.filter(kind="billing/top_up_received").count() == 1

    def test_two_events_that_say_the_same_credit_once(self, bank, top_up):
        for number in (1, 2):
            bank.tell(top_up, "paid", event_id=f"evt_{number}x")
        assert balance() == 50_000
        assert outcome(bank) == ("ignored", "already_paid")

    def test_another_money_for_the_same_payment_needs_a_person(self, bank, top_up):
        bank.tell(top_up, "paid")
        bank.tell(top_up, "paid", charge="pi_another")
        assert outcome(bank) == ("needs_person", "paid_twice")
        assert balance() == 50_000

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ({"amount": 49_999}, "wrong_amount"),
            ({"amount": 50_001}, "wrong_amount"),
            ({"amount": 0}, "wrong_amount"),
            ({"amount": -50_000}, "wrong_amount"),
            ({"currency": "EUR"}, "wrong_currency"),
            ({"ours": str(uuid4())}, "unknown_payment"),
            ({"ours": "no id at all"}, "unknown_payment"),
        ],
    )
    def test_another_amount_currency_or_payment_books_nothing_and_needs_a_person(
        self, bank, top_up, said, why
    ):
        assert bank.tell(top_up, "paid", **said).status_code == 200
        assert outcome(bank) == ("needs_person", why)
        top_up.refresh_from_db()
        assert (balance(), top_up.state) == (0, "started")
        assert not OutgoingMail.objects.exists()

    def test_money_of_another_product_on_the_same_account_is_left_alone(self, bank, top_up):
        bank.tell(top_up, "paid", ours="", charge="pi_theirs")
        assert outcome(bank) == ("ignored", "not_ours")

    def test_money_that_paid_one_payment_pays_no_other(self, bank, top_up, pro):
        bank.tell(top_up, "paid")
        second = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
        bank.tell(second, "paid", charge=bank.charge(top_up))
        assert outcome(bank) == ("needs_person", "money_of_another")
        assert balance() == 50_000

    def test_two_equal_top_ups_are_two(self, bank, top_up, pro):
        second = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
        assert second != top_up
        bank.tell(top_up, "paid")
        bank.tell(second, "paid")
        assert balance() == 100_000

    def test_a_late_webhook_says_when_the_money_came(self, bank, top_up):
        body = bank.body(top_up, "paid", at=NOW - timedelta(days=2))
        bank.deliver(body, bank.sign(body, at=NOW))
        assert TopUp.objects.get().received_on == date(2026, 1, 8)

    def test_a_clock_that_is_ahead_brings_no_money_from_tomorrow(self, bank, top_up):
        body = bank.body(top_up, "paid", at=NOW + timedelta(days=2))
        bank.deliver(body, bank.sign(body, at=NOW))
        assert TopUp.objects.get().received_on == date(2026, 1, 10)

    def test_a_bank_that_takes_its_time(self, bank, top_up):
        bank.tell(top_up, "pending")
        top_up.refresh_from_db()
        assert (top_up.state, balance()) == ("pending", 0)
        word = "checkout.session.async_payment_succeeded" if bank.code == "stripe" else "paid"
        body = bank.body(top_up, "paid")
        if bank.code == "stripe":
            body = body.replace(b"checkout.session.completed", word.encode())
        bank.deliver(body, bank.sign(body, at=NOW))
        assert balance() == 50_000
        assert list(GatewayPaymentEvent.objects.values_list("from_state", "to_state")) == [
            ("", "started"),
            ("started", "pending"),
            ("pending", "paid"),
        ]

    def test_refused_by_the_bank_it_is_told_by_mail_and_nothing_is_booked(self, bank, top_up, pro):
        bank.tell(top_up, "pending")
        bank.tell(top_up, "failed")
        top_up.refresh_from_db()
        assert (top_up.state, balance(), outcome(bank)) == ("failed", 0, ("done", "failed"))
        mail = OutgoingMail.objects.get()
        assert (mail.kind, mail.recipient) == ("billing/payment_failed", pro.owner.email)
        assert "MX$500.00" in mail.subject

    @pytest.mark.parametrize("word", ["failed", "expired", "pending"])
    def test_what_comes_after_the_money_changes_nothing(self, bank, top_up, word):
        bank.tell(top_up, "paid")
        bank.tell(top_up, word)
        assert outcome(bank) == ("ignored", "too_late")
        top_up.refresh_from_db()
        assert (top_up.state, balance()) == ("paid", 50_000)

    @pytest.mark.parametrize("word", ["failed", "expired"])
    def test_money_that_comes_after_all_is_booked(self, bank, top_up, word):
        """X3: events overtake each other, and money is never lost."""
        bank.tell(top_up, word)
        bank.tell(top_up, "paid")
        assert balance() == 50_000
        assert books_broken() == []


class TestStarting:
    @pytest.mark.parametrize(
        ("amount", "code"),
        [(9_999, "too_little"), (0, "too_little"), (-50_000, "too_little"), (5_000_001, "too_much")],
    )
    def test_too_little_and_too_much_are_refused(self, bank, pro, wallet, amount, code):
        with refused(code) as refusal:
            start_top_up(professional=pro, amount_cents=amount, by=pro.owner, now=NOW)
        assert refusal.value.field == "amount"
        assert not GatewayPayment.objects.exists()

    @pytest.mark.parametrize("amount", [10_000, 5_000_000])
    def test_the_least_and_the_most_are_taken(self, bank, pro, wallet, amount):
        assert start_top_up(professional=pro, amount_cents=amount, by=pro.owner, now=NOW).page

    def test_a_form_sent_twice_is_one_payment_with_one_page(self, bank, pro, wallet):
        said = {
            "professional": pro,
            "amount_cents": 20_000,
            "by": pro.owner,
            "now": NOW,
            "public_id": uuid4(),
        }
        assert start_top_up(**said).page == start_top_up(**said).page
        assert GatewayPayment.objects.count() == 1

    def test_a_form_sent_again_with_another_amount_is_another_payment(self, bank, pro, wallet):
        said = {"professional": pro, "by": pro.owner, "now": NOW, "public_id": uuid4()}
        first = start_top_up(amount_cents=20_000, **said)
        assert start_top_up(amount_cents=30_000, **said) != first

    def test_somebody_elses_form_gives_no_hold_on_their_payment(self, bank, pro, other_pro, wallet, top_up):
        open_wallet(professional=other_pro)
        made = start_top_up(
            professional=other_pro,
            amount_cents=50_000,
            by=other_pro.owner,
            now=NOW,
            public_id=top_up.public_id,
        )
        assert (made.professional, made == top_up) == (other_pro, False)

    def test_who_never_contracted_has_no_balance_to_top_up(self, bank, pro):
        with refused("no_wallet"):
            start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)

    def test_a_suspended_business_pays_its_invoice_but_tops_nothing_up(self, bank, pro, invoice):
        """G19: who cannot buy contacts is not asked for the money of contacts."""
        suspend(professional=pro, reason="?", decided_by=make_user(), now=NOW)
        with refused("suspended"):
            start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
        bank.tell(start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW), "paid")
        invoice.refresh_from_db()
        assert invoice.paid_on == date(2026, 1, 10)

    def test_money_that_was_on_its_way_when_the_business_was_suspended_is_kept(self, bank, pro, top_up):
        suspend(professional=pro, reason="?", decided_by=make_user(), now=NOW)
        bank.tell(top_up, "paid")
        assert balance() == 50_000

    def test_without_a_gateway_nothing_is_started(self, settings, pro, wallet, invoice):
        settings.PAYMENT_GATEWAY = "none"
        with refused("no_gateway"):
            start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
        with refused("no_gateway"):
            start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)


class TestInvoice:
    def test_paid_it_is_paid_as_by_transfer(self, bank, pro, invoice):
        payment = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
        bank.tell(payment, "paid")
        invoice.refresh_from_db()
        paid = InvoicePayment.objects.get()
        assert (invoice.paid_on, paid.gateway_payment, paid.recorded_by, paid.amount_cents) == (
            date(2026, 1, 10),
            payment,
            None,
            49_900,
        )
        assert (
            "Your online payment of MX$499.00"
            in OutgoingMail.objects.get(kind="billing/payment_received").text
        )
        assert not WalletEntry.objects.exists()
        assert outcome(bank) == ("done", "invoice_paid")
        assert books_broken() == []

    def test_a_lapsed_plan_is_in_force_again(self, bank, pro, invoice):
        """M9: due on the 17th, lapsed from 1 February, and back from the day it is paid."""
        later = at("2026-02-05 12:00")
        assert not plan_in_force(pro, date(2026, 2, 5))
        payment = start_invoice_payment(invoice=invoice, by=pro.owner, now=later)
        body = bank.body(payment, "paid", at=later)
        event = gateway_inbox.store_event(
            gateway=current_gateway(),
            told=current_gateway().read_event(body, {bank.header: bank.sign(body, at=NOW)}, now=NOW),
            now=later,
        )
        gateway_events.process_event(event=event, now=later)
        assert plan_in_force(pro, date(2026, 2, 5))
        assert SubscriptionEvent.objects.filter(to_state="restored").count() == 1

    def test_pressed_twice_it_is_one_page(self, bank, pro, invoice):
        pages = {start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW).page for _ in range(2)}
        assert (len(pages), GatewayPayment.objects.count()) == (1, 1)

    def test_a_page_that_has_closed_is_opened_anew(self, bank, pro, invoice):
        first = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
        later = NOW + timedelta(days=1)
        assert start_invoice_payment(invoice=invoice, by=pro.owner, now=later) != first

    def test_paid_meanwhile_by_transfer_the_money_is_on_the_balance_and_the_owner_is_told(
        self, bank, pro, invoice
    ):
        payment = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
        pay(invoice)
        bank.tell(payment, "paid")
        assert (balance(), outcome(bank)) == (49_900, ("done", "invoice_paid_before"))
        assert TopUp.objects.get().gateway_payment == payment
        mail = OutgoingMail.objects.get(kind="billing/top_up_received")
        assert "was for invoice Q-2026-000001" in mail.text
        assert books_broken() == []

    def test_two_pages_paid_for_one_invoice_lose_nothing(self, bank, pro, invoice):
        first = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
        second = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW + timedelta(days=1))
        for payment in (first, second):
            bank.tell(payment, "paid")
        assert (balance(), InvoicePayment.objects.get().gateway_payment) == (49_900, first)
        assert books_broken() == []

    def test_paid_it_is_not_paid_again(self, bank, pro, invoice):
        pay(invoice)
        with refused("not_owed"):
            start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)

    def test_while_the_bank_is_at_work_no_second_payment_is_begun(self, bank, pro, invoice):
        payment = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
        bank.tell(payment, "pending")
        with refused("payment_pending"):
            start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
        bank.tell(payment, "failed")
        assert start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW) != payment


class TestTheJob:
    def test_what_was_stored_and_not_carried_out_is_finished_by_the_job(self, bank, top_up, monkeypatch):
        """Killed between the two (X3)."""
        with monkeypatch.context() as patch:
            patch.setattr(gateway_inbox, "process_event", lambda **said: 1 / 0)
            assert bank.tell(top_up, "paid").status_code == 200
        assert (balance(), event_of(bank).state) == (0, "waiting")
        assert process_payments(now=NOW) == (1, 0)
        assert (balance(), outcome(bank)) == (50_000, ("done", "topped_up"))
        assert process_payments(now=NOW) == (0, 0)
        assert balance() == 50_000

    def test_one_that_fails_does_not_stop_the_rest_and_is_tried_again_ever_later(
        self, bank, top_up, pro, monkeypatch
    ):
        second = start_top_up(professional=pro, amount_cents=30_000, by=pro.owner, now=NOW)
        real = gateway_events._carry_out

        def fails_for_the_first(event, payment, now):
            if payment == top_up:
                raise RuntimeError("broken")
            return real(event, payment, now)

        monkeypatch.setattr(gateway_events, "_carry_out", fails_for_the_first)
        bank.tell(top_up, "paid")
        stuck = event_of(bank)
        with monkeypatch.context() as patch:
            patch.setattr(gateway_inbox, "process_event", lambda **said: 1 / 0)
            bank.tell(second, "paid")
        moment = NOW
        assert process_payments(now=moment) == (1, 0)
        assert balance() == 30_000
        for tried, wait in enumerate(gateway_inbox.RETRY_AFTER, start=1):
            stuck.refresh_from_db()
            assert (stuck.attempts, stuck.due_at, stuck.state) == (tried, moment + wait, "waiting")
            assert process_payments(now=moment + wait - timedelta(seconds=1)) == (0, 0)
            moment += wait
            process_payments(now=moment)
        stuck.refresh_from_db()
        assert (stuck.state, stuck.why) == ("needs_person", "failed_often")

    def test_a_payment_that_nobody_finished_is_given_up(self, bank, top_up):
        assert process_payments(now=NOW + timedelta(days=3)) == (0, 0)
        assert process_payments(now=NOW + timedelta(days=3, seconds=1)) == (0, 1)
        assert process_payments(now=NOW + timedelta(days=4)) == (0, 0)
        top_up.refresh_from_db()
        assert top_up.state == "expired"
        bank.tell(top_up, "paid")
        assert balance() == 50_000


class TestSettling:
    @pytest.fixture
    def event(self, bank, top_up):
        bank.tell(top_up, "paid", amount=1)
        return event_of(bank)

    def test_a_person_writes_down_what_they_did(self, event, finance):
        settle_event(event=event, note=" Re\u202efunded\x07 ", by=finance, now=NOW)
        event.refresh_from_db()
        assert (event.state, event.note, event.settled_by, event.done_at) == (
            "settled",
            "Refunded",
            finance,
            NOW,
        )
        assert settle_event(event=event, note="Again", by=finance, now=NOW).note == "Refunded"

    def test_it_needs_words_something_to_settle_and_somebody_else(self, bank, event, top_up, pro, finance):
        with refused("no_reason"):
            settle_event(event=event, note=" ", by=finance, now=NOW)
        with refused("own_business"):
            settle_event(event=event, note="x", by=pro.owner, now=NOW)
        bank.tell(top_up, "paid")
        with refused("needs_nobody"):
            settle_event(event=event_of(bank), note="x", by=finance, now=NOW)


@pytest.mark.parametrize("came_from", State)
@pytest.mark.parametrize("to", State)
def test_a_payment_moves_as_its_table_says(pro, came_from, to):
    payment = GatewayPayment.objects.create(
        professional=pro, purpose="top_up", amount_cents=1, currency="MXN", gateway="test", state=came_from,
        started_by=pro.owner, created_at=NOW,
    )  # fmt: skip
    if to in GatewayPayment.MOVES[came_from]:
        gateway_events.move(payment, to, "why", NOW)
        step = GatewayPaymentEvent.objects.get()
        assert (payment.state, step.from_state, step.to_state, step.reason) == (to, came_from, to, "why")
    else:
        with pytest.raises(ValueError, match="cannot be"):
            gateway_events.move(payment, to, "why", NOW)
        assert not GatewayPaymentEvent.objects.exists()


def test_every_reason_has_its_sentence():
    import re
    from pathlib import Path

    source = "".join(Path(module.__file__).read_text() for module in (gateway_events, gateway_inbox))
    said = set(
        re.findall(r'(?:IGNORED|WAITING|NEEDS_PERSON|DONE)\)?(?: if [^,]+ else \w+\))?, "(\w+)"', source)
    )
    assert {"noted", "not_ours", "wrong_amount", "failed_often", "reversed_again"} <= said
    assert said <= set(WHY)

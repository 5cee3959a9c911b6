"""Money that comes for an offer once it was withdrawn, declined or paid otherwise: never lost, never booked twice."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction

from billing import gateway_events
from billing.errors import BillingError
from billing.gateway_inbox import process_payments
from billing.gateways import GatewayUnavailable
from billing.models import GatewayEvent, GatewayPayment, Invoice, Prepayment
from billing.payments import close_pages
from mail.models import OutgoingMail
from support.models import Offer
from support.offers import accept_offer, decline_offer, pay_offer, send_offer, withdraw_offer
from tests.billing.paying import StripeBank, books_broken
from tests.support.making import NOW
from tests.support.offering import draft, last_of
from tests.together import together

pytestmark = pytest.mark.django_db


def withdrawn(offer, by):
    return withdraw_offer(offer=offer, reason="A mistake.", by=by, now=NOW)


def mails(kind):
    return list(OutgoingMail.objects.filter(kind=f"billing/{kind}").values_list("recipient", flat=True))


@pytest.fixture
def at_stripe(stripe_api, accepted, anna):
    """Begun at Stripe, whose page is open."""
    with time_machine.travel(NOW, tick=False):
        payment = pay_offer(offer=accepted, by=anna, now=NOW)
        GatewayPayment.objects.update(page_until=NOW + timedelta(days=1))
        yield payment


def status_at(stripe_api):
    ((_params, session),) = stripe_api.sessions.values()
    return session["status"]


def state_of(payment):
    return GatewayPayment.objects.values_list("state", flat=True).get(pk=payment.pk)


def test_the_page_of_what_was_withdrawn_is_closed_at_the_gateway(stripe_api, at_stripe, accepted, consultant):
    assert close_pages(now=NOW) == 0
    withdrawn(accepted, consultant)
    assert (close_pages(now=NOW), close_pages(now=NOW)) == (1, 0)
    assert (status_at(stripe_api), state_of(at_stripe)) == ("expired", "expired")
    assert at_stripe.events.latest("pk").reason == "closed"


def test_a_gateway_that_does_not_answer_is_asked_again(stripe_api, at_stripe, accepted, anna):
    decline_offer(offer=accepted, reason="", by=anna, now=NOW)
    stripe_api.refuses = (401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key"}})
    assert (close_pages(now=NOW), state_of(at_stripe)) == (0, "started")
    stripe_api.refuses = None
    assert (close_pages(now=NOW), status_at(stripe_api)) == (1, "expired")


def test_a_gateway_that_is_down_is_waited_for_once_a_run(
    stripe_api, at_stripe, accepted, anna, consultant, agreement, monkeypatch
):
    """The page that ends soonest is the first to be closed."""
    other = send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW)
    other = accept_offer(offer=other, by=anna, price_seen_cents=580_000, now=NOW)
    sooner = pay_offer(offer=other, by=anna, now=NOW)
    GatewayPayment.objects.filter(pk=sooner.pk).update(page_until=NOW + timedelta(hours=1))
    for each in (accepted, other):
        withdrawn(each, consultant)
    asked = []

    def down(_gateway, payment):
        asked.append(payment)
        raise GatewayUnavailable

    with monkeypatch.context() as while_down:
        while_down.setattr("billing.gateways.stripe.StripeGateway.close", down)
        assert (close_pages(now=NOW), asked) == (0, [sooner])
    assert close_pages(now=NOW) == 2


def test_of_two_runs_at_once_each_page_is_closed_and_counted_once(
    stripe_api, at_stripe, accepted, anna, consultant, agreement, monkeypatch
):
    """The other runs while this one waits for a slow gateway; one of the pages is to be paid again by then."""
    from billing.gateways.stripe import StripeGateway

    others = []
    for _number in range(2):
        other = send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW)
        other = accept_offer(offer=other, by=anna, price_seen_cents=580_000, now=NOW)
        others.append(pay_offer(offer=other, by=anna, now=NOW))
        withdrawn(other, consultant)
    withdrawn(accepted, consultant)
    GatewayPayment.objects.update(page_until=NOW + timedelta(days=1))
    close, asked, closed_by_other = StripeGateway.close, [], []

    def slowly(self, payment):
        asked.append(payment.pk)
        if not closed_by_other:
            closed_by_other.append(None)
            Prepayment.objects.filter(pk=others[1].prepayment_id).update(ended_at=None)
            closed_by_other[0] = close_pages(now=NOW)
        close(self, payment)

    monkeypatch.setattr(StripeGateway, "close", slowly)
    assert (close_pages(now=NOW), closed_by_other) == (0, [2])
    # The first is asked for twice, which closes it once.
    assert asked == [at_stripe.pk, at_stripe.pk, others[0].pk]
    assert [state_of(each) for each in (at_stripe, *others)] == ["expired", "expired", "started"]


def test_a_run_that_is_killed_in_the_middle_is_taken_up_by_the_next(
    stripe_api, at_stripe, accepted, consultant, monkeypatch
):
    from billing.gateways.stripe import StripeGateway

    withdrawn(accepted, consultant)
    close = StripeGateway.close

    def killed(self, payment):
        close(self, payment)
        raise KeyboardInterrupt

    with monkeypatch.context() as this_run:
        this_run.setattr(StripeGateway, "close", killed)
        with pytest.raises(KeyboardInterrupt):
            close_pages(now=NOW)
    assert (status_at(stripe_api), state_of(at_stripe)) == ("expired", "started")
    assert (close_pages(now=NOW), state_of(at_stripe)) == (1, "expired")
    assert at_stripe.events.filter(reason="closed").count() == 1


def test_a_page_that_was_paid_this_moment_is_left_to_what_is_told_of_it(
    stripe_api, at_stripe, accepted, consultant
):
    withdrawn(accepted, consultant)
    ((_params, session),) = stripe_api.sessions.values()
    session["status"] = "complete"
    assert (close_pages(now=NOW), state_of(at_stripe)) == (1, "expired")
    stripe = StripeBank()
    stripe.tell(at_stripe, "paid", at=NOW)
    assert last_of(stripe) == ("needs_person", "prepaid_no_more")
    assert books_broken() == []


def test_nobody_is_sent_to_a_page_that_was_opened_while_it_was_withdrawn(
    bank, accepted, anna, consultant, monkeypatch
):
    from billing.gateways.sandbox import SandboxGateway

    start = SandboxGateway.start

    def slowly(self, payment, **said):
        withdrawn(accepted, consultant)
        return start(self, payment, **said)

    monkeypatch.setattr(SandboxGateway, "start", slowly)
    with pytest.raises(BillingError) as refusal:
        pay_offer(offer=accepted, by=anna, now=NOW)
    assert refusal.value.code == "ended"
    assert close_pages(now=NOW) == 1


def test_whoever_paid_for_nothing_and_finance_are_told_once(bank, accepted, anna, finance):
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    decline_offer(offer=accepted, reason="", by=anna, now=NOW)
    bank.tell(payment, "paid", at=NOW)
    bank.tell(payment, "paid", at=NOW + timedelta(minutes=1))
    assert list(GatewayEvent.objects.values_list("state", "why")) == [("needs_person", "prepaid_no_more")] * 2
    assert mails("paid_for_nothing") == [anna.email]
    assert mails("gateway_needs_person") == [finance.email] * 2
    text = OutgoingMail.objects.get(kind="billing/paid_for_nothing").text
    assert "MX$5,800.00" in text and "O-2026-000001" in text and "We send it back" in text
    assert f"/support/offers/{accepted.public_id}/" in text
    assert (Invoice.objects.count(), state_of(payment)) == (0, "started")


def test_what_finance_sends_back_is_known_for_that(bank, accepted, anna, consultant):
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    withdrawn(accepted, consultant)
    bank.tell(payment, "paid", at=NOW)
    bank.tell(payment, "reversed", reversal="re_1", at=NOW, ours="")
    assert last_of(bank) == ("ignored", "sent_back")
    # The refund failed: it is still to be sent back.
    bank.tell(payment, "reversal_undone", reversal="re_1", at=NOW, ours="")
    assert last_of(bank) == ("needs_person", "prepaid_no_more")
    assert books_broken() == []


def test_what_is_sent_back_before_we_hear_that_it_came_waits_for_it(bank, accepted, anna, consultant):
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    withdrawn(accepted, consultant)
    bank.tell(payment, "reversed", reversal="re_1", at=NOW, ours="")
    assert last_of(bank) == ("waiting", "unknown_money")
    bank.tell(payment, "paid", at=NOW)
    process_payments(now=NOW + timedelta(minutes=5))
    assert sorted(GatewayEvent.objects.values_list("state", "why")) == [
        ("ignored", "sent_back"),
        ("needs_person", "prepaid_no_more"),
    ]


# Several at once


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_of_what_is_paid_the_database_alone_would_refuse(
    bank, accepted, anna, consultant, monkeypatch
):
    """The negative control of paying and withdrawing at once: both see that it can be paid."""
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    both_looked = threading.Barrier(2)

    def look(prepayment_id):
        return Prepayment.objects.get(pk=prepayment_id)

    for where in ("billing.prepayments", "billing.gateway_events", "support.offers"):
        monkeypatch.setattr(f"{where}.lock_prepayment", look)
    settle, pending = gateway_events.settle_prepayment, GatewayPayment.State.PENDING

    def settle_late(**said):
        both_looked.wait(timeout=20)
        return settle(**said)

    def end_late(*, prepayment, now):
        both_looked.wait(timeout=20)
        assert not prepayment.gateway_payments.filter(state=pending).exists()
        Prepayment.objects.filter(pk=prepayment.pk).update(ended_at=now)

    # Each has looked, and none has written.
    monkeypatch.setattr(gateway_events, "settle_prepayment", settle_late)
    monkeypatch.setattr("support.offers.end_prepayment", end_late)
    body = bank.body(payment, "paid", at=NOW)
    together(
        lambda: bank.deliver(body, bank.sign(body, at=NOW)),
        lambda: withdrawn(accepted, consultant),
    )
    # One of the two failed instead of being told how it stands.
    offer, event = Offer.objects.get(), GatewayEvent.objects.get()
    assert (offer.state, event.state) in [("withdrawn", "waiting"), ("paid", "done")]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("gives_back", [True, False])
def test_withdrawn_while_it_is_accepted_the_locks_keep_their_order(
    offer, anna, consultant, monkeypatch, gives_back
):
    """Whoever waited for the offer while it was accepted lets go of it before they lock what is paid for it. The second
    run is the negative control."""
    accepting, go_on = threading.Event(), threading.Event()
    order = []

    def accepted_slowly(_offer, _now):
        accepting.set()
        go_on.wait(timeout=20)

    def free(found):
        """Whether nobody holds the offer, as another connection sees it."""

        def ask():
            with transaction.atomic():
                found.append(bool(Offer.objects.select_for_update(no_key=True, nowait=True).get(pk=offer.pk)))

        (error,) = together(ask)
        return error is None

    def lock(prepayment_id):
        order.append(free([]))
        return Prepayment.objects.select_for_update(no_key=True).get(pk=prepayment_id)

    def let_go():
        """Once the other waits for the offer."""
        with connection.cursor() as cursor:
            for _look in range(200):
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if cursor.fetchone()[0]:
                    break
                threading.Event().wait(0.02)
        go_on.set()

    monkeypatch.setattr("support.letters.offer_accepted", accepted_slowly)
    monkeypatch.setattr("support.offers.lock_prepayment", lock)
    if not gives_back:
        monkeypatch.setattr("support.offers.transaction.savepoint_rollback", lambda before: None)

    def withdraw():
        accepting.wait(timeout=20)
        return withdrawn(offer, consultant)

    def watch():
        accepting.wait(timeout=20)
        let_go()

    accepts = lambda: accept_offer(offer=offer, by=anna, price_seen_cents=580_000, now=NOW)  # noqa: E731
    results = together(accepts, withdraw, watch)
    assert [type(each) for each in results[:2]] == [Offer, Offer]
    assert order[0] is gives_back
    assert (Offer.objects.get().state, Prepayment.objects.get().can_be_paid) == ("withdrawn", False)

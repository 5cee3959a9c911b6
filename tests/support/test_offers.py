"""Offers of more support: made, sent, answered, paid, and what the bank can take back (S6)."""

import uuid
from datetime import date

import pytest
import time_machine

from base.models import move_to
from billing.credit_notes import issue_credit_note
from billing.errors import BillingError
from billing.models import GatewayPayment, Invoice, InvoicePayment, Prepayment, TopUp
from billing.prepayments import record_prepayment
from mail.models import OutgoingMail
from support.allowances import days_at, proposed_for, use
from support.errors import SupportError
from support.models import Allowance, AllowanceEntry, Offer
from support.offers import (
    accept_offer,
    change_offer,
    decline_offer,
    make_offer,
    pay_offer,
    send_offer,
    withdraw_offer,
)
from support.questions import link_to_client, unlink_from_client
from tests.billing.paying import books_broken
from tests.support.making import NOW, opened, registrar, rome
from tests.support.offering import draft, last_of

pytestmark = pytest.mark.django_db

State = Offer.State
TODAY = date(2026, 11, 2)


def refused(function, **said):
    with pytest.raises((SupportError, BillingError)) as refusal:
        function(**({"now": NOW} | said))
    return refusal.value.code


def events_of(offer):
    return [(event.from_state, event.to_state, event.reason) for event in offer.events.all()]


def kinds():
    return list(
        OutgoingMail.objects.filter(kind__contains="offer").order_by("pk").values_list("kind", "recipient")
    )


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("to", State)
def test_every_move_is_in_the_table_or_refused(state, to):
    offer = Offer(state=state)
    if to in Offer.MOVES[state]:
        assert (move_to(offer, to), offer.state) == (state, to)
    else:
        with pytest.raises(ValueError):
            move_to(offer, to)


def test_a_draft_is_the_desks_and_a_sent_one_is_told_to_who_signs(agreement, consultant, anna):
    offer = draft(agreement, consultant)
    assert (offer.number, offer.state) == ("O-2026-000001", "draft")
    assert not Offer.objects.visible_to(anna).exists()
    send_offer(offer=offer, by=consultant, now=NOW)
    send_offer(offer=offer, by=consultant, now=NOW)
    assert list(Offer.objects.visible_to(anna)) == [offer]
    assert kinds() == [("support/offer_sent", anna.email)]
    text = OutgoingMail.objects.get(kind="support/offer_sent").text
    assert "5 h" in text and "no invoice" in text and f"/support/offers/{offer.public_id}/" in text


def test_the_same_form_twice_makes_one_offer(agreement, consultant):
    form = uuid.uuid4()
    first = draft(agreement, consultant, public_id=form)
    assert draft(agreement, consultant, public_id=form) == first
    with pytest.raises(SupportError) as refusal:
        draft(agreement, consultant, public_id=form, price_cents=1)
    assert refusal.value.code == "form_used"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"what": " "}, "nothing_offered"),
        ({"amount": 0}, "no_amount"),
        ({"price_cents": 0}, "no_price"),
        ({"expires_on": date(2026, 11, 29)}, "ends_before"),
    ],
)
def test_what_is_not_an_offer_is_refused(agreement, consultant, changes, code):
    with pytest.raises(SupportError) as refusal:
        draft(agreement, consultant, **changes)
    assert refusal.value.code == code


def test_nobody_changes_an_offer_to_themselves(agreement, anna, consultant):
    offer = draft(agreement, consultant)
    said = {"what": "Shop", "unit": "minutes", "amount": 60_000, "price_cents": 1, "valid_until": TODAY}
    assert refused(change_offer, offer=offer, by=anna, **said) == "own_business"


def test_nobody_makes_offers_to_themselves_or_to_who_is_no_client(agreement, anna, consultant):
    from support.clients import open_client

    with pytest.raises(SupportError) as own:
        draft(agreement, anna)
    new = open_client(name="Nuova", email="nuova@example.com", language="en", now=NOW, by=registrar())
    said = {"what": "Help", "unit": "minutes", "amount": 60, "price_cents": 1, "valid_until": TODAY}
    assert (own.value.code, refused(make_offer, client=new, by=consultant, **said)) == (
        "own_business",
        "not_a_client",
    )


def test_a_draft_is_changed_and_what_was_sent_is_not(agreement, consultant):
    offer = draft(agreement, consultant)
    said = {"what": "Shop", "unit": "interventions", "amount": 2, "price_cents": 1, "valid_until": TODAY}
    said["by"] = consultant
    for _twice in range(2):
        changed = change_offer(offer=offer, now=NOW, **said)
    assert (changed.what, changed.amount, changed.price_cents) == ("Shop", 2, 1)
    event = offer.events.get(from_state="draft")
    assert (event.to_state, event.actor, event.reason.splitlines()) == (
        "draft",
        consultant,
        [
            "Support for: Website → Shop",
            "How much: 5 h → 2 interventions",
            "Price: MX$5,800.00 → MX$0.01",
            "Can be accepted until: 11/30/2026 → 11/02/2026",
        ],
    )
    send_offer(offer=offer, by=consultant, now=NOW)
    assert refused(change_offer, offer=offer, **said) == "offer_sent"


def test_an_offer_answers_no_ticket_that_is_its_clients_no_more(agreement, consultant):
    ticket = opened(None, None, kind="question", email="eva@example.com")
    ticket = link_to_client(ticket=ticket, client=agreement.client, by=consultant, now=NOW)
    offer = draft(agreement, consultant, ticket=ticket, text="For Studio Bianchi alone.")
    unlink_from_client(ticket=ticket, why="Another Eva.", by=consultant, now=NOW)
    assert send_offer(offer=offer, by=consultant, now=NOW).state == State.SENT
    assert not ticket.messages.filter(kind="answer").exists()
    assert not OutgoingMail.objects.filter(kind="support/ticket_answered").exists()


def test_whoever_asked_and_does_not_speak_for_the_client_reads_nothing_of_what_it_is_offered(
    agreement, anna, consultant
):
    asked = opened(None, None, kind="question", email="eva@example.com")
    ticket = link_to_client(ticket=asked, client=agreement.client, by=consultant, now=NOW)
    offer = draft(agreement, consultant, ticket=ticket, text="For Studio Bianchi alone.")
    send_offer(offer=offer, by=consultant, now=NOW)
    answer = ticket.messages.get(kind="answer")
    mails = OutgoingMail.objects.filter(recipient="eva@example.com", kind="support/ticket_answered")
    for said in (answer.text, mails.get().text):
        assert "sent an offer of more support to whoever signs" in said
        for kept in ("Studio Bianchi alone", "5,800", "5 h", str(offer.public_id)):
            assert kept not in said
    assert str(offer.public_id) in OutgoingMail.objects.get(kind="support/offer_sent").text


def test_nothing_is_offered_on_an_appeal(agreement, anna, consultant):
    appeal = opened(agreement.client, anna, kind="appeal")
    assert refused(draft, agreement=agreement, by=consultant, ticket=appeal) == "appeal"
    # Nor is a draft sent there that was made before this was refused.
    offer = draft(agreement, consultant)
    Offer.objects.update(ticket=appeal)
    offer.refresh_from_db()
    assert refused(send_offer, offer=offer, by=consultant) == "appeal"
    assert (Offer.objects.get().state, appeal.messages.filter(kind="answer").exists()) == ("draft", False)


def test_an_offer_answers_the_ticket_for_which_it_was_made(agreement, anna, consultant):
    """A client with nothing left is answered in time, with the offer (S6)."""
    ticket = opened(agreement.client, anna)
    offer = draft(agreement, consultant, ticket=ticket, text="It takes some hours.")
    send_offer(offer=offer, by=consultant, now=rome("2026-11-02 15:00"))
    ticket.refresh_from_db()
    wait = ticket.waits.get()
    assert (ticket.state, wait.kept, wait.ended_by) == ("answered", True, consultant)
    text = ticket.messages.get(kind="answer").text
    assert text.startswith("It takes some hours.")
    assert "5 h for “Website”" in text and str(offer.public_id) in text


def test_whoever_signs_accepts_it_and_then_nothing_is_owed(offer, anna, consultant, pro_user):
    said = {"offer": offer, "price_seen_cents": 580_000}
    assert refused(accept_offer, by=pro_user, **said) == "may_not_sign"
    assert refused(accept_offer, offer=offer, by=anna, price_seen_cents=1) == "offer_changed"
    accepted = accept_offer(by=anna, now=NOW, **said)
    assert accept_offer(by=anna, now=NOW, **said) == accepted
    prepayment = Prepayment.objects.get()
    assert (accepted.state, accepted.prepayment, prepayment.total_cents) == ("accepted", prepayment, 580_000)
    assert (prepayment.number, prepayment.customer) == (offer.number, offer.client.customer)
    assert not Invoice.objects.exists()
    assert Allowance.objects.filter(offer__isnull=False).count() == 0
    assert kinds()[1:] == [
        ("support/offer_accepted", anna.email),
        ("support/offer_accepted_desk", consultant.email),
    ]
    assert events_of(offer) == [("", "draft", ""), ("draft", "sent", ""), ("sent", "accepted", "")]


@pytest.mark.parametrize(("day", "code"), [("2026-11-30 23:59", None), ("2026-12-01 00:00", "offer_expired")])
def test_its_last_day_is_included(offer, anna, day, code):
    said = {"offer": offer, "by": anna, "price_seen_cents": 580_000, "now": rome(day)}
    if code:
        assert refused(accept_offer, **said) == code
    else:
        assert accept_offer(**said).state == "accepted"


def test_it_is_declined_and_withdrawn_also_once_it_was_accepted(agreement, offer, accepted, anna, consultant):
    declined = decline_offer(offer=offer, reason="Too much.", by=anna, now=NOW)
    assert decline_offer(offer=offer, reason="", by=anna, now=NOW) == declined
    assert Prepayment.objects.get().ended_at == NOW
    assert refused(pay_offer, offer=offer, by=anna) == "not_accepted"
    assert refused(accept_offer, offer=offer, by=anna, price_seen_cents=580_000) == "offer_ended"
    other = send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW)
    assert refused(withdraw_offer, offer=other, reason=" ", by=consultant) == "no_reason"
    withdraw_offer(offer=other, reason="A mistake.", by=consultant, now=NOW)
    assert [kind for kind, _to in kinds()][-2:] == ["support/offer_sent", "support/offer_withdrawn"]


# Paid online


def test_paid_online_it_is_an_allowance_with_an_invoice_that_was_never_owed(bank, accepted, anna, consultant):
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    assert pay_offer(offer=accepted, by=anna, now=NOW) == payment
    assert (payment.purpose, payment.amount_cents, payment.professional) == ("prepaid", 580_000, None)
    assert bank.tell(payment, "paid", at=NOW).status_code == 200
    accepted.refresh_from_db()
    allowance, invoice = accepted.allowance, accepted.prepayment.invoice
    assert (allowance.what, allowance.unit, allowance.left, allowance.starts_on) == (
        "Website",
        "minutes",
        300,
        TODAY,
    )
    entry = allowance.entries.get()
    assert (entry.kind, entry.cause) == ("bought", f"offer:{accepted.public_id}")
    assert (invoice.total_cents, invoice.buyer_name, invoice.paid_on, invoice.is_owed) == (
        580_000,
        "Studio Bianchi",
        invoice.issued_on,
        False,
    )
    assert "5 h of support: Website" in invoice.description
    assert [kind for kind, _to in kinds()][-2:] == ["support/offer_paid", "support/offer_paid_desk"]
    assert refused(pay_offer, offer=accepted, by=anna) == "not_accepted"
    assert allowance in proposed_for(accepted.client, days_at(NOW), "minutes")
    assert books_broken() == []


@pytest.mark.parametrize("times", [1, 2])
def test_a_webhook_that_comes_again_or_late_makes_one_allowance(bank, accepted, anna, times):
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    for number in range(times):
        bank.tell(payment, "paid", at=NOW, event_id=f"event_{number}")
    bank.tell(payment, "expired", at=NOW)
    assert AllowanceEntry.objects.filter(kind="bought").count() == 1
    assert (Invoice.objects.count(), InvoicePayment.objects.count()) == (1, 1)
    assert books_broken() == []


def test_a_payment_that_expired_and_comes_after_all_counts(bank, accepted, anna):
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    bank.tell(payment, "expired", at=NOW)
    bank.tell(payment, "paid", at=NOW)
    assert Offer.objects.get().state == "paid"


def test_a_forged_webhook_and_another_amount_pay_nothing(bank, accepted, anna):
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    body = bank.body(payment, "paid", at=NOW)
    assert bank.deliver(body, bank.sign(body, at=NOW, secret="wrong")).status_code == 400
    bank.tell(payment, "paid", at=NOW, amount=1)
    assert last_of(bank) == ("needs_person", "wrong_amount")
    assert (Offer.objects.get().state, Invoice.objects.count()) == ("accepted", 0)


def test_what_is_paid_once_it_was_withdrawn_needs_a_person_and_books_nothing(
    bank, accepted, anna, consultant
):
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    withdraw_offer(offer=accepted, reason="A mistake.", by=consultant, now=NOW)
    bank.tell(payment, "paid", at=NOW)
    assert last_of(bank) == ("needs_person", "prepaid_no_more")
    assert (Invoice.objects.count(), TopUp.objects.count(), Offer.objects.get().state) == (0, 0, "withdrawn")
    assert books_broken() == []


def test_it_is_not_ended_while_the_bank_is_at_work(bank, accepted, anna, consultant):
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    bank.tell(payment, "pending", at=NOW)
    assert refused(withdraw_offer, offer=accepted, reason="So.", by=consultant) == "payment_pending"
    assert refused(decline_offer, offer=accepted, reason="", by=anna) == "payment_pending"
    assert refused(pay_offer, offer=accepted, by=anna) == "payment_pending"
    bank.tell(payment, "failed", at=NOW)
    mail = OutgoingMail.objects.get(kind="billing/payment_failed")
    assert (mail.recipient, "Nothing is owed for O-2026-000001" in mail.text) == (anna.email, True)
    assert decline_offer(offer=accepted, reason="", by=anna, now=NOW).state == "declined"


def test_whoever_pays_late_has_thirty_days_all_the_same(bank, agreement, anna, consultant):
    offer = draft(agreement, consultant, valid_until=date(2026, 11, 10), expires_on=date(2026, 11, 10))
    offer = send_offer(offer=offer, by=consultant, now=NOW)
    accept_offer(offer=offer, by=anna, price_seen_cents=580_000, now=NOW)
    payment = pay_offer(offer=offer, by=anna, now=NOW)
    late = rome("2026-11-11 09:00")
    assert refused(pay_offer, offer=offer, by=anna, now=late) == "offer_expired"
    with time_machine.travel(late, tick=False):
        bank.tell(payment, "paid", at=late)
    allowance = Allowance.objects.get(offer=offer)
    assert (allowance.starts_on, allowance.expires_on) == (date(2026, 11, 11), date(2026, 12, 11))


def test_for_a_business_of_the_marketplace_it_never_hurts_the_guarantee(bank, consultant):
    """An unpaid offer is no invoice, so nothing is past due (G9); paid, it does not touch the balance."""
    from billing.customers import customer_of
    from billing.invoices import payments_current
    from support.clients import client_of
    from tests.making import contract, make_pro
    from tests.support.office import make_agreement

    pro = make_pro()
    contract(pro)
    client = client_of(customer_of(pro), NOW)
    agreement = make_agreement(client, consultant, now=NOW)
    offer = send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW)
    before = Invoice.objects.count()
    accept_offer(offer=offer, by=pro.owner, price_seen_cents=580_000, now=NOW)
    assert Invoice.objects.count() == before
    payment = pay_offer(offer=offer, by=pro.owner, now=NOW)
    bank.tell(payment, "paid", at=NOW)
    offer.refresh_from_db()
    pro.wallet.refresh_from_db()
    assert (payment.professional, offer.state, pro.wallet.entries.count()) == (pro, "paid", 0)
    assert not Invoice.objects.filter(pk=offer.prepayment.invoice_id, paid_on=None).exists()
    bank.tell(payment, "reversed", reversal="dp_1", at=NOW)
    # As of any invoice whose payment the bank takes back (M10): past due from the day after its due date.
    assert payments_current(pro, date(2026, 11, 2))
    assert not Allowance.objects.paid_for().filter(offer=offer).exists()
    assert "guarantee" in OutgoingMail.objects.filter(kind="billing/payment_reversed").latest("pk").text
    bank.tell(payment, "reversal_undone", reversal="dp_1", at=NOW)
    assert Allowance.objects.paid_for().filter(offer=offer).exists()
    assert books_broken() == []


# Paid by transfer


def test_a_bank_transfer_that_finance_records_pays_it_once(accepted, finance):
    said = {
        "prepayment": accepted.prepayment,
        "received_on": TODAY,
        "reference": "sepa 1",
        "by": finance,
        "now": NOW,
    }
    assert refused(record_prepayment, amount_cents=579_999, **said) == "wrong_amount"
    paid = record_prepayment(amount_cents=580_000, **said)
    assert record_prepayment(amount_cents=580_000, **said) == paid
    assert (
        refused(record_prepayment, amount_cents=580_000, **(said | {"reference": "sepa 2"})) == "already_paid"
    )
    accepted.refresh_from_db()
    assert (accepted.state, accepted.allowance.left, paid.reference) == ("paid", 300, "SEPA 1")
    assert AllowanceEntry.objects.filter(kind="bought").count() == 1
    assert books_broken() == []


def test_money_that_comes_online_after_the_transfer_needs_a_person(bank, accepted, anna, finance):
    payment = pay_offer(offer=accepted, by=anna, now=NOW)
    record_prepayment(
        prepayment=accepted.prepayment,
        amount_cents=580_000,
        received_on=TODAY,
        reference="sepa 1",
        by=finance,
        now=NOW,
    )
    bank.tell(payment, "paid", at=NOW)
    assert last_of(bank) == ("needs_person", "prepaid_no_more")
    assert AllowanceEntry.objects.filter(kind="bought").count() == 1
    assert books_broken() == []


# Taken back by the bank


def used(allowance, by, amount=100):
    return use(allowance=allowance, amount=amount, cause=f"test:{uuid.uuid4()}", today=TODAY, now=NOW, by=by)


def test_support_whose_money_the_bank_took_back_is_blocked_until_it_is_here_again(
    bank, paid, anna, consultant
):
    used(paid.allowance, consultant)
    payment = GatewayPayment.objects.get()
    bank.tell(payment, "reversed", reversal="dp_1", at=NOW)
    invoice = Invoice.objects.get()
    assert (invoice.is_owed, last_of(bank)) == (True, ("done", "reversed"))
    with pytest.raises(SupportError) as refusal:
        used(paid.allowance, consultant)
    assert refusal.value.code == "unpaid"
    assert paid.allowance not in proposed_for(paid.client, days_at(NOW), "minutes")
    mail = OutgoingMail.objects.get(kind="billing/payment_reversed")
    assert mail.recipient == anna.email
    assert "cannot be used" in mail.text and "guarantee" not in mail.text
    assert f"/support/offers/{paid.public_id}/" in mail.text
    assert books_broken() == []
    bank.tell(payment, "reversal_undone", reversal="dp_1", at=NOW)
    used(paid.allowance, consultant)
    assert Allowance.objects.get(offer=paid).left == 100
    assert AllowanceEntry.objects.filter(kind="bought").count() == 1
    assert books_broken() == []


def test_paid_again_by_transfer_it_is_the_same_allowance(bank, paid, finance):
    from billing.invoices import record_invoice_payment

    payment = GatewayPayment.objects.get()
    bank.tell(payment, "reversed", reversal="dp_1", at=NOW)
    record_invoice_payment(
        invoice=Invoice.objects.get(),
        amount_cents=580_000,
        received_on=TODAY,
        reference="sepa 1",
        by=finance,
        now=NOW,
    )
    assert Allowance.objects.paid_for().filter(offer=paid).exists()
    assert AllowanceEntry.objects.filter(kind="bought").count() == 1
    # The bank gives back what has come twice by now: there is no balance for it.
    bank.tell(payment, "reversal_undone", reversal="dp_1", at=NOW)
    assert last_of(bank) == ("needs_person", "no_balance")
    assert books_broken() == []


def test_a_part_that_is_taken_back_is_an_invoice_of_its_own(bank, paid, consultant):
    payment = GatewayPayment.objects.get()
    bank.tell(payment, "reversed", reversal="dp_1", amount=80_000, at=NOW)
    rest = Invoice.objects.get(origin="reversal")
    assert (rest.total_cents, rest.tax_cents, rest.customer) == (80_000, 0, paid.client.customer)
    with pytest.raises(SupportError) as refusal:
        used(paid.allowance, consultant)
    assert refusal.value.code == "unpaid"
    bank.tell(payment, "reversal_undone", reversal="dp_1", amount=80_000, at=NOW)
    rest.refresh_from_db()
    assert rest.credited_on is not None
    used(paid.allowance, consultant)
    assert books_broken() == []


def test_what_a_credit_note_took_back_whole_is_used_no_more_and_its_refund_needs_a_person(
    bank, paid, consultant, finance
):
    issue_credit_note(invoice=paid.prepayment.invoice, reason="Our mistake.", by=finance, now=NOW)
    with pytest.raises(SupportError) as refusal:
        used(paid.allowance, consultant)
    assert refusal.value.code == "unpaid"
    bank.tell(GatewayPayment.objects.get(), "reversed", reversal="re_1", at=NOW)
    assert last_of(bank) == ("needs_person", "paid_back")
    assert Invoice.objects.get().is_owed is False
    assert books_broken() == []

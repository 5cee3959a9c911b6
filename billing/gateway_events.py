"""What an event of a gateway does: everything that moves money is decided here, under the locks (M10).

An event changes nothing unless it is of a payment of ours, of that payment's amount and currency, and the payment
stands where such an event can move it. Whatever else comes is kept with its reason, and what means money that no rule
can place needs a person.
"""

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from base.days import marketplace_day
from base.models import move_to
from billing import letters, reversals
from billing.invoices import settle_invoice
from billing.models import (
    GatewayEvent,
    GatewayPayment,
    GatewayPaymentEvent,
    Invoice,
    Prepayment,
    Reversal,
    Wallet,
)
from billing.prepayments import lock_prepayment, settle_prepayment
from billing.top_ups import book_top_up
from billing.wallet import open_wallet
from profiles.models import Professional

State = GatewayPayment.State
Word = GatewayEvent.Word
DONE, IGNORED = GatewayEvent.State.DONE, GatewayEvent.State.IGNORED
WAITING, NEEDS_PERSON = GatewayEvent.State.WAITING, GatewayEvent.State.NEEDS_PERSON

# Events overtake each other by seconds; a gateway repeats for days what did not reach us. Then nothing comes any more.
WAITS_FOR_ANOTHER = timedelta(days=3)
LOOK_AGAIN_AFTER = timedelta(minutes=5)

# Of money for what was to be paid no more: it is booked nowhere.
NO_MORE = "prepaid_no_more"
# What is to become of an event, and why, as a word for programs.
Outcome = tuple[GatewayEvent.State, str]


def process_event(*, event: GatewayEvent, now: datetime) -> GatewayEvent:
    """Carries out one stored event, in one transaction; carried out already, nothing happens. Then whatever waited
    for it."""
    with transaction.atomic():
        payment = _locked_payment(event)
        event = GatewayEvent.objects.select_for_update(no_key=True).get(pk=event.pk)
        if event.state != WAITING:
            return event
        event.payment = payment
        becomes, event.why = _carry_out(event, payment, now)
        if becomes == WAITING:
            event.due_at = now + LOOK_AGAIN_AFTER
            if now - event.received_at >= WAITS_FOR_ANOTHER:
                becomes = NEEDS_PERSON
        if becomes != WAITING:
            move_to(event, becomes)
            event.done_at = now
        if becomes == NEEDS_PERSON:
            letters.needs_person(event, now)
        event.save(update_fields=["payment", "state", "why", "due_at", "done_at"])
    if event.state != WAITING and payment:
        for waiting in _waiting_for(payment):
            process_event(event=waiting, now=now)
    return event


def _locked_payment(event: GatewayEvent) -> GatewayPayment | None:
    """The payment that an event is about, with everything locked that it may change: professional, balance,
    invoice with its rests, payment, in this order as everywhere. None if we know of no such payment at this gateway."""
    asked = Q()
    if event.said_payment:
        try:
            asked = Q(public_id=uuid.UUID(event.said_payment))
        except ValueError:
            return None
    elif event.charge:
        asked = Q(charge=event.charge)
    else:
        return None
    of_gateway = GatewayPayment.objects.filter(gateway=event.gateway)
    found = of_gateway.filter(asked).first()
    if found is None and event.charge:
        # Money that came for what was to be paid no more is booked on no payment, but was told of one.
        told = {"told__gateway": event.gateway, "told__charge": event.charge, "told__why": NO_MORE}
        found = of_gateway.filter(**told).first()
    if found is None:
        return None
    if found.professional_id:
        professional = Professional.objects.select_for_update(no_key=True).get(pk=found.professional_id)
        if found.prepayment_id is None:
            open_wallet(professional=professional)
        Wallet.objects.select_for_update(no_key=True).filter(professional=professional).first()
    invoice_id = found.invoice_id
    if found.prepayment_id:
        # Once it is paid it has an invoice, which is reopened where the bank takes the money back.
        invoice_id = lock_prepayment(found.prepayment_id).invoice_id
    if invoice_id:
        # With its rests, of which nobody takes one back at the moment at which the bank gives it back.
        of_it = Invoice.objects.filter(Q(pk=invoice_id) | Q(rest_of=invoice_id)).order_by("pk")
        list(of_it.select_for_update(no_key=True, of=("self",)))
    return (
        GatewayPayment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("professional__owner", "invoice__customer", "prepayment__customer")
        .get(pk=found.pk)
    )


def _waiting_for(payment: GatewayPayment) -> list[GatewayEvent]:
    of_it = Q(payment=payment)
    if payment.charge:
        of_it |= Q(gateway=payment.gateway, charge=payment.charge)
    return list(GatewayEvent.objects.filter(of_it, state=WAITING).order_by("happened_at", "id"))


def _carry_out(event: GatewayEvent, payment: GatewayPayment | None, now: datetime) -> Outcome:
    if event.word == Word.NOTED:
        return IGNORED, "noted"
    if event.word == Word.OTHER_MODE:
        return IGNORED, "other_mode"
    if payment is None:
        return _of_no_payment(event)
    if event.word == Word.PAID:
        return _paid(event, payment, now)
    if event.word in (Word.REVERSED, Word.REVERSAL_UNDONE):
        return _reversed(event, payment, now)
    return _not_paid(event, payment, now)


def _of_no_payment(event: GatewayEvent) -> Outcome:
    if event.word in (Word.REVERSED, Word.REVERSAL_UNDONE):
        # They name the money alone, which we know only once its payment is paid, or by what told that it is not ours.
        of_it = GatewayEvent.objects.filter(gateway=event.gateway, charge=event.charge, why="not_ours")
        return (IGNORED, "not_ours") if event.charge and of_it.exists() else (WAITING, "unknown_money")
    if not event.said_payment:
        return IGNORED, "not_ours"
    return (NEEDS_PERSON if event.word == Word.PAID else IGNORED), "unknown_payment"


def _paid(event: GatewayEvent, payment: GatewayPayment, now: datetime) -> Outcome:
    if payment.state in GatewayPayment.CAME:
        return (IGNORED, "already_paid") if event.charge == payment.charge else (NEEDS_PERSON, "paid_twice")
    if event.currency != payment.currency:
        return NEEDS_PERSON, "wrong_currency"
    if event.amount_cents != payment.amount_cents:
        return NEEDS_PERSON, "wrong_amount"
    if event.charge and GatewayPayment.objects.filter(gateway=event.gateway, charge=event.charge).exists():
        return NEEDS_PERSON, "money_of_another"
    if _is_closed(payment):
        # Nobody can spend it any more: it is sent back by hand.
        return NEEDS_PERSON, "closed_account"
    if payment.prepayment and not payment.prepayment.can_be_paid:
        # Paid otherwise, or withdrawn: what comes then buys nothing, and is sent back by hand. Not onto a balance,
        # which is never paid out: they meant to buy something else with it.
        if not payment.told.filter(charge=event.charge, why=NO_MORE).exists():
            letters.paid_for_nothing(payment, event, now)
        return NEEDS_PERSON, NO_MORE
    payment.charge, payment.paid_at = event.charge, event.happened_at
    payment.save(update_fields=["charge", "paid_at"])
    move(payment, State.PAID, event.event_id, now)
    return DONE, _book(event, payment, now)


def _book(event: GatewayEvent, payment: GatewayPayment, now: datetime) -> str:
    """Puts money that has come where it belongs: to its invoice what is still to be paid of it, which a credit note
    may have made less since the payment was begun, and onto the balance what is above that. Of an invoice that was
    paid otherwise all is above: what came twice is neither lost nor kept."""
    # The day on which it came, which is never later than the day on which we hear of it.
    received_on = min(marketplace_day(event.happened_at), marketplace_day(now))
    reference = event.charge or str(payment.public_id)
    if payment.prepayment:
        settle_prepayment(
            prepayment=payment.prepayment,
            received_on=received_on,
            reference=reference,
            by=None,
            payment=payment,
            now=now,
        )
        return "prepaid"
    invoice = payment.invoice
    open_cents = invoice.open_cents if invoice else 0
    # An invoice is paid whole or not at all.
    of_invoice = open_cents if open_cents <= payment.amount_cents else 0
    if invoice and of_invoice:
        settle_invoice(
            invoice=invoice, received_on=received_on, reference=reference, by=None, payment=payment, now=now
        )
    if of_invoice == payment.amount_cents:
        return "invoice_paid"
    book_top_up(
        wallet=Wallet.objects.select_related("professional__owner").get(professional=payment.professional),
        public_id=payment.public_id,
        amount_cents=payment.amount_cents - of_invoice,
        received_on=received_on,
        reference=reference,
        by=None,
        payment=payment,
        meant_for=invoice,
        now=now,
    )
    if invoice is None:
        return "topped_up"
    return "invoice_paid_and_more" if of_invoice else "invoice_paid_before"


def _not_paid(event: GatewayEvent, payment: GatewayPayment, now: datetime) -> Outcome:
    to = {Word.PENDING: State.PENDING, Word.FAILED: State.FAILED, Word.EXPIRED: State.EXPIRED}[
        Word(event.word)
    ]
    if to not in GatewayPayment.MOVES[State(payment.state)]:
        return IGNORED, "too_late"
    move(payment, to, event.event_id, now)
    if to == State.FAILED:
        letters.payment_failed(payment, now)
    return DONE, to.value


def _reversed(event: GatewayEvent, payment: GatewayPayment, now: datetime) -> Outcome:
    if _is_closed(payment):
        # Of its balance nothing is left, and an invoice would be to nobody.
        return NEEDS_PERSON, "closed_account"
    if payment.state not in GatewayPayment.CAME:
        if not payment.told.filter(charge=event.charge, why=NO_MORE).exists():
            return WAITING, "not_paid_yet"
        # What was booked nowhere is sent back; where that fails, it is still to be.
        return (IGNORED, "sent_back") if event.word == Word.REVERSED else (NEEDS_PERSON, NO_MORE)
    if event.currency != payment.currency:
        return NEEDS_PERSON, "wrong_currency"
    if not event.reversal or not event.amount_cents or event.amount_cents < 0:
        return NEEDS_PERSON, "wrong_amount"
    standing = payment.reversals.filter(reference=event.reversal).first()
    if event.word == Word.REVERSAL_UNDONE:
        if standing is None:
            return WAITING, "not_reversed_yet"
        if standing.state == standing.State.UNDONE:
            return IGNORED, "already_undone"
        if event.amount_cents != standing.amount_cents and not _was_told_as(standing, event.amount_cents):
            return NEEDS_PERSON, "wrong_amount"
        if payment.professional is None and reversals.comes_twice(standing):
            return NEEDS_PERSON, "no_balance"
        reversals.undo_reversal(reversal=standing, payment=payment, now=now)
        if not payment.reversals.filter(state=standing.State.STANDING).exists():
            move(payment, State.PAID, event.event_id, now)
        return DONE, "reversal_undone"
    if standing is not None:
        # The same told in two events; but taken a second time after it was given back is no rule's business.
        again = standing.state == standing.State.UNDONE
        return (NEEDS_PERSON, "reversed_again") if again else (IGNORED, "already_reversed")
    if payment.professional is None and reversals.was_paid_back(payment):
        return NEEDS_PERSON, "paid_back"
    left_cents = payment.amount_cents - reversals.reversed_cents(payment)
    if left_cents:
        # A dispute may be over more than was paid, or than a refund has left of it: what is left is gone all the same.
        reversals.reverse_payment(
            payment=payment,
            reference=event.reversal,
            amount_cents=min(left_cents, event.amount_cents),
            now=now,
        )
        if payment.state != State.REVERSED:
            move(payment, State.REVERSED, event.event_id, now)
    return (NEEDS_PERSON, "more_than_paid") if event.amount_cents > left_cents else (DONE, "reversed")


def waits_to_be_sent_back(prepayment: Prepayment) -> bool:
    """Whether money came for it when nothing was to be paid any more, and finance has not dealt with that yet."""
    told = GatewayEvent.objects.filter(payment__prepayment=prepayment, state=NEEDS_PERSON, why=NO_MORE)
    return told.exists()


def _is_closed(payment: GatewayPayment) -> bool:
    return payment.professional is not None and payment.professional.closed_at is not None


def _was_told_as(reversal: Reversal, amount_cents: int) -> bool:
    """Whether the gateway told a reversal with this amount, of which less was left to be booked."""
    told = reversal.payment.told.filter(word=Word.REVERSED, reversal=reversal.reference)
    return told.filter(amount_cents=amount_cents, why="more_than_paid").exists()


def move(payment: GatewayPayment, to: GatewayPayment.State, reason: str, now: datetime) -> None:
    """Moves a payment that is locked, with its history row. Raises ValueError for a move that is not in the table."""
    came_from = move_to(payment, to)
    payment.save(update_fields=["state"])
    GatewayPaymentEvent.objects.create(
        payment=payment, from_state=came_from, to_state=to, reason=reason, at=now
    )

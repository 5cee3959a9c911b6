"""Payments at a gateway, from the press of a button to the money in the books (M10).

Nothing is booked because somebody came back from a payment page: only what a gateway says, signed, counts. Each of
its events is stored before anything is done about it, once per event; then it is carried out in one transaction.
What cannot be done yet, or failed, waits and is looked at again by `process_payments`: the row is the schedule (X3).
"""

import logging
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from base import limits
from base.days import marketplace_day
from base.jobs import for_each
from base.links import absolute
from base.models import move_to
from base.money import money
from billing import letters
from billing.errors import BillingError
from billing.gateway_events import move, process_event
from billing.gateways import (
    Gateway,
    GatewayUnavailable,
    Told,
    WebhookRefused,
    current_gateway,
)
from billing.models import (
    GatewayEvent,
    GatewayPayment,
    GatewayPaymentEvent,
    Invoice,
    Prepayment,
    RefusedWebhook,
    Wallet,
)
from billing.models.payments import DESCRIPTION_AT_MOST
from billing.prepayments import lock_prepayment, pending
from billing.transfers import refuse_own_business
from profiles.models import Professional, User
from profiles.plain_text import fit
from profiles.suspensions import is_suspended

logger = logging.getLogger(__name__)

State = GatewayPayment.State

# Each asks the gateway, which answers only so many of us: more than anybody needs who tops up by hand.
TOP_UPS_AN_HOUR = 30
# A page that closes sooner than this is not handed out again.
PAGE_LEFT = timedelta(minutes=10)
# A payment of which the gateway says nothing more is given up: after this what nobody finished, and after that what
# the bank has not decided, which is longer than any voucher or transfer is open.
GIVEN_UP_AFTER = timedelta(days=3)
UNDECIDED_AT_MOST = timedelta(days=30)
# How long after the first, second, … failed attempt an event is tried again. After the last: it needs a person.
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440))
# Of calls of the webhook's address that prove nothing: how many are written down, of one network in an hour, and of
# all in a minute.
COUNTED_OF_A_NETWORK = 10
COUNTED_A_MINUTE = 20


# Starting


def start_top_up(
    *,
    professional: Professional,
    amount_cents: int,
    by: User,
    now: datetime,
    public_id: uuid.UUID | None = None,
) -> GatewayPayment:
    """Opens the gateway's page for a top-up of whole cents; nothing is on the balance before the gateway says so.

    `public_id` is what makes two sendings of one form one payment. Not to be called inside a transaction.
    Raises BillingError: "no_gateway", "too_little", "too_much", "no_wallet", "suspended" (what is spent on contacts
    alone is not taken from who cannot buy any, G19), "taken_back_unpaid" (`taken_back_and_owed`),
    "too_many_payments", "gateway_unavailable".
    """
    gateway = _gateway()
    least, most = settings.TOP_UP_MIN_CENTS, settings.TOP_UP_MAX_CENTS
    if amount_cents < least:
        raise BillingError(
            "too_little",
            _("The smallest top-up is %(amount)s.") % {"amount": money(least)},
            field="amount",
        )
    if amount_cents > most:
        raise BillingError(
            "too_much",
            _("The largest top-up is %(amount)s. For more, send a bank transfer.") % {"amount": money(most)},
            field="amount",
        )
    with transaction.atomic():
        professional = Professional.objects.select_for_update(no_key=True).get(pk=professional.pk)
        if is_suspended(professional):
            raise BillingError(
                "suspended",
                _(
                    "Your business is suspended and cannot buy contacts, so its balance cannot be topped up. "
                    "What it holds stays yours. You can appeal on the page “Your business is suspended”, or write to "
                    "%(address)s."
                )
                % {"address": settings.APPEALS_ADDRESS},
            )
        if not Wallet.objects.filter(professional=professional).exists():
            raise BillingError(
                "no_wallet", _("Contract a plan first: your balance is opened with it. Nothing was charged.")
            )
        owed = taken_back_and_owed(professional)
        if owed:
            raise BillingError("taken_back_unpaid", f"{why_no_top_up(owed)} {_('Nothing was charged.')}")
        standing = GatewayPayment.objects.filter(public_id=public_id).first() if public_id else None
        if standing and (standing.professional_id, standing.amount_cents) != (professional.pk, amount_cents):
            # The form of somebody else, or sent again with another amount: that is another payment.
            standing, public_id = None, None
        if standing is None and not limits.take(
            "top-ups", str(professional.pk), most=TOP_UPS_AN_HOUR, window=timedelta(hours=1), now=now
        ):
            raise BillingError(
                "too_many_payments",
                _(
                    "You have begun many payments within an hour. Finish one of them, or try again in an hour."
                ),
            )
        payment = standing or _create(
            professional, GatewayPayment.Purpose.TOP_UP, None, amount_cents, gateway, by, now, public_id
        )
    return _open_page(payment, gateway, now)


def taken_back_and_owed(professional: Professional) -> Invoice | None:
    """The oldest invoice that they owe because the bank took a payment back: over what was spent of it, or reopened.

    While there is one no top-up is begun at a gateway: who disputes one payment after the other would spend each of
    them before it is taken back, and owe ever more. A bank transfer cannot be disputed, and is taken at any time;
    the invoice itself may be paid in either way, for that puts nothing onto the balance (M10). What is too little to be
    paid online stops nobody.
    """
    taken_back = Q(origin=Invoice.Origin.REVERSAL) | Q(reopened_on__isnull=False)
    owed = Invoice.objects.owed().filter(
        taken_back, customer__professional=professional, payable_cents__gte=settings.PAY_ONLINE_MIN_CENTS
    )
    return owed.order_by("issued_on", "pk").first()


def why_no_top_up(owed: Invoice) -> str:
    """Why no top-up is begun online while that invoice is owed (`taken_back_and_owed`), in a sentence for its buyer."""
    return _(
        "Your bank took back a payment, and %(amount)s of invoice %(number)s are to be paid because of it. Pay that "
        "invoice first: until then your balance can be topped up by bank transfer only."
    ) % {"amount": money(owed.open_cents), "number": owed.number}


def can_be_paid_online(invoice: Invoice) -> bool:
    """Whether payments are made online here, and enough is to be paid of it for that."""
    return current_gateway() is not None and invoice.open_cents >= settings.PAY_ONLINE_MIN_CENTS


def start_invoice_payment(*, invoice: Invoice, by: User, now: datetime) -> GatewayPayment:
    """Opens the gateway's page for all that is to be paid of an invoice. A page that was opened for it before and
    can still be paid is that page. Who is suspended may pay: it is owed. Not to be called inside a transaction.

    Raises BillingError: "no_gateway", "not_owed", "too_little", "payment_pending", "gateway_unavailable".
    """
    gateway = _gateway()
    with transaction.atomic():
        professional_id = Invoice.objects.values_list("customer__professional", flat=True).get(pk=invoice.pk)
        if professional_id is None:
            raise BillingError("no_gateway", _("This invoice cannot be paid online."))
        professional = Professional.objects.select_for_update(no_key=True).get(pk=professional_id)
        invoice = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
        if not invoice.is_owed:
            raise BillingError(
                "not_owed",
                _("Nothing is to be paid on invoice %(number)s any more. Nothing was charged.")
                % {"number": invoice.number},
            )
        if not can_be_paid_online(invoice):
            raise BillingError(
                "too_little",
                _(
                    "%(amount)s are to be paid, and the least that can be paid online is %(least)s. Please send a bank "
                    "transfer. Nothing was charged."
                )
                % {
                    "amount": money(invoice.open_cents),
                    "least": money(settings.PAY_ONLINE_MIN_CENTS),
                },
            )
        before = GatewayPayment.objects.filter(invoice=invoice)
        # Also one that was begun before a credit note made the invoice smaller: it pays what is left of it.
        if before.filter(state=State.PENDING).exists():
            raise BillingError(
                "payment_pending",
                _(
                    "A payment of invoice %(number)s is under way: the bank has not said yet whether it went "
                    "through. We write to you when it does."
                )
                % {"number": invoice.number},
            )
        payment = before.filter(
            _still_open(now), state=State.STARTED, amount_cents=invoice.open_cents, gateway=gateway.code
        ).first() or _create(
            professional, GatewayPayment.Purpose.INVOICE, invoice, invoice.open_cents, gateway, by, now
        )
    return _open_page(payment, gateway, now)


def can_be_prepaid_online(prepayment: Prepayment) -> bool:
    """Whether payments are made online here, and it is enough for that, and still to be paid."""
    return (
        current_gateway() is not None
        and prepayment.can_be_paid
        and prepayment.total_cents >= settings.PAY_ONLINE_MIN_CENTS
    )


def start_prepayment(*, prepayment: Prepayment, by: User, now: datetime) -> GatewayPayment:
    """Opens the gateway's page for what is invoiced once it is paid (S6). A page that was opened for it before and can
    still be paid is that page. Not to be called inside a transaction.

    Raises BillingError: "no_gateway", "ended" (or paid), "too_little", "payment_pending", "gateway_unavailable".
    """
    gateway = _gateway()
    with transaction.atomic():
        prepayment = lock_prepayment(prepayment.pk)
        if not prepayment.can_be_paid:
            raise BillingError(
                "ended",
                _("Nothing is to be paid for %(number)s any more. Nothing was charged.")
                % {"number": prepayment},
            )
        if not can_be_prepaid_online(prepayment):
            raise BillingError(
                "too_little",
                _(
                    "%(amount)s are to be paid, and the least that can be paid online is %(least)s. Please send a bank "
                    "transfer. Nothing was charged."
                )
                % {"amount": money(prepayment.total_cents), "least": money(settings.PAY_ONLINE_MIN_CENTS)},
            )
        before = prepayment.gateway_payments
        if before.filter(state=State.PENDING).exists():
            raise BillingError("payment_pending", pending(prepayment))
        payment = before.filter(
            _still_open(now), state=State.STARTED, gateway=gateway.code
        ).first() or _create(
            prepayment.customer.professional,
            GatewayPayment.Purpose.PREPAID,
            None,
            prepayment.total_cents,
            gateway,
            by,
            now,
            prepayment=prepayment,
        )
    return _open_page(payment, gateway, now)


def _still_open(now: datetime) -> Q:
    """Of payments whose page can be handed out again."""
    return Q(page="", created_at__gt=now - PAGE_LEFT) | Q(page_until__gt=now + PAGE_LEFT)


def _gateway() -> Gateway:
    gateway = current_gateway()
    if gateway is None:
        raise BillingError(
            "no_gateway", _("Payments online are not offered at the moment. Please send a bank transfer.")
        )
    return gateway


def _create(
    professional: Professional | None,
    purpose: GatewayPayment.Purpose,
    invoice: Invoice | None,
    amount_cents: int,
    gateway: Gateway,
    by: User,
    now: datetime,
    public_id: uuid.UUID | None = None,
    prepayment: Prepayment | None = None,
) -> GatewayPayment:
    payment = GatewayPayment.objects.create(
        public_id=public_id or uuid.uuid4(),
        professional=professional,
        purpose=purpose,
        invoice=invoice,
        prepayment=prepayment,
        amount_cents=amount_cents,
        currency=settings.CURRENCY,
        description=prepayment.description if prepayment else _description(professional, invoice),
        gateway=gateway.code,
        started_by=by,
        created_at=now,
    )
    GatewayPaymentEvent.objects.create(payment=payment, actor=by, to_state=State.STARTED, at=now)
    return payment


def _open_page(payment: GatewayPayment, gateway: Gateway, now: datetime) -> GatewayPayment:
    """Asks the gateway for its page, outside of any transaction, and keeps where it is. If it does not answer, the
    payment stays as it is: the same form sent again asks again, under the same name, and nothing is charged twice.
    """
    if payment.page or payment.state != State.STARTED:
        return payment
    if payment.prepayment:
        back = settings.SITE_URL + payment.prepayment.path
    else:
        back = absolute("billing:payment", payment.public_id)
    try:
        page = gateway.start(
            payment,
            description=payment.description,
            return_url=back,
            cancel_url=f"{back}?left=1",
            now=now,
        )
    except GatewayUnavailable as error:
        raise BillingError(
            "gateway_unavailable",
            _(
                "The payment page could not be opened, and nothing was charged. Try again in a few minutes, "
                "or send a bank transfer."
            ),
        ) from error
    payment.page, payment.session, payment.page_until = page.address, page.reference, page.until
    payment.save(update_fields=["page", "session", "page_until"])
    return payment


def _description(professional: Professional | None, invoice: Invoice | None) -> str:
    """What is being paid, as the payer reads it on the gateway's page, in the language of the business's owner."""
    assert professional is not None  # Only what is prepaid is of somebody else.
    with translation.override(professional.owner.language or settings.LANGUAGE_CODE):
        if invoice:
            said = _("Invoice %(number)s of %(seller)s") % {
                "number": invoice.number,
                "seller": settings.SELLER_NAME,
            }
        else:
            said = _("Balance of %(business)s at Quince") % {"business": professional.name}
    return said[:DESCRIPTION_AT_MOST]


# Being told


def receive_event(
    *, gateway: Gateway, body: bytes, headers: Mapping[str, str], network: str, now: datetime
) -> GatewayEvent:
    """Takes a webhook in: verified, stored, then carried out. Once stored it is ours: whatever goes wrong in
    carrying it out, the gateway is told that it has arrived, and the job tries again.

    `network` is whence it was sent. It decides nothing: a true webhook gets through from wherever a flood of false
    ones comes. Raises WebhookRefused, which is counted.
    """
    try:
        told = gateway.read_event(body, headers, now=now)
    except WebhookRefused as refused:
        count_refused(gateway=gateway, reason=refused.reason, network=network, now=now)
        raise
    event = store_event(gateway=gateway, told=told, now=now)
    if event.state != GatewayEvent.State.WAITING:
        return event
    try:
        return process_event(event=event, now=now)
    except Exception:
        logger.exception("Event %s of %s was stored and not carried out", event.event_id, event.gateway)
        return event


def store_event(*, gateway: Gateway, told: Told, now: datetime) -> GatewayEvent:
    """The row of what was told: written once, and counted each time it is delivered again."""
    event, new = GatewayEvent.objects.get_or_create(
        gateway=gateway.code,
        event_id=told.event_id,
        defaults={
            "kind": told.kind,
            "word": told.word,
            "said_payment": told.payment,
            "charge": told.charge,
            "reversal": told.reversal,
            "amount_cents": told.amount_cents,
            "currency": told.currency,
            "happened_at": told.happened_at,
            "received_at": now,
            "due_at": now,
        },
    )
    if not new:
        GatewayEvent.objects.filter(pk=event.pk).update(deliveries=F("deliveries") + 1)
    return event


def count_refused(*, gateway: Gateway, reason: RefusedWebhook.Reason, network: str, now: datetime) -> None:
    """Counts a call that proved nothing. One row per day and reason, and of a flood only a few, by network and in all:
    nobody fills the disk by knocking, nor keeps the database busy with one row."""
    if not limits.take(
        "refused webhooks from", network, most=COUNTED_OF_A_NETWORK, window=timedelta(hours=1), now=now
    ) or not limits.take(
        "refused webhooks", gateway.code, most=COUNTED_A_MINUTE, window=timedelta(minutes=1), now=now
    ):
        return
    key = {"gateway": gateway.code, "day": marketplace_day(now), "reason": reason}
    if not RefusedWebhook.objects.filter(**key).update(times=F("times") + 1, last_at=now):
        try:
            with transaction.atomic():
                RefusedWebhook.objects.create(**key, times=1, last_at=now)
        except IntegrityError:  # Another was the first of the day between the two.
            RefusedWebhook.objects.filter(**key).update(times=F("times") + 1, last_at=now)


def settle_event(*, event: GatewayEvent, note: str, by: User, now: datetime) -> GatewayEvent:
    """A person has dealt with what no rule could: with what they did (X4). Settled already, it stays as it is.

    Raises BillingError: "no_reason", "needs_nobody", "own_business"; ProfileError "too_long".
    """
    note = fit(note, field="note", most=5000, lines=True)
    if not note:
        raise BillingError("no_reason", _("Write what you did about it."), field="note")
    with transaction.atomic():
        event = (
            GatewayEvent.objects.select_for_update(no_key=True, of=("self",))
            .select_related("payment__professional")
            .get(pk=event.pk)
        )
        if event.payment and event.payment.professional:
            refuse_own_business(event.payment.professional, by)
        if event.state == GatewayEvent.State.SETTLED:
            return event
        if event.state != GatewayEvent.State.NEEDS_PERSON:
            raise BillingError("needs_nobody", _("There is nothing to settle here."))
        move_to(event, GatewayEvent.State.SETTLED)
        event.settled_by, event.note, event.done_at = by, note, now
        event.save(update_fields=["state", "settled_by", "note", "done_at"])
    return event


# The job


def process_payments(*, now: datetime, batch: int = 200) -> tuple[int, int]:
    """Looks again at every event that waits and is due, and gives up payments that nobody finished or no bank
    decided. Returns how many events left the queue, and how many payments were given up."""
    carried_out = for_each(waiting_events(now), lambda pk: _carry_out(pk, now), what="carry out", batch=batch)
    given_up = for_each(abandoned_payments(now), lambda pk: _give_up(pk, now), what="give up", batch=batch)
    return carried_out, given_up


def waiting_events(now: datetime) -> QuerySet[GatewayEvent]:
    return GatewayEvent.objects.filter(state=GatewayEvent.State.WAITING, due_at__lte=now)


def abandoned_payments(now: datetime) -> QuerySet[GatewayPayment]:
    return GatewayPayment.objects.filter(
        Q(state=State.STARTED, created_at__lt=now - GIVEN_UP_AFTER)
        | Q(state=State.PENDING, created_at__lt=now - UNDECIDED_AT_MOST)
    )


def _carry_out(event_id: int, now: datetime) -> bool:
    """Whether the event left the queue. One that fails is tried again ever later, and in the end needs a person."""
    try:
        # Each event has a savepoint of its own: a later one that fails does not undo the payment that it follows.
        event = process_event(event=GatewayEvent.objects.get(pk=event_id), now=now)
    except Exception:
        logger.exception("Could not carry out event %s", event_id)
        _try_later(event_id, now)
        return False
    return event.state != GatewayEvent.State.WAITING


def _try_later(event_id: int, now: datetime) -> None:
    with transaction.atomic():
        event = GatewayEvent.objects.select_for_update(no_key=True).get(pk=event_id)
        if event.state != GatewayEvent.State.WAITING:
            return
        event.attempts += 1
        if event.attempts > len(RETRY_AFTER):
            becomes, event.why = GatewayEvent.State.NEEDS_PERSON, "failed_often"
            move_to(event, becomes)
            event.done_at = now
        else:
            event.due_at = now + RETRY_AFTER[event.attempts - 1]
        event.save(update_fields=["attempts", "state", "why", "done_at", "due_at"])


def _give_up(payment_id: int, now: datetime) -> bool:
    """Money that still comes is booked all the same (`GatewayPayment.MOVES`)."""
    payment = (
        abandoned_payments(now)
        .select_for_update(no_key=True, of=("self",))
        .select_related("professional__owner", "invoice")
        .filter(pk=payment_id)
        .first()
    )
    if payment is None:
        return False
    if payment.state == State.STARTED:
        move(payment, State.EXPIRED, "given_up", now)
    else:
        move(payment, State.FAILED, "given_up", now)
        letters.payment_failed(payment, now, given_up=True)
    return True

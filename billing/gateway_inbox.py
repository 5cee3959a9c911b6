"""What gateways tell us of payments: taken in, carried out, and looked at again (M10).

Each event is stored before anything is done about it, once per event; then it is carried out in one transaction
(`billing.gateway_events`). What cannot be done yet, or failed, waits and is looked at again by `process_payments`, and
so is a payment of which nothing is told: the row is the schedule (X3).
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from base import limits
from base.days import marketplace_day
from base.jobs import for_each
from base.models import move_to
from billing import letters
from billing.errors import BillingError
from billing.gateway_events import move, process_event
from billing.gateways import Gateway, Told, WebhookRefused
from billing.models import GatewayEvent, GatewayPayment, RefusedWebhook
from billing.transfers import refuse_own_business
from profiles.models import User
from profiles.plain_text import fit

logger = logging.getLogger(__name__)

State = GatewayPayment.State

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
            letters.needs_person(event, now)
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

"""What a telephone exchange tells of calls to us: proved, stored, then carried out (S3). docs/telephone.md says how."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from base.jobs import for_each
from billing.gateways import WebhookRefused
from billing.gateways.fields import cents, moment, read_object, text, unreadable
from billing.gateways.signatures import verify
from billing.models import RefusedWebhook
from support.calls import LONGEST_SECONDS, TOLD_WITHIN, told_by_exchange
from support.models import ExchangeEvent
from support.models.calls import ExchangeEventQuerySet

logger = logging.getLogger(__name__)

HEADER = "Quince-Signature"
# A few lines; nobody needs more to say them.
LARGEST = 16 * 1024  # bytes
# What the clocks of an exchange and of ours may differ by.
AHEAD = timedelta(minutes=5)
Word = ExchangeEvent.Word


@dataclass(frozen=True, slots=True)
class Told:
    """What a message says, in our words."""

    exchange_id: str
    word: ExchangeEvent.Word
    number: str
    at: datetime
    seconds: int | None


def receive_event(
    *, body: bytes, signature: str, secrets: Sequence[str], now: datetime
) -> ExchangeEvent | None:
    """Takes a message of the exchange in, signed with one of the `secrets`: stored, then carried out. Once it is stored
    it is ours: whatever goes wrong in carrying it out, the exchange is told that it has arrived, and the job tries
    again. None: it speaks of something else than a call to us that was answered or missed.

    Raises WebhookRefused.
    """
    _prove(body, signature, secrets, now)
    told = read_event(body, now)
    if told is None:
        return None
    event, new = ExchangeEvent.objects.get_or_create(
        exchange_id=told.exchange_id,
        word=told.word,
        defaults={
            "number_said": told.number,
            "at": told.at,
            "seconds": told.seconds,
            "received_at": now,
        },
    )
    if not new:
        ExchangeEvent.objects.filter(pk=event.pk).update(deliveries=F("deliveries") + 1)
    try:
        with transaction.atomic():
            carry_out(event.pk, now)
    except Exception:
        logger.exception("A message of the exchange was stored and not carried out: %s", event.pk)
    return event


def carry_out_events(*, now: datetime) -> int:
    """What was stored and not carried out, as the database or the desk's calendar was out of order then. Returns how
    many it did."""
    return for_each(waiting(), lambda pk: carry_out(pk, now), what="carry out")


def waiting() -> ExchangeEventQuerySet:
    return ExchangeEvent.objects.waiting().order_by("received_at")


def carry_out(pk: int, now: datetime) -> bool:
    """Logs the call that one message tells of, once; False where that was done. Call it inside a transaction."""
    event = ExchangeEvent.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    if event.done_at is not None:
        return False
    told_by_exchange(
        exchange_id=event.exchange_id,
        outcome=event.word,
        phone=event.number_said,
        at=event.at,
        seconds=event.seconds,
        now=now,
    )
    event.done_at, event.number_said = now, ""
    event.save(update_fields=["done_at", "number_said"])
    return True


def read_event(body: bytes, now: datetime) -> Told | None:
    """What a message says; None where it is of no concern. Raises WebhookRefused: signed, but not understood."""
    values = read_object(body)
    word = text(values, "event", required=True)
    if word not in Word.values or text(values, "direction") not in ("", "in"):
        # Ringing, transferred, calls of ours: their outcome is said by who made them.
        return None
    at = moment(values, "at")
    seconds = cents(values, "seconds")
    if not now - TOLD_WITHIN <= at <= now + AHEAD or (
        seconds is not None and not 0 <= seconds <= LONGEST_SECONDS
    ):
        raise unreadable()
    return Told(
        exchange_id=text(values, "call", most=100, required=True),
        word=Word(word),
        number=text(values, "from", most=200)[:40],
        at=at,
        seconds=seconds,
    )


def secrets() -> list[str]:
    """What the exchange may sign with: two while one is replaced by another."""
    return [each for each in settings.DESK_CALLS_SECRETS if each]


def _prove(body: bytes, signature: str, secrets: Sequence[str], now: datetime) -> None:
    refused = WebhookRefused(RefusedWebhook.Reason.UNSIGNED)
    for secret in secrets:
        try:
            return verify(body, signature, secret, now)
        except WebhookRefused as error:
            # Signed with this one, and too long ago, says more than that the others do not match.
            if error.reason == RefusedWebhook.Reason.OLD:
                raise
            refused = error
    raise refused

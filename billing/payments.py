"""Payments at a gateway, begun: from the press of a button to the gateway's page (M10).

Nothing is booked because somebody came back from that page: only what a gateway says, signed, counts
(`billing.gateway_inbox`).
"""

import logging
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from base import limits
from base.links import absolute
from base.money import money
from billing.errors import BillingError
from billing.gateway_events import move
from billing.gateways import Gateway, GatewayUnavailable, current_gateway, find_gateway
from billing.models import GatewayPayment, GatewayPaymentEvent, Invoice, Prepayment, Wallet
from billing.models.payments import DESCRIPTION_AT_MOST
from billing.prepayments import lock_prepayment, pending
from profiles.models import Professional, User
from profiles.suspensions import is_suspended

logger = logging.getLogger(__name__)

State = GatewayPayment.State

# Each asks the gateway, which answers only so many of us: more than anybody needs who tops up by hand.
TOP_UPS_AN_HOUR = 30
# A page that closes sooner than this is not handed out again.
PAGE_LEFT = timedelta(minutes=10)


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
    if pages_to_close(now).filter(pk=payment.pk).exists():
        # While the gateway was asked it was paid otherwise, withdrawn or declined: nobody is sent to that page.
        raise BillingError("ended", _("Nothing is to be paid for this any more. Nothing was charged."))
    return payment


# Closing


def pages_to_close(now: datetime) -> QuerySet[GatewayPayment]:
    """Payments that nobody has finished, whose page is still open although nothing is to be paid there any more: their
    invoice or prepayment was paid otherwise, taken back, withdrawn or declined."""
    settled = Q(invoice__paid_on__isnull=False) | Q(invoice__credited_on__isnull=False)
    ended = Q(prepayment__invoice__isnull=False) | Q(prepayment__ended_at__isnull=False)
    return GatewayPayment.objects.filter(settled | ended, state=State.STARTED, page_until__gt=now)


def close_pages(*, now: datetime, batch: int = 200) -> int:
    """Closes at the gateway what is no longer to be paid, so that nobody pays it; returns how many. What was paid in
    the same moment is told by the gateway all the same, and is booked or left to a person as ever (M10).

    A gateway that does not answer is asked no more in this run: it would be waited for at each. What is left is for the
    next. Not to be called inside a transaction.
    """
    closed = 0
    silent: set[str] = set()
    # What ends soonest first.
    for payment in pages_to_close(now).order_by("page_until", "pk")[:batch]:
        gateway = find_gateway(payment.gateway)
        if gateway is None or payment.gateway in silent:
            continue
        if not pages_to_close(now).filter(pk=payment.pk).exists():
            # While the gateway was waited for another run has closed it, or it is to be paid again.
            continue
        try:
            gateway.close(payment)
        except GatewayUnavailable:
            logger.warning("The page of payment %s stays open for now", payment.public_id)
            silent.add(payment.gateway)
            continue
        closed += _note_closed(payment, now)
    return closed


def _note_closed(payment: GatewayPayment, now: datetime) -> bool:
    """Whether nothing was told of it while the gateway was asked."""
    with transaction.atomic():
        payment = GatewayPayment.objects.select_for_update(no_key=True, of=("self",)).get(pk=payment.pk)
        if payment.state != State.STARTED:
            return False
        move(payment, State.EXPIRED, "closed", now)
        return True


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

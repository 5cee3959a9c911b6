"""What is sold by a floor above and is invoiced only once it is paid: an unpaid offer is no invoice (S6, M10).

Locks are taken in the order professional → wallet → prepayment → invoice → payment. Whoever opened one is told inside
the transaction by `invoice_paid`, and locks what is theirs after these.
"""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from base.days import marketplace_day
from base.money import money
from billing.errors import BillingError
from billing.invoices import issue_invoice, settle_invoice
from billing.models import (
    BankTransfer,
    Customer,
    GatewayPayment,
    InvoicePayment,
    Prepayment,
    Wallet,
)
from billing.transfers import begin_transfer, check_transfer, refuse_own
from profiles.models import Professional, User


def open_prepayment(
    *,
    customer: Customer,
    number: str,
    description: str,
    total_cents: int,
    language: str,
    path: str,
    now: datetime,
) -> Prepayment:
    """From now on `total_cents`, tax included, can be paid for `description`, which is in `language`. Call it inside
    the transaction of its cause."""
    return Prepayment.objects.create(
        customer=customer,
        number=number,
        description=description[:200],
        total_cents=total_cents,
        language=language,
        path=path,
        opened_at=now,
    )


def end_prepayment(*, prepayment: Prepayment, now: datetime) -> Prepayment:
    """It is to be paid no more. Ended already, nothing changes. Call it inside the transaction of its cause.

    Raises BillingError: "already_paid", "payment_pending" (the bank is at work, and may yet say that it is paid).
    """
    prepayment = lock_prepayment(prepayment.pk)
    if prepayment.ended_at is not None:
        return prepayment
    if prepayment.invoice_id is not None:
        raise BillingError(
            "already_paid", _("%(number)s is paid already. Nothing was changed.") % {"number": prepayment}
        )
    if prepayment.gateway_payments.filter(state=GatewayPayment.State.PENDING).exists():
        raise BillingError("payment_pending", pending(prepayment))
    prepayment.ended_at = now
    prepayment.save(update_fields=["ended_at"])
    return prepayment


def lock_prepayment(prepayment_id: int) -> Prepayment:
    return Prepayment.objects.select_for_update(no_key=True, of=("self",)).get(pk=prepayment_id)


def pending(prepayment: Prepayment) -> str:
    return _(
        "A payment of %(number)s is under way: the bank has not said yet whether it went through. We write to you when "
        "it does."
    ) % {"number": prepayment}


def record_prepayment(
    *,
    prepayment: Prepayment,
    amount_cents: int,
    received_on: date,
    reference: str,
    by: User,
    now: datetime,
) -> InvoicePayment:
    """Records a bank transfer that pays it, exactly: its invoice is issued, paid. The same transfer again returns what
    stands.

    Raises BillingError: "wrong_amount", "already_paid", "ended", "closed_account", "reference_taken", "surplus_booked",
    "no_reference", "received_later", "own_business".
    """
    reference = check_transfer(reference=reference, received_on=received_on, today=marketplace_day(now))
    with transaction.atomic():
        professional = _lock_business(prepayment)
        refuse_own(prepayment.customer_id, professional, by)
        prepayment = lock_prepayment(prepayment.pk)
        if prepayment.invoice is not None:
            standing = prepayment.invoice.payments.filter(
                transfer__reference=reference, transfer__amount_cents=amount_cents
            ).first()
            if standing:
                return standing
        transfer = begin_transfer(reference=reference, amount_cents=amount_cents)
        _refuse_payment(prepayment, professional, amount_cents)
        return settle_prepayment(
            prepayment=prepayment,
            received_on=received_on,
            reference=reference,
            by=by,
            payment=None,
            transfer=transfer,
            now=now,
        )


def _refuse_payment(prepayment: Prepayment, professional: Professional | None, amount_cents: int) -> None:
    if prepayment.invoice is not None:
        raise BillingError(
            "already_paid",
            _("%(number)s is paid already, with invoice %(invoice)s. Record this transfer where it belongs.")
            % {"number": prepayment, "invoice": prepayment.invoice},
        )
    if prepayment.ended_at is not None or (professional and professional.closed_at is not None):
        raise BillingError(
            "ended", _("%(number)s is to be paid no more. Send the money back.") % {"number": prepayment}
        )
    if amount_cents != prepayment.total_cents:
        raise BillingError(
            "wrong_amount",
            _("For %(number)s %(total)s are to be paid, whole. Nothing was recorded.")
            % {"number": prepayment, "total": money(prepayment.total_cents)},
            field="amount",
        )


def _lock_business(prepayment: Prepayment) -> Professional | None:
    """The business that pays, where it is one, locked with its balance, as everywhere before what it pays."""
    found = Customer.objects.values_list("professional_id", flat=True).get(pk=prepayment.customer_id)
    if found is None:
        return None
    professional = Professional.objects.select_for_update(no_key=True).get(pk=found)
    Wallet.objects.select_for_update(no_key=True).filter(professional=professional).first()
    return professional


def settle_prepayment(
    *,
    prepayment: Prepayment,
    received_on: date,
    reference: str,
    by: User | None,
    payment: GatewayPayment | None,
    now: datetime,
    transfer: BankTransfer | None = None,
) -> InvoicePayment:
    """The money has come, exactly: the invoice is issued and paid in one, and `invoice_paid` tells whoever sold it. The
    caller holds the locks, and has looked that it can be paid."""
    today = marketplace_day(now)
    invoice = issue_invoice(
        customer=prepayment.customer,
        description=prepayment.description,
        total_cents=prepayment.total_cents,
        issued_on=today,
        due_on=today,
    )
    prepayment.invoice = invoice
    prepayment.save(update_fields=["invoice"])
    return settle_invoice(
        invoice=invoice,
        received_on=received_on,
        reference=reference,
        by=by,
        payment=payment,
        transfer=transfer,
        now=now,
    )

"""The mails of billing, written in the transaction of their cause (X3)."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from base.links import absolute
from billing.models import (
    LAPSE_AFTER,
    CreditNote,
    Customer,
    GatewayEvent,
    GatewayPayment,
    Invoice,
    InvoicePayment,
    InvoiceReminder,
    Period,
    Prepayment,
    Reversal,
    Subscription,
    TopUp,
    Wallet,
)
from billing.plan_dates import NOTICE_BEFORE
from billing.wording import WHY
from mail import outbox
from profiles.models import Professional, User


def plan_contracted(period: Period, now: datetime) -> None:
    context = _of(period) | {"notice_days": NOTICE_BEFORE.days}
    _write("plan_contracted", f"period:{period.pk}", period.professional, context, now, to_bookkeeper=True)


def plan_renewed(period: Period, now: datetime) -> None:
    _write("plan_renewed", f"period:{period.pk}", period.professional, _of(period), now, to_bookkeeper=True)


def renewal_announced(period: Period, price_cents: int, next_start: date, now: datetime) -> None:
    context = _of(period) | {"price_cents": price_cents, "next_start": next_start}
    _write("renewal_notice", f"period:{period.pk}", period.professional, context, now)


def plan_cancelled(
    subscription: Subscription, event_id: int, staff_reason: str, unpaid: Invoice | None, now: datetime
) -> None:
    """`staff_reason` says why staff cancelled it; empty: the business did. `unpaid` is what it is lapsed by."""
    context = {
        "staff_reason": staff_reason,
        "unpaid": unpaid,
        "plan": subscription.plan,
        "until": subscription.runs_until,
        "url": _address(unpaid) if unpaid else absolute("billing:overview"),
    }
    # By the event: cancelled, kept and cancelled again is told twice.
    _write("plan_cancelled", f"subscription_event:{event_id}", subscription.professional, context, now)


def plan_lapsed(
    subscription: Subscription, unpaid: Invoice, until: date | None, event_id: int, now: datetime
) -> None:
    """`until`: the last day of the plan once `unpaid` is paid; None: its days have passed."""
    context = {
        "plan": subscription.plan,
        "invoice": unpaid,
        "lapse_days": LAPSE_AFTER.days,
        "until": until,
        "invoice_url": _address(unpaid),
    }
    # By the event: of an invoice that was paid, and reopened by the bank, the plan may lapse again.
    cause = f"subscription_event:{event_id}"
    _write("plan_lapsed", cause, subscription.professional, context, now, to_bookkeeper=True)


def invoice_issued(invoice: Invoice, now: datetime) -> None:
    """One that was issued by hand: what a plan invoices is told by the mails of the plan."""
    context = {"invoice": invoice, "url": _address(invoice)}
    _to_buyer("invoice_issued", f"invoice:{invoice.public_id}", invoice, context, now)


def payment_received(payment: InvoicePayment, restored_until: date | None, now: datetime) -> None:
    invoice = payment.invoice
    context = {
        "invoice": invoice,
        "amount_cents": payment.amount_cents,
        "received_on": payment.received_on,
        "by_transfer": payment.gateway_payment_id is None,
        "restored_until": restored_until,
        "url": _address(invoice),
    }
    # By the payment: an invoice that a reversal reopened is paid, and told, again.
    _to_buyer("payment_received", f"invoice_payment:{payment.pk}", invoice, context, now)


def credit_note_issued(
    note: CreditNote, restored_until: date | None, told: Collection[str], now: datetime
) -> None:
    """`told`: the addresses that read of it already, with what it was for. A business reads of it all the same: where
    its document is, no other mail says."""
    customer = note.invoice.customer
    if customer.professional_id is None and customer.email.lower() in told:
        return
    context = {
        "note": note,
        "invoice": note.invoice,
        "restored_until": restored_until,
        "url": absolute("billing:credit_note", public_id=note.public_id)
        if customer.professional_id is not None
        else _address(note.invoice),
    }
    _to_buyer("credit_note", f"credit_note:{note.public_id}", note.invoice, context, now)


_REMINDERS = {
    InvoiceReminder.Step.DUE_SOON: "invoice_due_soon",
    InvoiceReminder.Step.PAST_DUE: "invoice_past_due",
    InvoiceReminder.Step.STILL_PAST_DUE: "invoice_past_due",
    InvoiceReminder.Step.LAST: "invoice_last_reminder",
}


def invoice_reminder(reminder: InvoiceReminder, period: Period | None, today: date, now: datetime) -> None:
    """`period` is that of the plan which the invoice is for, where it is for one."""
    invoice = reminder.invoice
    context = {
        "invoice": invoice,
        "days_late": (today - invoice.due_on).days,
        "plan": period.subscription.plan if period else None,
        "lapses_on": period.lapses_by(invoice) if period else None,
        "url": _address(invoice),
    }
    name = _REMINDERS[InvoiceReminder.Step(reminder.step)]
    _to_buyer(name, f"invoice_reminder:{reminder.pk}", invoice, context, now)


def top_up_received(
    top_up: TopUp, professional: Professional, meant_for: Invoice | None, now: datetime
) -> None:
    """`meant_for` is the invoice that the payment was for, which took less of it or nothing."""
    came = top_up.gateway_payment or top_up.transfer
    assert came is not None  # The database holds that it was one of them.
    context = {
        "amount_cents": top_up.amount_cents,
        "balance_cents": top_up.wallet.balance_cents,
        "received_on": top_up.received_on,
        "by_transfer": top_up.gateway_payment is None,
        "meant_for": meant_for,
        "of_cents": came.amount_cents,
        "url": absolute("marketplace:feed"),
    }
    _write("top_up_received", f"top_up:{top_up.public_id}", professional, context, now)


def payment_failed(payment: GatewayPayment, now: datetime, *, given_up: bool = False) -> None:
    """`given_up`: no bank refused it, but nothing was heard of it any more."""
    context = {
        "given_up": given_up,
        "amount_cents": payment.amount_cents,
        "started_on": payment.created_at,
        "invoice": payment.invoice,
        "prepayment": payment.prepayment,
        "url": _page_of(payment)
        or (_address(payment.invoice) if payment.invoice else absolute("billing:top_up")),
    }
    _to_payer("payment_failed", f"payment:{payment.public_id}", payment, context, now)


def paid_for_nothing(payment: GatewayPayment, event: GatewayEvent, now: datetime) -> None:
    """To whoever paid what was to be paid no more: it was booked nowhere, and is sent back."""
    context = {
        "amount_cents": payment.amount_cents,
        "prepayment": payment.prepayment,
        "day": event.happened_at,
        "url": _page_of(payment),
    }
    _to_payer("paid_for_nothing", f"gateway_event:{event.pk}", payment, context, now)


def needs_person(event: GatewayEvent, now: datetime) -> None:
    """To finance: the gateway told what no rule can place. Not to those who belong to the business that paid, who may
    not settle it (`settle_event`)."""
    context = {
        "payer": event.payment.payer if event.payment else "",
        "why": WHY.get(event.why, event.why),
        "url": absolute("admin:billing_gatewayevent_change", event.pk),
    }
    finance = User.objects.filter(is_active=True, is_staff=True, groups__name="finance")
    business = event.payment.professional if event.payment else None
    for user in finance.order_by("pk"):
        if business is not None and business.has_person(user):
            continue
        outbox.write(
            kind="billing/gateway_needs_person",
            cause=f"gateway_event:{event.pk}",
            to=user.email,
            language=user.language,
            context=context,
            now=now,
        )


def payment_reversed(reversal: Reversal, now: datetime) -> None:
    """What the bank took back, and what that did."""
    reopened = reversal.reopened.invoice if reversal.reopened else None
    invoice = reopened or reversal.rest_invoice
    period = (
        Period.objects.of_invoice(invoice).select_related("subscription__plan").first() if invoice else None
    )
    context = _of_reversal(reversal) | {
        "taken_cents": -reversal.entry.amount_cents if reversal.entry else 0,
        "rest_invoice": reversal.rest_invoice,
        "reopened": reopened,
        "plan": period.subscription.plan if period else None,
        "lapses_on": period.lapses_by(invoice) if period and invoice else None,
        "url": _page_of(reversal.payment) or (_address(invoice) if invoice else absolute("billing:overview")),
    }
    _to_payer(
        "payment_reversed",
        f"reversal:{reversal.public_id}",
        reversal.payment,
        context,
        now,
        to_bookkeeper=True,
    )


def reversal_undone(reversal: Reversal, now: datetime) -> None:
    """What the bank gave back, and what that undid."""
    reopened = reversal.reopened
    context = _of_reversal(reversal) | {
        "back_cents": reversal.undone_entry.amount_cents if reversal.undone_entry else 0,
        "restored": reopened is not None and reopened.state == InvoicePayment.State.STANDING,
        "rest_invoice": reversal.rest_invoice,
        "reopened": reopened.invoice if reopened else None,
        "url": _page_of(reversal.payment) or absolute("billing:overview"),
    }
    _to_payer(
        "reversal_undone",
        f"reversal:{reversal.public_id}",
        reversal.payment,
        context,
        now,
        to_bookkeeper=True,
    )


def _of_reversal(reversal: Reversal) -> dict[str, Any]:
    payment = reversal.payment
    wallet = (
        Wallet.objects.filter(professional=payment.professional).first() if payment.professional else None
    )
    return {
        "amount_cents": reversal.amount_cents,
        "paid_at": payment.paid_at,
        "prepayment": payment.prepayment,
        "of_business": payment.professional is not None,
        "balance_cents": wallet.balance_cents if wallet else 0,
    }


def _of(period: Period) -> dict[str, Any]:
    """What most of the mails say: the plan, its days, and the invoice with where to see it."""
    return {
        "plan": period.subscription.plan,
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
        "invoice": period.invoice,
        "invoice_url": _address(period.invoice),
        "url": absolute("billing:overview"),
    }


def _page_of(payment: GatewayPayment) -> str:
    """Where whoever pays in advance sees how it stands; "" of other payments."""
    return settings.SITE_URL + payment.prepayment.path if payment.prepayment else ""


def _to_payer(
    name: str,
    cause: str,
    payment: GatewayPayment,
    context: dict[str, Any],
    now: datetime,
    *,
    to_bookkeeper: bool = False,
) -> None:
    """To the business that pays; where it is none of the marketplace, to the address for its invoices."""
    if payment.professional is not None:
        _write(name, cause, payment.professional, context, now, to_bookkeeper=to_bookkeeper)
        return
    assert payment.prepayment is not None  # The database holds that it is of one of them.
    _to_customer(name, cause, payment.prepayment.customer, payment.prepayment.language, context, now)


def _to_customer(
    name: str, cause: str, customer: Customer, language: str, context: dict[str, Any], now: datetime
) -> None:
    """To the address for the invoices of somebody who is no business of the marketplace, if there is one."""
    if customer.email:
        outbox.write(
            kind=f"billing/{name}",
            cause=cause,
            to=customer.email,
            language=language,
            context=context | {"business": customer.name},
            now=now,
        )


def _to_buyer(name: str, cause: str, invoice: Invoice, context: dict[str, Any], now: datetime) -> None:
    """To the business that is invoiced, and to its address for invoices; to that alone where it is no business of the
    marketplace, in the language in which what it bought was offered."""
    customer = invoice.customer
    if customer.professional is not None:
        _write(name, cause, customer.professional, context | {"of_business": True}, now, to_bookkeeper=True)
        return
    bought = Prepayment.objects.filter(Q(invoice=invoice) | Q(invoice__rests=invoice)).first()
    _to_customer(name, cause, customer, bought.language if bought else "", context | {"bought": bought}, now)


def _address(invoice: Invoice) -> str:
    """Where its buyer sees it: a client of the desk that is no business of the marketplace has it there."""
    of_business = invoice.customer.professional_id is not None
    return absolute("billing:invoice" if of_business else "support:invoice", public_id=invoice.public_id)


def _write(
    name: str,
    cause: str,
    professional: Professional,
    context: dict[str, Any],
    now: datetime,
    *,
    to_bookkeeper: bool = False,
) -> None:
    """To the owner, in their language; with `to_bookkeeper`, also to the address for invoices where it is another.

    Of a business that was closed nobody is left to be written to.
    """
    if professional.closed_at is not None:
        return
    owner = professional.owner
    recipients = [owner.email]
    if to_bookkeeper:
        customer = getattr(professional, "customer", None)
        if customer and customer.email.lower() != owner.email.lower():
            recipients.append(customer.email)
    for recipient in recipients:
        outbox.write(
            kind=f"billing/{name}",
            cause=cause,
            to=recipient,
            language=owner.language,
            context=context | {"business": professional.name},
            now=now,
        )

"""Invoices and the money received for them (M10, M14)."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from base.days import marketplace_day
from base.models import move_to
from base.money import money
from base.numbers import next_number
from billing import letters
from billing.errors import BillingError
from billing.models import (
    BankTransfer,
    Customer,
    GatewayPayment,
    Invoice,
    InvoiceNumber,
    InvoicePayment,
    Period,
    SubscriptionEvent,
    Wallet,
)
from billing.plan_dates import begun_and_until
from billing.plan_endings import close_what_ended
from billing.signals import invoice_paid
from billing.top_ups import book_top_up
from billing.transfers import begin_transfer, check_transfer, refuse_own, refuse_parts
from billing.wallet import open_wallet
from profiles.models import Professional, User
from profiles.plain_text import fit


def tax_included(total_cents: int, rate_basis_points: int) -> int:
    """The tax within a total that includes it, in whole cents, half a cent rounded up.

    116.00 at 16 % holds 16.00. Integers all the way: no rounding of a rounded amount.
    """
    whole = 10_000 + rate_basis_points
    return (2 * total_cents * rate_basis_points + whole) // (2 * whole)


def issue_invoice(
    *,
    customer: Customer,
    description: str,
    total_cents: int,
    issued_on: date,
    due_on: date,
    origin: Invoice.Origin = Invoice.Origin.CONTRACT,
    rest_of: Invoice | None = None,
    public_id: uuid.UUID | None = None,
    by: User | None = None,
    recorded_at: datetime | None = None,
    taxed: bool = True,
) -> Invoice:
    """Issues an invoice over `total_cents`, tax included, by the seller and to the customer as they are called today;
    not `taxed`: over money alone, whose tax another invoice says.

    An invoice over nothing is paid when it is issued. `rest_of`: of which one this is a part that was paid and that
    the bank took back. `by` is the member of staff who issued it by hand, `recorded_at`; without them it was the
    product itself.
    """
    with transaction.atomic():
        rate = settings.TAX_RATE_BASIS_POINTS if taxed else 0
        return Invoice.objects.create(
            year=issued_on.year,
            sequence=next_number(InvoiceNumber, issued_on.year),
            customer=customer,
            seller_name=settings.SELLER_NAME,
            seller_tax_id=settings.SELLER_TAX_ID,
            seller_address=settings.SELLER_ADDRESS,
            buyer_name=customer.name,
            buyer_tax_id=customer.tax_id,
            buyer_address=customer.address,
            description=description,
            origin=origin,
            rest_of=rest_of,
            issued_on=issued_on,
            due_on=due_on,
            total_cents=total_cents,
            tax_cents=tax_included(total_cents, rate),
            tax_rate_basis_points=rate,
            payable_cents=total_cents,
            paid_on=None if total_cents else issued_on,
            public_id=public_id or uuid.uuid4(),
            recorded_by=by,
            recorded_at=recorded_at,
        )


def issue_by_hand(
    *,
    customer: Customer,
    description: str,
    total_cents: int,
    by: User,
    now: datetime,
    due_on: date | None = None,
    public_id: uuid.UUID | None = None,
) -> Invoice:
    """An invoice by finance, over what the product does not invoice by itself. Its buyer is told.

    Without `due_on` it is due when that of a plan would be. `public_id` is what makes two sendings of one form one
    invoice: the same id again returns what stands, if that is to this customer and over this amount.
    Raises BillingError: "no_description", "not_positive", "due_before", "own_business", "closed_account", "form_used";
    ProfileError "too_long".
    """
    today = marketplace_day(now)
    description = fit(description, field="description", most=200)
    if not description:
        raise BillingError("no_description", _("Write what the invoice is for."), field="description")
    if total_cents <= 0:
        raise BillingError("not_positive", _("The amount must be more than nothing."), field="amount")
    due_on = due_on or today + timedelta(days=settings.INVOICE_DUE_DAYS)
    if due_on < today:
        raise BillingError("due_before", _("It cannot be due before it is issued."), field="due_on")
    public_id = public_id or uuid.uuid4()
    with transaction.atomic():
        professional = customer.professional
        if professional:
            professional = Professional.objects.select_for_update(no_key=True).get(pk=professional.pk)
        refuse_own(customer.pk, professional, by)
        customer = Customer.objects.select_for_update(no_key=True, of=("self",)).get(pk=customer.pk)
        standing = Invoice.objects.filter(public_id=public_id).first()
        if standing:
            if (standing.customer_id, standing.total_cents) != (customer.pk, total_cents):
                raise BillingError(
                    "form_used",
                    _(
                        "This form has already issued invoice %(number)s over %(amount)s. Nothing more was issued. "
                        "Open a new form for another invoice."
                    )
                    % {"number": standing.number, "amount": money(standing.total_cents)},
                )
            return standing
        if professional and professional.closed_at is not None:
            raise BillingError(
                "closed_account",
                _(
                    "This business has closed its account, so there is nobody to be invoiced. Nothing was issued."
                ),
            )
        invoice = issue_invoice(
            customer=customer,
            description=description,
            total_cents=total_cents,
            issued_on=today,
            due_on=due_on,
            public_id=public_id,
            by=by,
            recorded_at=now,
        )
        letters.invoice_issued(invoice, now)
        return invoice


def lock_invoice(invoice: Invoice) -> tuple[Invoice, Professional | None]:
    """The invoice, read again under its lock, and the business that it is to, locked before it with its balance, as
    everywhere: what settles an invoice may bring a lapsed plan back into force, and that must not happen while the
    same business is contracting another."""
    professional_id = (
        Customer.objects.filter(invoices=invoice.pk).values_list("professional_id", flat=True).get()
    )
    professional = Professional.objects.select_for_update(no_key=True).filter(pk=professional_id).first()
    if professional:
        Wallet.objects.select_for_update(no_key=True).filter(professional=professional).first()
    return Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk), professional


def save_customer(*, customer: Customer, values: Mapping[str, str], by: User | None = None) -> Customer:
    """Writes who is invoiced from now on: `values` by the names of their fields; what is not among them stays.

    `by` is the member of staff who does it. Returns the row as it stands then. Raises BillingError "own_business".
    """
    with transaction.atomic():
        professional = None
        if customer.professional_id is not None:
            professional = Professional.objects.select_for_update(no_key=True, of=("self",)).get(
                pk=customer.professional_id
            )
        if by is not None:
            refuse_own(customer.pk, professional, by)
        locked = Customer.objects.select_for_update(no_key=True, of=("self",)).get(pk=customer.pk)
        for field, value in values.items():
            setattr(locked, field, value)
        locked.save(update_fields=list(values))
    return locked


def record_invoice_payment(
    *,
    invoice: Invoice,
    amount_cents: int,
    received_on: date,
    reference: str,
    by: User,
    now: datetime,
    rest_to_balance: bool = False,
) -> InvoicePayment:
    """Records a bank transfer that pays an invoice, all that is still to be paid of it; what is above that is put
    onto the balance where `rest_to_balance` says so. The same transfer again returns what stands.

    The invoice counts as paid from the day the money came (`received_on`), never before it was issued.
    Raises BillingError: "wrong_amount" (too little; or too much, and the buyer has no balance or has closed its
    account), "more_than_owed" (and not said that the rest is for the balance), "parts_recorded" (the rest may be for
    what a part of the transfer has paid), "already_paid", "nothing_owed", "reference_taken", "surplus_booked",
    "no_reference", "received_later", "own_business".
    """
    today = marketplace_day(now)
    reference = check_transfer(reference=reference, received_on=received_on, today=today)
    with transaction.atomic():
        invoice, professional = lock_invoice(invoice)
        refuse_own(invoice.customer_id, professional, by)
        standing = invoice.payments.filter(
            transfer__reference=reference, transfer__amount_cents=amount_cents
        ).first()
        if standing:
            return standing
        transfer = begin_transfer(reference=reference, amount_cents=amount_cents)
        _refuse_settled(invoice)
        above_cents = _above(invoice, professional, amount_cents)
        if above_cents:
            refuse_parts(reference)
        if above_cents and not rest_to_balance:
            raise BillingError(
                "more_than_owed",
                _(
                    "The transfer is %(above)s more than what is to be paid of invoice %(number)s. Tick here to book "
                    "that onto the balance of %(name)s. Nothing was recorded."
                )
                % {"above": money(above_cents), "number": invoice.number, "name": invoice.buyer_name},
                field="rest_to_balance",
            )
        paid = settle_invoice(
            invoice=invoice,
            received_on=received_on,
            reference=reference,
            by=by,
            payment=None,
            transfer=transfer,
            now=now,
        )
        if above_cents and professional:
            book_top_up(
                wallet=open_wallet(professional=professional),
                public_id=uuid.uuid4(),
                amount_cents=above_cents,
                received_on=received_on,
                reference=reference,
                by=by,
                payment=None,
                transfer=transfer,
                meant_for=invoice,
                now=now,
            )
        return paid


def _refuse_settled(invoice: Invoice) -> None:
    """A transfer for an invoice on which nothing is owed belongs elsewhere."""
    if invoice.paid_on is not None:
        raise BillingError(
            "already_paid",
            _("Invoice %(number)s is already paid. Record this transfer where the money belongs.")
            % {"number": invoice.number},
        )
    if invoice.credited_on is not None:
        raise BillingError(
            "nothing_owed",
            _(
                "Invoice %(number)s was taken back by credit note, so nothing is owed on it. Record this "
                "transfer where the money belongs."
            )
            % {"number": invoice.number},
        )


def _above(invoice: Invoice, professional: Professional | None, amount_cents: int) -> int:
    """How many cents of a transfer are above what is to be paid. Raises BillingError, "wrong_amount": it is too little,
    or no balance can take what is above."""
    above_cents = amount_cents - invoice.open_cents
    takes_more = professional is not None and professional.closed_at is None
    if above_cents < 0 or (above_cents and not takes_more):
        raise BillingError(
            "wrong_amount",
            _(
                "Of invoice %(number)s %(total)s are to be paid and the transfer is of %(amount)s. An invoice "
                "is paid whole: nothing was recorded."
            )
            % {
                "number": invoice.number,
                "total": money(invoice.open_cents),
                "amount": money(amount_cents),
            },
            field="amount",
        )
    return above_cents


def settle_invoice(
    *,
    invoice: Invoice,
    received_on: date,
    reference: str,
    by: User | None,
    payment: GatewayPayment | None,
    now: datetime,
    transfer: BankTransfer | None = None,
) -> InvoicePayment:
    """Money for all that is to be paid of an invoice has come: by `transfer` (`by` recorded it), or through a gateway
    (`payment`).

    The one door: whichever way it came, it pays the invoice, may bring a lapsed plan back, and tells. The caller
    holds the locks of its professional and of the invoice, which is owed, and has compared the amounts: what came
    above that is booked elsewhere.
    """
    # A transfer that is recorded late came on an earlier day: it brings no plan back that had ended by then.
    close_what_ended(invoice, now)
    today = marketplace_day(now)
    lapsed = lapsed_for(invoice, today)
    paid = InvoicePayment.objects.create(
        invoice=invoice,
        amount_cents=invoice.open_cents,
        received_on=received_on,
        reference=reference,
        recorded_by=by,
        recorded_at=now,
        gateway_payment=payment,
        transfer=transfer,
    )
    invoice.paid_on = max(received_on, invoice.issued_on)
    invoice.save(update_fields=["paid_on"])
    restored_until = note_restored(lapsed, invoice, by, today, now) if lapsed else None
    invoice_paid.send(sender=Invoice, invoice=invoice, payment=paid, now=now)
    letters.payment_received(paid, restored_until, now)
    return paid


def reverse_invoice_payment(payment: InvoicePayment, now: datetime) -> None:
    """The bank took back what had paid an invoice: it is reopened (M10), and its buyer is reminded of it, and its
    plan lapses and that is told, as of a debt that is as old as today (`Invoice.unpaid_from`). The caller holds the
    locks of its professional and of the invoice."""
    move_to(payment, InvoicePayment.State.REVERSED)
    payment.save(update_fields=["state"])
    invoice = payment.invoice
    close_what_ended(invoice, now)
    invoice.paid_on, invoice.reopened_on = None, marketplace_day(now)
    invoice.save(update_fields=["paid_on", "reopened_on"])


def restore_invoice_payment(payment: InvoicePayment, now: datetime) -> int:
    """The bank gave it back: the invoice is paid again, and the plan that lapsed meanwhile is in force again.

    Returns how many cents of it the invoice takes: what is still to be paid, which a credit note may have made less
    since, and nothing if something else paid it or took it back. The caller holds the locks of its professional and
    of the invoice, and books what is above that.
    """
    today = marketplace_day(now)
    invoice = Invoice.objects.get(pk=payment.invoice_id)
    if not invoice.is_owed:
        return 0
    close_what_ended(invoice, now)
    lapsed = lapsed_for(invoice, today)
    move_to(payment, InvoicePayment.State.STANDING)
    # While it is to be paid again, an invoice can only have become smaller.
    payment.amount_cents = invoice.open_cents
    payment.save(update_fields=["state", "amount_cents"])
    invoice.paid_on = max(payment.received_on, invoice.issued_on)
    invoice.save(update_fields=["paid_on"])
    if lapsed:
        note_restored(lapsed, invoice, None, today, now)
    return payment.amount_cents


def lapsed_for(invoice: Invoice, today: date) -> Period | None:
    """The period whose plan is lapsed today because `invoice` is not paid (M9); to be asked before it is settled."""
    return Period.objects.of_invoice(invoice).lapsed(today).select_related("subscription").first()


def note_restored(
    lapsed: Period, invoice: Invoice, by: User | None, today: date, now: datetime
) -> date | None:
    """Writes down that the plan of a period that had lapsed is in force again, if it is. Returns until when."""
    subscription = lapsed.subscription
    if not subscription.periods.in_force(today).exists():
        return None
    # When it lapses again, that is told again.
    subscription.periods.update(lapse_noted_at=None)
    SubscriptionEvent.objects.create(
        subscription=subscription,
        actor=by,
        from_state=SubscriptionEvent.Step.LAPSED,
        to_state=SubscriptionEvent.Step.RESTORED,
        reason=invoice.number,
        at=now,
    )
    return begun_and_until(subscription.periods.latest("ends_on"), today)[1]


def payments_current(professional: Professional, today: date) -> bool:
    """Whether no invoice of theirs is past due (G9)."""
    return not Invoice.objects.past_due(today).filter(customer__professional=professional).exists()

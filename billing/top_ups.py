"""Money put onto a balance, and corrections of it by finance (M8, M10)."""

import uuid
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from base.days import marketplace_day
from base.money import money
from billing import letters
from billing.errors import BillingError
from billing.models import (
    BalanceCorrection,
    BankTransfer,
    GatewayPayment,
    Invoice,
    TopUp,
    Wallet,
    WalletEntry,
)
from billing.transfers import begin_transfer, check_transfer, refuse_own_business
from billing.wallet import credit, debit, open_wallet
from profiles.models import Professional, User
from profiles.plain_text import fit


def record_top_up(
    *,
    professional: Professional,
    amount_cents: int,
    received_on: date,
    reference: str,
    by: User,
    now: datetime,
) -> TopUp:
    """Records a bank transfer and credits the balance with it. The same transfer again returns what stands.

    Raises BillingError: "not_positive", "reference_taken" (recorded for somebody or something else, or with
    another amount), "no_reference", "received_later", "own_business", "closed_account".
    """
    today = marketplace_day(now)
    reference = check_transfer(reference=reference, received_on=received_on, today=today)
    if amount_cents <= 0:
        raise BillingError("not_positive", _("The amount must be more than nothing."), field="amount")
    with transaction.atomic():
        professional = Professional.objects.select_for_update(no_key=True).get(pk=professional.pk)
        refuse_own_business(professional, by)
        wallet = open_wallet(professional=professional)
        # Of the whole transfer: what an invoice left of one was recorded with that invoice.
        standing = wallet.top_ups.filter(
            amount_cents=amount_cents, transfer__reference=reference, transfer__amount_cents=amount_cents
        ).first()
        if standing:
            return standing
        if professional.closed_at is not None:
            raise BillingError(
                "closed_account",
                _(
                    "This business has closed its account, and nobody could spend a balance there. "
                    "Send the money back. Nothing was recorded."
                ),
            )
        transfer = begin_transfer(reference=reference, amount_cents=amount_cents)
        return book_top_up(
            wallet=wallet,
            public_id=uuid.uuid4(),
            amount_cents=amount_cents,
            received_on=received_on,
            reference=reference,
            by=by,
            payment=None,
            transfer=transfer,
            now=now,
        )


def book_top_up(
    *,
    wallet: Wallet,
    public_id: uuid.UUID,
    amount_cents: int,
    received_on: date,
    reference: str,
    by: User | None,
    payment: GatewayPayment | None,
    now: datetime,
    transfer: BankTransfer | None = None,
    meant_for: Invoice | None = None,
) -> TopUp:
    """Money has come for a balance: by `transfer` (`by` recorded it) or through a gateway (`payment`, whose id the
    top-up has, so that it is credited once). `meant_for` is the invoice that the payment was for, and that needed
    less of it, or nothing any more. The caller holds the professional's lock.
    """
    entry = credit(
        wallet=wallet,
        amount_cents=amount_cents,
        kind=WalletEntry.Kind.TOP_UP,
        cause=f"top_up:{public_id}",
        now=now,
    )
    top_up = TopUp.objects.create(
        public_id=public_id,
        wallet=wallet,
        amount_cents=amount_cents,
        received_on=received_on,
        reference=reference,
        recorded_by=by,
        recorded_at=now,
        gateway_payment=payment,
        transfer=transfer,
        entry=entry,
    )
    letters.top_up_received(top_up, wallet.professional, meant_for, now)
    return top_up


def correct_balance(
    *,
    professional: Professional,
    amount_cents: int,
    reason: str,
    by: User,
    now: datetime,
    public_id: uuid.UUID | None = None,
) -> BalanceCorrection:
    """Adds (positive) or takes (negative) whole cents, with the reason, which stays with finance.

    `public_id` is what makes two sendings of one form one correction: the same id again returns what stands, if that
    is of this balance and amount.
    Raises BillingError: "nothing_to_correct", "no_reason", "own_business", "form_used" (the id made another
    correction), "closed_account", "balance_too_low"; ProfileError "too_long".
    """
    reason = fit(reason, field="reason", most=2000, lines=True)
    if not amount_cents:
        raise BillingError(
            "nothing_to_correct", _("A correction of nothing changes nothing."), field="amount"
        )
    if not reason:
        raise BillingError("no_reason", _("Write why the balance is corrected."), field="reason")
    public_id = public_id or uuid.uuid4()
    with transaction.atomic():
        professional = Professional.objects.select_for_update(no_key=True).get(pk=professional.pk)
        refuse_own_business(professional, by)
        wallet = open_wallet(professional=professional)
        standing = BalanceCorrection.objects.filter(public_id=public_id).first()
        if standing:
            if (standing.wallet_id, standing.amount_cents) != (wallet.pk, amount_cents):
                raise BillingError(
                    "form_used",
                    _(
                        "This form has already made another correction, of %(amount)s for %(name)s. Nothing more was "
                        "changed. Open a new form for another correction."
                    )
                    % {
                        "amount": money(standing.amount_cents),
                        "name": standing.wallet.professional.name,
                    },
                )
            return standing
        if professional.closed_at is not None:
            raise BillingError(
                "closed_account",
                _(
                    "This business has closed its account, and its balance stays as it was. Nothing was changed."
                ),
            )
        book = credit if amount_cents > 0 else debit
        try:
            entry = book(
                wallet=wallet,
                amount_cents=abs(amount_cents),
                kind=WalletEntry.Kind.CORRECTION,
                cause=f"correction:{public_id}",
                now=now,
            )
        except BillingError as refusal:
            if refusal.code != "balance_too_low":
                raise
            raise BillingError(
                "balance_too_low",
                _("A balance cannot go below zero. Take at most what it holds."),
                field="amount",
            ) from refusal
        return BalanceCorrection.objects.create(
            public_id=public_id,
            wallet=wallet,
            amount_cents=amount_cents,
            reason=reason,
            recorded_by=by,
            recorded_at=now,
            entry=entry,
        )

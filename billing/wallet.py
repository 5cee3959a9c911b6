"""The ledger of balances: the only place that writes an entry (M8)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from base.money import money
from billing.errors import BillingError
from billing.models import Wallet, WalletEntry
from profiles.models import Professional


def open_wallet(*, professional: Professional) -> Wallet:
    """The professional's wallet, made if there is none yet."""
    return Wallet.objects.get_or_create(professional=professional)[0]


def credit(
    *, wallet: Wallet, amount_cents: int, kind: WalletEntry.Kind, cause: str, now: datetime
) -> WalletEntry:
    """Adds whole cents to a balance. `wallet` needs its id only; its `balance_cents` is brought up to date.

    Asked again for the same kind and cause, it returns the entry that stands and changes nothing.
    Raises BillingError("cause_taken") if that entry is of another wallet or amount.
    """
    return _book(wallet, amount_cents, amount_cents, kind, cause, now)


def debit(
    *, wallet: Wallet, amount_cents: int, kind: WalletEntry.Kind, cause: str, now: datetime
) -> WalletEntry:
    """Takes whole cents from a balance, as `credit` adds them.

    Raises BillingError("balance_too_low") rather than go below zero.
    """
    return _book(wallet, amount_cents, -amount_cents, kind, cause, now)


def _book(
    wallet: Wallet, amount_cents: int, signed_cents: int, kind: WalletEntry.Kind, cause: str, now: datetime
) -> WalletEntry:
    """Four statements: lock, look, insert, update.

    The lock closes two races: two debits that both see the last money, and two retries of one cause that both
    find no entry. So the look comes after the lock, in a statement of its own (one that waited for the lock
    would still look with the eyes it had before), and before the balance is judged: a purchase sent again
    after it emptied the balance is the purchase that stands, not a refusal.

    No savepoint: within the caller's transaction a refusal is raised after the block, having written nothing.
    """
    if amount_cents <= 0:
        raise ValueError("An entry's amount is positive; credit and debit give it its sign.")
    refusal = None
    with transaction.atomic(savepoint=False):
        balance = (
            Wallet.objects.select_for_update(no_key=True)
            .values_list("balance_cents", flat=True)
            .get(pk=wallet.pk)
        )
        entry = WalletEntry.objects.filter(kind=kind, cause=cause).first()
        if entry is not None:
            if (entry.wallet_id, entry.amount_cents) != (wallet.pk, signed_cents):
                refusal = BillingError(
                    "cause_taken", _("This was already booked with another amount. Nothing was changed.")
                )
        elif balance + signed_cents < 0:
            refusal = BillingError(
                "balance_too_low",
                _(
                    "Your balance is %(balance)s and this costs %(amount)s. Top up your balance, then try again."
                )
                % {"balance": money(balance), "amount": money(amount_cents)},
            )
        else:
            balance += signed_cents
            entry = WalletEntry.objects.create(
                wallet_id=wallet.pk,
                amount_cents=signed_cents,
                balance_after_cents=balance,
                kind=kind,
                cause=cause,
                at=now,
            )
            Wallet.objects.filter(pk=wallet.pk).update(balance_cents=balance)
    wallet.balance_cents = balance
    if refusal:
        raise refusal
    assert entry is not None
    return entry

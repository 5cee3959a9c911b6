"""The tables of billing, by noun."""

from billing.models.balances import BalanceCorrection, TopUp, Wallet, WalletEntry
from billing.models.customers import Customer
from billing.models.invoices import Invoice, InvoiceNumber, InvoicePayment
from billing.models.plans import LAPSE_AFTER, Period, Plan, Subscription, SubscriptionEvent

__all__ = [
    "LAPSE_AFTER",
    "BalanceCorrection",
    "Customer",
    "Invoice",
    "InvoiceNumber",
    "InvoicePayment",
    "Period",
    "Plan",
    "Subscription",
    "SubscriptionEvent",
    "TopUp",
    "Wallet",
    "WalletEntry",
]

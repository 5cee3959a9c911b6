"""The tables of billing, by noun."""

from billing.models.balances import BalanceCorrection, TopUp, Wallet, WalletEntry
from billing.models.customers import Customer
from billing.models.invoices import (
    CreditNote,
    CreditNoteNumber,
    Invoice,
    InvoiceNumber,
    InvoicePayment,
)
from billing.models.payments import GatewayEvent, GatewayPayment, GatewayPaymentEvent, RefusedWebhook
from billing.models.plans import LAPSE_AFTER, Period, Plan, Subscription, SubscriptionEvent
from billing.models.prepayments import Prepayment
from billing.models.reminders import InvoiceReminder
from billing.models.reversals import Reversal
from billing.models.transfers import BankTransfer

__all__ = [
    "LAPSE_AFTER",
    "BalanceCorrection",
    "BankTransfer",
    "CreditNote",
    "CreditNoteNumber",
    "Customer",
    "GatewayEvent",
    "GatewayPayment",
    "GatewayPaymentEvent",
    "Invoice",
    "InvoiceNumber",
    "InvoicePayment",
    "InvoiceReminder",
    "Period",
    "Plan",
    "Prepayment",
    "RefusedWebhook",
    "Reversal",
    "Subscription",
    "SubscriptionEvent",
    "TopUp",
    "Wallet",
    "WalletEntry",
]

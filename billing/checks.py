"""System checks of billing: what the settings of payments must be before any money moves (M10)."""

from typing import Any

from babel.numbers import get_currency_precision
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

# Secret and restricted keys, of each mode.
STRIPE_KEYS = ("sk_test_", "sk_live_", "rk_test_", "rk_live_")
GATEWAYS = ("none", "stripe", "test")


@register()
def payments_are_configured(*, app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    gateway = settings.PAYMENT_GATEWAY
    wrong: list[CheckMessage] = []
    if gateway not in GATEWAYS:
        wrong.append(
            Error(
                f"PAYMENT_GATEWAY is {gateway!r}.", hint=f"One of: {', '.join(GATEWAYS)}.", id="billing.E001"
            )
        )
    if gateway == "test" and not (settings.DEBUG or settings.DEMO):
        wrong.append(
            Error(
                "The test gateway takes no money, and this is neither development nor a demonstration.",
                hint="Set PAYMENT_GATEWAY to stripe or none. Until then nobody can pay online.",
                id="billing.E002",
            )
        )
    if gateway == "stripe" and not (settings.STRIPE_SECRET_KEY and settings.STRIPE_WEBHOOK_SECRET):
        wrong.append(
            Error(
                "Stripe is chosen and STRIPE_SECRET_KEY or STRIPE_WEBHOOK_SECRET is not set.",
                hint="docs/payments.md says where they are found. Until then nobody can pay online.",
                id="billing.E003",
            )
        )
    elif gateway == "stripe" and not settings.STRIPE_SECRET_KEY.startswith(STRIPE_KEYS):
        wrong.append(
            Error(
                "STRIPE_SECRET_KEY is neither a test key nor a live one.",
                hint=f"It begins with one of: {', '.join(STRIPE_KEYS)}. Events of the other mode change nothing.",
                id="billing.E006",
            )
        )
    if gateway == "stripe" and get_currency_precision(settings.CURRENCY) != 2:
        wrong.append(
            Error(
                f"Amounts are kept in hundredths, and {settings.CURRENCY} has none.",
                hint="Stripe counts this currency in another unit: payments online need one with cents.",
                id="billing.E004",
            )
        )
    if not 0 < settings.TOP_UP_MIN_CENTS <= settings.TOP_UP_MAX_CENTS:
        wrong.append(Error("TOP_UP_MIN_CENTS and TOP_UP_MAX_CENTS leave no amount.", id="billing.E005"))
    return wrong

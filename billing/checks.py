"""System checks of billing: what the settings must be before anything is invoiced or paid (M10, M14)."""

from typing import Any

from babel.numbers import get_currency_precision
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from base.tax_ids import tax_id_kind

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


@register()
def the_seller_is_named(*, app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A live site invoices in its own name, and has transfers sent to its own account (M14)."""
    if settings.DEBUG or settings.DEMO:
        return []
    of_the_demonstration = settings.OF_THE_DEMONSTRATION.items()
    forgotten = [name for name, value in of_the_demonstration if getattr(settings, name) in ("", value)]
    if forgotten:
        said = f"Invoices would be the demonstration's, or nobody's: {', '.join(forgotten)} not set."
    elif tax_id_kind(settings.SELLER_TAX_ID) is None:
        said = "SELLER_TAX_ID cannot be right: no RFC, NIF or partita IVA has this form."
    else:
        return []
    hint = (
        "What is issued cannot be changed. docs/settings.md says what each is; a demonstration sets DEMO=1."
    )
    return [Error(said, hint=hint, id="billing.E007")]

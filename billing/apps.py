from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from base.registry import grant


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Plans and balance")

    def ready(self) -> None:
        from billing import (  # noqa: F401 - importing them registers what they hold
            checks,
            invariants,
            origins,
            personal,
        )

        grant(
            "finance",
            "billing.view_customer",
            "billing.change_customer",
            "billing.view_plan",
            "billing.add_plan",
            "billing.change_plan",
            "billing.view_subscription",
            "billing.cancel_subscription",
            "billing.view_period",
            "billing.view_subscriptionevent",
            "billing.view_invoice",
            "billing.add_invoice",
            "billing.view_invoicepayment",
            "billing.add_invoicepayment",
            "billing.view_creditnote",
            "billing.add_creditnote",
            "billing.view_wallet",
            "billing.view_walletentry",
            "billing.view_topup",
            "billing.add_topup",
            "billing.view_balancecorrection",
            "billing.add_balancecorrection",
            "billing.view_gatewaypayment",
            "billing.view_gatewaypaymentevent",
            "billing.view_gatewayevent",
            "billing.settle_gatewayevent",
            "billing.view_reversal",
            "billing.view_refusedwebhook",
            "billing.view_prepayment",
        )

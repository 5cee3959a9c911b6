"""Balances in the office, every entry of them, and what finance puts onto them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from base.admin import OfficeAdmin
from base.money import money
from billing.admin.recorded import LookOnly, Recorded
from billing.forms import CorrectionForm, TopUpForm
from billing.models import (
    BalanceCorrection,
    TopUp,
    Wallet,
    WalletEntry,
)
from billing.transfers import find_by_reference, transfer_reference


@admin.register(Wallet)
class WalletAdmin(LookOnly, OfficeAdmin):
    list_display = ("professional", "transfer_reference", "balance")
    list_select_related = ("professional",)
    search_fields = ("professional__name", "professional__owner__email", "professional__tax_id")
    search_help_text = _(
        "Part of the name, e-mail or tax id, or the reference on a transfer (Q-1A2B3C4D5E6F)."
    )
    ordering = ("professional__name",)
    show_full_result_count = False
    fields = ("professional", "transfer_reference", "balance", "statement")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found = find_by_reference(search_term)
        if found is not None:
            return queryset.filter(professional__in=found), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("reference on transfers"))
    def transfer_reference(self, wallet: Wallet) -> str:
        return transfer_reference(wallet.professional)

    @admin.display(description=_("balance"), ordering="balance_cents")
    def balance(self, wallet: Wallet) -> str:
        return money(wallet.balance_cents)

    @admin.display(description=_("statement"))
    def statement(self, wallet: Wallet) -> str:
        return format_html(
            '<a href="{}?wallet__id__exact={}">{}</a>',
            reverse("admin:billing_walletentry_changelist"),
            wallet.pk,
            gettext("See every entry of this balance"),
        )


@admin.register(WalletEntry)
class WalletEntryAdmin(LookOnly, OfficeAdmin):
    list_display = ("at", "wallet", "kind", "amount", "balance_after", "cause")
    list_filter = ("kind",)
    list_select_related = ("wallet__professional",)
    search_fields = ("cause", "wallet__professional__name")
    show_full_result_count = False
    fields = ("wallet", "at", "kind", "amount", "balance_after", "cause")
    # The link on a balance's page.
    linked_lookups = ("wallet__id__exact",)

    @admin.display(description=_("amount"), ordering="amount_cents")
    def amount(self, entry: WalletEntry) -> str:
        return money(entry.amount_cents)

    @admin.display(description=_("balance after"))
    def balance_after(self, entry: WalletEntry) -> str:
        return money(entry.balance_after_cents)


@admin.register(TopUp)
class TopUpAdmin(Recorded):
    add_form = TopUpForm
    list_display = ("reference", "wallet", "amount", "received_on", "recorded_by", "recorded_at")
    list_select_related = ("wallet__professional", "recorded_by")
    search_fields = ("reference", "wallet__professional__name")
    fields = (
        "wallet", "amount", "received_on", "reference", "gateway_payment", "recorded_by", "recorded_at",
    )  # fmt: skip

    @admin.display(description=_("amount"), ordering="amount_cents")
    def amount(self, top_up: TopUp) -> str:
        return money(top_up.amount_cents)


@admin.register(BalanceCorrection)
class BalanceCorrectionAdmin(Recorded):
    add_form = CorrectionForm
    list_display = ("recorded_at", "wallet", "amount", "reason", "recorded_by")
    list_select_related = ("wallet__professional", "recorded_by")
    search_fields = ("wallet__professional__name",)
    fields = ("wallet", "amount", "reason", "recorded_by", "recorded_at")

    @admin.display(description=_("amount"), ordering="amount_cents")
    def amount(self, correction: BalanceCorrection) -> str:
        return money(correction.amount_cents)

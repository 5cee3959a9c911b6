"""The office of finance: it looks, and it records by the same functions as everything else (X4)."""

import re
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from base.admin import OfficeAdmin, OfficeHistoryAdmin
from base.days import marketplace_day
from base.money import money
from billing.forms import CorrectionForm, CustomerForm, InvoicePaymentForm, PlanForm, RecordForm, TopUpForm
from billing.invoices import save_customer
from billing.models import (
    BalanceCorrection,
    Customer,
    Invoice,
    InvoicePayment,
    Period,
    Plan,
    Subscription,
    SubscriptionEvent,
    TopUp,
    Wallet,
    WalletEntry,
)
from billing.transfers import transfer_reference
from profiles.models import Professional, User


class LookOnly(admin.options.BaseModelAdmin):
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Recorded(OfficeAdmin):
    """Added by a form that calls the function; afterwards only looked at."""

    add_form: type[RecordForm]
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": list(self.add_form.base_fields)})]
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # A column of the list that is also a field of the form that adds.
        return ("amount",) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change=change, **kwargs)
        edge = {"recorded_by": cast(User, request.user), "now": timezone.now()}
        form: Any = type(self.add_form.__name__, (self.add_form,), edge)
        if "wallet" in form.base_fields:
            chooser = self.model._meta.get_field("wallet")
            form.base_fields["wallet"].widget = AutocompleteSelect(chooser, self.admin_site)
        return form

    def save_model(self, request: HttpRequest, obj: Model, form: forms.ModelForm, change: bool) -> None:
        """The form's function has saved it. If it stood already, the reader is told so."""
        if form.instance.stood_before:
            messages.warning(
                request, gettext("This was recorded before, and counts once. Nothing was changed.")
            )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if obj.stood_before else super().log_addition(request, obj, message)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        if obj.stood_before:
            return self.response_post_save_add(request, obj)
        return super().response_add(request, obj, post_url_continue)


@admin.register(Customer)
class CustomerAdmin(OfficeHistoryAdmin):
    form = CustomerForm
    list_display = ("name", "tax_id", "email", "professional")
    list_select_related = ("professional",)
    search_fields = ("name", "tax_id", "email")
    fields = ("professional", "name", "tax_id", "address", "email")
    readonly_fields = ("professional",)
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        # Nobody decides on a business that they own or belong to.
        own = obj and obj.professional and obj.professional.has_person(request.user)
        return super().has_change_permission(request, obj) and not own

    def save_model(self, request: HttpRequest, obj: Customer, form: forms.ModelForm, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        save_customer(customer=obj, values=values, by=cast(User, request.user))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Plan)
class PlanAdmin(OfficeHistoryAdmin):
    form = PlanForm
    list_display = ("name_en", "code", "price_of_a_period", "months", "offered")
    list_filter = ("offered",)
    search_fields = ("code", "name_en", "name_es")
    fields = (
        "code", "price", "months", "offered",
        "name_en", "summary_en", "name_es", "summary_es", "name_it", "summary_it",
    )  # fmt: skip
    actions = None

    @admin.display(description=_("price of a period"), ordering="price_cents")
    def price_of_a_period(self, plan: Plan) -> str:
        return money(plan.price_cents)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PeriodInline(LookOnly, admin.TabularInline):
    model = Period
    extra = 0
    fields = ("starts_on", "ends_on", "invoice", "renewal_announced_at", "lapse_noted_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Period]:
        return super().get_queryset(request).select_related("invoice")


class SubscriptionEventInline(LookOnly, admin.TabularInline):
    model = SubscriptionEvent
    extra = 0
    fields = ("at", "step", "actor", "reason")
    readonly_fields = ("step",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SubscriptionEvent]:
        return super().get_queryset(request).select_related("actor")

    @admin.display(description=_("step"))
    def step(self, event: SubscriptionEvent) -> str:
        return str(SubscriptionEvent.Step(event.to_state).label)


@admin.register(Subscription)
class SubscriptionAdmin(LookOnly, OfficeAdmin):
    list_display = ("professional", "plan", "contracted_on", "runs_until", "cancelled_on", "in_force")
    list_filter = ("plan",)
    list_select_related = ("professional", "plan")
    search_fields = ("professional__name", "professional__owner__email")
    fields = ("professional", "plan", "contracted_on", "runs_until", "cancelled_on")
    inlines = (PeriodInline, SubscriptionEventInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        periods = Period.objects.in_force(marketplace_day(timezone.now()))
        return (
            super()
            .get_queryset(request)
            .annotate(in_force_today=Exists(periods.filter(subscription=OuterRef("pk"))))
        )

    @admin.display(description=_("in force today"), boolean=True)
    def in_force(self, subscription: Any) -> bool:
        return subscription.in_force_today


class StandingFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("past_due", _("past due")), ("unpaid", _("to be paid")), ("paid", _("paid"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "past_due":
            return queryset.filter(
                pk__in=Invoice.objects.past_due(marketplace_day(timezone.now())).values("pk")
            )
        if self.value() in ("unpaid", "paid"):
            return queryset.filter(paid_on__isnull=self.value() == "unpaid")
        return queryset


@admin.register(Invoice)
class InvoiceAdmin(LookOnly, OfficeAdmin):
    list_display = ("number", "buyer_name", "total", "issued_on", "due_on", "paid_on")
    list_filter = (StandingFilter, "year")
    search_fields = ("buyer_name", "buyer_tax_id")
    search_help_text = _("A number (Q-2026-000015), or part of the buyer's name or tax id.")
    show_full_result_count = False
    fields = (
        "number",
        "buyer_name",
        "buyer_tax_id",
        "buyer_address",
        "description",
        "issued_on",
        "due_on",
        "paid_on",
        "total",
        "tax",
        "record_payment",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        numbered = Invoice.objects.numbered(search_term)
        if numbered:
            return queryset.filter(pk=numbered.pk), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("total"), ordering="total_cents")
    def total(self, invoice: Invoice) -> str:
        return money(invoice.total_cents)

    @admin.display(description=_("of which tax"))
    def tax(self, invoice: Invoice) -> str:
        return money(invoice.tax_cents)

    @admin.display(description=_("payment"))
    def record_payment(self, invoice: Invoice) -> str:
        if invoice.paid_on:
            return gettext("paid")
        return format_html(
            '<a href="{}?number={}">{}</a>',
            reverse("admin:billing_invoicepayment_add"),
            invoice.number,
            gettext("Record a bank transfer for this invoice"),
        )


@admin.register(InvoicePayment)
class InvoicePaymentAdmin(Recorded):
    add_form = InvoicePaymentForm
    list_display = ("reference", "invoice", "amount", "received_on", "recorded_by", "recorded_at")
    list_select_related = ("invoice", "recorded_by")
    search_fields = ("reference", "invoice__buyer_name")
    fields = ("invoice", "amount", "received_on", "reference", "recorded_by", "recorded_at")

    @admin.display(description=_("amount"), ordering="amount_cents")
    def amount(self, payment: InvoicePayment) -> str:
        return money(payment.amount_cents)


@admin.register(Wallet)
class WalletAdmin(LookOnly, OfficeAdmin):
    list_display = ("professional", "transfer_reference", "balance")
    list_select_related = ("professional",)
    search_fields = ("professional__name", "professional__owner__email", "professional__tax_id")
    search_help_text = _("Part of the name, e-mail or tax id, or the reference on a transfer (Q-1A2B3C4D).")
    ordering = ("professional__name",)
    show_full_result_count = False
    fields = ("professional", "transfer_reference", "balance", "statement")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        reference = re.fullmatch(r"Q-([0-9A-F]{8})", search_term.strip().upper())
        if reference:
            found = Professional.objects.filter(public_id__istartswith=reference[1])
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
    fields = ("wallet", "amount", "received_on", "reference", "recorded_by", "recorded_at")

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

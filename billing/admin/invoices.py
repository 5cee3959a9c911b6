"""Invoices in the office, and the bank transfers that pay them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from base.days import marketplace_day
from base.money import money
from base.spreadsheets import csv_response
from billing.admin.recorded import Recorded
from billing.forms import CreditNoteForm, InvoiceForm, InvoicePaymentForm
from billing.models import (
    CreditNote,
    Invoice,
    InvoiceNumber,
    InvoicePayment,
    TopUp,
)
from billing.models.invoices import owed
from billing.yearly import rows_of_year


class StandingFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("past_due", _("past due")),
            ("unpaid", _("to be paid")),
            ("paid", pgettext("invoice", "paid")),
            ("credited", _("settled by credit note")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "past_due":
            return queryset.filter(
                pk__in=Invoice.objects.past_due(marketplace_day(timezone.now())).values("pk")
            )
        if self.value() == "unpaid":
            return queryset.filter(owed())
        if self.value() == "paid":
            return queryset.filter(paid_on__isnull=False)
        if self.value() == "credited":
            return queryset.filter(credited_on__isnull=False)
        return queryset


@admin.register(Invoice)
class InvoiceAdmin(Recorded):
    add_form = InvoiceForm
    list_display = ("number", "buyer_name", "total", "open", "issued_on", "due_on", "paid_on")
    list_filter = (StandingFilter, "year")
    search_fields = ("buyer_name", "buyer_tax_id")
    search_help_text = _("A number (Q-2026-000015), or part of the buyer's name or tax id.")
    show_full_result_count = False
    fields = (
        "number",
        "seller_name",
        "seller_tax_id",
        "seller_address",
        "buyer_name",
        "buyer_tax_id",
        "buyer_address",
        "description",
        "issued_on",
        "due_on",
        "paid_on",
        "reopened_on",
        "total",
        "tax",
        "open",
        "record_payment",
        "credit_notes",
        "recorded_by",
        "recorded_at",
    )

    @admin.display(description=_("number"))
    def number(self, invoice: Invoice) -> str:
        return invoice.number

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("number", "total", "tax", "open", "record_payment", "credit_notes") if obj else ()

    def get_urls(self) -> list[URLPattern]:
        year = self.admin_site.admin_view(require_safe(self.of_year))
        return [path("year/<int:year>/", year, name="billing_invoice_year"), *super().get_urls()]

    def of_year(self, request: HttpRequest, year: int) -> HttpResponseBase:
        """Every invoice and credit note of a year, for the books."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = marketplace_day(timezone.now())
        rows = rows_of_year(year, Invoice.objects.all(), CreditNote.objects.all(), today)
        return csv_response(rows, name=f"quince-{year}.csv")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        years = InvoiceNumber.objects.order_by("-year").values_list("year", flat=True)
        return super().changelist_view(request, (extra_context or {}) | {"years": years})

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

    @admin.display(description=_("still to be paid"))
    def open(self, invoice: Invoice) -> str:
        return money(invoice.open_cents)

    @admin.display(description=_("credit notes"))
    def credit_notes(self, invoice: Invoice) -> str:
        standing = format_html_join(
            "",
            '<a href="{}">{}</a>, {}<br>',
            (
                (reverse("admin:billing_creditnote_change", args=[note.pk]), note, money(note.amount_cents))
                for note in invoice.credit_notes.order_by("id")
            ),
        )
        if not invoice.creditable_cents:
            return standing or "–"
        return standing + format_html(
            '<a href="{}?number={}">{}</a>',
            reverse("admin:billing_creditnote_add"),
            invoice.number,
            gettext("Correct this invoice with a credit note"),
        )

    @admin.display(description=_("payment"))
    def record_payment(self, invoice: Invoice) -> str:
        if invoice.paid_on:
            return pgettext("invoice", "paid")
        if invoice.credited_on:
            return gettext("settled by credit note")
        return format_html(
            '<a href="{}?number={}">{}</a>',
            reverse("admin:billing_invoicepayment_add"),
            invoice.number,
            gettext("Record a bank transfer for this invoice"),
        )


@admin.register(InvoicePayment)
class InvoicePaymentAdmin(Recorded):
    add_form = InvoicePaymentForm
    list_display = ("reference", "invoice", "amount", "received_on", "state", "recorded_by", "recorded_at")
    list_filter = ("state",)
    list_select_related = ("invoice", "recorded_by")
    search_fields = ("reference", "invoice__buyer_name")
    fields = (
        "invoice", "amount", "received_on", "reference", "state", "gateway_payment", "recorded_by", "recorded_at",
    )  # fmt: skip

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        above = TopUp.objects.filter(transfer=obj.transfer).first()
        if above and not form.instance.stood_before:
            said = gettext(
                "%(amount)s of this transfer were more than was to be paid, and are on the balance."
            )
            messages.info(request, said % {"amount": money(above.amount_cents)})

    @admin.display(description=_("amount"), ordering="amount_cents")
    def amount(self, payment: InvoicePayment) -> str:
        return money(payment.amount_cents)


@admin.register(CreditNote)
class CreditNoteAdmin(Recorded):
    add_form = CreditNoteForm
    list_display = ("number", "invoice", "buyer_name", "amount", "issued_on", "use", "recorded_by")
    list_filter = ("use", "year")
    list_select_related = ("invoice", "recorded_by")
    search_fields = ("buyer_name", "buyer_tax_id")
    search_help_text = _("A number (C-2026-000015), or part of the buyer's name or tax id.")
    show_full_result_count = False
    fields = (
        "number", "invoice", "seller_name", "seller_tax_id", "seller_address", "buyer_name", "buyer_tax_id",
        "buyer_address", "reason", "issued_on", "amount", "tax", "use", "recorded_by", "recorded_at",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("number", "amount", "tax") if obj else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        numbered = CreditNote.objects.numbered(search_term)
        if numbered:
            return queryset.filter(pk=numbered.pk), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("number"))
    def number(self, note: CreditNote) -> str:
        return note.number

    @admin.display(description=_("amount"), ordering="amount_cents")
    def amount(self, note: CreditNote) -> str:
        return money(note.amount_cents)

    @admin.display(description=_("of which tax"))
    def tax(self, note: CreditNote) -> str:
        return money(note.tax_cents)

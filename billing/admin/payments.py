"""Payments at a gateway in the office, and everything that the gateway said of them."""

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeAdmin, found
from base.errors import Refusal
from base.money import money
from billing.admin.recorded import LookOnly
from billing.gateway_inbox import settle_event
from billing.models import (
    GatewayEvent,
    GatewayPayment,
    GatewayPaymentEvent,
    Prepayment,
    RefusedWebhook,
    Reversal,
)
from billing.wording import WHY
from profiles.models import User


def said_amount(event: GatewayEvent) -> str:
    """As the gateway said it, in whatever currency."""
    if event.amount_cents is None:
        return ""
    return f"{Decimal(event.amount_cents) / 100:,.2f} {event.currency}"


def _booked_of(event: GatewayEvent) -> Reversal | None:
    """What was taken back for a message that takes back more than was left of its payment."""
    if event.payment is None or event.why != "more_than_paid":
        return None
    return event.payment.reversals.filter(reference=event.reversal).first()


class StepInline(LookOnly, admin.TabularInline):
    model = GatewayPaymentEvent
    extra = 0
    fields = ("at", "step", "actor", "moved_by")
    readonly_fields = ("step", "moved_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GatewayPaymentEvent]:
        return super().get_queryset(request).select_related("actor")

    @admin.display(description=_("step"))
    def step(self, event: GatewayPaymentEvent) -> str:
        return str(GatewayPayment.State(event.to_state).label)

    @admin.display(description=_("reason"))
    def moved_by(self, event: GatewayPaymentEvent) -> str:
        """The message that moved it, by its id, or why it was moved without one."""
        return str(WHY.get(event.reason, event.reason))


class ToldInline(LookOnly, admin.TabularInline):
    model = GatewayEvent
    extra = 0
    show_change_link = True
    fields = ("received_at", "kind", "amount", "state", "reason")
    readonly_fields = ("amount", "reason")

    @admin.display(description=_("amount"))
    def amount(self, event: GatewayEvent) -> str:
        return said_amount(event)

    @admin.display(description=_("why"))
    def reason(self, event: GatewayEvent) -> str:
        return str(WHY.get(event.why, event.why))


class ReversalInline(LookOnly, admin.TabularInline):
    model = Reversal
    extra = 0
    fields = ("reversed_at", "reference", "amount", "state", "rest_invoice", "undone_at")
    readonly_fields = ("amount",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reversal]:
        return super().get_queryset(request).select_related("rest_invoice")

    @admin.display(description=_("amount"))
    def amount(self, reversal: Reversal) -> str:
        return money(reversal.amount_cents)


@admin.register(GatewayPayment)
class GatewayPaymentAdmin(LookOnly, OfficeAdmin):
    list_display = ("created_at", "payer", "purpose", "amount", "state", "gateway", "charge")
    list_filter = ("state", "purpose", "gateway")
    list_select_related = ("professional", "prepayment__customer")
    search_fields = ("professional__name", "prepayment__customer__name", "charge", "session", "public_id")
    show_full_result_count = False
    fields = (
        "payer", "purpose", "description", "invoice", "prepayment", "amount", "state", "gateway", "public_id",
        "session", "charge", "started_by", "created_at", "paid_at",
    )  # fmt: skip
    inlines = (StepInline, ReversalInline, ToldInline)

    @admin.display(description=_("payer"))
    def payer(self, payment: GatewayPayment) -> str:
        return payment.payer

    @admin.display(description=_("amount"), ordering="amount_cents")
    def amount(self, payment: GatewayPayment) -> str:
        return money(payment.amount_cents)


@admin.register(Prepayment)
class PrepaymentAdmin(LookOnly, OfficeAdmin):
    """What can be paid, and is invoiced once it is: a transfer that names one is recorded as a payment of it."""

    list_display = ("number", "customer", "description", "total", "opened_at", "ended_at", "invoice")
    list_select_related = ("customer", "invoice")
    search_fields = ("number", "customer__name", "customer__email")
    show_full_result_count = False
    fields = (
        "number", "customer", "description", "total", "opened_at", "ended_at", "invoice", "record_payment",
    )  # fmt: skip
    readonly_fields = ("total", "record_payment")

    @admin.display(description=_("total"), ordering="total_cents")
    def total(self, prepayment: Prepayment) -> str:
        return money(prepayment.total_cents)

    @admin.display(description=_("payment"))
    def record_payment(self, prepayment: Prepayment) -> str:
        if not prepayment.can_be_paid:
            return "–"
        return format_html(
            '<a href="{}?number={}">{}</a>',
            reverse("admin:billing_invoicepayment_add"),
            prepayment.number,
            gettext("Record a bank transfer for it"),
        )


@admin.register(Reversal)
class ReversalAdmin(LookOnly, OfficeAdmin):
    list_display = (
        "reversed_at",
        "professional",
        "amount",
        "state",
        "rest_invoice",
        "undone_at",
        "reference",
    )
    list_filter = ("state",)
    list_select_related = ("payment__professional", "payment__prepayment__customer", "rest_invoice")
    search_fields = ("reference", "payment__professional__name")
    show_full_result_count = False
    fields = (
        "payment", "professional", "reference", "amount", "state", "reversed_at", "entry", "rest_invoice",
        "reopened", "undone_at", "undone_entry",
    )  # fmt: skip

    @admin.display(description=_("business"))
    def professional(self, reversal: Reversal) -> str:
        return reversal.payment.payer

    @admin.display(description=_("amount"), ordering="amount_cents")
    def amount(self, reversal: Reversal) -> str:
        return money(reversal.amount_cents)


@admin.register(GatewayEvent)
class GatewayEventAdmin(LookOnly, OfficeAdmin):
    """Every message, with what was done about it and why; what needs a person is settled here (X4)."""

    list_display = ("received_at", "kind", "professional", "amount", "state", "reason", "deliveries")
    list_filter = ("state", "word", "gateway")
    list_select_related = ("payment__professional", "payment__prepayment__customer")
    search_fields = ("event_id", "charge", "reversal", "said_payment", "payment__professional__name")
    show_full_result_count = False
    actions = None

    @admin.display(description=_("business"))
    def professional(self, event: GatewayEvent) -> str:
        return event.payment.payer if event.payment else "–"

    @admin.display(description=_("amount"))
    def amount(self, event: GatewayEvent) -> str:
        return said_amount(event)

    @admin.display(description=_("why"))
    def reason(self, event: GatewayEvent) -> str:
        return str(WHY.get(event.why, event.why))

    def get_urls(self) -> list[URLPattern]:
        settle = self.admin_site.admin_view(require_POST(self.settle))
        return [path("<int:pk>/settle/", settle, name="billing_gatewayevent_settle"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        event = self._found(request, object_id)
        return render(request, "billing/gateway_event_admin.html", self._context(request, event))

    def settle(self, request: HttpRequest, pk: int) -> HttpResponse:
        event = self._found(request, pk)
        if not request.user.has_perm("billing.settle_gatewayevent"):
            raise PermissionDenied
        assert isinstance(request.user, User)
        note = request.POST.get("note", "")
        try:
            settle_event(event=event, note=note, by=request.user, now=timezone.now())
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            context = self._context(request, event) | {"note": note}
            return render(request, "billing/gateway_event_admin.html", context, status=409)
        self.message_user(request, gettext("It is settled."), messages.SUCCESS)
        return redirect("admin:billing_gatewayevent_changelist")

    def _found(self, request: HttpRequest, pk: Any) -> GatewayEvent:
        event: GatewayEvent = found(
            GatewayEvent.objects.select_related("payment__professional", "settled_by"), pk
        )
        if not self.has_view_permission(request, event):
            raise PermissionDenied
        return event

    def _context(self, request: HttpRequest, event: GatewayEvent) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Message of the gateway"),
            "event": event,
            "said_amount": said_amount(event),
            "why": WHY.get(event.why, event.why),
            "booked": _booked_of(event),
            "may_settle": request.user.has_perm("billing.settle_gatewayevent"),
        }


@admin.register(RefusedWebhook)
class RefusedWebhookAdmin(LookOnly, OfficeAdmin):
    list_display = ("day", "gateway", "reason", "times", "last_at")
    list_filter = ("reason", "gateway")
    fields = ("day", "gateway", "reason", "times", "last_at")

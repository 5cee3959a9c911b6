"""Customers, plans and who has contracted them, in the office."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from base.admin import OfficeAdmin, OfficeHistoryAdmin, found
from base.days import marketplace_day
from base.errors import Refusal
from base.money import money
from billing.admin.recorded import LookOnly
from billing.forms import CustomerForm, PlanForm
from billing.invoices import save_customer
from billing.models import (
    Customer,
    Period,
    Plan,
    Subscription,
    SubscriptionEvent,
)
from billing.subscriptions import Cancelled, cancel_plan, plan_state
from profiles.models import User


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
        # What was contracted by the month is announced and renewed by the month: other months are another plan.
        return ("code", "months") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PeriodInline(LookOnly, admin.TabularInline):
    model = Period
    extra = 0
    fields = (
        "starts_on", "ends_on", "invoice", "renewal_announced_at", "announced_price", "lapse_noted_at",
    )  # fmt: skip
    readonly_fields = ("announced_price",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Period]:
        return super().get_queryset(request).select_related("invoice")

    @admin.display(description=_("announced price"))
    def announced_price(self, period: Period) -> str:
        return "" if period.announced_price_cents is None else money(period.announced_price_cents)


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
    actions = None

    def get_urls(self) -> list[URLPattern]:
        cancel = self.admin_site.admin_view(self.cancel)
        return [path("<int:pk>/cancel/", cancel, name="billing_subscription_cancel"), *super().get_urls()]

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Cancels a plan for its business, which has asked for it in some other way, with the reason (X4)."""
        if not request.user.has_perm("billing.cancel_subscription"):
            raise PermissionDenied
        subscription: Subscription = found(Subscription.objects.select_related("professional", "plan"), pk)
        now = timezone.now()
        today = marketplace_day(now)
        reason = request.POST.get("reason", "")
        refusal = None
        if request.method == "POST":
            try:
                cancelled = cancel_plan(
                    subscription=subscription, by=cast(User, request.user), now=now, staff_reason=reason
                )
            except Refusal as error:
                refusal = error
            else:
                level, said = {
                    Cancelled.TOLD: (
                        messages.SUCCESS,
                        gettext("The plan is cancelled, and the business is told."),
                    ),
                    Cancelled.INVOICED: (
                        messages.SUCCESS,
                        gettext(
                            "The plan is cancelled, and the business is told. The period that had already begun is "
                            "invoiced."
                        ),
                    ),
                    Cancelled.ENDED: (
                        messages.SUCCESS,
                        gettext("The plan is cancelled. It had ended, so the business is not told."),
                    ),
                    Cancelled.BEFORE: (
                        messages.WARNING,
                        gettext("The plan was cancelled before. Nothing was changed."),
                    ),
                }[cancelled]
                self.message_user(request, said, level)
                return redirect("admin:billing_subscription_change", subscription.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Cancel the plan of %(business)s") % {"business": subscription.professional},
            "subscription": subscription,
            "state": plan_state(subscription.professional, today),
            "today": today,
            "reason": reason,
            "refusal": refusal,
        }
        return render(request, "billing/cancel_plan_admin.html", context, status=409 if refusal else 200)

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

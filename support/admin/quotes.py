"""Quotes to be looked at, with what became of them (X4). They are made, sent and recorded at the desk."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from base.money import money
from billing.admin.recorded import LookOnly
from support.admin.office import DeskAdmin
from support.allowances import in_words
from support.drafts import steps_of
from support.models import Quote, QuoteEvent, QuoteLine


class OfQuote(LookOnly, admin.TabularInline):
    """What a quote consists of: whoever sees the quote sees it."""

    extra = 0
    classes = ("look-only",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("support.view_quote")


class LineInline(OfQuote):
    model = QuoteLine
    fields = ("kind", "what", "support", "expires_on", "no_support_reason")
    readonly_fields = ("support",)

    @admin.display(description=_("support included"))
    def support(self, line: QuoteLine) -> str:
        return in_words(line.amount, line.unit) if line.amount else "–"


class EventInline(OfQuote):
    model = QuoteEvent
    fields = ("at", "step", "actor", "reason")
    readonly_fields = ("step",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuoteEvent]:
        return super().get_queryset(request).select_related("actor")

    @admin.display(description=_("state"))
    def step(self, event: QuoteEvent) -> str:
        ((_event, said),) = steps_of([event], Quote.State)
        return said


@admin.register(Quote)
class QuoteAdmin(LookOnly, DeskAdmin):
    number_letter = "P"
    list_display = ("number", "title", "client", "price", "state", "valid_until", "at_the_desk")
    list_filter = ("state",)
    list_select_related = ("client__customer",)
    search_fields = ("title", "client__customer__name", "client__customer__email")
    search_help_text = _("A number (P-2026-000015), or part of the title, or of the client's name or e-mail.")
    fields = (
        "number", "at_the_desk", "client", "state", "title", "text", "price", "valid_until", "made_by", "made_at",
        "sent_at", "agreement",
    )  # fmt: skip
    readonly_fields = ("number", "at_the_desk", "price")
    inlines = (LineInline, EventInline)

    @admin.display(description=_("number"), ordering="-pk")
    def number(self, quote: Quote) -> str:
        return quote.number

    @admin.display(description=_("price"), ordering="price_cents")
    def price(self, quote: Quote) -> str:
        return money(quote.price_cents)

    @admin.display(description=_("at the desk"))
    def at_the_desk(self, quote: Quote) -> str:
        """Where it is handled: whoever reads it here may do so there."""
        address = reverse("support:desk_quote", args=[quote.public_id])
        return format_html('<a href="{}">{}</a>', address, _("Go there"))

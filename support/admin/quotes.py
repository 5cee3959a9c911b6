"""Quotes to be looked at, with what became of them (X4). They are made, sent and recorded at the desk."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from base.money import money
from support.admin.office import HandledAtDesk, PartOf, StepsOf
from support.allowances import in_words
from support.models import Quote, QuoteEvent, QuoteLine

SEEN_WITH = "support.view_quote"


class LineInline(PartOf):
    model = QuoteLine
    seen_with = SEEN_WITH
    fields = ("kind", "what", "support", "expires_on", "no_support_reason")
    readonly_fields = ("support",)

    @admin.display(description=_("support included"))
    def support(self, line: QuoteLine) -> str:
        return in_words(line.amount, line.unit) if line.amount else "–"


class EventInline(StepsOf):
    model = QuoteEvent
    seen_with = SEEN_WITH
    states = Quote.State


@admin.register(Quote)
class QuoteAdmin(HandledAtDesk):
    number_letter = "P"
    desk_page = "support:desk_quote"
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

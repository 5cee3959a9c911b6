"""Offers of more support to be looked at, with what became of them (X4). They are made and sent at the desk (S6)."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.money import money
from support.admin.office import HandledAtDesk, StepsOf
from support.allowances import in_words
from support.models import Offer, OfferEvent


class EventInline(StepsOf):
    model = OfferEvent
    seen_with = "support.view_offer"
    states = Offer.State


@admin.register(Offer)
class OfferAdmin(HandledAtDesk):
    number_letter = "O"
    desk_page = "support:desk_offer"
    list_display = ("number", "what", "client", "price", "state", "valid_until", "at_the_desk")
    list_filter = ("state",)
    list_select_related = ("client__customer",)
    search_fields = ("what", "client__customer__name", "client__customer__email")
    search_help_text = _(
        "A number (O-2026-000015), or part of what it is for, or of the client's name or e-mail."
    )
    fields = (
        "number", "at_the_desk", "client", "ticket", "state", "what", "support", "text", "price", "valid_until",
        "expires_on", "made_by", "made_at", "sent_at", "prepayment", "allowance",
    )  # fmt: skip
    readonly_fields = ("number", "at_the_desk", "support", "price")
    inlines = (EventInline,)

    @admin.display(description=_("number"), ordering="-pk")
    def number(self, offer: Offer) -> str:
        return offer.number

    @admin.display(description=pgettext_lazy("support", "amount"), ordering="amount")
    def support(self, offer: Offer) -> str:
        return in_words(offer.amount, offer.unit)

    @admin.display(description=_("price"), ordering="price_cents")
    def price(self, offer: Offer) -> str:
        return money(offer.price_cents)

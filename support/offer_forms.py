"""What is filled in for an offer: by the desk, and by the client."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.forms import AmountField, cents_of
from support.admin_forms import (
    UNITS,
    amount_typed,
    day_field,
    form_id_field,
    read_amount,
    text_field,
)
from support.forms import LAST_ID
from support.models import Offer


class OfferForm(forms.Form):
    """More support, and what it costs. `said()` is what `make_offer` and `change_offer` take."""

    what = forms.CharField(
        label=_("Support for"), max_length=150, help_text=_("The client reads it, also on the invoice.")
    )
    unit = forms.ChoiceField(label=_("In"), choices=UNITS)
    amount = forms.CharField(
        label=_("How much"),
        max_length=20,
        help_text=_("Hours as 10, 2:30, 2 h 30 min or 45 min; interventions as a number."),
    )
    price = AmountField(label=_("Price"), help_text=_("Tax included."), min_value=Decimal("0.01"))
    valid_until = day_field(_("Can be accepted until"))
    expires_on = day_field(
        _("To be used by"), required=False, help_text=_("Empty: it can be used without end.")
    )
    text = text_field(_("What the client reads besides"), required=False, most=5000)
    form_id = form_id_field()

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("unit") and data.get("amount"):
            try:
                data["amount"] = read_amount(data["amount"], data["unit"])
            except forms.ValidationError as error:
                self.add_error("amount", error)
        return data

    def said(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "what": data["what"],
            "unit": data["unit"],
            "amount": data["amount"],
            "price_cents": cents_of(data["price"]),
            "valid_until": data["valid_until"],
            "expires_on": data["expires_on"],
            "text": data["text"],
        }

    @staticmethod
    def of(offer: Offer) -> dict[str, Any]:
        """What a draft says, to begin with."""
        return {
            "what": offer.what,
            "unit": offer.unit,
            "amount": amount_typed(offer.amount, offer.unit),
            "price": Decimal(offer.price_cents) / 100,
            "valid_until": offer.valid_until,
            "expires_on": offer.expires_on,
            "text": offer.text,
        }


class SendOfferForm(forms.Form):
    """What its sender had in view of the ticket that it answers: the ids of the last message and the last call, 0 where
    there is none, or nothing was said."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=LAST_ID, required=False)
    seen_call = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=LAST_ID, required=False)

    def had(self) -> dict[str, int]:
        return {name: (self.is_valid() and self.cleaned_data[name]) or 0 for name in ("seen", "seen_call")}


class WithdrawOfferForm(forms.Form):
    reason = text_field(
        _("Why"),
        required=False,
        rows=3,
        most=2000,
        help_text=_("Of an offer that was sent, the client reads it."),
    )

    def __init__(self, data: Any = None) -> None:
        # It stands beside the form that changes a draft.
        super().__init__(data, auto_id="withdraw_%s")


class AcceptOfferForm(forms.Form):
    price_seen_cents = forms.IntegerField(widget=forms.HiddenInput)
    agreed = forms.BooleanField(
        label=_("I accept this offer for the client"),
        error_messages={"required": _("Tick this to accept the offer. Nothing is owed until you pay.")},
    )

"""What the feed is narrowed by and sorted by: all of it stands in the address, so that it can be kept and sent on."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import F, TextChoices
from django.utils.translation import gettext_lazy as _

from billing.forms import AmountField, cents_of
from marketplace.models import Category, Lead, LeadQuerySet, Province, Size


class Sort(TextChoices):
    NEWEST = "newest", _("newest first")
    CHEAPEST = "cheapest", _("cheapest contact first")
    FEWEST_BUYERS = "fewest_buyers", _("fewest buyers first")
    ENDING_SOONEST = "ending_soonest", _("ending soonest first")


# Each served by an index of `Lead`; `base.paging` turns its pages.
ORDERS: dict[str, tuple[str, ...]] = {
    Sort.NEWEST: ("-published_at", "-pk"),
    Sort.CHEAPEST: ("price_cents", "-pk"),
    Sort.FEWEST_BUYERS: ("places_taken", "-published_at", "-pk"),
    Sort.ENDING_SOONEST: ("published_at", "pk"),
}


def _amount(label: Any) -> AmountField:
    widget = forms.NumberInput(attrs={"inputmode": "decimal", "min": "0", "step": "0.01"})
    return AmountField(label=label, required=False, min_value=Decimal(0), widget=widget)


class FeedFilter(forms.Form):
    """A value that is none narrows nothing: an address that somebody has mistyped is no error."""

    category = forms.ModelChoiceField(
        label=_("Category"),
        queryset=Category.objects.all(),
        to_field_name="slug",
        required=False,
        empty_label=_("All categories"),
    )
    province = forms.ModelChoiceField(
        label=_("Province"),
        queryset=Province.objects.all(),
        to_field_name="slug",
        required=False,
        empty_label=_("All provinces"),
    )
    size = forms.ChoiceField(label=_("Size"), choices=[("", _("Any size")), *Size.choices], required=False)
    timing = forms.ChoiceField(
        label=_("When"), choices=[("", _("At any time")), *Lead.Timing.choices], required=False
    )
    budget_from = _amount(_("Budget from"))
    price_up_to = _amount(_("Price of the contact up to"))
    places = forms.ChoiceField(
        label=_("Places left"),
        choices=[("", _("Any number")), ("2", _("2 or more")), ("3", _("3 or more"))],
        required=False,
    )
    verified = forms.BooleanField(label=_("Only with e-mail and telephone verified"), required=False)
    sort = forms.ChoiceField(label=_("Order"), choices=Sort.choices, required=False, initial=Sort.NEWEST)

    MORE = ("size", "timing", "budget_from", "price_up_to", "places", "verified")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.full_clean()

    @property
    def sorted_by(self) -> str:
        """What was chosen, else newest first."""
        return self.cleaned_data.get("sort") or Sort.NEWEST

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return any(value for name, value in self.cleaned_data.items() if name != "sort")

    @property
    def shows_more(self) -> bool:
        """Whether something is chosen, or wrong, among what is folded away."""
        return any(self.cleaned_data.get(name) or name in self.errors for name in self.MORE)

    def narrow(self, leads: LeadQuerySet) -> LeadQuerySet:
        """Those of `leads` that fit."""
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        for name in ("category", "province", "size", "timing"):
            if name in chosen:
                leads = leads.filter(**{name: chosen[name]})
        if "budget_from" in chosen:
            leads = leads.filter(budget_cents__gte=cents_of(chosen["budget_from"]))
        if "price_up_to" in chosen:
            leads = leads.filter(price_cents__lte=cents_of(chosen["price_up_to"]))
        if "places" in chosen:
            leads = leads.filter(places_taken__lte=F("places") - int(chosen["places"]))
        if "verified" in chosen:
            leads = leads.filter(email_verified_at__isnull=False, phone_verified_at__isnull=False)
        return leads

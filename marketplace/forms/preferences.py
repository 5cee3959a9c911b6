"""Which jobs a professional wants to hear of, how, and how much they spend in a month (M11)."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.forms import AmountField, cents_of
from marketplace.models import Category, Interest, LeadPreferences, Province
from profiles.models import Professional


class PreferencesForm(forms.Form):
    categories = forms.ModelMultipleChoiceField(
        label=_("What you do"),
        queryset=Category.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    all_provinces = forms.BooleanField(label=_("All provinces"), required=False)
    provinces = forms.ModelMultipleChoiceField(
        label="",  # The page has a heading for it and the box above.
        queryset=Province.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    mails = forms.ChoiceField(
        label=_("When should we write to you?"),
        choices=[
            (LeadPreferences.Mails.AT_ONCE, _("At once: a mail for each new job")),
            (
                LeadPreferences.Mails.DAILY,
                _("Once a day: one mail in the morning, if there is something new"),
            ),
            (LeadPreferences.Mails.NEVER, _("Never: I look at the jobs myself")),
        ],
        widget=forms.RadioSelect,
    )
    monthly_limit_cents = AmountField(
        label=_("Monthly limit"),
        required=False,
        min_value=0,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "min": "0", "step": "0.01"}),
    )

    def __init__(self, *args: Any, business: Professional, **kwargs: Any) -> None:
        preferences = LeadPreferences.objects.filter(professional=business).first()
        pairs = list(Interest.objects.filter(professional=business).values_list("category", "province"))
        provinces = {province for _category, province in pairs}
        everywhere = preferences is not None and preferences.everywhere
        limit_cents = preferences.monthly_limit_cents if preferences else None
        kwargs["initial"] = {
            "categories": {category for category, _province in pairs},
            # All of them is one box: who unticks it begins with none.
            "provinces": set() if everywhere else provinces,
            "all_provinces": everywhere,
            "mails": preferences.mails if preferences else LeadPreferences.Mails.AT_ONCE,
            "monthly_limit_cents": None if limit_cents is None else Decimal(limit_cents).scaleb(-2),
        }
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("all_provinces") and data.get("provinces"):
            self.add_error("all_provinces", _("Either all provinces, or those that you tick below."))
        return data

    def clean_monthly_limit_cents(self) -> int | None:
        limit = self.cleaned_data["monthly_limit_cents"]
        return None if limit is None else cents_of(limit)

    def chosen(self) -> dict[str, Any]:
        """What `save_preferences` takes."""
        chosen = dict(self.cleaned_data)
        if chosen.pop("all_provinces"):
            chosen["provinces"] = None
        return chosen

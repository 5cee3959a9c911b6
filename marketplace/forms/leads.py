"""What a purchase says that it saw, and requests as staff enter and correct them."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from billing.forms import AmountField, cents_of
from marketplace.models import Category, Lead, PriceRule, Province, Size


class PurchaseForm(forms.Form):
    """The price that the page showed: a purchase at another one is refused and shown anew (M4)."""

    price_seen_cents = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class LeadCorrection(forms.Form):
    """What a moderator may put right of a waiting request; the fields of `leads.CORRECTABLE`."""

    category = forms.ModelChoiceField(label=_("Category"), queryset=Category.objects.all())
    province = forms.ModelChoiceField(label=_("Province"), queryset=Province.objects.all())
    town = forms.CharField(label=_("Town or district"), max_length=80)
    title = forms.CharField(
        label=_("What is wanted"), max_length=120, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"}),
        help_text=_("Professionals read this before they buy: no name, telephone number or e-mail address."),
    )
    size = forms.ChoiceField(label=_("Size"), choices=Size.choices)
    timing = forms.ChoiceField(label=_("When"), choices=Lead.Timing.choices)
    budget_cents = AmountField(label=_("Budget"), required=False, help_text=_("Empty: not said."))

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        initial = super().get_initial_for_field(field, field_name)
        # Two decimals, as money is written: 8500.50 and not 8500.5.
        return (
            Decimal(initial).scaleb(-2) if field_name == "budget_cents" and initial is not None else initial
        )

    def clean_budget_cents(self) -> int | None:
        budget = self.cleaned_data["budget_cents"]
        return None if budget is None else cents_of(budget)


class LeadEntry(LeadCorrection):
    """A whole request, with the homeowner's details."""

    homeowner_name = forms.CharField(label=_("Homeowner's name"), max_length=100)
    homeowner_email = forms.EmailField(label=_("Homeowner's e-mail"))
    homeowner_phone = PhoneNumberField(label=_("Homeowner's telephone"))
    language = forms.ChoiceField(
        label=_("Homeowner's language"), choices=settings.LANGUAGES, initial=settings.PUBLIC_LANGUAGE
    )


class PriceRuleForm(forms.ModelForm):
    """A price rule, with its price as people write it."""

    price = AmountField(label=_("Price, tax included"), min_value=Decimal("0.01"))

    class Meta:
        model = PriceRule
        fields = ("category", "province", "size")
        help_texts = {
            "category": _("Empty: every category. Of the rules that fit, the one that names the category wins,"
                          " then the province, then the size."),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["price"] = Decimal(self.instance.price_cents).scaleb(-2)

    def _post_clean(self) -> None:
        if price := self.cleaned_data.get("price"):
            self.instance.price_cents = cents_of(price)
        super()._post_clean()  # type: ignore[misc]

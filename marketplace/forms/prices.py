"""What is asked of the price rules: a choice, and maybe a rule that is being written."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.forms import AmountField, cents_of
from marketplace.models import Category, PriceRule, Province, Size
from marketplace.pricing import Rule


class PricePreview(forms.Form):
    for_category = forms.ModelChoiceField(label=_("Category of the request"), queryset=Category.objects.all())
    for_province = forms.ModelChoiceField(label=_("Province of the request"), queryset=Province.objects.all())
    for_size = forms.ChoiceField(label=_("Size of the request"), choices=Size.choices)
    # The rule that is being written, as its own form names its fields.
    category = forms.ModelChoiceField(
        label=_("The rule's category"), queryset=Category.objects.all(), required=False, empty_label=_("all")
    )
    province = forms.ModelChoiceField(
        label=_("The rule's province"), queryset=Province.objects.all(), required=False, empty_label=_("all")
    )
    size = forms.ChoiceField(
        label=_("The rule's size"), choices=[("", _("all")), *Size.choices], required=False
    )
    price = AmountField(
        label=_("The rule's price, tax included"),
        min_value=Decimal("0.01"),
        required=False,
        help_text=_("Empty: the rules as they are."),
    )
    editing = forms.ModelChoiceField(
        queryset=PriceRule.objects.all(), required=False, widget=forms.HiddenInput
    )

    def __init__(self, data: Any = None) -> None:
        if data is not None:
            data = data.copy()
            # From the rule's own form nothing was chosen yet: what the rule names, else the first there is.
            for name, first in (
                ("category", Category.objects.values_list("pk", flat=True)),
                ("province", Province.objects.values_list("pk", flat=True)),
            ):
                if not data.get(f"for_{name}"):
                    data[f"for_{name}"] = data.get(name) or first.first() or ""
            data.setdefault("for_size", data.get("size") or Size.SMALL.value)
        super().__init__(data)

    @property
    def chosen(self) -> dict[str, Any]:
        return {name: self.cleaned_data[f"for_{name}"] for name in ("category", "province", "size")}

    @property
    def rule(self) -> Rule | None:
        said = self.cleaned_data
        if said["price"] is None:
            return None
        return Rule(
            said["category"].pk if said["category"] else None,
            said["province"].pk if said["province"] else None,
            said["size"],
            cents_of(said["price"]),
        )

    @property
    def edited(self) -> int | None:
        rule = self.cleaned_data["editing"]
        return rule.pk if rule else None

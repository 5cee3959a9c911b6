"""What a homeowner fills in to ask for a job, on a small telephone and without an account (M1)."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from base.errors import Refusal
from marketplace.asking import refuse_abroad
from marketplace.models import Category, Lead, Province, Size
from profiles.forms import ACCEPT, RefusableForm, SeveralFiles, SeveralFilesField, photo_limits
from profiles.phones import read_phone

_WORDS_OF_MONEY = re.compile(r"\b(mxn|m\.?n\.?|pesos?|eur|euros?|usd)\b\.?|[$€\s'’]", re.IGNORECASE)
# Figures, parted in thousands or not, and perhaps cents.
_AMOUNT = re.compile(r"^(\d{1,3}(?:([.,])\d{3})(?:\2\d{3})*|\d+)(?:[.,](\d{1,2}))?$", re.ASCII)
_MOST_FIGURES = 9


class BudgetField(forms.CharField):
    """An amount as people write it: 40000, 40,000, $40.000 or 40 000 pesos. Its value is whole cents, or None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, **kwargs)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        return read_amount(text) if text else None


def read_amount(text: str) -> int:
    """Whole cents. A point or a comma before three figures parts thousands; before one or two, the cents.

    Raises ValidationError.
    """
    amount = _AMOUNT.match(_WORDS_OF_MONEY.sub("", text))
    whole = re.sub(r"\D", "", amount[1]) if amount else ""
    if amount is None or len(whole) > _MOST_FIGURES:
        raise ValidationError(
            _("Write an amount in figures, such as 15000, or leave it empty."), code="amount"
        )
    return int(whole) * 100 + int((amount[3] or "").ljust(2, "0"))


class AskForm(RefusableForm):
    category = forms.ModelChoiceField(
        label=_("What kind of work is it?"),
        queryset=Category.objects.all(),
        to_field_name="slug",
        empty_label=_("Choose"),
    )
    title = forms.CharField(
        label=_("What do you want done?"),
        max_length=120,
        help_text=_("In one line, as you would say it: “Change the boiler”."),
    )
    description = forms.CharField(
        label=_("Tell a little more"),
        max_length=4000,
        help_text=_(
            "How it is now, how it should be, measures, what you have already. No telephone number or address here."
        ),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    size = forms.ChoiceField(
        label=_("How big is it, do you think?"),
        choices=[
            (Size.SMALL, _("Small: a day or two")),
            (Size.MEDIUM, _("Medium: up to two weeks")),
            (Size.LARGE, _("Large: longer than that")),
        ],
        help_text=_("A guess is enough."),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one: a guess is enough.")},
    )
    timing = forms.ChoiceField(
        label=_("When?"),
        choices=[(value, capfirst(label)) for value, label in Lead.Timing.choices],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one: it can still change.")},
    )
    budget_cents = BudgetField(
        label=_("Your budget"),
        required=False,
        help_text=_("If you have one in mind. Whoever quotes then knows what is possible."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    photos = SeveralFilesField(
        label=_("Photos"),
        help_text=photo_limits(),
        required=False,
        widget=SeveralFiles(attrs={"accept": ACCEPT}),
        allow_empty_file=True,
    )
    province = forms.ModelChoiceField(
        label=_("Province"), queryset=Province.objects.all(), to_field_name="slug", empty_label=_("Choose")
    )
    town = forms.CharField(
        label=_("Town or district"),
        max_length=80,
        help_text=_("No street: you tell it to whom you choose."),
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )
    homeowner_name = forms.CharField(
        label=_("Your name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    homeowner_phone = forms.CharField(
        label=_("Telephone"),
        max_length=40,
        help_text=_("With its area code."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    homeowner_email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("We send you a link to confirm your request."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    # Nobody sees this field; programs that fill in every form do.
    leave_empty = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    @classmethod
    def like(cls, lead: Lead) -> "AskForm":
        """An empty form with what `lead` says filled in: whoever asks again types nothing anew."""
        kept = ("title", "description", "size", "timing", "town", "homeowner_name", "homeowner_email")
        said = {name: getattr(lead, name) for name in kept}
        said |= {
            "category": lead.category.slug,
            "province": lead.province.slug,
            "homeowner_phone": lead.homeowner_phone.as_national,
            "budget_cents": "" if lead.budget_cents is None else f"{lead.budget_cents / 100:.2f}",
        }
        return cls(initial=said)

    def clean_homeowner_phone(self) -> str:
        try:
            phone = read_phone(self.cleaned_data["homeowner_phone"], field="homeowner_phone")
            refuse_abroad(phone)
            return phone
        except Refusal as refusal:
            raise ValidationError(str(refusal)) from refusal

    def said(self) -> dict[str, Any]:
        """What was filled in of the request itself, as `leads.read_request` takes it."""
        return {
            name: value for name, value in self.cleaned_data.items() if name not in ("photos", "leave_empty")
        }


class LinkAnewForm(RefusableForm):
    email = forms.EmailField(
        label=_("The e-mail with which you asked"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

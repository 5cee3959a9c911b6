"""What the office fills in of the desk's calendar, and of what its plans include (S2, S13)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from base.errors import Refusal
from support.admin_forms import DATE, UNITS, DeskTimeField, amount_typed, read_amount, show_refusal
from support.desk_calendar import refuse_closure, refuse_hours
from support.models import Closure, OpeningHours, PlanSupport


class HoursForm(forms.ModelForm):
    """Hours with which the desk's week is still one."""

    class Meta:
        model = OpeningHours
        fields = ("weekday", "opens", "closes")
        labels = {"opens": _("opens at"), "closes": _("closes at")}
        # Without the office's own "now": it would be the reader's clock, and these are hours of the desk's.
        widgets = {
            name: forms.TimeInput(attrs={"type": "time"}, format="%H:%M") for name in ("opens", "closes")
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                refuse_hours(
                    instead_of=self.instance if self.instance.pk else None, to_be=OpeningHours(**data)
                )
            except Refusal as refusal:
                show_refusal(self, refusal)
        return data


class ClosureForm(forms.ModelForm):
    class Meta:
        model = Closure
        fields = ("first_day", "last_day", "name")
        # Days of the desk's calendar: no clock of the browser is compared with them.
        widgets = {name: forms.DateInput(attrs=DATE, format="%Y-%m-%d") for name in ("first_day", "last_day")}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                refuse_closure(
                    first_day=data["first_day"],
                    last_day=data["last_day"],
                    instead_of=self.instance if self.instance.pk else None,
                )
            except Refusal as refusal:
                show_refusal(self, refusal)
        return data


class AskedForm(forms.Form):
    """A moment to try the clock with."""

    asked = DeskTimeField(label=_("When something is asked"))


class PlanSupportForm(forms.ModelForm):
    """Support typed in hours and minutes, or as a number of interventions."""

    unit = forms.ChoiceField(label=_("In"), choices=UNITS)
    amount = forms.CharField(
        label=_("Support in each period"),
        max_length=20,
        help_text=_("Hours as 10, 2:30, 2 h 30 min or 45 min; interventions as a number. 0 for none."),
    )

    class Meta:
        model = PlanSupport
        fields = ("plan", "unit", "amount")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["amount"] = amount_typed(self.instance.amount, self.instance.unit)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "amount" in data and "unit" in data:
            try:
                data["amount"] = read_amount(data["amount"], data["unit"])
            except forms.ValidationError as error:
                self.add_error("amount", error)
        return data

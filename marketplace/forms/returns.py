"""What is asked of a professional who returns a contact."""

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from marketplace.models import ReturnRequest


class ReturnForm(forms.Form):
    """Why a contact is given back (M7)."""

    reason = forms.ChoiceField(
        label=_("What is wrong with it?"),
        choices=[
            (value, capfirst(label))
            for value, label in ReturnRequest.Reason.choices
            if value != ReturnRequest.Reason.STAFF
        ],
        widget=forms.RadioSelect,
    )
    explanation = forms.CharField(
        label=_("What happened?"),
        help_text=_("When you called, who answered, what they said. It is what we decide by."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

"""What clients fill in at the desk."""

from django import forms
from django.utils.translation import gettext_lazy as _

# The largest id that a database takes: a hidden field says any number.
LAST_ID = 2**63 - 1


class AcceptQuoteForm(forms.Form):
    price_seen_cents = forms.IntegerField(widget=forms.HiddenInput)
    agreed = forms.BooleanField(
        label=_("I accept this quote for the client"),
        error_messages={"required": _("Tick this to accept the quote: it becomes our agreement.")},
    )


class DeclineForm(forms.Form):
    """Of a quote, or of an offer."""

    reason = forms.CharField(
        label=_("Why"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        required=False,
    )

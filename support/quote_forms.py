"""What the desk fills in for a quote: parsed here, judged by `support.quotes`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from base.errors import Refusal
from billing.forms import AmountField, cents_of
from support.admin_forms import DocumentField, day_field, form_id_field, show_refusal, text_field
from support.models import Quote


class QuotesForm(forms.Form):
    """What is looked for among the quotes."""

    q = forms.CharField(
        label=_("Number, title or client"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )

    def said(self) -> str:
        """What nobody could look for is as if it were not said."""
        self.is_valid()
        return " ".join(self.cleaned_data.get("q", "").replace("\0", "").split())


class DraftForm(forms.Form):
    """What a quote says. `said()` is what `make_quote` and `change_quote` take."""

    title = forms.CharField(label=_("Title"), max_length=150)
    text = text_field(_("Text"), rows=6, required=False)
    price = AmountField(
        label=_("Price"),
        min_value=0,
        help_text=format_lazy(_("Of all of it, tax included ({currency})."), currency=settings.CURRENCY),
    )
    valid_until = day_field(_("Valid until"), help_text=_("The last day on which it can be accepted."))
    document = DocumentField(required=False)

    def said(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "title": data["title"],
            "text": data["text"],
            "price_cents": cents_of(data["price"]),
            "valid_until": data["valid_until"],
            "document": data["document"],
        }


class NewQuoteForm(DraftForm):
    form_id = form_id_field()


class ChangedDraftForm(DraftForm):
    """What a quote says from now on, by whoever saw this edition of it."""

    document = DocumentField(required=False, help_text=_("Empty: the document stays the same."))
    seen = forms.IntegerField(widget=forms.HiddenInput)

    @staticmethod
    def of(quote: Quote) -> dict[str, Any]:
        """What a draft says, to begin with."""
        return {
            "seen": quote.edition,
            "title": quote.title,
            "text": quote.text,
            "price": Decimal(quote.price_cents) / 100,
            "valid_until": quote.valid_until,
        }

    def refuse(self, refusal: Refusal, quote: Quote) -> None:
        """Says why. What somebody else has changed meanwhile is in view on the page that says so, as `quote`: the same
        press once more writes over it."""
        show_refusal(self, refusal)
        if refusal.code == "changed_meanwhile":
            again = QueryDict(mutable=True)
            again.update(self.data)
            again["seen"] = str(quote.edition)
            self.data = again


class SendQuoteForm(forms.Form):
    """The edition that its sender had in view."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, initial: Any = None) -> None:
        # It stands beside the form that changes the draft.
        super().__init__(data, initial=initial, auto_id="send_%s")

    def had(self) -> int:
        """0, which no edition is, where nothing was said."""
        return (self.is_valid() and self.cleaned_data["seen"]) or 0


class WithdrawQuoteForm(forms.Form):
    reason = text_field(
        _("Why"),
        required=False,
        rows=3,
        most=2000,
        help_text=_("Of a quote that was sent, the client reads it."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="withdraw_%s")


class SignedQuoteForm(forms.Form):
    """A quote that was signed on paper."""

    signed_on = day_field(_("Signed on"))
    signed_by = forms.CharField(
        label=_("Signed by"), max_length=120, help_text=_("Who signed for the client.")
    )
    document = DocumentField(help_text=_("The signed paper."))

    def __init__(self, data: Any = None, files: Any = None, *, initial: Any = None) -> None:
        super().__init__(data, files, initial=initial, auto_id="record_%s")

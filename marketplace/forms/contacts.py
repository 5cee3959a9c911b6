"""What a professional says of a contact: the diary, and how it ended."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.diary import NO_WORDS
from marketplace.models import Contact, DiaryEntry
from marketplace.summaries import SUBJECT_AT_MOST, TEXT_AT_MOST


class DiaryForm(forms.Form):
    kind = forms.ChoiceField(label=_("What"), choices=DiaryEntry.Kind.choices)
    happened_at = forms.DateTimeField(
        label=_("When it happened"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    text = forms.CharField(
        label=_("Notes"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What was said, what was agreed. It helps you now, and it is your evidence later."),
    )

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contact = contact
        if contact.lead.anonymised_at is not None:
            self.fields["text"].help_text = NO_WORDS

    def clean_happened_at(self) -> datetime:
        """The field knows minutes only: a call in the very minute of the purchase was made after it."""
        happened_at: datetime = self.cleaned_data["happened_at"]
        bought_at = self.contact.bought_at
        if bought_at.replace(second=0, microsecond=0) <= happened_at < bought_at:
            return bought_at
        return happened_at


class OutcomeForm(forms.Form):
    outcome = forms.ChoiceField(label=_("How did it end?"), choices=Contact.Outcome.choices)
    lost_reason = forms.ChoiceField(
        label=_("If it was lost, why?"),
        choices=[("", _("Choose"))] + Contact.LostReason.choices,
        required=False,
    )


class SummaryForm(forms.Form):
    """A summary for the homeowner, before it is sent (G22). `key` tells one form from another."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    subject = forms.CharField(label=_("Subject"), max_length=SUBJECT_AT_MOST)
    text = forms.CharField(
        label=_("Text"), max_length=TEXT_AT_MOST, widget=forms.Textarea(attrs={"rows": 16})
    )


class ReminderForm(forms.Form):
    """A day of one's own choosing; empty: the one suggested."""

    day = forms.DateField(required=False)

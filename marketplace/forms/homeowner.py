"""What a homeowner fills in on their own page, and a business's answer to their question."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from marketplace.hiring import OF_ALL
from marketplace.models import Contact
from marketplace.questions import TEXT_AT_MOST
from profiles.models import Professional

# As one says it of oneself; the office reads the same in the third person.
IN_THE_FIRST_PERSON = {
    Contact.Word.HIRED_OTHER: _("Somebody else"),
    Contact.Word.HIRED_NOBODY: _("Nobody, and I am not looking any more"),
    Contact.Word.UNDECIDED: _("I am still deciding"),
}


class QuestionForm(forms.Form):
    """A question to one business (G22)."""

    text = forms.CharField(
        label=_("Your question"), max_length=TEXT_AT_MOST, widget=forms.Textarea(attrs={"rows": 3})
    )


class AnswerForm(forms.Form):
    """A business's answer to it."""

    answer = forms.CharField(
        label=_("Your answer"), max_length=TEXT_AT_MOST, widget=forms.Textarea(attrs={"rows": 4})
    )


def _begun(business: Professional) -> str:
    """What begins a line: a name as it is written, or what stands in its place as a sentence begins."""
    return capfirst(business.known_as) if business.closed_at else business.name


class HiredForm(forms.Form):
    """Whom the homeowner hired: one of those that bought, or what holds for all of them (G2)."""

    hired = forms.ChoiceField(label=_("Who got the job?"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, contacts: Iterable[Contact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_id = {str(contact.public_id): contact for contact in contacts}
        businesses = [(public_id, _begun(contact.professional)) for public_id, contact in self.by_id.items()]
        of_all = [(str(word.value), IN_THE_FIRST_PERSON[word]) for word in OF_ALL]
        self.fields["hired"].choices = [*businesses, *of_all]  # type: ignore[attr-defined]

    @property
    def said(self) -> tuple[Contact | None, str]:
        """As `say_who_was_hired` takes it. After `is_valid`."""
        chosen = self.cleaned_data["hired"]
        hired = self.by_id.get(chosen)
        return hired, "" if hired else chosen

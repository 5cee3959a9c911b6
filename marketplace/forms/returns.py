"""What is asked of a professional who returns a contact."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.core.files import File
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

from marketplace.evidence import PICTURES_AT_MOST
from marketplace.models import ReturnRequest
from profiles.forms import ACCEPT, SeveralFiles, SeveralFilesField


def _pictures(*, required: bool) -> SeveralFilesField:
    return SeveralFilesField(
        label=_("Pictures that show it"),
        required=required,
        help_text=format_lazy(
            _("Up to {most}: screenshots, photos. Only you and whoever decides see them."),
            most=PICTURES_AT_MOST,
        ),
        widget=SeveralFiles(attrs={"accept": ACCEPT}),
        # A file without content is told about like every other that is no picture.
        allow_empty_file=True,
    )


class ReturnForm(forms.Form):
    """Why a contact is given back (M7). `reasons`: those that can be chosen today."""

    reason = forms.ChoiceField(
        label=_("What is wrong with it?"),
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("This reason cannot be given any more. Choose one of these.")},
    )
    explanation = forms.CharField(
        label=_("What happened?"),
        help_text=_("When you called, who answered, what they said. It is what we decide by."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    evidence = _pictures(required=False)

    def __init__(self, *args: Any, reasons: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (value, capfirst(label)) for value, label in ReturnRequest.Reason.choices if value in reasons
        ]

    def uploads(self) -> list[File]:
        return list(self.cleaned_data["evidence"])


class EvidenceForm(forms.Form):
    """Pictures for a return that was asked for already."""

    evidence = _pictures(required=True)

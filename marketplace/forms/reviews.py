"""Asking for a review, and writing one."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from marketplace.models import ReviewReport
from marketplace.reviews import (
    ANSWER_AT_MOST,
    NAME_AT_MOST,
    TEXT_AT_LEAST,
    TEXT_AT_MOST,
)

STARS = [
    (1, _("1 of 5: bad")),
    (2, _("2 of 5: poor")),
    (3, _("3 of 5: fair")),
    (4, _("4 of 5: good")),
    (5, _("5 of 5: excellent")),
]


class StarSelect(forms.RadioSelect):
    """Five stars that are radio buttons: they need no script, and the keyboard's arrows move between them."""

    template_name = "marketplace/review_stars.html"


class EarlierClientForm(forms.Form):
    """Whom to ask who knows the business's work from before (G8)."""

    name = forms.CharField(label=_("Their name"), max_length=NAME_AT_MOST)
    email = forms.EmailField(label=_("Their e-mail"), max_length=254)
    language = forms.ChoiceField(label=_("Language of the mail"), choices=settings.LANGUAGES)


class NotForPrograms(forms.Form):
    """A form that anybody may send without an account. Nobody sees its last field; programs that fill in every form
    do."""

    leave_empty = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def clean_leave_empty(self) -> str:
        if self.cleaned_data["leave_empty"]:
            raise ValidationError(_("Leave the last field empty: only programs fill it in."))
        return ""


class ReviewForm(NotForPrograms):
    """What the person behind a review link fills in, without an account (M12).

    Everybody is asked of the work in the same words: a form that asked only those who have said that they hired would
    tell it to whoever opens a link that was passed on (G2).
    """

    handling = forms.TypedChoiceField(
        label=_("How did they treat you?"),
        help_text=_("Did they answer, come when they said, explain things?"),
        choices=STARS,
        coerce=int,
        widget=StarSelect,
        error_messages={"required": _("Choose between one star and five.")},
    )
    workmanship = forms.TypedChoiceField(
        label=_("How good is the work?"),
        help_text=_("Only if they did the job for you; leave it empty if not."),
        choices=STARS,
        coerce=int,
        empty_value=None,
        required=False,
        widget=StarSelect,
    )
    text = forms.CharField(
        label=_("In your words"),
        help_text=_("What would you tell a neighbour who thinks of calling them?"),
        min_length=TEXT_AT_LEAST,
        max_length=TEXT_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    author_name = forms.CharField(
        label=_("The name to show"),
        help_text=_("A first name is enough. Your e-mail is never shown."),
        max_length=NAME_AT_MOST,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )


class AnswerForm(forms.Form):
    """The professional's one answer to a review."""

    text = forms.CharField(
        label=_("Your answer"),
        help_text=_("Everybody reads it below the review, and it cannot be changed later."),
        max_length=ANSWER_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ReportForm(NotForPrograms):
    """What is wrong with a published review; anybody may say so."""

    reason = forms.ChoiceField(
        label=_("What is wrong with it?"), choices=ReviewReport.Reason.choices, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=_("In your words"),
        help_text=_("What should the person who decides know?"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

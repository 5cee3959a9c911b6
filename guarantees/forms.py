"""What professionals and reviewers type about claims. What is enough is judged by the jobs, not here."""

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from guarantees.appeals import TEXT_AT_MOST
from guarantees.claims import STORY_AT_MOST
from guarantees.decisions.verdicts import NOTE_AT_MOST
from guarantees.models import ClaimItem, Ending, HomeownerSurvey, Reminder
from marketplace.models import Contact


class Remembering(forms.Form):
    """One of many on a page that are sent together.

    It remembers what it showed, so that only what was changed in this tab is saved: neither a suggestion that
    nobody touched, nor an older text over a newer one that another tab or device has saved meanwhile.
    """

    # What is saved together: name of the part → its fields.
    PARTS: ClassVar[dict[str, tuple[str, ...]]]
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["shown"] = " ".join(self._mark(part, self.initial) for part in self.PARTS)

    def _mark(self, part: str, values: Mapping[str, Any]) -> str:
        """What the fields of a part hold, in a few characters; white space does not tell."""
        text = "\0".join(" ".join(str(values.get(name) or "").split()) for name in self.PARTS[part])
        return f"{part}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    def was_changed(self, part: str) -> bool:
        """Whether something else was sent of this part than what had been shown. After `is_valid`."""
        return self._mark(part, self.cleaned_data) not in self.cleaned_data["shown"].split()


class StoryForm(Remembering):
    """What happened with one contact, and how it ended (G11)."""

    PARTS = {"story": ("text", "ending")}

    text = forms.CharField(
        label=_("What happened"),
        required=False,
        max_length=STORY_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    ending = forms.ChoiceField(
        label=_("How it ended"), required=False, choices=[("", _("Choose…")), *Ending.choices]
    )


class AnswerForm(forms.Form):
    """The answer to one question of the reviewer."""

    answer = forms.CharField(
        label=_("Your answer"),
        required=False,
        max_length=STORY_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AppealForm(forms.Form):
    """Why the owner of a business thinks that a decision is wrong (G19)."""

    text = forms.CharField(
        label=_("Why this is wrong"),
        max_length=TEXT_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Say what is not so, and what shows it. You can appeal once against each decision."),
    )


class ItemReviewForm(Remembering):
    """What a reviewer enters about one contact of a claim: verdict, the homeowner's word, a question."""

    PARTS = {"verdict": ("verdict", "note"), "word": ("word",)}

    verdict = forms.ChoiceField(
        label=_("Verdict"), required=False, choices=ClaimItem.Verdict.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=NOTE_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What you found, or how you tried. Needed unless it is confirmed."),
    )
    reason = forms.CharField(
        label=_("Why the finding of “false” is taken back"), required=False, max_length=NOTE_AT_MOST
    )
    word = forms.ChoiceField(
        label=_("The homeowner says"), required=False, choices=[("", _("Nothing yet")), *Contact.Word.choices]
    )
    question = forms.CharField(
        label=_("Question to the professional"),
        required=False,
        max_length=NOTE_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReasonForm(forms.Form):
    """The reason of a decision."""

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=NOTE_AT_MOST, widget=forms.Textarea(attrs={"rows": 3})
    )


class FalseForm(ReasonForm):
    """The reason of rejecting as false, and why the professional was not asked first, where they were not."""

    without_asking = forms.CharField(
        label=_("Why you decide without having asked"),
        required=False,
        max_length=NOTE_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RemindersForm(forms.Form):
    """Which dates to be reminded of; none is a choice too."""

    topics = forms.MultipleChoiceField(
        label=_("Remind me of"),
        choices=Reminder.Topic.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


Word = Contact.Word
# As the homeowner says it of themselves; the office reads the same in the third person.
PRESSES: dict[str, Promise] = {
    Word.HIRED_THEM: _("Yes, I hired them"),
    Word.HIRED_OTHER: _("No, I hired somebody else"),
    Word.HIRED_NOBODY: _("No, I hired nobody"),
    Word.UNDECIDED: _("I am still deciding"),
    Word.NEVER_CONTACTED: _("They never contacted me"),
}


class SurveyForm(forms.Form):
    """What a homeowner adds to their answer, or corrects of it (G14)."""

    hired = forms.ChoiceField(
        label=_("Did you hire them?"),
        required=False,
        choices=[(word, said) for word, said in PRESSES.items() if word != Word.NEVER_CONTACTED],
        widget=forms.RadioSelect,
    )
    contacted = forms.ChoiceField(
        label=_("Did they contact you?"),
        required=False,
        choices=[
            (HomeownerSurvey.Contacted.YES, _("Yes")),
            (HomeownerSurvey.Contacted.NO, _("No")),
            (HomeownerSurvey.Contacted.CANNOT_SAY, _("I cannot say")),
        ],
        widget=forms.RadioSelect,
    )
    contacted_when = forms.ChoiceField(
        label=_("If so, when for the first time?"),
        required=False,
        choices=[
            (HomeownerSurvey.When.WITHIN_A_DAY, _("The same day or the next")),
            (HomeownerSurvey.When.WITHIN_A_WEEK, _("In the first week")),
            (HomeownerSurvey.When.LATER, _("Later")),
            (HomeownerSurvey.When.UNKNOWN, _("I do not remember")),
        ],
        widget=forms.RadioSelect,
    )
    contacted_on = forms.DateField(
        label=_("Or on which day, if you know it"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

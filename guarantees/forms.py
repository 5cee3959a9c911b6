"""What professionals and reviewers type about claims. What is enough is judged by the jobs, not here."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from guarantees import rules
from guarantees.appeals import TEXT_AT_MOST
from guarantees.assumptions import Assumption, missing_then
from guarantees.claims import STORY_AT_MOST
from guarantees.decisions.verdicts import NOTE_AT_MOST
from guarantees.models import ClaimItem, Ending, HomeownerSurvey, Reminder, Story
from guarantees.standing import Standing
from guarantees.wording import long_date
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

    def crosses(self, part: str, kept: Mapping[str, Any]) -> bool:
        """Whether what is `kept` of this part is neither what had been shown nor what was sent: another tab or device
        has saved it meanwhile. After `is_valid`."""
        known = {*self.cleaned_data["shown"].split(), self._mark(part, self.cleaned_data)}
        return self._mark(part, kept) not in known

    def now_shows(self, part: str, kept: Mapping[str, Any]) -> None:
        """Whoever was told what is `kept` has seen it, and may save over it by sending the page again."""
        self.data = {**dict(self.data.items()), self.add_prefix("shown"): self._mark(part, kept)}


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

    def was_saved_elsewhere(self, story: Story | None) -> bool:
        """Whether `story`, as it is kept, was written after this page was opened, and would be written over (G11): a
        field error shows it then, and sending the page again saves. After `is_valid`."""
        kept = {"text": story.text, "ending": story.ending} if story and story.text else None
        if kept is None or not self.crosses("story", kept):
            return False
        self.now_shows("story", kept)
        self.add_error(
            "text",
            _(
                "Since this page was opened, this story was saved in another tab or on another device. It says now: "
                "“%(text)s” What you wrote here is not saved yet: save again to keep it instead."
            )
            % {"text": kept["text"]},
        )
        return True


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

    # What there was to be read of the contact (`guarantees.seen`): nothing that came since is judged over unread.
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=100)
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


class AssumptionForm(forms.Form):
    """What a professional supposes of their own guarantee. Of what is in order already nothing is asked."""

    buy_on = forms.DateField(
        label=_("I buy contacts on"),
        required=False,
        error_messages={"invalid": _("This is no day of the calendar. Choose one.")},
    )
    buys = forms.IntegerField(
        label=_("How many"),
        required=False,
        min_value=1,
        help_text=_("Empty: all that are missing."),
        error_messages={
            "invalid": _("Write a whole number, 1 or more."),
            "min_value": _("Write a whole number, 1 or more."),
        },
    )
    given_back = forms.MultipleChoiceField(
        label=_("I give back"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": _("One of these is no contact of yours that could still be given back.")
        },
    )
    praised = forms.BooleanField(label=_("A homeowner of a counted contact reviews me well"), required=False)
    vouched_for = forms.BooleanField(
        label=_("Earlier clients write the reviews that are missing"), required=False
    )
    plan_paid = forms.BooleanField(label=_("My plan is paid"), required=False)

    def __init__(
        self, *args: Any, standing: Standing, returnable: Sequence[Contact], today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._standing, self._today = standing, today
        self._ids = {str(contact.public_id): contact.pk for contact in returnable}
        self.fields["given_back"].choices = [  # type: ignore[attr-defined]
            (
                str(contact.public_id),
                _("%(title)s, bought on %(day)s")
                % {"title": contact.lead.title_for_buyers, "day": long_date(contact.bought_on)},
            )
            for contact in returnable
        ]
        if standing.facts.contracted_on is None:
            self.fields["plan_paid"].label = _("I contract a plan today")
        self.fields["buy_on"].widget = forms.DateInput(
            attrs={"type": "date", "min": today, "max": self._last_to_buy}, format="%Y-%m-%d"
        )
        self._leave_out_what_is_in_order()

    def _leave_out_what_is_in_order(self) -> None:
        facts = self._standing.facts
        status = {each.code: each.status for each in self._standing.eligibility.requirements}
        # The review that there is may be of one that is given back.
        reviewed = {each.id for each in facts.contacts if each.positive_review}
        in_order = {
            "praised": status["contact_review"] == "met" and reviewed.isdisjoint(self._ids.values()),
            "vouched_for": status["earlier_reviews"] == "met",
            "plan_paid": facts.plan_in_force and facts.payments_current,
        }
        for name, is_in_order in in_order.items():
            if is_in_order:
                del self.fields[name]

    @property
    def _last_to_buy(self) -> date:
        """P, or what it would be if a plan were contracted today."""
        return rules.purchase_deadline(
            self._standing.facts.contracted_on or self._today, self._standing.terms
        )

    @property
    def shows_buying(self) -> bool:
        """Whether there is, or could be, something to buy; or something wrong was asked about it."""
        missing = missing_then(self._standing.facts, self._standing.terms, frozenset(self._ids.values()))
        return not self.errors.keys().isdisjoint(("buy_on", "buys")) or (
            missing > 0 and self._today <= self._last_to_buy
        )

    @property
    def shows_giving_back(self) -> bool:
        """Whether there is something to give back; or something wrong was asked about it."""
        return bool(self._ids or "given_back" in self.errors)

    @property
    def asks(self) -> bool:
        """Whether there is anything to suppose at all."""
        others = self.fields.keys() & {"praised", "vouched_for", "plan_paid"}
        return self.shows_buying or self.shows_giving_back or bool(others)

    def clean_buy_on(self) -> date | None:
        day: date | None = self.cleaned_data["buy_on"]
        if day is None:
            return None
        if day > self._last_to_buy:
            raise forms.ValidationError(
                _("Contacts bought after %(deadline)s cannot be part of a claim. Choose a day until then.")
                % {"deadline": long_date(self._last_to_buy)}
                if self._today <= self._last_to_buy
                else _("The time to buy ended on %(deadline)s: contacts bought later are not counted.")
                % {"deadline": long_date(self._last_to_buy)}
            )
        if day < self._today:
            raise forms.ValidationError(_("This day is over. Choose today or a later one."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        buys, buy_on, missing = cleaned.get("buys"), cleaned.get("buy_on"), self._missing()
        if buys and buy_on is None and "buy_on" not in self.errors:
            self.add_error("buy_on", _("Choose the day on which you would buy them."))
        elif buy_on and self._standing.facts.contracted_on is None and not cleaned.get("plan_paid"):
            self.add_error(
                "buy_on",
                _("Your guarantee begins with your first plan: choose as well that you contract one today."),
            )
        elif buy_on and not missing:
            self.add_error("buys", _("All the contacts that count are bought already."))
        elif buys and buys > missing:
            self.add_error(
                "buys",
                ngettext("Only %(missing)s more would count.", "Only %(missing)s more would count.", missing)
                % {"missing": missing},
            )
        return cleaned

    def _given_back(self) -> frozenset[int]:
        return frozenset(self._ids[each] for each in self.cleaned_data.get("given_back", ()))

    def _missing(self) -> int:
        return missing_then(self._standing.facts, self._standing.terms, self._given_back())

    def assumption(self) -> Assumption:
        """What was asked; after `is_valid`."""
        cleaned = self.cleaned_data
        buy_on = cleaned["buy_on"]
        return Assumption(
            given_back=self._given_back(),
            buys=(cleaned["buys"] or self._missing()) if buy_on else 0,
            buy_on=buy_on,
            praised=cleaned.get("praised", False),
            vouched_for=cleaned.get("vouched_for", False),
            plan_paid=cleaned.get("plan_paid", False),
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

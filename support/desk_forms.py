"""What is filled in at the desk. Forms parse; what is right is decided by the jobs."""

import re
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from profiles.errors import ProfileError
from profiles.forms import RefusableForm
from profiles.models import User
from profiles.phones import read_phone
from support.allowances import in_words
from support.amounts import read_minutes
from support.answering import Done
from support.attachments import NewFile, read_files
from support.desk import Wanted, Who
from support.errors import SupportError
from support.forms import LAST_ID
from support.models import Allowance, Call, SavedReply, Ticket
from support.models.allowances import Unit
from support.placing import Places
from support.questions import NAMES_PEOPLE
from support.ticket_forms import FilesField
from support.work import COURTESY, EXCEPTION, OFFER

SEEN = re.compile(r"[0-9]{1,9}")


def left_of(proposed: Sequence[Allowance]) -> str:
    """What is left of each, as a form carries it."""
    return ",".join(f"{each.pk}:{each.left}" for each in proposed)


class DeskForm(RefusableForm):
    """One of several forms of a page: each with ids of its own."""

    ids = "desk"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["auto_id"] = f"{self.ids}_%s"
        super().__init__(*args, **kwargs)


class WhyForm(DeskForm):
    """A reason that may be left out."""

    ids = "why"
    why = forms.CharField(label=_("Why"), required=False, max_length=500)


class ScreenForm(forms.Form):
    """What is shown on the first screen. What nobody could have chosen is as if it were not said."""

    q = forms.CharField(
        label=_("Number, client or subject"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        label=pgettext_lazy("tickets", "Kind"),
        required=False,
        choices=[("", pgettext_lazy("tickets", "Any kind")), *Ticket.Kind.choices],
    )
    who = forms.ChoiceField(required=False, choices=Who.choices, widget=forms.HiddenInput)

    def wanted(self) -> Wanted:
        self.is_valid()
        said = self.cleaned_data
        return Wanted(
            who=said.get("who", ""),
            kind=said.get("kind", ""),
            said=" ".join(said.get("q", "").replace("\0", "").split()),
        )


class AnswerForm(DeskForm):
    """`seen` and `seen_call` are the last message and the last call that the page showed, `form_id` what makes two
    sendings one answer. `where` is asked of a ticket that nobody has placed, and may be left open until it is closed
    (S4)."""

    ids = "answer"
    text = forms.CharField(
        label=_("Your answer"),
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _("Write the answer.")},
    )
    files = FilesField()  # type: ignore[assignment]
    where = forms.ChoiceField(
        label=_("Where does this belong?"),
        required=False,
        help_text=_("To close it, choose, or log below what was done: that places it too."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=LAST_ID)
    seen_call = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=LAST_ID)
    form_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, ticket: Ticket, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if ticket.is_unplaced:
            field = self.fields["where"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("Not placed yet")), *places]
        else:
            del self.fields["where"]

    def uploads(self) -> list[NewFile]:
        """Raises SupportError as `read_files`."""
        return read_files(self.cleaned_data["files"])


class WorkForm(DeskForm):
    """What was done, how much of it and where it is booked. In an answer it may be left empty (`optional`).

    `where` is an allowance, or what is charged to none; `left` says what was left of each when the form was shown.
    """

    ids = "work"
    amount = forms.CharField(
        label=_("How much"),
        max_length=20,
        help_text=_("In minutes, or as 1 h 20 min. Of interventions, how many."),
        error_messages={"required": _("Write how much it was, at least 1.")},
    )
    where = forms.ChoiceField(
        label=_("Booked on"),
        error_messages={
            "required": _("Choose where it is booked."),
            "invalid_choice": _("Nothing is left of that support any more, or it has ended. Choose again."),
        },
    )
    rest = forms.ChoiceField(
        label=_("If it is more than is left, the rest is"),
        required=False,
        choices=[
            ("", _("not booked: tell me first")),
            (OFFER, _("not booked: I make an offer of it next")),
            (COURTESY, _("a courtesy")),
            (EXCEPTION, _("an exception")),
        ],
    )
    why = forms.CharField(label=_("Why an exception"), required=False, max_length=250)
    done = forms.CharField(
        label=_("What was done"),
        max_length=2000,
        help_text=_("The client reads it."),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write what was done: the client reads it.")},
    )
    more = forms.BooleanField(label=_("It is one more intervention on this ticket"), required=False)
    left = forms.CharField(widget=forms.HiddenInput, required=False)
    form_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, proposed: Sequence[Allowance], optional: bool = False, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {"form_id": uuid.uuid4(), "left": left_of(proposed)})
        super().__init__(*args, prefix="work", use_required_attribute=not optional, **kwargs)
        self.proposed = {each.pk: each for each in proposed}
        self.optional = optional
        where = self.fields["where"]
        assert isinstance(where, forms.ChoiceField)
        where.choices = [
            ("", _("Choose")),
            *((str(each.pk), self._said(each)) for each in proposed),
            (COURTESY, _("Courtesy, charged to nobody")),
            (EXCEPTION, _("Exception, charged to nobody")),
        ]
        if proposed:
            # What ends first, or what the ticket is placed against: proposed, and charged once it is confirmed (S7).
            where.initial = where.choices[1][0]
        if not any(each.unit == Unit.INTERVENTIONS for each in proposed):
            del self.fields["more"]

    @staticmethod
    def _said(allowance: Allowance) -> str:
        left = in_words(allowance.left, allowance.unit)
        return gettext("%(what)s (%(left)s left)") % {"what": allowance.what, "left": left}

    @property
    def empty(self) -> bool:
        """Whether nothing was said of any work."""
        said = (self.data.get(self.add_prefix(name), "") for name in ("amount", "done"))
        return self.optional and not any(each.strip() for each in said)

    def work(self) -> Done:
        """Call it where the form is valid. Raises SupportError("no_amount") where it is no amount."""
        said = self.cleaned_data
        where = said["where"]
        allowance = self.proposed.get(int(where)) if where.isdecimal() else None
        seen = dict(pair.split(":", 1) for pair in said["left"].split(",") if ":" in pair).get(where, "")
        unit = allowance.unit if allowance else Unit.MINUTES
        return Done(
            amount=self._amount(said["amount"], unit),
            unit=unit,
            done=said["done"],
            form_id=said["form_id"],
            allowance=allowance,
            rest=said["rest"] if allowance else where,
            why=said["why"],
            more=said.get("more", False),
            left_seen=int(seen) if allowance and SEEN.fullmatch(seen) else None,
        )

    def _amount(self, written: str, unit: str) -> int:
        written = written.strip()
        if SEEN.fullmatch(written):
            # Whoever logs time thinks in minutes; where support is agreed, a bare number is hours.
            return int(written)
        try:
            if unit == Unit.MINUTES:
                return read_minutes(written)
        except ValueError:
            pass
        raise SupportError(
            "no_amount",
            gettext("“%(written)s” is no amount. Write it as 45, 45 min or 1 h 20 min.")
            % {"written": written},
            field="amount",
        )


class LogForm(WorkForm):
    """The same, by itself."""

    ids = "log"


class TakeBackForm(DeskForm):
    ids = "take_back"
    why = forms.CharField(
        label=_("Why it is taken back"),
        max_length=250,
        help_text=_("The client reads it."),
        error_messages={"required": _("Say why it is taken back: the client reads it.")},
    )


class NoteForm(DeskForm):
    ids = "note"
    text = forms.CharField(
        label=_("Note"),
        max_length=50_000,
        help_text=_("Only the desk reads it. It answers nobody."),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write the note.")},
    )
    form_id = forms.UUIDField(widget=forms.HiddenInput)


class _PersonField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj)


class HandOverForm(DeskForm):
    ids = "hand_over"
    to = _PersonField(User.objects.none(), label=_("To"), empty_label=_("Choose"))
    why = forms.CharField(label=_("Why, and what they need to know"), required=False, max_length=500)

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.filter(pk__in=[each.pk for each in people])
        # The list was read already: nobody is looked for twice.
        field.choices = [("", field.empty_label), *((each.pk, str(each)) for each in people)]


class PutBackForm(WhyForm):
    ids = "put_back"


class CloseForm(WhyForm):
    ids = "close"


class ReopenForm(WhyForm):
    ids = "reopen"


class NoAnswerForm(DeskForm):
    ids = "no_answer"
    why = forms.CharField(
        label=_("Why it needs no answer"),
        max_length=250,
        error_messages={"required": _("Say why no answer is needed.")},
    )


class PlaceForm(DeskForm):
    """One of the `places` of a ticket."""

    ids = "place"
    where = forms.ChoiceField(
        label=_("Where does this belong?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose where this belongs.")},
    )

    def __init__(self, *args: Any, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["where"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = places


class MergeForm(DeskForm):
    """Another ticket of the same client, chosen or named by its number."""

    ids = "merge"
    into = forms.CharField(
        label=_("Number of the ticket that goes on"),
        max_length=30,
        help_text=_("As T-000123. What was said here is carried on there, and this one ends."),
    )


class LinkForm(DeskForm):
    """Whose question it is."""

    ids = "link"
    who = forms.CharField(
        label=_("Client"),
        max_length=200,
        help_text=_("Their exact name, e-mail or tax id, as we invoice them."),
    )
    name_asker = forms.BooleanField(
        label=_("Whoever asked asks and follows for this client from now on"), required=False
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by.has_perm(NAMES_PEOPLE):
            del self.fields["name_asker"]


class UnlinkForm(DeskForm):
    ids = "unlink"
    why = forms.CharField(
        label=pgettext_lazy("link", "Why it is taken back"),
        max_length=250,
        error_messages={"required": pgettext_lazy("link", "Say why it is taken back.")},
    )


class CallForm(DeskForm):
    """A call of ours. `seen` and `seen_message` are the last call and the last message that the page showed, 0 where
    there was none."""

    ids = "call"
    outcome = forms.ChoiceField(
        label=_("What came of it"),
        widget=forms.RadioSelect,
        choices=[
            (Call.Outcome.ANSWERED, _("We talked")),
            (Call.Outcome.LEFT_MESSAGE, _("I left a message")),
            (Call.Outcome.MAIL_SENT, _("Nobody answered: write to them that we called")),
            (Call.Outcome.NOBODY, _("Nobody answered")),
        ],
        error_messages={"required": _("Say what came of the call.")},
    )
    phone = forms.CharField(
        label=_("Number called"), required=False, max_length=40, widget=forms.TextInput(attrs={"type": "tel"})
    )
    summary = forms.CharField(
        label=_("What was said"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Clients read what was said in their calls."),
    )
    waits = forms.BooleanField(label=_("They asked something that is still to be answered"), required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=LAST_ID)
    seen_message = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=LAST_ID)
    form_id = forms.UUIDField(widget=forms.HiddenInput)

    def clean_phone(self) -> str:
        """Nobody has called what is no number."""
        try:
            return read_phone(self.cleaned_data["phone"])
        except ProfileError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class SavedReplyForm(DeskForm):
    ids = "reply"
    title = forms.CharField(label=_("Title"), max_length=100, help_text=_("Only the desk reads it."))
    text_es = forms.CharField(
        label=_("Text in Spanish"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    text_en = forms.CharField(
        label=_("Text in English"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    text_it = forms.CharField(
        label=_("Text in Italian"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    shared = forms.BooleanField(label=_("The whole desk shares it"), required=False)
    form_id = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, by: User, reply: SavedReply | None = None, **kwargs: Any) -> None:
        if reply is not None:
            kwargs["initial"] = {
                "title": reply.title,
                "text_es": reply.text_es,
                "text_en": reply.text_en,
                "text_it": reply.text_it,
                "shared": reply.owner_id is None,
            }
        else:
            kwargs["initial"] = {"form_id": uuid.uuid4()}
        super().__init__(*args, **kwargs)
        if not by.has_perm("support.change_savedreply"):
            del self.fields["shared"]

    def texts(self) -> dict[str, str]:
        return {each: self.cleaned_data[f"text_{each}"] for each in ("en", "es", "it")}

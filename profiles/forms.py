"""Forms of businesses and what they show. They parse; what is right is decided by the jobs."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from base.errors import Refusal
from profiles.models import Answer, Professional, Project, Question, User
from profiles.models.keys import Scope
from profiles.phones import read_phone
from profiles.preferences import time_zones
from profiles.tax_ids import read_tax_id
from profiles.uploads import MOST_FILES

ACCEPT = "image/jpeg,image/png,image/webp"


class RefusableForm(forms.Form):
    """A form whose job may still refuse: the sentence goes beside the field that it is about."""

    def refuse(self, refusal: Refusal) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))

    def add_errors(self, field: str, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            self.add_error(field, sentence)


class OpenForm(RefusableForm):
    """Telephone and tax id are read here already, so that all that is wrong is said at once."""

    name = forms.CharField(
        label=_("Business name"),
        max_length=120,
        help_text=_("As homeowners know you."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=40,
        help_text=_("With its area code. Homeowners are told this number when you buy their contact."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    tax_id = forms.CharField(
        label=_("Tax id (RFC)"),
        max_length=30,
        help_text=_("For your invoices. There is one account per tax id, and one guarantee with it."),
        widget=forms.TextInput(
            attrs={"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def clean_phone(self) -> str:
        return _read(read_phone, self.cleaned_data["phone"])

    def clean_tax_id(self) -> str:
        return _read(read_tax_id, self.cleaned_data["tax_id"])


def _read(reader: Callable[[str], str], text: str) -> str:
    try:
        return reader(text)
    except Refusal as refusal:
        raise forms.ValidationError(str(refusal)) from refusal


class ProfileForm(OpenForm):
    description = forms.CharField(
        label=_("What you do, and how"),
        max_length=5000,
        required=False,
        help_text=_("Your trades, where you work, since when, and why people recommend you."),
        widget=forms.Textarea(attrs={"rows": 9}),
    )
    field_order = ("name", "description", "phone", "tax_id")

    def __init__(self, *args: Any, business: Professional, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "name": business.name,
            "description": business.description,
            "phone": business.phone.as_national if business.phone else "",
            "tax_id": business.tax_id,
        }
        super().__init__(*args, **kwargs)
        if business.tax_id and business.first_contracted_on:
            self.fields["tax_id"].disabled = True
            self.fields["tax_id"].help_text = _(
                "It cannot be changed here any more, because your guarantee belongs to it. If it is wrong, write to us."
            )


def _limits() -> str:
    megabytes = settings.PHOTO_MAX_BYTES // (1024 * 1024)
    return str(_("JPEG, PNG or WebP, up to %(megabytes)d MB each.") % {"megabytes": megabytes})


photo_limits = lazy(_limits, str)


class LogoForm(RefusableForm):
    photo = forms.FileField(
        label=_("Logo"), help_text=photo_limits(), widget=forms.FileInput(attrs={"accept": ACCEPT})
    )


class SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """As many files as were chosen at once; its value is a list."""

    widget = SeveralFiles
    default_error_messages: ClassVar = {
        "too_many": _("Please choose up to %(most)d photos at once."),
    }

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files: Sequence[Any] = data if isinstance(data, list | tuple) else [data]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(
                self.error_messages["too_many"], code="too_many", params={"most": MOST_FILES}
            )
        cleaned = [forms.FileField.clean(self, each, initial) for each in files] or [
            forms.FileField.clean(self, None, initial)
        ]
        return [each for each in cleaned if each]


class PhotosForm(RefusableForm):
    photo = SeveralFilesField(
        label=_("Photos"),
        help_text=photo_limits(),
        widget=SeveralFiles(attrs={"accept": ACCEPT}),
        # A file without content is told about beside its name, like every other that is no picture.
        allow_empty_file=True,
    )


class ProjectForm(RefusableForm):
    title = forms.CharField(label=_("What was the job?"), max_length=120)
    description = forms.CharField(
        label=_("How it was done"),
        max_length=2000,
        required=False,
        help_text=_("What the client wanted, what you did, how long it took."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args: Any, project: Project | None = None, **kwargs: Any) -> None:
        if project:
            kwargs["initial"] = {"title": project.title, "description": project.description}
        super().__init__(*args, **kwargs)


class NewProjectForm(ProjectForm):
    photo = SeveralFilesField(
        label=_("Photos of this job"),
        help_text=photo_limits(),
        required=False,
        widget=SeveralFiles(attrs={"accept": ACCEPT}),
        allow_empty_file=True,
    )


class CaptionForm(RefusableForm):
    caption = forms.CharField(label=_("What the photo shows"), max_length=150, required=False)


class QuestionsForm(RefusableForm):
    """One field per question, in the reader's language."""

    def __init__(
        self, *args: Any, questions: Iterable[Question], answers: Iterable[Answer], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        texts = {answer.question_id: answer.text for answer in answers}
        for question in questions:
            self.fields[f"question_{question.pk}"] = forms.CharField(
                label=str(question),
                max_length=1000,
                required=False,
                initial=texts.get(question.pk, ""),
                widget=forms.Textarea(attrs={"rows": 3}),
            )

    def answers(self) -> dict[int, str]:
        """Question id → what was written."""
        return {int(name.removeprefix("question_")): text for name, text in self.cleaned_data.items()}


class InviteForm(RefusableForm):
    email = forms.EmailField(
        label=_("E-mail"),
        help_text=_("The address with which they sign in here."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class SettingsForm(RefusableForm):
    """ "auto" stands for no choice of one's own."""

    language = forms.ChoiceField(
        label=_("Language"), choices=[("auto", _("As my browser says")), *settings.LANGUAGES]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = {"language": user.language or "auto", "time_zone": user.time_zone or "auto"}
        super().__init__(*args, **kwargs)
        zones = [(name, name.replace("_", " ").replace("/", " / ")) for name in time_zones()]
        if user.time_zone and user.time_zone not in dict(zones):
            zones.append((user.time_zone, user.time_zone))
        here = settings.MARKETPLACE_TIME_ZONE.replace("_", " ").replace("/", " / ")
        self.fields["time_zone"].choices = [  # type: ignore[attr-defined]
            ("auto", _("The marketplace's own (%(zone)s)") % {"zone": here}),
            *zones,
        ]

    def chosen(self) -> dict[str, str]:
        return {name: "" if value == "auto" else value for name, value in self.cleaned_data.items()}


class KeyForm(RefusableForm):
    """A new key for a program."""

    LASTS = ((30, _("30 days")), (90, _("90 days")), (365, _("a year")), (0, _("until I revoke it")))

    # Of the form itself: sent twice, it makes one key.
    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    name = forms.CharField(
        label=_("What is it for?"),
        max_length=80,
        help_text=_("So that you know it again: the program's name."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What may it do?"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    lasts = forms.TypedChoiceField(label=_("How long does it last?"), choices=LASTS, coerce=int, initial=365)

    def said(self, now: datetime) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        days = said.pop("lasts")
        return said | {"expires_at": now + timedelta(days=days) if days else None}

"""What whoever asks the desk fills in, with an account and without one."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from base.errors import Refusal
from profiles.forms import RefusableForm, SeveralFiles
from profiles.phones import read_phone
from profiles.plain_text import many_lines, one_line
from support.models import Client
from support.topics import Topic

TEXT_AT_MOST = 20_000


def _limits() -> str:
    return _("Up to %(number)d files, %(size)s each.") % {
        "number": settings.DESK_FILES_AT_MOST,
        "size": filesizeformat(settings.DESK_FILE_MAX_BYTES),
    }


class FilesField(forms.FileField):
    """Any files, as many as were chosen at once; how many and how large they may be is judged by the job."""

    widget = SeveralFiles

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Files"), required=False, help_text=lazy(_limits, str)(), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files: Sequence[Any] = data if isinstance(data, list | tuple) else [data]
        return [cleaned for each in files if (cleaned := self._clean_one(each, initial))]

    def _clean_one(self, file: Any, initial: Any) -> UploadedFile | None:
        try:
            return super().clean(file, initial)
        except ValidationError as error:
            if error.error_list[0].code != "empty":
                raise
            # Of several, which one.
            message = _("“%(name)s” is empty. Choose another file, or leave it out.")
            raise ValidationError(message, code="empty", params={"name": file.name}) from error


class SubjectField(forms.CharField):
    """One line, without what turns writing around."""

    def clean(self, value: Any) -> str:
        return one_line(super().clean(value))


class TextField(forms.CharField):
    """Paragraphs, without what turns writing around."""

    widget = forms.Textarea

    def __init__(self, *, rows: int, **kwargs: Any) -> None:
        super().__init__(max_length=TEXT_AT_MOST, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)

    def clean(self, value: Any) -> str:
        text = many_lines(super().clean(value))
        if self.required and not text:
            # Nothing but what nobody sees.
            raise ValidationError(self.error_messages["required"], code="required")
        return text


class StarSelect(forms.RadioSelect):
    """Five stars that are radio buttons: they need no script, and the keyboard's arrows move between them."""

    template_name = "marketplace/review_stars.html"


class OpenTicketForm(RefusableForm):
    """For which client is asked where the reader speaks for several."""

    client = forms.ChoiceField(
        label=_("For whom do you ask?"), error_messages={"required": _("Choose for whom you ask.")}
    )
    about = forms.ChoiceField(
        label=_("What is it about?"),
        required=False,
        help_text=_(
            "Of what we have agreed, if you know. It helps whoever answers; nothing is booked by it."
        ),
    )
    subject = SubjectField(label=_("Subject"), max_length=200, help_text=_("In one line."))
    text = TextField(
        label=_("What would you like to know, or have done?"),
        rows=8,
        help_text=_("What you did, what you expected, and what happened instead."),
    )
    files = FilesField()  # type: ignore[assignment]
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=40,
        required=False,
        help_text=_("If we may call you about it. From another country, with + and its code."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def __init__(self, *args: Any, clients: Sequence[Client], topics: Sequence[Topic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clients = {str(client.public_id): client for client in clients}
        self.topics = {topic.key: topic for topic in topics}
        if len(clients) == 1:
            del self.fields["client"]
        else:
            names = [(key, str(client)) for key, client in self.clients.items()]
            self.fields["client"].choices = [("", _("Choose")), *names]  # type: ignore[attr-defined]
        if not topics:
            del self.fields["about"]
        else:
            self.fields["about"].choices = [("", _("I do not know, or something else")), *self._grouped()]  # type: ignore[attr-defined]

    def _grouped(self) -> list[Any]:
        """By client, where there are several."""
        choices = {client.pk: (str(client), []) for client in self.clients.values()}  # type: ignore[var-annotated]
        for topic in self.topics.values():
            choices[topic.client_id][1].append((topic.key, topic.label))
        groups = [group for group in choices.values() if group[1]]
        return groups[0][1] if len(self.clients) == 1 else groups

    def clean_phone(self) -> str:
        try:
            return read_phone(self.cleaned_data["phone"])
        except Refusal as refusal:
            raise ValidationError(str(refusal)) from refusal

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        topic = self.topics.get(said.get("about", ""))
        client = self.said_client()
        if topic and client and topic.client_id != client.pk:
            self.add_error("about", _("That was agreed with another client. Choose what it is about anew."))
        return said

    def said_client(self) -> Client | None:
        """The client that is asked for; None where none was chosen."""
        if "client" not in self.fields:
            return next(iter(self.clients.values()))
        return self.clients.get(self.cleaned_data.get("client", ""))

    def said_topic(self) -> Topic | None:
        return self.topics.get(self.cleaned_data.get("about", ""))


class SayMoreForm(RefusableForm):
    text = TextField(label=_("Your message"), rows=5, required=False)
    files = FilesField()  # type: ignore[assignment]


class ReplyForm(RefusableForm):
    """Of whoever has no account: no files."""

    text = TextField(
        label=_("Your message"), rows=5, error_messages={"required": _("Write what you want to add.")}
    )


class RateForm(RefusableForm):
    MARKS: ClassVar = [
        (1, _("1 of 5: bad")),
        (2, _("2 of 5: poor")),
        (3, _("3 of 5: fair")),
        (4, _("4 of 5: good")),
        (5, _("5 of 5: excellent")),
    ]
    rating = forms.TypedChoiceField(
        label=_("How were you helped?"),
        choices=MARKS,
        coerce=int,
        widget=StarSelect,
        error_messages={"required": _("Choose from 1 to 5.")},
    )
    text = TextField(label=_("What was good, what was not?"), rows=3, required=False)


class QuestionForm(RefusableForm):
    """Of somebody who has no account. Programs that fill in every form fill in the last field, which nobody sees."""

    subject = SubjectField(label=_("Subject"), max_length=200, help_text=_("In one line."))
    text = TextField(label=_("Your question"), rows=7)
    name = SubjectField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("We send you a link to confirm your question, and the answer."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    language = forms.ChoiceField(label=_("Language of the answer"), choices=settings.LANGUAGES)
    leave_empty = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"language": get_language()} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    def said(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "leave_empty"}


class SignedInQuestionForm(RefusableForm):
    """Of somebody who is signed in, and no client."""

    subject = SubjectField(label=_("Subject"), max_length=200, help_text=_("In one line."))
    text = TextField(label=_("Your question"), rows=7)


class ConfirmForm(RefusableForm):
    """For which client its asker asks, where their address speaks for several."""

    client = forms.ChoiceField(
        label=_("For whom do you ask?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose for whom you ask.")},
    )

    def __init__(self, *args: Any, clients: Sequence[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clients = {str(client.public_id): client for client in clients}
        if len(clients) < 2:
            del self.fields["client"]
        else:
            self.fields["client"].choices = [(key, str(each)) for key, each in self.clients.items()]  # type: ignore[attr-defined]

    def said_client(self) -> Client | None:
        return self.clients.get(self.cleaned_data.get("client", ""))

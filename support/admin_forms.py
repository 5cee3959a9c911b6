"""What the desk's office fills in: parsed here, judged by the functions of the jobs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from base.errors import Refusal
from billing.forms import CustomerForm
from profiles.phones import read_phone
from support.agreements import Line, line_of, refuse_line
from support.allowances import in_words
from support.amounts import read_minutes
from support.desk_calendar import desk_zone
from support.documents import as_kept
from support.models import (
    Agreement,
    Allowance,
    Client,
    ClientPerson,
)
from support.models.agreements import SoldLine
from support.models.allowances import Unit

LINES_AT_MOST = 50
UNITS = [(Unit.MINUTES.value, _("hours and minutes")), (Unit.INTERVENTIONS.value, _("interventions"))]
DATE = {"type": "date"}


def show_refusal(form: forms.BaseForm, refusal: Refusal) -> None:
    """A refusal of a job as the form's error, beside its field where the form has that."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


def day_field(label: Any, **kwargs: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"), **kwargs)


def text_field(label: Any, rows: int = 4, most: int = 20_000, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, widget=forms.Textarea(attrs={"rows": rows}), **kwargs
    )


def _reason(label: Any, **kwargs: Any) -> forms.CharField:
    return text_field(label, rows=3, most=2000, **kwargs)


class DocumentField(forms.FileField):
    """A PDF, told about beside what else is wrong in its form."""

    def __init__(self, **kwargs: Any) -> None:
        # A file without content is told about like every other that is no PDF.
        said: dict[str, Any] = {"label": _("Document (PDF)"), "allow_empty_file": True}
        super().__init__(widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}), **(said | kwargs))

    def clean(self, data: Any, initial: Any = None) -> Any:
        try:
            return as_kept(super().clean(data, initial))
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


def form_id_field() -> forms.UUIDField:
    # One form sent twice makes one thing.
    return forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class Chooser(AutocompleteSelect):
    """Chosen among many, by the office's own search."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        # What is sent by hand may be no number, or longer than any id: its page is shown again all the same.
        ids = [each for each in value if str(each).isdecimal() and len(str(each)) < 19]
        return super().optgroups(name, ids, attrs)


class DeskTimeField(forms.DateTimeField):
    """A moment as the desk's clock shows it, whatever zone its reader lives in."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        said = {"help_text": format_lazy(_("On the desk's clock ({zone})."), zone=settings.DESK_TIME_ZONE)}
        super().__init__(**(said | kwargs))

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(desk_zone()):
            return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        with timezone.override(desk_zone()):
            return super().prepare_value(value)


def read_amount(said: str, unit: str) -> int:
    """Whole units of what was typed. Raises ValidationError."""
    if unit == Unit.INTERVENTIONS:
        if not said.isdecimal() or len(said) > 6:
            raise forms.ValidationError(_("Write how many interventions, as a whole number."))
        return int(said)
    try:
        return read_minutes(said)
    except ValueError as error:
        raise forms.ValidationError(
            _("Write hours and minutes, as 10, 2:30, 2 h 30 min or 45 min.")
        ) from error


def amount_typed(amount: int, unit: str) -> str:
    """An amount as it would be typed."""
    return in_words(amount, unit) if unit == Unit.MINUTES else str(amount)


class ClientForm(CustomerForm):
    """Somebody new to whom quotes can be sent."""

    phone = forms.CharField(
        label=_("Telephone"),
        max_length=40,
        required=False,
        help_text=_("From abroad, with + and the country."),
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, initial=settings.PUBLIC_LANGUAGE
    )
    form_id = form_id_field()

    class Meta(CustomerForm.Meta):
        labels = {"name": _("Name"), "email": _("E-mail")}
        help_texts = {
            "tax_id": _("RFC in Mexico, NIF in Spain, partita IVA in Italy."),
            "email": _("Of the person who is written to and who signs."),
        }

    def clean_phone(self) -> str:
        return _read_phone(self.cleaned_data["phone"])


def _read_phone(said: str) -> str:
    try:
        return read_phone(said)
    except Refusal as refusal:
        raise forms.ValidationError(str(refusal)) from refusal


class KnownCustomerForm(forms.Form):
    """A customer that is invoiced already and no client yet."""

    who = forms.CharField(
        label=_("Customer"), max_length=254, help_text=_("Its tax id, e-mail, or exact name.")
    )


class LanguageForm(forms.Form):
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class PersonForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(
        label=_("E-mail"), help_text=_("Whoever proves that this address is theirs sees the client's pages.")
    )
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=40,
        required=False,
        help_text=_("From abroad, with + and the country."),
    )
    role = forms.ChoiceField(label=_("Role"), choices=ClientPerson.Role.choices)

    def clean_phone(self) -> str:
        return _read_phone(self.cleaned_data["phone"])


class LineForm(forms.Form):
    """A service or tool, and the support that comes with it (S4)."""

    # With an initial one, a line that nobody touched is blank.
    kind = forms.ChoiceField(
        label=_("Kind"), choices=SoldLine.Kind.choices, initial=SoldLine.Kind.SERVICE.value
    )
    what = forms.CharField(label=_("What is sold"), max_length=150)
    unit = forms.ChoiceField(
        label=_("Support included in"), choices=[("", _("none")), *UNITS], required=False
    )
    amount = forms.CharField(
        label=_("How much support"),
        max_length=20,
        required=False,
        help_text=_("Hours as 10, 2:30, 2 h 30 min or 45 min; interventions as a number."),
    )
    expires_on = day_field(_("To be used by"), required=False)
    no_support_reason = forms.CharField(
        label=_("Why no support is included"), max_length=250, required=False, help_text=_("Of a tool.")
    )
    # That of the line in the version before, which goes on.
    allowance = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, starts_on: date, allowances: Mapping[int, Allowance] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.starts_on, self.allowances = starts_on, allowances or {}

    def clean_allowance(self) -> Allowance | None:
        number = self.cleaned_data["allowance"]
        if number is None:
            return None
        if number not in self.allowances:
            raise forms.ValidationError(_("This support does not belong to this agreement."))
        return self.allowances[number]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        unit, said = data.get("unit", ""), data.get("amount", "")
        data["amount"] = None
        if unit and not said:
            self.add_error("amount", _("Say how much support is included, or choose none."))
        elif said and not unit and "unit" in data:
            self.add_error("unit", _("Say whether these are hours or interventions."))
        elif said and unit:
            try:
                data["amount"] = read_amount(said, unit)
            except forms.ValidationError as error:
                self.add_error("amount", error)
            else:
                if not data["amount"]:
                    self.add_error("amount", _("Nothing is no support: choose none."))
        elif data.get("expires_on"):
            self.add_error("expires_on", _("There is no support that could end."))
        if not self.errors:
            try:
                refuse_line(self.line(), self.starts_on)
            except Refusal as refusal:
                show_refusal(self, refusal)
        return data

    def line(self) -> Line:
        data = self.cleaned_data
        return Line(
            kind=data["kind"],
            what=data["what"],
            unit=data["unit"],
            amount=data["amount"],
            expires_on=data["expires_on"],
            no_support_reason=data["no_support_reason"],
            allowance=data["allowance"],
        )


class BaseLines(forms.BaseFormSet):
    # Of lines that are shown again before anybody has judged them, how many there were before.
    stored: int | None = None

    def initial_form_count(self) -> int:
        return super().initial_form_count() if self.stored is None else self.stored

    def lines(self) -> list[Line]:
        """Those that were filled in and not struck out."""
        struck = set(map(id, self.deleted_forms))
        return [
            form.line() for form in self.forms if form.cleaned_data.get("what") and id(form) not in struck
        ]

    @classmethod
    def of(
        cls, data: Any, *, starts_on: date, rows: Sequence[SoldLine] = (), allowances: Any = None
    ) -> BaseLines:
        """The lines as they were sent; without `data`, the stored ones to begin with."""
        asked = {"starts_on": starts_on, "allowances": allowances}
        made = cls._kind(extra=1 if rows else 2)
        # What was sent is not measured by what is stored: somebody else may have added a line to that meanwhile.
        begun = [_initial(row) for row in rows] if data is None else None
        return made(data, initial=begun, prefix="lines", form_kwargs=asked)

    @classmethod
    def one_more(cls, data: Any, *, starts_on: date) -> BaseLines:
        """The lines as they were typed so far, judged by nobody yet, and room for another."""
        sent = cls.of(data, starts_on=starts_on)
        typed = [as_typed(form) for form in sent.forms]
        stored = min(sent.initial_form_count(), len(typed))
        made = cls._kind(extra=len(typed) - stored + 1)
        shown = made(initial=typed, prefix="lines", form_kwargs={"starts_on": starts_on})
        shown.stored = stored
        return shown

    @classmethod
    def _kind(cls, *, extra: int) -> Any:
        return forms.formset_factory(
            LineForm,
            formset=cls,
            extra=extra,
            can_delete=True,
            max_num=LINES_AT_MOST,
            absolute_max=LINES_AT_MOST + 10,
            validate_max=True,
        )


def as_typed(form: forms.BaseForm) -> dict[str, Any]:
    """What was typed into a form, to be shown again in another that nobody has judged."""
    return {name: form[name].data for name in form.fields}


def _initial(row: SoldLine) -> dict[str, Any]:
    line = line_of(row)
    return {
        "kind": line.kind,
        "what": line.what,
        "unit": line.unit,
        "amount": amount_typed(line.amount, line.unit) if line.amount else "",
        "expires_on": line.expires_on,
        "no_support_reason": line.no_support_reason,
        "allowance": line.allowance.pk if line.allowance else None,
    }


class AgreementForm(forms.Form):
    """An agreement on paper that was no quote of ours."""

    field_order = ("client",)
    title = forms.CharField(label=_("Title"), max_length=150)
    signed_on = day_field(_("Signed on"))
    signed_by = forms.CharField(
        label=_("Signed by"), max_length=120, help_text=_("Who signed for the client.")
    )
    text = text_field(_("Text"), rows=6, required=False)
    document = DocumentField(help_text=_("The signed paper."))
    form_id = form_id_field()

    def __init__(self, *args: Any, clients: QuerySet[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser = Chooser(Agreement._meta.get_field("client"), site)
        self.fields["client"] = forms.ModelChoiceField(clients, label=_("Client"), widget=chooser)
        self.order_fields(self.field_order)


class VersionForm(forms.Form):
    """What an agreement says from now on."""

    text = text_field(_("Text"), rows=6, required=False)
    document = DocumentField(required=False, help_text=_("Empty: the document stays the same."))
    why = _reason(_("Why it is changed"), help_text=_("Both sides read it."))
    seen = forms.IntegerField(widget=forms.HiddenInput)


class ExtendForm(forms.Form):
    """Until when an allowance can be used instead."""

    until = day_field(_("To be used by"), help_text=_("The last day on which it can be used."))
    reason = _reason(_("Why"), help_text=_("Both sides read it."))
    form_id = form_id_field()

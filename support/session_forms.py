"""What is filled in for a planned session: parsed here, judged by `sessions`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from profiles.models import User
from support.admin_forms import DeskTimeField, form_id_field, text_field
from support.models import Agreement, PlannedSession


class SessionForm(forms.Form):
    """A session with a client, under one of its `agreements`."""

    field_order = ("agreement", "kind", "about", "starts_at", "minutes", "where", "consultant")
    kind = forms.ChoiceField(label=_("Kind"), choices=PlannedSession.Kind.choices)
    about = forms.CharField(label=_("About"), max_length=150)
    starts_at = DeskTimeField(label=_("Begins"))
    minutes = forms.IntegerField(label=_("Minutes"), min_value=5, max_value=600, initial=60)
    where = forms.CharField(
        label=_("Where"),
        max_length=250,
        required=False,
        help_text=_("A place, a telephone number, or a link."),
    )
    form_id = form_id_field()

    def __init__(
        self, *args: Any, agreements: QuerySet[Agreement], consultants: QuerySet[User], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agreement"] = forms.ModelChoiceField(agreements, label=_("Agreement"))
        self.fields["consultant"] = forms.ModelChoiceField(consultants, label=_("Consultant"))
        self.order_fields(self.field_order)

    def said(self) -> dict[str, Any]:
        """What `plan_session` takes."""
        data = dict(self.cleaned_data)
        return {"public_id": data.pop("form_id"), **data}


class MoveForm(forms.Form):
    starts_at = DeskTimeField(label=_("Begins"))
    reason = text_field(_("Why"), rows=3, most=2000, required=False, help_text=_("Both sides read it."))

    def __init__(self, data: Any = None, *, session: PlannedSession) -> None:
        # It stands beside the form that cancels.
        super().__init__(data, initial={"starts_at": session.starts_at}, auto_id="move_%s")


class CancelForm(forms.Form):
    reason = text_field(
        _("Why"),
        rows=3,
        most=2000,
        help_text=_("Both sides read it."),
        error_messages={"required": _("Say why the session is cancelled: both sides read it.")},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="cancel_%s")

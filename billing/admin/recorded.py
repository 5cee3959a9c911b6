"""What the pages of finance have in common: rows that are looked at, or recorded by a function (X4)."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from base.admin import OfficeAdmin
from billing.forms import RecordForm
from profiles.models import User


class LookOnly(admin.options.BaseModelAdmin):
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Recorded(OfficeAdmin):
    """Added by a form that calls the function; afterwards only looked at."""

    add_form: type[RecordForm]
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": list(self.add_form.base_fields)})]
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # A column of the list that is also a field of the form that adds.
        return ("amount",) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change=change, **kwargs)
        edge = {"recorded_by": cast(User, request.user), "now": timezone.now()}
        form: Any = type(self.add_form.__name__, (self.add_form,), edge)
        # Whose it is, chosen among many.
        for name in form.base_fields.keys() & {"wallet", "customer"}:
            chooser = self.model._meta.get_field(name)
            form.base_fields[name].widget = AutocompleteSelect(chooser, self.admin_site)
        return form

    def save_model(self, request: HttpRequest, obj: Model, form: forms.ModelForm, change: bool) -> None:
        """The form's function has saved it. If it stood already, the reader is told so."""
        if form.instance.stood_before:
            messages.warning(
                request, gettext("This was recorded before, and counts once. Nothing was changed.")
            )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if obj.stood_before else super().log_addition(request, obj, message)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        if obj.stood_before:
            return self.response_post_save_add(request, obj)
        return super().response_add(request, obj, post_url_continue)

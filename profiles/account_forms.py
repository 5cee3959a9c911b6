"""What allauth's sign-up asks besides e-mail and password."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from profiles.errors import ProfileError
from profiles.models import User
from profiles.plain_text import one_line, refuse_address


def read_name(form: Any, field: str) -> str:
    """A person's name as it is kept: it stands in mails to others, so no address stands in it."""
    name = one_line(form.cleaned_data[field])
    try:
        refuse_address(name, field=field)
    except ProfileError as refusal:
        raise forms.ValidationError(str(refusal)) from refusal
    return name


class SignupForm(forms.Form):
    """The person's name. Their language is the one in which they read the page, until they choose another."""

    first_name = forms.CharField(
        label=_("First name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    field_order = ("first_name", "last_name", "email", "password1")

    def clean_first_name(self) -> str:
        return read_name(self, "first_name")

    def clean_last_name(self) -> str:
        return read_name(self, "last_name")

    def signup(self, request: HttpRequest, user: User) -> None:
        """allauth calls this once the user is saved, with the names already on it."""
        user.language = get_language() or ""
        user.save(update_fields=["language"])

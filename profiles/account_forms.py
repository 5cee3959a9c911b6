"""What allauth's sign-up asks besides e-mail and password."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from profiles.models import User


class SignupForm(forms.Form):
    """The person's name. Their language is the one in which they read the page, until they choose another."""

    first_name = forms.CharField(
        label=_("First name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    field_order = ("first_name", "last_name", "email", "password1")

    def signup(self, request: HttpRequest, user: User) -> None:
        """allauth calls this once the user is saved, with the names already on it."""
        user.language = get_language() or ""
        user.save(update_fields=["language"])

"""Forms of people and their businesses."""

from django import forms


class SignupForm(forms.Form):
    """What allauth's sign-up asks besides e-mail and password."""

    def signup(self, request: object, user: object) -> None:
        """allauth calls this once the user is saved."""

"""What the desk says when it refuses."""

from django.utils.translation import gettext as _

from base.errors import Refusal


class SupportError(Refusal):
    """An agreement, a quote, an allowance or a ticket that could not be changed; nothing was (X6)."""


def form_used(made: str) -> SupportError:
    """Of a form that is sent again with something else in it: once is what it makes."""
    return SupportError(
        "form_used",
        _("This form has already made “%(made)s”. Nothing more was made. Open a new form for another one.")
        % {"made": made},
    )


def own_business(field: str | None = None) -> SupportError:
    """Of what is of those for whom somebody of the desk speaks, or their own."""
    return SupportError(
        "own_business",
        _("This is your own business, so somebody else at the desk handles it."),
        field=field,
    )

"""Nobody decides on a business that they own or belong to."""

from typing import Any

from django.utils.translation import gettext as _

from guarantees.errors import GuaranteeError
from profiles.models import Professional


def why_not_own(professional: Professional, by: Any) -> list[GuaranteeError]:
    """Why `by` decides nothing about that business, as a sentence; empty: they do not belong to it."""
    if not professional.has_person(by):
        return []
    return [
        GuaranteeError(
            "own_business", _("You own this business or belong to it, so somebody else has to decide.")
        )
    ]

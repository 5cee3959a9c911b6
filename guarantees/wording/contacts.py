"""How the contacts of a claim are named in a sentence."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from guarantees.models import ClaimItem


def positions(items: Iterable[ClaimItem]) -> str:
    """ "contact 3, contact 7": which contacts of a claim a sentence speaks of."""
    numbers = sorted({item.position for item in items})
    return ", ".join(_("contact %(number)s") % {"number": number} for number in numbers)

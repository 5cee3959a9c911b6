"""The professional that somebody of staff means, at the command line and in the office."""

from uuid import UUID

from django.utils.translation import gettext as _

from guarantees.errors import GuaranteeError
from profiles.models import Professional


def find_professional(who: str) -> Professional:
    """The professional with this public id, row number, owner's e-mail or exact name.

    Raises GuaranteeError: nobody, several.
    """
    found = _with_id(who) or list(Professional.objects.filter(owner__email__iexact=who.strip()))
    found = found or list(Professional.objects.filter(name=who).order_by("pk"))
    if not found:
        raise GuaranteeError(
            "nobody",
            _(
                "No professional has the public id, the row number, the owner's e-mail or the exact name “%(who)s”."
            )
            % {"who": who},
        )
    if len(found) > 1:
        raise GuaranteeError(
            "several",
            _("Several professionals are called “%(who)s”: say which by its public id. %(ids)s")
            % {"who": who, "ids": ", ".join(str(each.public_id) for each in found)},
        )
    return found[0]


def _with_id(who: str) -> list[Professional]:
    if who.isascii() and who.isdigit() and len(who) < 19:
        return list(Professional.objects.filter(pk=int(who)))
    try:
        return list(Professional.objects.filter(public_id=UUID(who)))
    except ValueError:
        return []

"""Who is looking at a claim now: an aid to reviewers, not a lock."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guarantees.models import Claim, ClaimLook
from profiles.models import User


def keep_looking(*, claim: Claim, by: User, now: datetime) -> None:
    """Writes down that `by` has the claim open; looks that are over are forgotten, whosesoever they were."""
    ClaimLook.objects.bulk_create(
        [ClaimLook(claim=claim, user=by, at=now)],
        update_conflicts=True,
        unique_fields=["claim", "user"],
        update_fields=["at"],
    )
    ClaimLook.objects.filter(at__lte=now - ClaimLook.LASTS).delete()


def in_words(look: ClaimLook, now: datetime) -> str:
    """ "Ana is looking (3 minutes ago)"."""
    minutes = int((now - look.at).total_seconds()) // 60
    if minutes < 1:
        return _("%(who)s is looking now") % {"who": look.user}
    sentence = ngettext(
        "%(who)s is looking (%(minutes)s minute ago)", "%(who)s is looking (%(minutes)s minutes ago)", minutes
    )
    return sentence % {"who": look.user, "minutes": minutes}

"""Consultants who are with a client, their telephone off, until a time that they say (S3)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from profiles.models import User
from support.errors import SupportError
from support.models import InSession

# Nobody is with a client for longer; whoever forgets to end it is back by themselves.
AT_MOST = timedelta(hours=10)


def begin_session(*, consultant: User, until: datetime, now: datetime) -> InSession:
    """`consultant` is in session from `now` until `until`. In session already, only its end moves: later or earlier.

    Raises SupportError: "ends_before" (not after now), "too_long" (more than ten hours from now).
    """
    if until <= now:
        raise SupportError("ends_before", _("Choose a time that is still to come."), field="until")
    if until > now + AT_MOST:
        raise SupportError(
            "too_long",
            _("Nobody is in session for more than %(hours)s hours. Choose an earlier time.")
            % {"hours": AT_MOST // timedelta(hours=1)},
            field="until",
        )
    with transaction.atomic():
        standing = _of_now(consultant, now)
        if standing is None:
            return InSession.objects.create(consultant=consultant, began_at=now, until=until)
        if standing.until != until:
            standing.until = until
            standing.save(update_fields=["until"])
        return standing


def end_session(*, consultant: User, now: datetime) -> InSession | None:
    """`consultant` is back before they said. Where they are in session no more, nothing changes: None."""
    with transaction.atomic():
        standing = _of_now(consultant, now)
        if standing is not None:
            standing.ended_at = now
            standing.save(update_fields=["ended_at"])
        return standing


def session_of(consultant: User, now: datetime) -> InSession | None:
    """The session in which `consultant` is, by the clock."""
    return InSession.objects.at(now).filter(consultant=consultant).first()


def others_in_session(consultant: User, now: datetime) -> Sequence[InSession]:
    """Who else is, the first to be back first."""
    others = InSession.objects.at(now).exclude(consultant=consultant).select_related("consultant")
    return list(others.order_by("until", "pk"))


def away_until(now: datetime) -> datetime | None:
    """When the first of those who are in session is back at the telephone; None where nobody is in session. Until then
    a call may find nobody, for who else is at the desk nobody knows."""
    return InSession.objects.at(now).order_by("until").values_list("until", flat=True).first()


def _of_now(consultant: User, now: datetime) -> InSession | None:
    """The session that goes on. The consultant is locked, so that two tabs begin one session."""
    User.objects.select_for_update(no_key=True).get(pk=consultant.pk)
    return session_of(consultant, now)

"""Keys for programs: made and revoked by whoever they act for, found by what a request shows."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from base.days import marketplace_day
from profiles.errors import ProfileError
from profiles.models import ApiKey, RepeatedRequest, User
from profiles.models.keys import Scope
from profiles.plain_text import one_line

# So that whoever finds one somewhere, and the tools that look for such things, know what it opens.
BEGINS_WITH = "quince"
AT_MOST = 20  # usable keys of one person
REPEATS_KEPT = timedelta(days=7)


def create_key(
    *,
    user: User,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None,
    form_id: uuid.UUID,
    now: datetime,
) -> tuple[ApiKey, str]:
    """A new key of `user`, and the whole of it, which is told this once.

    Raises ProfileError: no_name, no_scope, unknown_scope, expired, too_many_keys; and made_already for a form that was
    sent before, whose key cannot be told again.
    """
    name, wanted = one_line(name), set(scopes)
    if not name:
        raise ProfileError("no_name", _("Say what the key is for, so that you know it again."), field="name")
    if not wanted:
        raise ProfileError("no_scope", _("Choose what the key may do."), field="scopes")
    if not wanted <= set(Scope.values):
        raise ProfileError("unknown_scope", _("Choose among what is offered here."), field="scopes")
    if expires_at is not None and expires_at <= now:
        raise ProfileError("expired", _("Choose a day that is yet to come."), field="expires_on")
    # Not to the one: two at once may leave one more, which harms nobody.
    if ApiKey.objects.filter(user=user).usable(now).count() >= AT_MOST:
        raise ProfileError(
            "too_many_keys", _("You have as many keys as one person can have. Revoke one first.")
        )
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    made = {
        "user": user,
        "name": name,
        "prefix": prefix,
        "digest": _digest(secret),
        "scopes": " ".join(scope for scope in Scope.values if scope in wanted),
        "created_at": now,
        "expires_at": expires_at,
    }
    key, is_new = ApiKey.objects.get_or_create(public_id=form_id, defaults=made)
    if not is_new:
        raise ProfileError(
            "made_already",
            _(
                "This key was made already, and is shown only once. If it is lost, revoke it and make another."
            ),
        )
    return key, f"{BEGINS_WITH}_{prefix}_{secret}"


def revoke_key(*, key: ApiKey, now: datetime) -> ApiKey:
    """Ends it at once and for good. Revoked again, it stays as it was."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)
    key.refresh_from_db()
    return key


def key_of(shown: str, *, now: datetime) -> ApiKey | None:
    """The usable key that was shown whole; None for anything else."""
    begins, _underscore, rest = shown.partition("_")
    prefix, _underscore, secret = rest.partition("_")
    if begins != BEGINS_WITH or not secret or not shown.isascii():
        return None
    key = ApiKey.objects.usable(now).filter(prefix=prefix).select_related("user").first()
    # What it says is random through and through, so no slow digest is needed.
    if key is None or not constant_time_compare(key.digest, _digest(secret)):
        return None
    return key


def note_use(key: ApiKey, *, now: datetime) -> None:
    """Writes down the day, so that its owner sees which keys nobody needs."""
    today = marketplace_day(now)
    if key.last_used_on != today:
        ApiKey.objects.filter(pk=key.pk).update(last_used_on=today)
        key.last_used_on = today


def forget_repeated(*, now: datetime) -> int:
    """Deletes what was remembered of requests that nobody repeats any more; returns how many."""
    return RepeatedRequest.objects.filter(at__lt=now - REPEATS_KEPT).delete()[0]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

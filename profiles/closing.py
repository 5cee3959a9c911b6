"""Closing an account for good (X5)."""

from datetime import datetime

from django.db import transaction

from base.registry import personal_data
from profiles.models import User


def close_account(*, user: User, now: datetime) -> None:
    """Closes an account for good: each app takes the person out of what it keeps, the upper floors first.

    The ledger, invoices and counts stay, without them. Raises a Refusal where something open stands against it; then
    nothing is erased.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if not locked.is_active:
            return
        for kept in reversed(personal_data):
            kept.erase(locked, now)

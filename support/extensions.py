"""The end of an allowance put off for a client, for a reason; it is never made earlier (S4, X4)."""

import uuid
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import formats
from django.utils.translation import gettext as _

from profiles.models import User
from support import letters
from support.clients import refuse_own
from support.desk_calendar import desk_day
from support.errors import SupportError, form_used
from support.models import Allowance, AllowanceExtension

# After that a year was mistyped.
EXTENDED_WITHIN = timedelta(days=10 * 365)


def extend_allowance(
    *,
    allowance: Allowance,
    until: date,
    reason: str,
    by: User,
    now: datetime,
    public_id: uuid.UUID | None = None,
) -> AllowanceExtension:
    """What is left of an allowance can be used until `until`, the desk's date, that day included; the client is told.

    What its agreement says stays as it was agreed. `public_id` is what makes two sendings of one form one extension:
    the same id again returns what stands. Raises SupportError: "own_business", "no_reason", "ends_with_plan" (that of
    a plan ends with its period), "without_end", "not_longer", "over_already" (a day that has passed), "too_long",
    "form_used".
    """
    refuse_own(allowance.client, by)
    if not reason.strip():
        raise SupportError(
            "no_reason", _("Say why it can be used for longer: the client reads it."), field="reason"
        )
    with transaction.atomic():
        locked = Allowance.objects.select_for_update(no_key=True, of=("self",)).get(pk=allowance.pk)
        standing = AllowanceExtension.objects.filter(public_id=public_id).first() if public_id else None
        if standing:
            if (standing.allowance_id, standing.after) != (locked.pk, until):
                raise form_used(str(standing))
            return standing
        before = _end_before(locked, until, desk_day(now))
        extension = AllowanceExtension.objects.create(
            public_id=public_id or uuid.uuid4(),
            allowance=locked,
            before=before,
            after=until,
            reason=reason.strip(),
            by=by,
            at=now,
        )
        locked.expires_on = until
        locked.save(update_fields=["expires_on"])
        letters.allowance_extended(extension, now)
    allowance.expires_on = until
    return extension


def _end_before(allowance: Allowance, until: date, today: date) -> date:
    """The last day that it has, where `until` can be a later one."""
    if allowance.period_id is not None:
        raise SupportError(
            "ends_with_plan",
            _("The support of a plan ends with its period, and the next period brings its own."),
        )
    if allowance.expires_on is None:
        raise SupportError("without_end", _("This support has no end that could be put off."))
    if until <= allowance.expires_on:
        raise SupportError(
            "not_longer",
            _("This support can be used until %(day)s already. Choose a later day.")
            % {"day": formats.date_format(allowance.expires_on, "DATE_FORMAT")},
            field="until",
        )
    if until < today:
        raise SupportError("over_already", _("That day has passed. Choose a later one."), field="until")
    if until > today + EXTENDED_WITHIN:
        raise SupportError("too_long", _("That is very far in the future. Look at the year."), field="until")
    return allowance.expires_on

"""Suspending a business and lifting it again (G19)."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from base import links
from mail.outbox import write
from profiles.businesses import lock
from profiles.errors import ProfileError
from profiles.models import Professional, Suspension, User
from profiles.plain_text import fit
from profiles.signals import suspension_lifted


def is_suspended(professional: Professional) -> bool:
    """Whether a suspension stands now."""
    return professional.suspensions.standing().exists()


def suspend(
    *, professional: Professional, reason: str, decided_by: User, now: datetime, tells: bool = True
) -> Suspension:
    """Suspends a business and tells its owner at once: why, since when, what it does, and how to appeal (G19).
    Suspended already: it is the suspension that stands, and nobody is told again.

    `reason` is what the owner reads, on pages and in the mail. `tells` is False where the mail of the decision that it
    came with says all of this (G16). Raises ProfileError "own_business" if the one who decides belongs to it, or
    "nothing_written" without a reason.
    """
    reason = fit(reason, field="reason", most=5000, required=True, lines=True)
    with transaction.atomic():
        locked = lock(professional)
        standing = locked.suspensions.standing().first()
        if standing:
            return standing
        _refuse_own(locked, decided_by)
        suspension = Suspension.objects.create(
            professional=locked, reason=reason, decided_by=decided_by, suspended_at=now
        )
        if tells:
            write(
                kind="profiles/suspended",
                cause=f"suspension:{suspension.pk}",
                to=locked.owner.email,
                language=locked.owner.language,
                context={
                    "business": locked.name,
                    "suspension": suspension,
                    "link": links.absolute("guarantees:suspension"),
                    "appeals_address": settings.APPEALS_ADDRESS,
                },
                now=now,
            )
    return suspension


def lift_suspension(*, suspension: Suspension, by: User, reason: str, now: datetime) -> Suspension:
    """Lifts a suspension and tells the owner; lifted already, it stays as it is.

    This restores the account, not a claim (G19). Raises ProfileError "own_decision" for whoever suspended,
    "own_business" for somebody of the business, "nothing_written" without a reason.
    """
    reason = fit(reason, field="reason", most=5000, required=True, lines=True)
    with transaction.atomic():
        professional = lock(suspension.professional)
        suspension = Suspension.objects.select_for_update(no_key=True, of=("self",)).get(pk=suspension.pk)
        if suspension.lifted_at:
            return suspension
        refusal = why_not_lifted_by(suspension, by)
        if refusal:
            raise refusal
        suspension.lifted_by, suspension.lifted_at, suspension.lift_reason = by, now, reason
        suspension.save(update_fields=["lifted_by", "lifted_at", "lift_reason"])
        suspension_lifted.send(sender=Suspension, suspension=suspension, by=by, reason=reason, now=now)
        # What else stands against the business may suspend it at once: its mail tells why.
        write(
            kind="profiles/suspension_lifted",
            cause=f"suspension:{suspension.pk}",
            to=professional.owner.email,
            language=professional.owner.language,
            context={
                "business": professional.name,
                "link": links.absolute("home"),
                "is_suspended": is_suspended(professional),
            },
            now=now,
        )
    return suspension


def why_not_lifted_by(suspension: Suspension, user: User) -> ProfileError | None:
    """Why `user` may not lift this suspension, whatever their role; None if nothing speaks against it."""
    if suspension.decided_by_id == user.pk:
        return ProfileError(
            "own_decision",
            _("You decided on this suspension yourself. Somebody else has to lift it."),
        )
    if suspension.professional.has_person(user):
        return _own_business()
    return None


def _refuse_own(professional: Professional, user: User) -> None:
    if professional.has_person(user):
        raise _own_business()


def _own_business() -> ProfileError:
    return ProfileError(
        "own_business", _("You belong to this business. Somebody else has to decide about it.")
    )

"""How a claim moves from state to state, and how what happens to it is written down."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from billing.models import Wallet
from billing.wallet import open_wallet
from guarantees.errors import GuaranteeError
from guarantees.models import Claim, ClaimEvent
from marketplace.models import Contact
from profiles.models import Professional, User


class Happened(models.TextChoices):
    """The kinds of `ClaimEvent`."""

    BEGUN = "begun", _("Draft begun")
    MAILED = "mailed", _("Mail received")
    SUBMITTED = "submitted", _("Claim submitted")
    WITHDRAWN = "withdrawn", _("Claim withdrawn")
    ASKED = "asked", _("Questions asked")
    ANSWERED = "answered", _("Question answered")
    SETTLED = "settled", _("Nothing more is waited for")
    PROBLEM = "problem", _("Something to be put right")
    APPROVED = "approved", _("Claim approved and balance credited")
    REJECTED = "rejected", _("Claim rejected")
    REJECTED_AS_FALSE = "rejected_as_false", _("Claim rejected as false")
    APPEAL_UPHELD = "appeal_upheld", _("Appeal upheld: the claim stands again")
    APPEAL_REFUSED = "appeal_refused", _("Appeal refused")


def lock_claim(claim: Claim) -> Claim:
    """The claim anew, with its row and all above it locked in the order of the house; inside a transaction.

    The professional's lock is what makes submissions, returns, purchases and decisions of one business wait for
    each other; the contacts' makes the homeowner's word and an outcome wait.
    """
    professional = Professional.objects.select_for_update(no_key=True).get(pk=claim.professional_id)
    Wallet.objects.select_for_update(no_key=True).get(pk=open_wallet(professional=professional).pk)
    items = claim.items.values("contact")
    list(Contact.objects.select_for_update(no_key=True).filter(pk__in=items).order_by("pk"))
    return (
        Claim.objects.select_for_update(no_key=True, of=("self",))
        .select_related("professional__owner", "terms", "suspension", "decided_by")
        .get(pk=claim.pk)
    )


def move(
    claim: Claim,
    to: Claim.State,
    *,
    kind: Happened,
    by: User | None,
    now: datetime,
    reason: str = "",
    stood_on: dict[str, Any] | None = None,
    **changes: Any,
) -> ClaimEvent:
    """Moves `claim` to `to` with `changes` to its other fields, and writes the event, with what the move `stood_on`
    as ids, numbers and dates. The only place that does.

    Raises GuaranteeError("move_not_allowed") where `Claim.MOVES` does not have the move; nothing is changed then.
    """
    before = claim.state
    if to not in Claim.MOVES[before]:
        raise GuaranteeError("move_not_allowed", not_now(claim))
    claim.state = to
    for name, value in changes.items():
        setattr(claim, name, value)
    claim.save(update_fields=["state", *changes])
    return ClaimEvent.objects.create(
        claim=claim,
        kind=kind,
        actor=by,
        from_state=before,
        to_state=to,
        reason=reason,
        stood_on=stood_on or {},
        at=now,
    )


def note(
    claim: Claim,
    *,
    kind: Happened,
    by: User | None,
    now: datetime,
    reason: str = "",
    stood_on: dict[str, Any] | None = None,
    began: bool = False,
) -> ClaimEvent:
    """Writes down what happened to `claim` without moving it; `began`: this is how it came to be."""
    return ClaimEvent.objects.create(
        claim=claim,
        kind=kind,
        actor=by,
        from_state="" if began else claim.state,
        to_state=claim.state,
        reason=reason,
        stood_on=stood_on or {},
        at=now,
    )


def refusals_of(claim: Claim) -> QuerySet[ClaimEvent]:
    """The refused appeals against the decision that stands, also those that came by mail or letter."""
    if claim.decided_at is None:
        return ClaimEvent.objects.none()
    return claim.events.filter(kind=Happened.APPEAL_REFUSED, at__gte=claim.decided_at)


def is_refused(claim: Claim, by: User | None = None) -> bool:
    """Whether an appeal against the decision that stands was refused; `by` that person, where one is given."""
    refusals = refusals_of(claim)
    return (refusals.filter(actor=by) if by else refusals).exists()


def not_now(claim: Claim) -> str:
    """Why nothing of what was asked for can be done in the state that the claim is in."""
    return str(_("The claim is “%(state)s”, so this cannot be done.")) % {"state": claim.get_state_display()}

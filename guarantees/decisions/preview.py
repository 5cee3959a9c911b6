"""What a decision does, seen before it is taken, and taken only as it was seen.

A preview takes the decision itself, by the one function that does, in a transaction that is rolled back, and reads
what was written: so what is shown cannot differ from what happens, as it could if it were worked out beside it. That is
clean because all that a decision does is rows: a mail is one in the outbox, the ledger's entry, the suspension and
the events are, and receivers of `claim_decided` write theirs in the same transaction (docs/architecture.md); what is
hung on a commit does not run. What it costs: the locks of a decision for a few milliseconds, and numbers that a
sequence skips, which nothing counts on (those without gaps are of invoices, and no decision issues one). What is
done outside the database by a receiver would be done at a preview too: such a thing belongs into `on_commit`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from base.errors import Refusal
from billing.models import WalletEntry
from guarantees.errors import GuaranteeError
from guarantees.models import Claim, ClaimEvent, ExtraDays, SurveyAnswer
from guarantees.moves import lock_claim
from mail.models import OutgoingMail
from profiles.models import Suspension


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision did, or would do. `claim` is as it is after it.

    `event` is what was written about it: None where nothing was done, because of `refusal` or because it had been
    done already. Where approving only tells what fails (G15) there are both.
    """

    claim: Claim
    event: ClaimEvent | None
    refusal: Refusal | None
    entry: WalletEntry | None
    mails: list[OutgoingMail]
    suspended: Suspension | None
    lifted: Suspension | None
    # Whether a suspension stands after it.
    is_suspended: bool
    extra_days: list[ExtraDays]
    draft_withdrawn: bool
    mark: str


def preview(*, claim: Claim, act: Callable[[], object], now: datetime) -> Outcome:
    """What `act`, a decision on `claim`, would do now. Nothing of it is done."""
    with transaction.atomic():
        outcome = _take(claim, act, now)
        transaction.set_rollback(True)
    return outcome


def carry_out(*, claim: Claim, act: Callable[[], object], previewed: str, now: datetime) -> Outcome:
    """Takes the decision if it does what was `previewed` (the mark of that outcome); the balance that it is added to
    may be another. Done already: does nothing.

    Raises what the decision raises, and GuaranteeError("changed_since_preview"), after which nothing was done.
    """
    with transaction.atomic():
        outcome = _take(claim, act, now)
        if outcome.event is not None:
            refuse_unseen(outcome.mark, previewed)
    if outcome.refusal:
        raise outcome.refusal  # After the commit, which keeps that the professional was told (G15).
    return outcome


def _take(claim: Claim, act: Callable[[], object], now: datetime) -> Outcome:
    """Takes the decision inside the caller's transaction, and reads what it wrote."""
    claim = lock_claim(claim)
    verdicts = list(
        claim.items.values_list(
            "pk", "verdict", "note", "verdict_by", "verdict_at", "contact__homeowner_word_at"
        )
    )
    # An answer that came after it was looked at is read before anything is decided.
    happened = claim.events.order_by("-pk").values_list("pk", flat=True).first()
    said = SurveyAnswer.objects.filter(survey__item__contact__claim_items__claim=claim)
    last_said = said.order_by("-pk").values_list("pk", flat=True).first()
    business = claim.professional
    last = {rows: last_id(rows) for rows in (ClaimEvent, OutgoingMail, ExtraDays)}
    refusal = None
    try:
        act()
    except Refusal as error:
        refusal = error
    claim = Claim.objects.select_related("professional__owner", "terms", "refund_entry", "suspension").get(
        pk=claim.pk
    )
    events = ClaimEvent.objects.filter(pk__gt=last[ClaimEvent], claim__professional=business)
    event = events.filter(claim=claim).last()
    # Nobody else writes of this moment.
    mails = list(OutgoingMail.objects.filter(pk__gt=last[OutgoingMail], written_at=now).order_by("pk"))
    suspended = claim.suspension if claim.suspension and claim.suspension.suspended_at == now else None
    lifted = business.suspensions.filter(lifted_at=now).first() if event else None
    extra_days = list(business.extra_days.filter(pk__gt=last[ExtraDays]))
    entry = claim.refund_entry if event else None
    facts = [
        verdicts,
        happened,
        last_said,
        claim.state,
        event and (event.kind, event.reason, event.stood_on.get("four_eyes")),
        entry and entry.amount_cents,
        as_read(mails),
        bool(suspended),
        bool(lifted),
        [days.days for days in extra_days],
    ]
    return Outcome(
        claim=claim,
        event=event,
        refusal=refusal,
        entry=entry,
        mails=mails,
        suspended=suspended,
        lifted=lifted,
        is_suspended=business.suspensions.standing().exists(),
        extra_days=extra_days,
        draft_withdrawn=events.exclude(claim=claim).exists(),
        mark=mark_of(facts),
    )


def as_read(mails: Iterable[OutgoingMail]) -> list[tuple[str, ...]]:
    """What whoever looks at them reads of these mails."""
    return [(mail.kind, mail.recipient, mail.language, mail.subject, mail.text) for mail in mails]


def mark_of(facts: list[Any]) -> str:
    """By which what was seen is known again."""
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()[:32]


def refuse_unseen(mark: str, previewed: str) -> None:
    """Raises GuaranteeError("changed_since_preview") where something else would be done than what was seen."""
    if mark != previewed:
        raise GuaranteeError(
            "changed_since_preview",
            _(
                "Nothing was done yet: what would happen is not, or no longer, what you had in front of you. "
                "Look at it once more, then confirm."
            ),
        )


def last_id(rows: type[models.Model]) -> Any:
    """The latest id there is: what is written from now on has a later one."""
    return rows._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0

"""The answer to an appeal against a suspension, seen before it is given, and given only as it was seen (G19).

In the way of `guarantees.decisions.preview`, which does it for decisions on claims.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from base.errors import Refusal
from guarantees.decisions.preview import as_read, last_id, mark_of, refuse_unseen
from guarantees.models import Appeal
from mail.models import OutgoingMail
from profiles.businesses import lock


@dataclass(frozen=True, slots=True)
class Answer:
    """What answering did, or would do. `appeal` is as it is after it; `is_given`: it is answered by this."""

    appeal: Appeal
    is_given: bool
    # Whether a suspension stands after it.
    is_suspended: bool
    refusal: Refusal | None
    mails: list[OutgoingMail]
    mark: str


def preview_answer(*, appeal: Appeal, act: Callable[[], object], now: datetime) -> Answer:
    """What `act`, an answer to `appeal`, would do now. Nothing of it is done."""
    with transaction.atomic():
        answer = _give(appeal, act, now)
        transaction.set_rollback(True)
    return answer


def give_answer(*, appeal: Appeal, act: Callable[[], object], previewed: str, now: datetime) -> Answer:
    """Answers, if that does what was `previewed` (the mark of that answer). Answered already: does nothing.

    Raises what the answer raises, and GuaranteeError("changed_since_preview"), after which nothing was done.
    """
    with transaction.atomic():
        answer = _give(appeal, act, now)
        if answer.refusal:
            raise answer.refusal
        if answer.is_given:
            refuse_unseen(answer.mark, previewed)
    return answer


def _give(appeal: Appeal, act: Callable[[], object], now: datetime) -> Answer:
    """Answers inside the caller's transaction, and reads what was written."""
    lock(appeal.professional)
    before = Appeal.objects.values_list("state", flat=True).get(pk=appeal.pk)
    last = last_id(OutgoingMail)
    refusal = None
    try:
        act()
    except Refusal as error:
        refusal = error
    appeal = Appeal.objects.select_related("professional", "suspension").get(pk=appeal.pk)
    mails = list(OutgoingMail.objects.filter(pk__gt=last, written_at=now).order_by("pk"))
    return Answer(
        appeal=appeal,
        is_given=appeal.state != before,
        is_suspended=appeal.professional.suspensions.standing().exists(),
        refusal=refusal,
        mails=mails,
        mark=mark_of([appeal.state, appeal.answer, as_read(mails)]),
    )

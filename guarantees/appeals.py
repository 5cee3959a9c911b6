"""Appeals as the owner of a business makes them, against a rejected claim or a suspension (G19).

How they are answered is `guarantees.decisions`: by somebody else than who decided.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from base.erased import ERASED
from base.links import absolute
from base.models import move_to
from base.registry import AnswerLetters, answer_letters
from guarantees.blockers import HEAR_APPEAL
from guarantees.errors import GuaranteeError
from guarantees.letters import event_cause
from guarantees.models import Appeal, Claim, ClaimItem
from guarantees.moves import Happened, is_refused, lock_claim, not_now
from mail import outbox
from profiles.businesses import lock
from profiles.errors import ProfileError
from profiles.models import Professional, Suspension, User
from profiles.plain_text import fit
from profiles.suspensions import why_not_lifted_by
from support.appeals import decide_appeal, forget_words, open_appeal, withdraw_appeal
from support.models import Message, Ticket

TEXT_AT_MOST = 5000
REJECTED = (Claim.State.REJECTED, Claim.State.REJECTED_AS_FALSE)


def came_with(suspension: Suspension) -> Claim | None:
    """The claim that was found false and suspended the business: an appeal is against that, and lifts both (G19)."""
    claim = Claim.objects.filter(suspension=suspension).select_related("suspension").first()
    return claim if claim is not None and claim.own_suspension else None


def appeal_claim(*, claim: Claim, text: str, by: User, now: datetime) -> Appeal:
    """Writes down an appeal against the rejection that stands, and confirms it by mail (G19).

    The same again is the one there is. Raises GuaranteeError: not_the_owner, move_not_allowed (not rejected),
    appeal_made (waiting or answered), nothing_written, too_long.
    """
    with transaction.atomic():
        claim = lock_claim(claim)
        if claim.state not in REJECTED:
            raise GuaranteeError("move_not_allowed", not_now(claim))
        return _make(claim.professional, claim, text, by, now)


def appeal_suspension(*, suspension: Suspension, text: str, by: User, now: datetime) -> Appeal:
    """Writes down an appeal against a suspension that stands, and confirms it by mail (G19). Of one that came with a
    claim it is an appeal against the claim.

    The same again is the one there is. Raises GuaranteeError: not_the_owner, not_suspended, appeal_made,
    nothing_written, too_long.
    """
    with transaction.atomic():
        professional = lock(suspension.professional)
        suspension = Suspension.objects.get(pk=suspension.pk)
        if suspension.lifted_at is not None:
            raise GuaranteeError(
                "not_suspended", _("This suspension has been lifted. There is nothing to appeal.")
            )
        claim = came_with(suspension)
        if claim is not None:
            return appeal_claim(claim=claim, text=text, by=by, now=now)
        return _make(professional, suspension, text, by, now)


def _make(
    professional: Professional, decided: Claim | Suspension, text: str, by: User, now: datetime
) -> Appeal:
    """The business's row is locked."""
    if professional.owner_id != by.pk:
        raise GuaranteeError("not_the_owner", _("Only the owner of the business can do this."))
    try:
        text = fit(text, field="text", most=TEXT_AT_MOST, required=True, lines=True)
    except ProfileError as refusal:
        raise GuaranteeError(refusal.code, refusal.sentence, field=refusal.field) from refusal
    made = Appeal.objects.against(decided).first()
    if made is not None and made.text == text:
        return made
    appeal = Appeal(professional=professional, text=text, made_by=by, made_at=now)
    if isinstance(decided, Claim):
        assert decided.decided_by is not None and decided.decided_at is not None  # It is rejected.
        appeal.claim, appeal.decided_by, appeal.decided_at = decided, decided.decided_by, decided.decided_at
    else:
        appeal.suspension, appeal.decided_by = decided, decided.decided_by
        appeal.decided_at = decided.suspended_at
    if made is not None or (appeal.claim is not None and is_refused(appeal.claim)):
        raise GuaranteeError(
            "appeal_made",
            _("You have appealed against this already. If there is more to say, write to %(address)s.")
            % {"address": settings.APPEALS_ADDRESS},
        )
    appeal.ticket = open_appeal(
        professional=professional,
        subject=_subject_of(appeal),
        text=text,
        by=by,
        not_for=_had_a_part(appeal),
        now=now,
    )
    appeal.save()
    _confirm(appeal, now)
    return appeal


def _subject_of(appeal: Appeal) -> str:
    """In the language of whoever makes it, who reads it on their page."""
    business = {"business": appeal.professional.name}
    with translation.override(appeal.made_by.language or translation.get_language()):
        if appeal.claim is None:
            return _("Appeal against the suspension of %(business)s") % business
        return _("Appeal against the decision on the claim of %(business)s") % business


def _said_of(appeal: Appeal, state: Appeal.State, answer: str) -> str:
    """What whoever made it reads on its page: the decision, which the reason alone does not say."""
    with translation.override(appeal.made_by.language or settings.LANGUAGE_CODE):
        decided = (
            _("Your appeal was upheld") if state == Appeal.State.UPHELD else _("Your appeal was not upheld")
        )
    return f"{decided}.\n\n{answer}"


def _had_a_part(appeal: Appeal) -> list[User]:
    """Who decided what it is against, who found contacts false, and who belongs to the business: somebody else hears it
    (G19)."""
    found_false = Q(pk__in=[])
    if appeal.claim is not None:
        false = appeal.claim.items.filter(verdict=ClaimItem.Verdict.FALSE).order_by()
        found_false = Q(pk__in=false.values("verdict_by"))
    belong = Q(pk__in=appeal.professional.members.order_by().values("pk"))
    return list(User.objects.filter(Q(pk=appeal.decided_by_id) | found_false | belong))


def page_of(appeal: Appeal) -> str:
    """Where the business reads of the appeal and its answer."""
    if appeal.claim is None:
        return absolute("guarantees:suspension")
    return absolute("guarantees:claim_status", public_id=appeal.claim.public_id)


def _confirm(appeal: Appeal, now: datetime) -> None:
    owner = appeal.professional.owner
    assert appeal.ticket is not None  # It was opened with the appeal.
    context = {
        "business": appeal.professional.name,
        "appeal": appeal,
        "of_claim": appeal.claim is not None,
        "wait": appeal.ticket.waits.open().first(),
        "ticket_link": absolute("support:ticket", public_id=appeal.ticket.public_id),
        "zone": owner.time_zone or settings.DESK_TIME_ZONE,
    }
    outbox.write(
        kind="guarantees/appeal_received",
        cause=appeal_cause(appeal),
        to=owner.email,
        language=owner.language,
        context=context | {"link": page_of(appeal)},
        time_zone=owner.time_zone or settings.DESK_TIME_ZONE,
        now=now,
    )
    # Whoever hears appeals learns of it without looking; what was written stays on the page that asks who reads it.
    outbox.write(
        kind="guarantees/appeal_to_hear",
        cause=appeal_cause(appeal),
        to=settings.APPEALS_ADDRESS,
        language="",
        context=context | {"link": absolute("admin:guarantees_appeal_change", appeal.pk)},
        now=now,
    )


def appeal_cause(appeal: Appeal) -> str:
    """By which the outbox knows its mails."""
    return f"appeal:{appeal.pk}"


# The letters that tell of the decision on an appeal.
UPHELD, REFUSED = "guarantees/claim_appeal_upheld", "guarantees/claim_appeal_refused"
STANDS, LIFTED = "guarantees/suspension_appeal_refused", "profiles/suspension_lifted"


def letter_of_decision(answer: Message) -> tuple[str, str] | None:
    """The kind and the cause of the letter that told of the decision on an appeal, which `answer` is on its ticket;
    None of any other answer."""
    if answer.ticket.kind != Ticket.Kind.APPEAL:
        return None
    appeal = Appeal.objects.filter(ticket=answer.ticket).select_related("claim", "suspension").first()
    if appeal is None:
        return None
    if appeal.claim is not None:
        of_appeals = {Happened.APPEAL_UPHELD: UPHELD, Happened.APPEAL_REFUSED: REFUSED}
        event = appeal.claim.events.filter(kind__in=of_appeals, at=answer.at).first()
        return (of_appeals[Happened(event.kind)], event_cause(appeal.claim, event)) if event else None
    assert appeal.suspension is not None
    if appeal.suspension.lifted_at == answer.at:
        return LIFTED, f"suspension:{appeal.suspension_id}"
    return (STANDS, appeal_cause(appeal)) if appeal.answered_at == answer.at else None


answer_letters.append(AnswerLetters((UPHELD, REFUSED, STANDS, LIFTED), letter_of_decision))


def answered(
    *, decided: Claim | Suspension, state: Appeal.State, answer: str, by: User, now: datetime
) -> None:
    """The appeal that waits against that decision, if one does, has its answer; in the transaction that gives it. One
    that was refused keeps its answer: what is decided later all the same is said beside it, on its ticket, so that
    whoever decided it hears where its letter reached nobody too."""
    heard = (Appeal.State.WAITING, Appeal.State.REFUSED)
    appeals = Appeal.objects.against(decided).filter(state__in=heard)
    appeal = appeals.select_for_update(no_key=True).first()
    if appeal is None:
        return
    # Nothing is kept of somebody of whom it may speak, who was erased meanwhile; the owner has the answer by mail (X5).
    erased = appeal.claim is not None and speaks_of_erased(appeal.claim)
    words = ERASED if erased else answer
    # A suspension may be lifted for another reason, long after its appeal was refused.
    answers_it = appeal.state == Appeal.State.WAITING or appeal.claim is not None
    if appeal.state == Appeal.State.WAITING:
        move_to(appeal, state)
        appeal.answer, appeal.answered_by, appeal.answered_at = answer, by, now
        if erased:
            appeal.text = appeal.answer = ERASED
        appeal.save(update_fields=["state", "text", "answer", "answered_by", "answered_at"])
    if appeal.ticket is not None:
        said = _said_of(appeal, state, words) if answers_it else words
        decide_appeal(ticket=appeal.ticket, answer=said, by=by, now=now)
        if erased:
            forget_words(Ticket.objects.filter(pk=appeal.ticket.pk), now=now)


def withdraw_appeals(*, owner: User, now: datetime) -> None:
    """Ends the appeals of somebody who closes their account: the decisions stand, and are told to nobody (X5)."""
    for appeal in Appeal.objects.waiting().filter(professional__owner=owner).select_for_update(no_key=True):
        move_to(appeal, Appeal.State.WITHDRAWN)
        appeal.save(update_fields=["state"])
        if appeal.ticket is not None:
            withdraw_appeal(ticket=appeal.ticket, now=now)


def speaks_of_erased(claim: Claim) -> bool:
    """Whether a homeowner of whom the claim tells was erased since: what is written of it now is told and not kept."""
    return claim.items.exclude(contact__lead__anonymised_at=None).exists()


def answer_by_lifting(*, suspension: Suspension, by: User, reason: str, now: datetime, **kwargs: Any) -> None:
    """Receives `suspension_lifted`: that is what an appeal against it asked for."""
    answered(decided=suspension, state=Appeal.State.UPHELD, answer=reason, by=by, now=now)


def why_not_heard_by(suspension: Suspension, user: User) -> list[GuaranteeError]:
    """Why `user` cannot answer an appeal against that suspension, each a sentence; empty: they can."""
    if not user.has_perm(HEAR_APPEAL):
        return [GuaranteeError("no_permission", _("Your role does not allow this."))]
    refusal = why_not_lifted_by(suspension, user)
    return [GuaranteeError(refusal.code, refusal.sentence)] if refusal else []

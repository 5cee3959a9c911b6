"""The second look at a decision: who is asked for one, and what they record (G25)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from guarantees.blockers import REVIEW
from guarantees.claim_signals import disagrees
from guarantees.contradictions import SEES_WORD
from guarantees.errors import GuaranteeError, refuse
from guarantees.models import ClaimEvent, ClaimItem, SecondLook, VerdictEvent
from guarantees.noticed import noticed
from guarantees.own_business import why_not_own
from profiles.models import User
from profiles.plain_text import many_lines

NOTE_AT_MOST = 2000
_DRAWS = 2**48


def ask_for_second_look(*, decision: ClaimEvent, now: datetime) -> SecondLook | None:
    """Asks for a second look at a decision whose signals disagree with it, or that is drawn; in its transaction."""
    found_false = decision.claim.items.filter(verdict=ClaimItem.Verdict.FALSE).values_list(
        "contact", flat=True
    )
    signals = noticed(decision.claim, now)
    if disagrees(decision.to_state, signals, set(found_false), grounds=decision.stood_on.get("grounds", ())):
        why = SecondLook.Why.DISAGREE
    elif is_drawn(decision):
        why = SecondLook.Why.DRAWN
    else:
        return None
    return SecondLook.objects.create(decision=decision, why=why, asked_at=now)


def is_drawn(decision: ClaimEvent) -> bool:
    """Whether the lot falls on a decision. It is drawn with the site's secret, from the number that the decision gets
    when it is written down: nobody can know it beforehand, and it does not change by asking again."""
    digest = salted_hmac("quince.second_look", str(decision.pk), algorithm="sha256").digest()
    lot = int.from_bytes(digest[:6], "big") / _DRAWS  # from 0 on, below 1
    return lot * 100 < settings.SECOND_LOOK_PERCENT


def why_not_look(look: SecondLook, by: User) -> list[GuaranteeError]:
    """Why `by` cannot look at a decision again, each a sentence; empty: they can."""
    claim, decision = look.claim, look.decision
    if not by.has_perm(REVIEW):
        return [GuaranteeError("no_permission", _("Your role does not allow this."))]
    if own := why_not_own(claim.professional, by):
        return own
    if decision.actor_id == by.pk:
        return [GuaranteeError("own_decision", _("You decided this claim, so somebody else has to look."))]
    if by.pk in verdicts_by(decision):
        return [
            GuaranteeError(
                "own_verdict",
                _("You gave a verdict that this decision stood on, so somebody else has to look."),
            )
        ]
    return []


def note_for(look: SecondLook, user: User) -> str:
    """What was noted, for who may see what homeowners said, of which it may tell, and for who wrote it (G2)."""
    return look.note if user.has_perm(SEES_WORD) or look.by_id == user.pk else ""


def verdicts_by(decision: ClaimEvent) -> set[int | None]:
    """Who gave the verdicts that stood when this was decided: an appeal may have cleared some of them since."""
    stood: dict[int, VerdictEvent] = {}
    given = VerdictEvent.objects.filter(item__claim=decision.claim_id, at__lte=decision.at)
    for event in given.order_by("at", "id"):
        stood[event.item_id] = event
    return {event.actor_id for event in stood.values() if event.to_state}


def look_again(*, look: SecondLook, result: str, note: str, by: User, now: datetime) -> SecondLook:
    """Records what another reviewer finds of a decision, once and for good; it changes no decision (G25).

    Whoever does not agree notes why. The same sent twice is one. Raises GuaranteeError: no_permission, own_business,
    own_decision, own_verdict, looked_at, unknown_result, note_needed, note_too_long.
    """
    note = many_lines(note)
    with transaction.atomic():
        # Two who look at once: the second waits here, and finds what the first has recorded.
        look = SecondLook.objects.whole().select_for_update(no_key=True, of=("self",)).get(pk=look.pk)
        refuse(why_not_look(look, by))
        if look.result:
            if (look.result, look.note, look.by_id) == (result, note, by.pk):
                return look
            raise GuaranteeError(
                "looked_at",
                _("%(who)s has looked at this meanwhile, and it is recorded once. Load the page again.")
                % {"who": look.by},
            )
        if result not in SecondLook.Result.values:
            raise GuaranteeError("unknown_result", _("Please choose what you found."), field="result")
        if result != SecondLook.Result.AGREES and not note:
            raise GuaranteeError("note_needed", _("Please note why you do not agree."), field="note")
        if len(note) > NOTE_AT_MOST:
            raise GuaranteeError(
                "note_too_long",
                _("This is longer than %(most)s characters. Please shorten it.") % {"most": NOTE_AT_MOST},
                field="note",
            )
        look.result, look.note, look.by, look.at = result, note, by, now
        look.save(update_fields=["result", "note", "by", "at"])
    return look

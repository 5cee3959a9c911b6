"""What a reviewer finds out about each contact: verdicts, and questions to the professional (G14, G16, G17)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from base.days import marketplace_day
from guarantees.blockers import (
    DAYS_TO_CLEAR_A_DOUBT,
    DAYS_TO_INFORM,
    Action,
    Case,
)
from guarantees.claims import go_on
from guarantees.contradictions import may_not_settle
from guarantees.errors import GuaranteeError, refuse
from guarantees.letters import tell
from guarantees.models import Claim, ClaimEvent, ClaimItem, ClaimQuestion, VerdictEvent
from guarantees.moves import Happened, move, note
from guarantees.seen import seen_of
from guarantees.wording import positions
from profiles.models import User
from profiles.plain_text import many_lines

NOTE_AT_MOST = 2000


def give_verdict(
    *,
    item: ClaimItem,
    verdict: str,
    note: str,
    by: User,
    now: datetime,
    reason: str = "",
    seen: str | None = None,
) -> ClaimItem:
    """Gives or changes the verdict on one contact of an open claim, and keeps the history (G14).

    Whoever finds a contact *false* or *could not be reached* notes what was tried; whoever takes a *false* back
    gives a `reason` (G16). The same verdict and note again change nothing, unless the homeowner has since said that
    they hired this business, or a question was asked: then it is given anew, with a later moment (G2, G16, G17).
    A verdict but *false* settles the questions asked before it, answered or not.
    `seen`: what `by` had in front of them, as `seen_of` told it; where another verdict, an answer of the professional
    or a word of the homeowner has come since, it is read first. Whoever may not see what homeowners said settles no
    contradiction (G2).
    Raises GuaranteeError: no_permission, own_business, move_not_allowed, unknown_verdict, changed_meanwhile,
    word_not_seen, note_needed, note_too_long, reason_needed.
    """
    note, reason = many_lines(note), many_lines(reason)
    with transaction.atomic():
        claim = _lock(item.claim_id)
        item = claim.items.select_related("contact").get(pk=item.pk)
        case = Case(claim, now)
        refuse(case.blockers(Action.GIVE_VERDICT, by))
        if verdict not in ClaimItem.Verdict.values:
            raise GuaranteeError("unknown_verdict", _("Please choose a verdict."), field="verdict")
        if (item.verdict, item.note) == (verdict, note) and not case.is_wanted_anew(item):
            return item
        if seen is not None:
            _refuse_if_changed(item, seen, by)
        if may_not_settle(item, verdict, by):
            raise GuaranteeError(
                "word_not_seen",
                _(
                    "Your role does not show what homeowners said, and this contact is confirmed only by somebody who "
                    "has read that. Your verdict was not saved."
                ),
                field="verdict",
            )
        if verdict != ClaimItem.Verdict.CONFIRMED and not note:
            raise GuaranteeError(
                "note_needed", _("Please note what you found, or how you tried to reach them."), field="note"
            )
        if len(note) > NOTE_AT_MOST:
            raise GuaranteeError(
                "note_too_long",
                _("This is longer than %(most)s characters. Please shorten it.") % {"most": NOTE_AT_MOST},
                field="note",
            )
        taken_back = item.verdict == ClaimItem.Verdict.FALSE and verdict != ClaimItem.Verdict.FALSE
        if taken_back and not reason:
            raise GuaranteeError(
                "reason_needed",
                _("This contact was found false. Please write why the verdict is changed."),
                field="reason",
            )
        VerdictEvent.objects.create(
            item=item, actor=by, from_state=item.verdict, to_state=verdict, reason=reason or note, at=now
        )
        item.verdict, item.note, item.verdict_by, item.verdict_at = verdict, note, by, now
        item.save(update_fields=["verdict", "note", "verdict_by", "verdict_at"])
        # The verdict may have settled the last question that was waited for.
        go_on(claim, kind=Happened.SETTLED, by=by, now=now)
    return item


def _refuse_if_changed(item: ClaimItem, seen: str, by: User) -> None:
    """The claim's row is locked: what is the latest now stays the latest."""
    there_is = seen_of(ClaimItem.objects.filter(pk=item.pk), by)[item.pk]
    if there_is == seen:
        return
    latest = item.events.select_related("actor").order_by("pk").last()
    if latest is None or str(latest.pk) == seen.partition(".")[0]:
        raise GuaranteeError(
            "changed_meanwhile",
            _(
                "Meanwhile contact %(number)s was answered about. Your verdict was not saved: read what is new, then "
                "save."
            )
            % {"number": item.position},
        )
    if latest.to_state:
        sentence = _(
            "Meanwhile %(who)s gave contact %(number)s the verdict “%(verdict)s” (%(when)s). Yours was not saved: "
            "look at it again, then save."
        )
    else:
        sentence = _(
            "Meanwhile the verdict on contact %(number)s was taken back by %(who)s (%(when)s). Yours was not saved: "
            "look at it again, then save."
        )
    raise GuaranteeError(
        "changed_meanwhile",
        sentence
        % {
            "who": latest.actor or "–",
            "number": item.position,
            "verdict": item.get_verdict_display(),
            "when": date_format(localtime(latest.at), "DATETIME_FORMAT"),
        },
    )


def ask_questions(
    *, claim: Claim, questions: Mapping[int, str], purpose: str, by: User, now: datetime
) -> list[ClaimQuestion]:
    """Asks the professional about contacts of the claim, by the ids of its items; one mail tells of all (G16, G17).

    *Information* is waited for 15 local days, the clearing up of a *doubt* until the end of the fifth. The same
    question asked again while it waits is not asked twice. Raises GuaranteeError: no_permission, own_business,
    move_not_allowed, nothing_asked, not_of_this_claim, question_waits, question_too_long.
    """
    texts = {item_id: many_lines(text) for item_id, text in questions.items()}
    texts = {item_id: text for item_id, text in texts.items() if text}
    purpose = ClaimQuestion.Purpose(purpose)
    days = DAYS_TO_CLEAR_A_DOUBT if purpose == ClaimQuestion.Purpose.DOUBT else DAYS_TO_INFORM
    with transaction.atomic():
        claim = _lock(claim.pk)
        case = Case(claim, now)
        refuse(case.blockers(Action.ASK, by))
        if not texts:
            raise GuaranteeError("nothing_asked", _("Please write a question about a contact at least."))
        items = {item.pk: item for item in case.items}
        if not texts.keys() <= items.keys():
            raise GuaranteeError(
                "not_of_this_claim", _("A question is about a contact that is not in this claim.")
            )
        if any(len(text) > NOTE_AT_MOST for text in texts.values()):
            raise GuaranteeError(
                "question_too_long",
                _("This is longer than %(most)s characters. Please shorten it.") % {"most": NOTE_AT_MOST},
            )
        waiting = {
            item.pk: question.text for question, item in case.waited_for if question.purpose == purpose
        }
        for item_id in [item_id for item_id, text in texts.items() if waiting.get(item_id) == text]:
            del texts[item_id]  # Sent twice.
        if not texts:
            return []
        if again := texts.keys() & waiting.keys():
            raise GuaranteeError(
                "question_waits",
                _("An answer is already waited for: %(contacts)s.")
                % {"contacts": positions(items[item_id] for item_id in again)},
            )
        asked = [
            ClaimQuestion.objects.create(
                item=items[item_id],
                purpose=purpose,
                text=text,
                asked_by=by,
                asked_at=_after_what_settles(items[item_id], now),
                answer_by=marketplace_day(now) + days,
            )
            for item_id, text in texts.items()
        ]
        if claim.state == Claim.State.SUBMITTED:
            event = move(claim, Claim.State.MORE_INFORMATION, kind=Happened.ASKED, by=by, now=now)
        else:
            event = note(claim, kind=Happened.ASKED, by=by, now=now)
        tell(
            claim,
            "claim_questions",
            event=event,
            now=now,
            questions=asked,
            purpose=purpose,
            answer_by=asked[0].answer_by,
            days=days.days,
        )
    return asked


def _after_what_settles(item: ClaimItem, now: datetime) -> datetime:
    """When a question about `item` is asked: not before what would settle it, which somebody with a later clock may
    have done while this one waited for the claim (G16, G17)."""
    upheld = ClaimEvent.objects.filter(claim=item.claim_id, kind=Happened.APPEAL_UPHELD)
    return max([now, *(event.at for event in (*item.events.all(), *upheld))])


def _lock(claim_id: int) -> Claim:
    """The claim's row alone: what is decided here touches nothing above it."""
    return (
        Claim.objects.select_for_update(no_key=True, of=("self",))
        .select_related("professional__owner", "terms")
        .get(pk=claim_id)
    )

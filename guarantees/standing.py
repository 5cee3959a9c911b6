"""Where one professional stands with the guarantee: what page, summary card and command show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Min

from guarantees import rules
from guarantees.facts import load_facts
from guarantees.mailed import judge_draft, last_day_by
from guarantees.models import Appeal, Claim, ClaimQuestion, GuaranteeTerms
from guarantees.moves import is_refused
from guarantees.next_step import NextStep, next_step
from profiles.models import Professional, Suspension


@dataclass(frozen=True, slots=True)
class Standing:
    """The verdict with what it was made from, the local date `on` which it was made, the claim that is not decided
    (else the last one), and what to do."""

    facts: rules.Facts
    terms: rules.Terms
    version: GuaranteeTerms
    eligibility: rules.Eligibility
    on: date
    claim: Claim | None
    step: NextStep


def standing_of(professional: Professional, today: date, *, on: date | None = None) -> Standing:
    """By the facts of `today`; the verdict and what to do are those of another date where `on` is given."""
    known = load_facts([professional.pk], today)[professional.pk]
    terms = known.terms.as_rules()
    claim = _claim(professional)
    judged_on, eligibility, mail = on or today, known.judge(on or today), None
    if on is None and claim is not None and claim.state == Claim.State.DRAFT:
        judged_on, eligibility, mail = judge_draft(claim, known, today)
    answer_by = None
    if claim is not None and claim.state == Claim.State.MORE_INFORMATION:
        waiting = ClaimQuestion.objects.waiting().filter(item__claim=claim)
        answer_by = waiting.aggregate(first=Min("answer_by"))["first"]
    step = next_step(
        known.facts,
        terms,
        eligibility,
        judged_on,
        claim,
        answer_by,
        _appeal_state(professional, known.facts, claim),
    )
    if mail is not None:
        step = replace(step, by=last_day_by(mail, eligibility))
    return Standing(known.facts, terms, known.terms, eligibility, judged_on, claim, step)


def _claim(professional: Professional) -> Claim | None:
    """The claim that is not decided, else the one that was paid, else the last that was submitted."""
    claims = list(
        Claim.objects.filter(professional=professional)
        .exclude(state=Claim.State.WITHDRAWN)
        .defer("submission_snapshot", "decision_snapshot")
        .order_by("-begun_at", "-id")
    )
    undecided = (Claim.State.DRAFT, *Claim.OPEN, Claim.State.APPROVED)
    return next((claim for claim in claims if claim.state in undecided), claims[0] if claims else None)


def _appeal_state(professional: Professional, facts: rules.Facts, claim: Claim | None) -> str:
    """What has become of the appeal against the false finding or the suspension that stands, "" where there was none;
    no query for anybody else. One that came by letter is known by its refusal alone (G19)."""
    decided: Claim | Suspension | None = None
    if claim is not None and claim.state == Claim.State.REJECTED_AS_FALSE:
        decided = claim
    elif facts.suspended:
        decided = professional.suspensions.standing().first()
    if decided is None:
        return ""
    made = Appeal.objects.against(decided).first()
    if made is None and isinstance(decided, Claim) and is_refused(decided):
        return Appeal.State.REFUSED
    return made.state if made else ""

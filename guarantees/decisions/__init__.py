"""What staff do with a claim: verdicts, questions, decisions, appeals (G14 to G19)."""

from guarantees.decisions.appeals import (
    refuse_appeal,
    refuse_appeal_against_suspension,
    uphold_appeal,
    uphold_appeal_against_suspension,
)
from guarantees.decisions.approval import approve_claim, tell_what_is_missing
from guarantees.decisions.rejection import reject_claim, reject_claim_as_false
from guarantees.decisions.verdicts import ask_questions, give_verdict

__all__ = [
    "approve_claim",
    "ask_questions",
    "give_verdict",
    "refuse_appeal",
    "refuse_appeal_against_suspension",
    "reject_claim",
    "reject_claim_as_false",
    "tell_what_is_missing",
    "uphold_appeal",
    "uphold_appeal_against_suspension",
]

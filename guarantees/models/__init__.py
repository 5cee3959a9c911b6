"""The tables of the guarantee, by noun."""

from guarantees.models.appeals import Appeal, AppealQuerySet
from guarantees.models.claims import (
    Claim,
    ClaimEvent,
    ClaimItem,
    ClaimMail,
    ClaimQuerySet,
    ClaimQuestion,
    ClaimQuestionQuerySet,
    DeclinedExtraDays,
    Ending,
    ExtraDays,
    GuaranteeTerms,
    GuaranteeTermsQuerySet,
    Story,
    VerdictEvent,
)
from guarantees.models.figures import CountedDay, DailyFigure
from guarantees.models.later_jobs import (
    LaterJob,
    LaterJobLook,
    RefundedContact,
    RefundedContactQuerySet,
)
from guarantees.models.looks import ClaimLook, ClaimLookQuerySet
from guarantees.models.reminders import Reminder, StoppedReminder
from guarantees.models.second_looks import SecondLook, SecondLookQuerySet
from guarantees.models.surveys import (
    HomeownerSurvey,
    HomeownerSurveyQuerySet,
    SurveyAnswer,
)

__all__ = [
    "Appeal",
    "AppealQuerySet",
    "Claim",
    "ClaimEvent",
    "ClaimItem",
    "ClaimLook",
    "ClaimLookQuerySet",
    "ClaimMail",
    "ClaimQuerySet",
    "ClaimQuestion",
    "ClaimQuestionQuerySet",
    "CountedDay",
    "DailyFigure",
    "DeclinedExtraDays",
    "Ending",
    "ExtraDays",
    "GuaranteeTerms",
    "GuaranteeTermsQuerySet",
    "HomeownerSurvey",
    "HomeownerSurveyQuerySet",
    "LaterJob",
    "LaterJobLook",
    "RefundedContact",
    "RefundedContactQuerySet",
    "Reminder",
    "SecondLook",
    "SecondLookQuerySet",
    "StoppedReminder",
    "Story",
    "SurveyAnswer",
    "VerdictEvent",
]

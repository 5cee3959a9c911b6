"""The tables of the marketplace, by noun."""

from marketplace.models.contacts import (
    FIRST_CONTACT_WITHIN,
    Contact,
    ContactEvent,
    ContactQuerySet,
    DiaryEntry,
    HomeownerQuestion,
    HomeownerWordEvent,
    Step,
)
from marketplace.models.diary import Attempt, SummaryMail
from marketplace.models.leads import (
    LEAD_LIVES,
    Category,
    DetailsSeen,
    Lead,
    LeadEvent,
    LeadPhoto,
    LeadQuerySet,
    PriceRule,
    Province,
    Size,
    in_reach,
)
from marketplace.models.preferences import Interest, LeadPreferences
from marketplace.models.returns import ReturnEvent, ReturnEvidence, ReturnRequest
from marketplace.models.reviews import (
    Review,
    ReviewEvent,
    ReviewOptOut,
    ReviewQuerySet,
    ReviewReport,
    ReviewRequest,
)
from marketplace.models.senders import BlockedSender

__all__ = [
    "FIRST_CONTACT_WITHIN",
    "LEAD_LIVES",
    "Attempt",
    "BlockedSender",
    "Category",
    "Contact",
    "ContactEvent",
    "ContactQuerySet",
    "DetailsSeen",
    "DiaryEntry",
    "HomeownerQuestion",
    "HomeownerWordEvent",
    "Interest",
    "Lead",
    "LeadEvent",
    "LeadPhoto",
    "LeadPreferences",
    "LeadQuerySet",
    "PriceRule",
    "Province",
    "ReturnEvent",
    "ReturnEvidence",
    "ReturnRequest",
    "Review",
    "ReviewEvent",
    "ReviewOptOut",
    "ReviewQuerySet",
    "ReviewReport",
    "ReviewRequest",
    "Size",
    "Step",
    "SummaryMail",
    "in_reach",
]

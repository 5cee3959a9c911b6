"""The tables of people, their businesses, and what acts for them."""

from profiles.models.businesses import (
    Answer,
    Invitation,
    NetworkUse,
    Photo,
    Professional,
    Project,
    Question,
    Suspension,
)
from profiles.models.keys import ApiKey, RepeatedRequest
from profiles.models.people import User, UserManager

__all__ = [
    "Answer",
    "ApiKey",
    "Invitation",
    "NetworkUse",
    "Photo",
    "Professional",
    "Project",
    "Question",
    "RepeatedRequest",
    "Suspension",
    "User",
    "UserManager",
]

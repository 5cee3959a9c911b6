"""What homeowners and earlier clients say of a professional: asked for by link, written once, moderated (G8, M12)."""

from marketplace.reviews.asking import (
    ASKED_BY_ONE_A_DAY,
    ASKED_OF_ONE_A_DAY,
    ask_earlier_client,
    ask_homeowner,
    cannot_ask,
    to_be_asked_again,
)
from marketplace.reviews.links import LINK_LIVES, LINK_PURPOSE, asks_for_workmanship, has_expired, token_of
from marketplace.reviews.moderation import decide_by, publish_review, reject_review, take_down_review
from marketplace.reviews.people import NAME_AT_MOST
from marketplace.reviews.writing import TEXT_AT_LEAST, TEXT_AT_MOST, write_review

__all__ = [
    "ASKED_BY_ONE_A_DAY",
    "ASKED_OF_ONE_A_DAY",
    "LINK_LIVES",
    "LINK_PURPOSE",
    "NAME_AT_MOST",
    "TEXT_AT_LEAST",
    "TEXT_AT_MOST",
    "ask_earlier_client",
    "ask_homeowner",
    "asks_for_workmanship",
    "cannot_ask",
    "decide_by",
    "has_expired",
    "publish_review",
    "reject_review",
    "take_down_review",
    "to_be_asked_again",
    "token_of",
    "write_review",
]

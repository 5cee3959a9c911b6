"""What homeowners and earlier clients say of a professional: asked for by link, written once, moderated (G8, M12)."""

from marketplace.reviews.answers import ANSWER_AT_MOST, answer_review, remove_answer
from marketplace.reviews.asking import (
    ASKED_BY_ONE_A_DAY,
    ASKED_OF_ONE_A_DAY,
    ask_earlier_client,
    ask_homeowner,
    cannot_ask,
    to_be_asked_again,
)
from marketplace.reviews.links import ENDED, LINK_LIVES, LINK_PURPOSE, has_expired, token_of, why_ended
from marketplace.reviews.moderation import (
    MODERATED_WITHIN_DAYS,
    decide_by,
    publish_review,
    reject_review,
    take_down_review,
)
from marketplace.reviews.opting_out import (
    STOP_PURPOSE,
    has_opted_out,
    language_of_stop_link,
    opt_out,
    stop_link,
)
from marketplace.reviews.own_page import can_review_from_page, review_from_page
from marketplace.reviews.people import NAME_AT_MOST, forget_in_mails, forget_who_was_asked
from marketplace.reviews.reminders import remind_of_reviews, to_remind
from marketplace.reviews.reports import (
    dismiss_reports,
    open_reports,
    report_by,
    report_review,
    reported_reviews,
)
from marketplace.reviews.signals import Signal, signals_of, signals_of_each, won_taken_back
from marketplace.reviews.writing import TEXT_AT_LEAST, TEXT_AT_MOST, write_review

__all__ = [
    "ANSWER_AT_MOST",
    "ASKED_BY_ONE_A_DAY",
    "ASKED_OF_ONE_A_DAY",
    "ENDED",
    "LINK_LIVES",
    "LINK_PURPOSE",
    "MODERATED_WITHIN_DAYS",
    "NAME_AT_MOST",
    "STOP_PURPOSE",
    "TEXT_AT_LEAST",
    "TEXT_AT_MOST",
    "Signal",
    "answer_review",
    "ask_earlier_client",
    "ask_homeowner",
    "can_review_from_page",
    "cannot_ask",
    "decide_by",
    "dismiss_reports",
    "forget_in_mails",
    "forget_who_was_asked",
    "has_expired",
    "has_opted_out",
    "language_of_stop_link",
    "open_reports",
    "opt_out",
    "publish_review",
    "reject_review",
    "remind_of_reviews",
    "remove_answer",
    "report_by",
    "report_review",
    "reported_reviews",
    "review_from_page",
    "signals_of",
    "signals_of_each",
    "stop_link",
    "take_down_review",
    "to_be_asked_again",
    "to_remind",
    "token_of",
    "why_ended",
    "won_taken_back",
    "write_review",
]

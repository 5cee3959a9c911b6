"""The tables of the support desk."""

from support.models.agreements import Agreement, AgreementLine, AgreementNumber, AgreementVersion
from support.models.allowances import Allowance, AllowanceEntry
from support.models.calendar import CheckedYear, Closure, OpeningHours
from support.models.clients import Client, ClientPerson
from support.models.library import (
    Article,
    ArticleCategory,
    ArticleText,
    ArticleTextEvent,
    ArticleVote,
    LibrarySearch,
)
from support.models.plans import PlanSupport
from support.models.quotes import Quote, QuoteEvent, QuoteLine, QuoteNumber
from support.models.sessions import PlannedSession, PlannedSessionEvent

__all__ = [
    "Agreement",
    "AgreementLine",
    "AgreementNumber",
    "AgreementVersion",
    "Allowance",
    "AllowanceEntry",
    "Article",
    "ArticleCategory",
    "ArticleText",
    "ArticleTextEvent",
    "ArticleVote",
    "CheckedYear",
    "Client",
    "ClientPerson",
    "Closure",
    "LibrarySearch",
    "OpeningHours",
    "PlanSupport",
    "PlannedSession",
    "PlannedSessionEvent",
    "Quote",
    "QuoteEvent",
    "QuoteLine",
    "QuoteNumber",
]

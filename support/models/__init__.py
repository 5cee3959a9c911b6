"""The tables of the support desk."""

from support.models.agreements import Agreement, AgreementLine, AgreementNumber, AgreementVersion
from support.models.allowances import Allowance, AllowanceEntry, AllowanceExtension
from support.models.calendar import CheckedYear, Closure, OpeningHours
from support.models.calls import Call, ExchangeEvent, InSession
from support.models.clients import Client, ClientPerson
from support.models.library import (
    Article,
    ArticleCategory,
    ArticleText,
    ArticleTextEvent,
    ArticleVote,
    LibrarySearch,
)
from support.models.messages import Attachment, Message
from support.models.offers import Offer, OfferEvent, OfferNumber
from support.models.plans import PlanSupport
from support.models.quotes import Quote, QuoteEvent, QuoteLine, QuoteNumber
from support.models.replies import SavedReply
from support.models.sessions import PlannedSession, PlannedSessionEvent
from support.models.tickets import Ticket, TicketEvent, TicketLook
from support.models.waits import LaterPromise, Wait
from support.models.work import Work

__all__ = [
    "Agreement",
    "AgreementLine",
    "AgreementNumber",
    "AgreementVersion",
    "Allowance",
    "AllowanceEntry",
    "AllowanceExtension",
    "Article",
    "ArticleCategory",
    "ArticleText",
    "ArticleTextEvent",
    "ArticleVote",
    "Attachment",
    "Call",
    "CheckedYear",
    "Client",
    "ClientPerson",
    "Closure",
    "ExchangeEvent",
    "InSession",
    "LaterPromise",
    "LibrarySearch",
    "Message",
    "Offer",
    "OfferEvent",
    "OfferNumber",
    "OpeningHours",
    "PlanSupport",
    "PlannedSession",
    "PlannedSessionEvent",
    "Quote",
    "QuoteEvent",
    "QuoteLine",
    "QuoteNumber",
    "SavedReply",
    "Ticket",
    "TicketEvent",
    "TicketLook",
    "Wait",
    "Work",
]

"""The tables of the support desk."""

from support.models.agreements import Agreement, AgreementLine, AgreementNumber, AgreementVersion
from support.models.allowances import Allowance, AllowanceEntry, AllowanceExtension
from support.models.calendar import CheckedYear, Closure, OpeningHours
from support.models.clients import Client, ClientPerson
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
    "AllowanceExtension",
    "CheckedYear",
    "Client",
    "ClientPerson",
    "Closure",
    "OpeningHours",
    "PlanSupport",
    "PlannedSession",
    "PlannedSessionEvent",
    "Quote",
    "QuoteEvent",
    "QuoteLine",
    "QuoteNumber",
]

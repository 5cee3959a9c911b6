"""The dates of the guarantee for the calendar of whoever keeps one; nothing in them is a homeowner's."""

from datetime import date, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base import links
from guarantees.rules import Eligibility
from mail.calendars import Day, calendar_file
from profiles.models import Professional


def buying(professional: Professional, buy_by: date, missing: int, *, now: datetime) -> str:
    """B: the last day for the contacts that are missing (G6). In the active language, as all of this file."""
    day = _day(
        professional,
        "buy-by",
        buy_by,
        ngettext(
            "Guarantee: last day to buy %(count)s more contact",
            "Guarantee: last day to buy %(count)s more contacts",
            missing,
        )
        % {"count": missing},
        _("Bought later, they can never be claimed."),
    )
    return calendar_file([day], now=now)


def claiming(professional: Professional, verdict: Eligibility, today: date, *, now: datetime) -> str:
    """The last day to claim, and the first where it is still to come (G4, G5)."""
    days = []
    if verdict.claim_from is not None and verdict.claim_from > today:
        days.append(
            _day(
                professional,
                "claim-from",
                verdict.claim_from,
                _("Guarantee: the claim can be made from today"),
            )
        )
    if verdict.claim_until is not None:
        days.append(
            _day(professional, "claim-until", verdict.claim_until, _("Guarantee: last day to make the claim"))
        )
    return calendar_file(days, now=now)


def _day(professional: Professional, matter: str, on: date, summary: str, description: str = "") -> Day:
    return Day(
        # One for each matter of a business: when its date moves, the entry in the calendar moves.
        uid=f"{matter}-{professional.public_id}@{urlsplit(settings.SITE_URL).hostname}",
        on=on,
        summary=summary,
        description=f"{professional.name}. {description}".strip(),
        url=links.absolute("guarantees:overview"),
    )

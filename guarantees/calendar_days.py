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
    return calendar_file([_buy_by(professional, buy_by, missing)], now=now)


def claiming(professional: Professional, verdict: Eligibility, today: date, *, now: datetime) -> str:
    """The last day to claim, and the first where it is still to come (G4, G5)."""
    return calendar_file(_to_claim(professional, verdict, today), now=now)


def every_day(professional: Professional, verdict: Eligibility, today: date, *, now: datetime) -> str:
    """As `claiming`, and while contacts are missing B as well: for when these days have moved."""
    days = _to_claim(professional, verdict, today)
    if verdict.claim_from is None and verdict.buy_by is not None:
        have, need = have_and_need(verdict)
        days.insert(0, _buy_by(professional, verdict.buy_by, need - have))
    return calendar_file(days, now=now)


def have_and_need(verdict: Eligibility) -> tuple[int, int]:
    """How many contacts are counted, and how many have to be."""
    (contacts,) = (each for each in verdict.requirements if each.code == "contacts")
    have, need = contacts.detail["have"], contacts.detail["need"]
    assert isinstance(have, int) and isinstance(need, int)
    return have, need


def _buy_by(professional: Professional, buy_by: date, missing: int) -> Day:
    return _day(
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


def _to_claim(professional: Professional, verdict: Eligibility, today: date) -> list[Day]:
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
    return days


def _day(professional: Professional, matter: str, on: date, summary: str, description: str = "") -> Day:
    return Day(
        # One for each matter of a business: when its date moves, the entry in the calendar moves.
        uid=f"{matter}-{professional.public_id}@{urlsplit(settings.SITE_URL).hostname}",
        on=on,
        summary=summary,
        description=f"{professional.name}. {description}".strip(),
        url=links.absolute("guarantees:overview"),
    )

"""The dates of the guarantee told in words, from the day a professional contracts, and before that (G6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.dates import short_day
from guarantees import rules, timeline
from guarantees.wording import long_date


@dataclass(frozen=True, slots=True)
class ToldDate:
    """A day that matters, and why. `planned`: it depends on a purchase, or on a plan, still to come."""

    kind: timeline.MarkKind
    day: date
    sentence: str
    planned: bool


def told_dates(facts: rules.Facts, terms: rules.Terms, today: date) -> list[ToldDate]:
    """S, P, B, the recommended day before it, E and C in the order of the calendar, as far as they still say
    something; before S, as they would be if a plan were contracted today."""
    days = timeline.days_of(facts, terms, today)
    before = facts.contracted_on is None
    missing = days.last_bought_on is None
    told = [
        ToldDate(
            "contracted",
            days.contracted_on,
            _("You would contract your first plan today.")
            if before
            else _("You contracted your first plan."),
            before,
        )
    ]
    if missing:
        told += _to_buy_by(days, terms, before)
    elif days.last_bought_on is not None and days.last_bought_on > days.buy_by:
        told.append(
            ToldDate(
                "buy_by",
                days.buy_by,
                _("The last of the counted contacts should have been bought by this day."),
                False,
            )
        )
    if days.purchase_deadline != days.buy_by or not missing:
        told.append(
            ToldDate(
                "deadline",
                days.purchase_deadline,
                ngettext(
                    "%(count)s month from contracting is over: contacts bought later do not count.",
                    "%(count)s months from contracting are over: contacts bought later do not count.",
                    terms.purchase_months,
                )
                % {"count": terms.purchase_months},
                before,
            )
        )
    if days.claim_from is not None:
        told.append(_claim_from(days))
    told.append(
        ToldDate(
            "claim_until", days.claim_until, _("The last day to claim."), before or _may_move(terms, days)
        )
    )
    order = ("contracted", "safe", "buy_by", "deadline", "claim_from", "claim_until")
    return sorted(told, key=lambda each: (each.day, order.index(each.kind)))


def mark_label(kind: timeline.MarkKind, day: date) -> str:
    """The few words beside a mark of the picture."""
    words = {
        "today": _("Today"),
        "contracted": _("Start %(day)s"),
        "safe": _("Safe %(day)s"),
        "buy_by": _("Buy by %(day)s"),
        "deadline": _("Counts until %(day)s"),
        "claim_from": _("Claim from %(day)s"),
        "claim_until": _("Claim until %(day)s"),
    }
    return words[kind] % {"day": short_day(day)}


def days_to_claim(buy_on: date, days: timeline.Days, terms: rules.Terms) -> int:
    """How many days there are to claim if the last contact is bought on `buy_on`."""
    return max((days.claim_until - rules.claim_from(buy_on, terms)).days + 1, 0)


def _to_buy_by(days: timeline.Days, terms: rules.Terms, before: bool) -> list[ToldDate]:
    left = days_to_claim(days.buy_by, days, terms)
    last = ToldDate(
        "buy_by",
        days.buy_by,
        ngettext(
            "The very last day for the last of the %(need)s contacts. It leaves %(left)s day to claim; bought later, "
            "it can never be claimed.",
            "The very last day for the last of the %(need)s contacts. It leaves %(left)s days to claim; bought later, "
            "it can never be claimed.",
            left,
        )
        % {"need": terms.contacts, "left": left},
        before,
    )
    if days.safe_buy_by >= days.buy_by:
        return [last]
    safe_left = days_to_claim(days.safe_buy_by, days, terms)
    safe = ToldDate(
        "safe",
        days.safe_buy_by,
        ngettext(
            "Have all %(need)s contacts by this day to be safe: it leaves %(left)s day to claim.",
            "Have all %(need)s contacts by this day to be safe: it leaves %(left)s days to claim.",
            safe_left,
        )
        % {"need": terms.contacts, "left": safe_left},
        before,
    )
    return [safe, last]


def _claim_from(days: timeline.Days) -> ToldDate:
    assert days.claim_from is not None
    if days.planned_purchase is not None:
        text = _(
            "You could claim from this day if you bought the last contact on %(day)s; sooner if you buy it sooner."
        )
        return ToldDate("claim_from", days.claim_from, text % {"day": long_date(days.planned_purchase)}, True)
    if days.claim_from > days.claim_until:
        return ToldDate(
            "claim_from",
            days.claim_from,
            _("The waiting month ends, after the last day to claim: this is why it cannot be claimed."),
            False,
        )
    return ToldDate("claim_from", days.claim_from, _("You can claim from this day."), False)


def _may_move(terms: rules.Terms, days: timeline.Days) -> bool:
    """With the window kept open for the wait, its end follows the last purchase."""
    return terms.extend_for_wait and days.last_bought_on is None

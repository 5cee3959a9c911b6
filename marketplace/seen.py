"""Who has seen a homeowner's details, and when (X5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.text import smart_split, unescape_string_literal
from django.utils.translation import gettext as _

from base.days import marketplace_day
from marketplace.models import DetailsSeen, Lead
from marketplace.own_interest import has_business, requests_of_interest
from profiles.models import Professional, User


def note_seen(
    *, leads: Iterable[Lead], user: User, professional: Professional | None = None, now: datetime
) -> None:
    """Writes down that `user` is shown the details of who made these requests: for a business that bought them, or
    (None) for the marketplace. Once a local day each; in one statement. Anonymised requests have none to show."""
    today = marketplace_day(now)
    DetailsSeen.objects.bulk_create(
        [
            DetailsSeen(lead=lead, user=user, professional=professional, seen_on=today, seen_at=now)
            for lead in leads
            if lead.anonymised_at is None
        ],
        ignore_conflicts=True,
    )


def shown_to_staff(*, leads: Iterable[Lead], user: Any, now: datetime) -> bool:
    """Whether a page of the office shows `user` these details (M5): not to somebody whose business may buy one of them,
    who would have it for nothing. Where it does, it is written down."""
    if not user.has_perm("marketplace.view_homeowner"):
        return False
    leads = list(leads)
    own = [lead.pk for lead in leads] if has_business(user) else []
    if own and requests_of_interest(user, now).filter(pk__in=own).exists():
        return False
    note_seen(leads=leads, user=user, now=now)
    return True


def found_by_details(leads: Iterable[Lead], query: str) -> list[Lead]:
    """Those of `leads` that a search of the office found by what its list does not show: by a name, an address, a
    telephone, or what is masked of their texts.

    The search takes each of its words where any text has it, so a word that stands in what the list shows says nothing
    of the rest.
    """
    wanted = [_unquoted(word).casefold() for word in smart_split(query)]
    return [
        lead
        for lead in leads
        if not all(word in f"{lead.masked_title}\n{lead.masked_town}".casefold() for word in wanted)
    ]


def _unquoted(word: str) -> str:
    """As the admin's search reads it."""
    return unescape_string_literal(word) if word[0] in "'\"" and word[0] == word[-1] else word


@dataclass(frozen=True, slots=True)
class Look:
    """Whoever looked on a day, as the homeowner is told of it: a business by its name, staff as the marketplace."""

    day: date
    who: str


def looks_at(lead: Lead) -> list[Look]:
    """Who was shown the details and on which days, the latest first. Two people of one business are one."""
    seen = DetailsSeen.objects.filter(lead=lead).select_related("professional")
    rows = {(look.seen_on, look.professional.known_as if look.professional else "") for look in seen}
    return [Look(day, name or _("Our own people")) for day, name in sorted(rows, reverse=True)]

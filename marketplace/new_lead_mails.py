"""The mails about new jobs (M11): what everybody may know of a request, and never who asks for it (M5)."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base import links
from base.money import money
from mail import outbox
from marketplace.models import Lead
from marketplace.preferences import DIGEST, NEW_LEAD, stop_links
from profiles.models import Professional

# As much of a description as tells whether to look at the rest.
EXCERPT = 240

# Public id, address and language of the owner to whom a mail goes.
Reader = tuple[Any, str, str]


def of_one(lead: Lead, readers: Collection[Reader]) -> Iterator[outbox.Letter]:
    """The mail about one new lead, to each reader in their language; its text is made once per language."""
    texts: dict[str, dict[str, str]] = {}
    links_to_stop = stop_links(reader[0] for reader in readers)
    for (_public_id, email, language), stop_link in zip(readers, links_to_stop, strict=True):
        if language not in texts:
            texts[language] = _one(lead, language)
        yield outbox.Letter(
            kind=NEW_LEAD,
            cause=f"lead:{lead.public_id}",
            to=email,
            language=language,
            context=texts[language],
            unsubscribe_url=stop_link,
        )


def of_a_day(reader: Reader, leads: list[Lead], number: int, day: date) -> outbox.Letter:
    """The daily mail of `day` to one reader, about `leads`, which are the newest of `number`."""
    public_id, email, language = reader
    with translation.override(language or settings.LANGUAGE_CODE):
        context = {
            "subject": ngettext("%(number)s new job for you", "%(number)s new jobs for you", number)
            % {"number": number},
            "day": date_format(day, "DATE_FORMAT"),
            "jobs": "\n\n".join(_entry(lead) for lead in leads),
            "more": _more(number - len(leads)),
            "feed_url": links.absolute("marketplace:feed"),
            "preferences_url": links.absolute("marketplace:preferences"),
        }
    return outbox.Letter(
        kind=DIGEST,
        cause=f"new_leads:{public_id}:{day}",
        to=email,
        language=language,
        context=context,
        unsubscribe_url=next(stop_links([public_id])),
    )


def shown(lead_ids: Iterable[int]) -> dict[int, Lead]:
    """These leads, with all that a mail about them says, and the key that tells whose they are."""
    leads = Lead.objects.select_related("category", "province")
    return leads.defer("homeowner_name", "homeowner_email", "homeowner_phone").in_bulk(set(lead_ids))


def readers_of(professional_ids: Iterable[int]) -> dict[int, Reader]:
    """To whom the mails of these businesses go."""
    owners = Professional.objects.filter(pk__in=set(professional_ids)).values_list(
        "pk", "public_id", "owner__email", "owner__language"
    )
    return {pk: (public_id, email, language) for pk, public_id, email, language in owners}


def _one(lead: Lead, language: str) -> dict[str, str]:
    with translation.override(language or settings.LANGUAGE_CODE):
        return {
            "title": lead.masked_title,
            "place": _place(lead),
            "excerpt": _excerpt(lead),
            "category": str(lead.category),
            "size": str(lead.get_size_display()),
            "timing": str(lead.get_timing_display()),
            "budget": money(lead.budget_cents) if lead.budget_cents else _("not said"),
            "price": money(lead.price_cents or 0),
            "places": ngettext(
                "%(places)s business can buy it", "at most %(places)s businesses can buy it", lead.places
            )
            % {"places": lead.places},
            "url": _address(lead),
            "preferences_url": links.absolute("marketplace:preferences"),
        }


def _entry(lead: Lead) -> str:
    """One request in a daily mail: what it is, a line about it, and its address."""
    about = [
        str(lead.category),
        _place(lead),
        str(lead.get_size_display()),
        money(lead.price_cents or 0),
    ]
    return "\n".join([lead.masked_title, " · ".join(about), _address(lead)])


def _more(number: int) -> str:
    if number <= 0:
        return _("See all jobs:")
    return ngettext("And %(number)s more, here:", "And %(number)s more, here:", number) % {"number": number}


def _place(lead: Lead) -> str:
    return f"{lead.masked_town}, {lead.province}"


def _excerpt(lead: Lead) -> str:
    return Truncator(" ".join(lead.masked_description.split())).chars(EXCERPT)


def _address(lead: Lead) -> str:
    return links.absolute("marketplace:lead", public_id=lead.public_id)

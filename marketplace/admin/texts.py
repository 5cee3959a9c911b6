"""What a request says, as a moderator reads it: found details marked, likely duplicates beside it."""

from dataclasses import dataclass

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from marketplace.leads import FREE_TEXTS, own_details
from marketplace.masking import Span, find, find_together, mask
from marketplace.models import Lead


@dataclass(frozen=True, slots=True)
class Text:
    """One of the requests that are laid beside each other; `differs`: the names of what is not the same."""

    lead: Lead
    title: SafeString
    town: SafeString
    description: SafeString
    differs: tuple[str, ...]


def compared(lead: Lead, others: list[Lead], *, sees_details: bool) -> list[Text]:
    """The request first, then its likely duplicates; masked for staff who may not see homeowners' details (M5)."""
    return [_text(lead, (), sees_details)] + [
        _text(other, _differences(lead, other), sees_details) for other in others
    ]


def shown(text: str, lead: Lead, *, sees_details: bool) -> str:
    """What somebody wrote about a request, without contact details for staff who may not see them (M5)."""
    return text if sees_details else mask(text, **own_details(lead))


def highlighted(lead: Lead) -> dict[str, SafeString]:
    """Each of the request's texts with what is masked before buying in <mark>; everything in it is escaped."""
    texts = [getattr(lead, field) for field in FREE_TEXTS]
    found = find_together(texts, **own_details(lead))
    return {field: _marked(text, spans) for field, text, spans in zip(FREE_TEXTS, texts, found, strict=True)}


def details_marked(text: str, lead: Lead | None) -> SafeString:
    """What somebody else than its homeowner reads later, a review: as `highlighted`; `lead`: what it is about."""
    return _marked(text, find(text, **(own_details(lead) if lead else {})))


def _marked(text: str, spans: list[Span]) -> SafeString:
    parts: list[str] = []
    position = 0
    for span in spans:
        parts.append(escape(text[position : span.start]))
        parts.append(format_html("<mark>{}</mark>", text[span.start : span.end]))
        position = span.end
    parts.append(escape(text[position:]))
    return mark_safe("".join(parts))


def _text(lead: Lead, differs: tuple[str, ...], sees_details: bool) -> Text:
    if sees_details:
        return Text(lead, **highlighted(lead), differs=differs)
    return Text(
        lead,
        title=escape(lead.masked_title),
        town=escape(lead.masked_town),
        description=escape(lead.masked_description),
        differs=differs,
    )


def _differences(lead: Lead, other: Lead) -> tuple[str, ...]:
    compared = (
        (_("title"), "title"),
        (_("description"), "description"),
        (_("province"), "province_id"),
        (_("town"), "town"),
        (_("size"), "size"),
        (_("budget"), "budget_cents"),
        (_("mail address"), "homeowner_key"),
        (_("telephone"), "homeowner_phone"),
    )
    return tuple(name for name, field in compared if getattr(lead, field) != getattr(other, field))

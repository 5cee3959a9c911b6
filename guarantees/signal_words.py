"""The sentences of signals, in the reader's language, with their numbers and dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from guarantees.claim_signals import DiaryLine, Signal
from guarantees.wording import long_date
from marketplace.first_contact import Clock, ClockState
from marketplace.models import Contact, DiaryEntry
from profiles.businesses import SHARED

# Entries that a sentence names; the diary beside it shows all.
_NAMED_AT_MOST = 3
_WHAT_IS_SHARED = SHARED | {"payer": gettext_lazy("invoiced under the same tax id, or to the same e-mail")}


def sentence(signal: Signal) -> str:
    """What was seen, in one sentence."""
    say = _SENTENCES.get(signal.code)
    return say(**signal.detail) if say else _review(**signal.detail)


def _moment(moment: Any) -> str:
    return date_format(localtime(moment), "DATETIME_FORMAT")


def _kind(entry: DiaryLine) -> str:
    return str(DiaryEntry.Kind(entry.kind).label)


def _won_earlier(won_at: Any, corrected_to: str, corrected_at: Any) -> str:
    return _("Marked as won on %(won)s, and corrected on %(corrected)s to “%(outcome)s”.") % {
        "won": _moment(won_at),
        "outcome": Contact.Outcome(corrected_to).label,
        "corrected": _moment(corrected_at),
    }


def _says_hired(said_at: Any) -> str:
    return _(
        "The homeowner says that they hired this business (%(moment)s), and the contact is not marked as won."
    ) % {"moment": _moment(said_at)}


def _says_never_contacted(entry: DiaryLine) -> str:
    return _("The homeowner says that nobody contacted them; the diary has “%(kind)s” (%(moment)s).") % {
        "kind": _kind(entry),
        "moment": _moment(entry.happened_at),
    }


def _says_contacted_otherwise(said: Any, exactly: bool, diary: Any) -> str:
    if exactly:
        words = _(
            "The homeowner says that they were contacted on %(said)s; by the diary it was on %(diary)s."
        )
    else:
        words = _(
            "The homeowner says that they were contacted on %(said)s or later; by the diary it was on %(diary)s."
        )
    return words % {"said": long_date(said), "diary": long_date(diary)}


def _work_rated(stars: int, day: Any) -> str:
    return _(
        "Its review of %(day)s rates finished work (%(stars)d of 5), and the contact is not marked as won."
    ) % {"day": long_date(day), "stars": stars}


def _review(sentence: str, author: str = "", day: Any = None, review: int = 0) -> str:
    if day is None:
        return _("Its review: %(what)s") % {"what": sentence}
    return _("The review by “%(author)s” of %(day)s: %(what)s") % {
        "author": author,
        "day": long_date(day),
        "what": sentence,
    }


def _written_late(entries: tuple[DiaryLine, ...]) -> str:
    named = [
        _("%(kind)s on %(happened)s, written down on %(written)s")
        % {
            "kind": _kind(entry),
            "happened": _moment(entry.happened_at),
            "written": _moment(entry.written_at),
        }
        for entry in entries[:_NAMED_AT_MOST]
    ]
    if len(entries) > _NAMED_AT_MOST:
        named.append("…")
    return ngettext(
        "%(number)d diary entry was written down more than 24 hours after it happened (%(which)s).",
        "%(number)d diary entries were written down more than 24 hours after they happened (%(which)s).",
        len(entries),
    ) % {"number": len(entries), "which": "; ".join(named)}


def _first_contact_late(took: Any, within: Any) -> str:
    return _("The first contact came %(time)s after the purchase, later than the %(hours)d hours.") % {
        "time": Clock(ClockState.LATE, took).in_words,
        "hours": within // timedelta(hours=1),
    }


def _never_contacted() -> str:
    return _("By the diary nobody ever tried to contact the homeowner.")


def _same_story(positions: tuple[int, ...]) -> str:
    return _("The same story is told of %(contacts)s.") % {
        "contacts": ", ".join(_("contact %(number)s") % {"number": number} for number in positions)
    }


def _copied_story(copy: Any) -> str:
    return _("The same story stands in the claim of “%(business)s” made on %(day)s, contact %(number)d.") % {
        "business": copy.name,
        "day": long_date(copy.made_on),
        "number": copy.position,
    }


def _photos_on_claim_day(day: Any, photos: Any) -> str:
    return _(
        "Photos that were asked for were not uploaded before the day of the claim, %(day)s. Before it there were "
        "%(work)d of finished work (asked for: %(work_asked)d) and %(project)d in the best project (asked for: "
        "%(project_asked)d); when it was submitted %(work_then)d and %(project_then)d."
    ) % {
        "day": long_date(day),
        "work": photos.work_before,
        "work_asked": photos.work_asked,
        "project": photos.project_before,
        "project_asked": photos.project_asked,
        "work_then": photos.work,
        "project_then": photos.project,
    }


def _shared(shared: Any) -> str:
    return _("“%(business)s” may be the same business: %(what)s.") % {
        "business": shared.name,
        "what": _WHAT_IS_SHARED[shared.what],
    }


_SENTENCES: dict[str, Callable[..., str]] = {
    "won_earlier": _won_earlier,
    "says_hired": _says_hired,
    "says_never_contacted": _says_never_contacted,
    "says_contacted_otherwise": _says_contacted_otherwise,
    "work_rated": _work_rated,
    "written_late": _written_late,
    "first_contact_late": _first_contact_late,
    "never_contacted": _never_contacted,
    "same_story": _same_story,
    "copied_story": _copied_story,
    "story_elsewhere": _copied_story,
    "photos_on_claim_day": _photos_on_claim_day,
    "shared_phone": _shared,
    "shared_tax_id": _shared,
    "shared_payer": _shared,
}
